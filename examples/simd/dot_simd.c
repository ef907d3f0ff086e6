/* dot.c with SIMD instructions. */
#include "dot.c"
