/* kernel(rounds): encodes 3072 bytes and decodes the result (base64.c), so many times, adding the round's number to a
 * byte each time; the CRC-like sum of the last text. */
#include "../base64.c"
#include "random.h"

uint32_t EXPORT(kernel)(uint32_t rounds) {
    uint32_t sum = 0;
    random_state = 1;
    for (uint32_t i = 0; i < 3072; i++) source[i] = random_next() >> 24;
    for (uint32_t round = 0; round < rounds; round++) {
        source[round % 3072] += round;
        int32_t length = encode(3072);
        for (int32_t i = 0; i < length; i++) source[i] = result[i];
        length = decode(length);
        for (int32_t i = 0; i < length; i++) source[i] = result[i];
        sum = sum * 31 + source[sum % 3072];
    }
    return sum;
}
