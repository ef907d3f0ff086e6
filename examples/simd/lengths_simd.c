/* lengths.c with SIMD instructions. */
#include "lengths.c"
