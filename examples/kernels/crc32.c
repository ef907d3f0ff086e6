/* kernel(rounds): the CRC-32 (crc32.c) of 4096 bytes, so many times one after the other. */
#include "../crc32.c"
#include "random.h"

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t crc = 0;
    random_state = 1;
    for (uint32_t i = 0; i < sizeof buffer; i++) buffer[i] = random_next() >> 24;
    for (uint32_t round = 0; round < rounds; round++) crc = crc32(crc, sizeof buffer);
    return crc;
}
