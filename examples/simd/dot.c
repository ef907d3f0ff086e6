/* kernel(rounds): so many times, the dot product of two vectors of 1,024 floats, of which one number changes each time;
 * the sum of all. In four sums of every fourth product, also where dot_simd.c has no SIMD instructions. */
#include "../wasm.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define N 1024

static float left[N], right[N];

__attribute__((noinline)) static float dot(void) {
#ifdef __wasm_simd128__
    v128_t sums = wasm_f32x4_splat(0);
    for (int i = 0; i < N; i += 4)
        sums = wasm_f32x4_add(sums, wasm_f32x4_mul(wasm_v128_load(left + i), wasm_v128_load(right + i)));
    float s0 = wasm_f32x4_extract_lane(sums, 0), s1 = wasm_f32x4_extract_lane(sums, 1);
    float s2 = wasm_f32x4_extract_lane(sums, 2), s3 = wasm_f32x4_extract_lane(sums, 3);
#else
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (int i = 0; i < N; i += 4) {
        s0 += left[i] * right[i];
        s1 += left[i + 1] * right[i + 1];
        s2 += left[i + 2] * right[i + 2];
        s3 += left[i + 3] * right[i + 3];
    }
#endif
    return s0 + s1 + s2 + s3;
}

float EXPORT(kernel)(uint32_t rounds) {
    float total = 0;
    for (int i = 0; i < N; i++) left[i] = (float)(i * 37 % 101) / 101, right[i] = (float)(i * 53 % 97) / 97;
    for (uint32_t round = 0; round < rounds; round++) {
        total += dot();
        left[round % N] = total / 1024;
    }
    return total;
}
