/* blend.c with SIMD instructions. */
#include "blend.c"
