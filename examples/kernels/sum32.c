/* A 32-bit sum in memory. kernel(rounds): so many times the sum of 10,000 numbers, each time after changing one. */
#include "random.h"

#define SIZE 10000

static uint32_t numbers[SIZE];

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t total = 0;
    random_state = 1;
    for (uint32_t i = 0; i < SIZE; i++) numbers[i] = random_next();
    for (uint32_t round = 0; round < rounds; round++) {
        numbers[round % SIZE] ^= total;
        for (uint32_t i = 0; i < SIZE; i++) total += numbers[i];
    }
    return total;
}
