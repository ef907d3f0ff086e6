/* input(): address of two n by n matrices of REALs (doubles unless told otherwise), row by row, one after the other, n
 * at most 64; output(): address of their product. multiply(n) computes it; trace(n) is the sum of its diagonal. */
#include "wasm.h"

#define SIZE 64
#ifndef REAL
#define REAL double
#endif

static REAL factors[2 * SIZE * SIZE];
static REAL product[SIZE * SIZE];

REAL *EXPORT(input)(void) { return factors; }

REAL *EXPORT(output)(void) { return product; }

void EXPORT(multiply)(int32_t n) {
    const REAL *a = factors, *b = factors + n * n;
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n; j++) {
            REAL sum = 0;
            for (int32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
            product[i * n + j] = sum;
        }
}

REAL EXPORT(trace)(int32_t n) {
    REAL sum = 0;
    for (int32_t i = 0; i < n; i++) sum += product[i * n + i];
    return sum;
}
