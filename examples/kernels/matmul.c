/* kernel(rounds): multiplies two 32 by 32 matrices of doubles (matmul.c) so many times, mixing some of each product
 * into a factor; the trace of the last product. */
#include "../matmul.c"

#define N 32

REAL EXPORT(kernel)(uint32_t rounds) {
    for (uint32_t i = 0; i < 2 * N * N; i++) factors[i] = (REAL)(i * 37 % 101) / 101;
    for (uint32_t round = 0; round < rounds; round++) {
        multiply(N);
        factors[round % (N * N)] = product[round % (N * N)] / N;
    }
    return trace(N);
}
