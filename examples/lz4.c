/* Decompressor for LZ4 blocks. input(): address of the block, up to 4096 bytes; output(): address of the result.
 * decompress(length): the length of the result, at most 65536, or -1 where the block is damaged. */
#include "wasm.h"

static uint8_t block[4096];
static uint8_t result[65536];

uint8_t *EXPORT(input)(void) { return block; }

uint8_t *EXPORT(output)(void) { return result; }

static const uint8_t *read_length(const uint8_t *p, const uint8_t *end, uint32_t *length) {
    if (*length < 15) return p;
    while (p < end) {
        *length += *p;
        if (*p++ != 255) return p;
    }
    return NULL;
}

int32_t EXPORT(decompress)(uint32_t size) {
    const uint8_t *p = block, *end = block + size;
    uint8_t *out = result, *limit = result + sizeof result;
    while (p < end) {
        uint32_t literals = *p >> 4, match = *p & 15;
        p = read_length(p + 1, end, &literals);
        if (!p || literals > (uint32_t)(end - p) || literals > (uint32_t)(limit - out)) return -1;
        for (; literals; literals--) *out++ = *p++;
        if (p == end) return out - result;
        if (end - p < 2) return -1;
        uint32_t offset = p[0] | (uint32_t)p[1] << 8;
        p = read_length(p + 2, end, &match);
        match += 4;
        if (!p || !offset || offset > (uint32_t)(out - result) || match > (uint32_t)(limit - out)) return -1;
        for (; match; match--, out++) *out = out[-(int32_t)offset];
    }
    return -1;
}
