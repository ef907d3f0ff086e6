/* Numbers that look random and are the same everywhere: a linear congruential generator with a seed. */
#ifndef RANDOM_H
#define RANDOM_H

#include "../wasm.h"

static uint32_t random_state;

static uint32_t random_next(void) { return random_state = random_state * 1664525u + 1013904223u; }

#endif
