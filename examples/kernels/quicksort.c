/* kernel(rounds): sorts 1000 random signed numbers (quicksort.c), so many times; a sum over the medians. */
#include "../quicksort.c"
#include "random.h"

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    random_state = 1;
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < 1000; i++) numbers[i] = (int32_t)random_next() >> 8;
        sort(1000);
        sum = sum * 31 + (uint32_t)numbers[500];
    }
    return sum;
}
