/* input(): address of two n by n matrices of doubles, row by row, one after the other, n at most 64;
 * output(): address of their product. multiply(n) computes it; trace(n) is the sum of its diagonal. */
#include "wasm.h"

#define SIZE 64

static double factors[2 * SIZE * SIZE];
static double product[SIZE * SIZE];

double *EXPORT(input)(void) { return factors; }

double *EXPORT(output)(void) { return product; }

void EXPORT(multiply)(int32_t n) {
    const double *a = factors, *b = factors + n * n;
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n; j++) {
            double sum = 0;
            for (int32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
            product[i * n + j] = sum;
        }
}

double EXPORT(trace)(int32_t n) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++) sum += product[i * n + i];
    return sum;
}
