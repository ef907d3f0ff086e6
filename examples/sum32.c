/* fill(n): stores n 32-bit numbers in memory, n at most 250,000.
 * sum(n): their sum modulo 2^32. */
#include "wasm.h"

#define SIZE 250000

static uint32_t numbers[SIZE];

void EXPORT(fill)(uint32_t n) {
    uint32_t x = 12345;
    for (uint32_t i = 0; i < n && i < SIZE; i++) numbers[i] = x = x * 69069u + 1u;
}

uint32_t EXPORT(sum)(uint32_t n) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++) total += numbers[i];
    return total;
}
