/* Code that is mostly strlen, memcpy, memset, memcmp: as byte loops, the way a C library without SIMD has them.
 * kernel(rounds): so many times, joins words into a line, pads it, copies it into a page and counts equal lines. */
#include "../wasm.h"

#define PLAIN __attribute__((no_builtin, noinline))

static const char WORDS[8][24] = {
    "WebAssembly", "is", "a", "portable", "compilation target", "for", "programming languages", "everywhere",
};

static char line[160];
static char page[64][160];

PLAIN static uint32_t length_of(const char *s) {
    const char *p = s;
    while (*p) p++;
    return p - s;
}

PLAIN static void copy(char *to, const char *from, uint32_t count) {
    for (; count; count--) *to++ = *from++;
}

PLAIN static void fill(char *to, char c, uint32_t count) {
    while (count--) *to++ = c;
}

PLAIN static int32_t compare(const char *a, const char *b, uint32_t count) {
    for (; count; count--, a++, b++)
        if (*a != *b) return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

static uint32_t join(uint32_t seed) {
    uint32_t used = 0;
    for (int i = 0; i < 8; i++) {
        const char *word = WORDS[(seed + i * (seed >> 3 | 1)) & 7];
        uint32_t length = length_of(word);
        if (used + length + 1 > sizeof line) break;
        copy(line + used, word, length);
        used += length;
        line[used++] = ' ';
    }
    return used;
}

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    fill(page[0], 0, sizeof page);
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t used = join(round);
        fill(line + used, '.', sizeof line - used);
        line[sizeof line - 1] = 0;
        for (uint32_t i = 0; i < 64; i += 8) sum += compare(page[(round + i) % 64], line, sizeof line) == 0;
        copy(page[round % 64], line, sizeof line);
        sum = sum * 31 + length_of(line) + used;
    }
    return sum;
}
