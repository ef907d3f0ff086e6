/* Calls through a table of functions. kernel(steps): so many steps, each by one of eight functions that the state
 * chooses; the last state. */
#include "../wasm.h"

static uint32_t add(uint32_t x) { return x + 0x9e3779b9u; }
static uint32_t multiply(uint32_t x) { return x * 0x85ebca6bu; }
static uint32_t flip(uint32_t x) { return ~x; }
static uint32_t shift_left(uint32_t x) { return x ^ x << 13; }
static uint32_t shift_right(uint32_t x) { return x ^ x >> 17; }
static uint32_t rotate(uint32_t x) { return x << 5 | x >> 27; }
static uint32_t subtract(uint32_t x) { return 0x7f4a7c15u - x; }
static uint32_t mask(uint32_t x) { return x ^ 0x55555555u; }

static uint32_t (*const FUNCTIONS[])(uint32_t) = {add, multiply, flip, shift_left, shift_right, rotate, subtract, mask};

uint32_t EXPORT(kernel)(uint32_t steps) {
    uint32_t x = 1;
    for (uint32_t i = 0; i < steps; i++) x = FUNCTIONS[(x ^ i) & 7](x);
    return x;
}
