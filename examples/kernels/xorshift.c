/* G. Marsaglia's xorshift generators: xorshift32(seed, steps) and xorshift64(seed, steps) give the sum of all states. */
#include "../wasm.h"

uint32_t EXPORT(xorshift32)(uint32_t seed, uint32_t steps) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < steps; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        sum += seed;
    }
    return sum;
}

uint64_t EXPORT(xorshift64)(uint64_t seed, uint32_t steps) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < steps; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        sum += seed;
    }
    return sum;
}
