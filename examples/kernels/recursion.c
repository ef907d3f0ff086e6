/* Deep recursion. kernel(rounds): dives so many times 2000 calls deep, through two functions by turns; a sum. */
#include "../wasm.h"

static uint32_t even(uint32_t depth, uint32_t x);

__attribute__((noinline)) static uint32_t odd(uint32_t depth, uint32_t x) {
    return even(depth - 1, x * 1664525 + depth) ^ x;
}

__attribute__((noinline)) static uint32_t even(uint32_t depth, uint32_t x) {
    if (!depth) return x;
    return odd(depth - 1, x >> 1) + depth;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    for (uint32_t round = 0; round < rounds; round++) sum = sum * 31 + even(2000, round);
    return sum;
}
