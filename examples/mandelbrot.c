/* The Mandelbrot set in REALs, single precision unless told otherwise.
 * escape(x, y, limit): after how many steps the point leaves the circle of radius 2, at most `limit`.
 * draw(width, height, limit): one byte a pixel, -2.0 to 0.5 by -1.25 to 1.25, at output(); at most 65536 pixels. */
#include "wasm.h"

#ifndef REAL
#define REAL float
#endif

static uint8_t picture[65536];

uint8_t *EXPORT(output)(void) { return picture; }

int32_t EXPORT(escape)(REAL x, REAL y, int32_t limit) {
    REAL a = 0, b = 0, aa = 0, bb = 0;
    int32_t steps = 0;
    for (; steps < limit && aa + bb <= 4.0f; steps++) {
        b = 2.0f * a * b + y;
        a = aa - bb + x;
        aa = a * a;
        bb = b * b;
    }
    return steps;
}

void EXPORT(draw)(int32_t width, int32_t height, int32_t limit) {
    uint8_t *pixel = picture;
    for (int32_t row = 0; row < height; row++)
        for (int32_t column = 0; column < width; column++) {
            REAL x = -2.0f + 2.5f * (REAL)column / (REAL)width;
            REAL y = -1.25f + 2.5f * (REAL)row / (REAL)height;
            *pixel++ = escape(x, y, limit);
        }
}
