/* The kernel of matmul.c in single precision. */
#define REAL float
#include "matmul.c"
