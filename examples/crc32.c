/* CRC-32 as zlib and PNG use it (polynomial 0xEDB88320), with a table that the first call builds.
 * input(): address of up to 4096 bytes; crc32(crc, length): continues `crc`, 0 at first, over the first `length` of them. */
#include "wasm.h"

static uint8_t buffer[4096];
static uint32_t table[256];

static void build_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t x = i;
        for (int bit = 0; bit < 8; bit++) x = x & 1 ? x >> 1 ^ 0xEDB88320u : x >> 1;
        table[i] = x;
    }
}

uint8_t *EXPORT(input)(void) { return buffer; }

uint32_t EXPORT(crc32)(uint32_t crc, uint32_t length) {
    if (!table[1]) build_table();
    crc = ~crc;
    for (uint32_t i = 0; i < length; i++) crc = table[(crc ^ buffer[i]) & 255] ^ crc >> 8;
    return ~crc;
}
