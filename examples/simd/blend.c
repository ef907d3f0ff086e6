/* kernel(rounds): so many times, two rows of 1,024 bytes of pixels blended, with weights that change each time, into the
 * first; the sum of its bytes. For blend_simd.c the compiler makes SIMD instructions of the same loop. */
#include "../wasm.h"

#define N 1024

static uint8_t front[N], back[N];

__attribute__((noinline)) static void blend(uint8_t *restrict to, const uint8_t *restrict from, uint16_t weight) {
    for (int i = 0; i < N; i++) to[i] = (uint16_t)(to[i] * weight + from[i] * (256 - weight)) >> 8;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    for (int i = 0; i < N; i++) front[i] = i * 7, back[i] = i * 13 + 5;
    for (uint32_t round = 0; round < rounds; round++) {
        blend(front, back, round * 29 % 257);
        back[round % N] += round;
    }
    for (int i = 0; i < N; i++) sum = sum * 31 + front[i];
    return sum;
}
