/* J. H. Conway's game of life on a torus of 64 by 64 cells. kernel(generations): the cells alive after that, weighted by
 * their place. */
#include "random.h"

#define SIZE 64

static uint8_t cells[2][SIZE * SIZE];

static void step(const uint8_t *now, uint8_t *next) {
    for (uint32_t y = 0; y < SIZE; y++) {
        const uint8_t *above = now + (y + SIZE - 1) % SIZE * SIZE;
        const uint8_t *row = now + y * SIZE;
        const uint8_t *below = now + (y + 1) % SIZE * SIZE;
        for (uint32_t x = 0; x < SIZE; x++) {
            uint32_t left = (x + SIZE - 1) % SIZE, right = (x + 1) % SIZE;
            uint32_t neighbours = above[left] + above[x] + above[right] + row[left] + row[right] + below[left] +
                                  below[x] + below[right];
            next[y * SIZE + x] = neighbours == 3 || (neighbours == 2 && row[x]);
        }
    }
}

uint32_t EXPORT(kernel)(uint32_t generations) {
    uint32_t sum = 0;
    random_state = 1;
    for (uint32_t i = 0; i < SIZE * SIZE; i++) cells[0][i] = random_next() >> 30 == 0;
    for (uint32_t i = 0; i < generations; i++) step(cells[i % 2], cells[(i + 1) % 2]);
    for (uint32_t i = 0; i < SIZE * SIZE; i++) sum += cells[generations % 2][i] * i;
    return sum;
}
