/* kernel(size): draws the Mandelbrot set on size by size points, at most 256, in double precision (mandelbrot.c) with
 * at most 100 steps for a point; the sum of all steps. */
#define REAL double
#include "../mandelbrot.c"

uint32_t EXPORT(kernel)(uint32_t size) {
    uint32_t sum = 0;
    draw(size, size, 100);
    for (uint32_t i = 0; i < size * size; i++) sum += picture[i];
    return sum;
}
