/* String search by R. N. Horspool's algorithm. kernel(rounds): looks so many times for ten letters of a random text of
 * 10,000, some of them changed so that they are not found; the sum of the places. */
#include "random.h"

#define TEXT 10000
#define PATTERN 10

static uint8_t text[TEXT];
static uint8_t pattern[PATTERN];

static int32_t search(void) {
    uint32_t skip[256];
    for (int i = 0; i < 256; i++) skip[i] = PATTERN;
    for (int i = 0; i < PATTERN - 1; i++) skip[pattern[i]] = PATTERN - 1 - i;
    for (uint32_t end = PATTERN - 1; end < TEXT; end += skip[text[end]]) {
        int32_t i = 0;
        while (i < PATTERN && text[end - i] == pattern[PATTERN - 1 - i]) i++;
        if (i == PATTERN) return end - (PATTERN - 1);
    }
    return -1;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    random_state = 1;
    for (int i = 0; i < TEXT; i++) text[i] = 'a' + (random_next() >> 24) % 26;
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t start = (random_next() >> 8) % (TEXT - PATTERN);
        for (int i = 0; i < PATTERN; i++) pattern[i] = text[start + i];
        if (round % 2) pattern[0] = '-';
        sum = sum * 31 + (uint32_t)search();
    }
    return sum;
}
