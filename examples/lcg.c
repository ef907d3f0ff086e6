/* lcg(seed, steps): a linear congruential generator, 32-bit arithmetic that wraps at every step.
 * lcg64(seed, steps): the same in 64 bits with Knuth's MMIX constants. */
#include "wasm.h"

uint32_t EXPORT(lcg)(uint32_t seed, uint32_t steps) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < steps; i++) {
        seed = seed * 1664525u + 1013904223u;
        sum ^= seed >> 16;
    }
    return sum ^ seed;
}

uint64_t EXPORT(lcg64)(uint64_t seed, uint32_t steps) {
    for (uint32_t i = 0; i < steps; i++) seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed;
}
