/* fib(n): the n-th Fibonacci number modulo 2^32 by plain double recursion, a measure of calls: the attribute keeps
 * clang from making a loop of one of the two. */
#include "wasm.h"

__attribute__((disable_tail_calls)) int32_t EXPORT(fib)(int32_t n) {
    if (n < 2) return n;
    return fib(n - 1) + fib(n - 2);
}
