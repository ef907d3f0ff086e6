/* kernel(rounds): makes a block of random literals and matches, decompresses it (lz4.c) so many times, and gives a sum
 * over the result. */
#include "../lz4.c"
#include "random.h"

static uint32_t make_block(void) {
    uint8_t *p = block;
    uint32_t made = 0;
    random_state = 1;
    while (p < block + sizeof block - 32) {
        uint32_t literals = 1 + (random_next() >> 24) % 12, match = (random_next() >> 24) % 15;
        *p++ = literals << 4 | match;
        for (uint32_t i = 0; i < literals; i++) *p++ = random_next() >> 24;
        made += literals;
        uint32_t offset = 1 + (random_next() >> 8) % made;
        *p++ = offset;
        *p++ = offset >> 8;
        made += match + 4;
    }
    *p++ = 1 << 4;
    *p++ = 0;
    return p - block;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t size = make_block(), length = 0, sum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        block[size - 1] = round;
        length = decompress(size);
        sum = sum * 31 + result[length - 1] + length;
    }
    for (uint32_t i = 0; i < length; i++) sum = sum * 31 + result[i];
    return sum;
}
