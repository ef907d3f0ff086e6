/* kernel(rounds): so many times, the lengths of 64 strings of 0 to 127 characters, found a byte at a time; lengths_simd.c
 * finds them 16 bytes at a time. */
#include "../wasm.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define STRINGS 64

static char texts[STRINGS][128];

__attribute__((no_builtin, noinline)) static uint32_t length_of(const char *s) {
#ifdef __wasm_simd128__
    const char *p = s;
    for (;; p += 16) {
        uint32_t zeros = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(p), wasm_i8x16_splat(0)));
        if (zeros) return p - s + __builtin_ctz(zeros);
    }
#else
    const char *p = s;
    while (*p) p++;
    return p - s;
#endif
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    for (int i = 0; i < STRINGS; i++)
        for (int j = 0; j < i * 37 % 128; j++) texts[i][j] = 'a' + (i + j) % 26;
    for (uint32_t round = 0; round < rounds; round++) {
        for (int i = 0; i < STRINGS; i++) sum = sum * 31 + length_of(texts[i]);
        texts[round % STRINGS][0] ^= 1;
    }
    return sum;
}
