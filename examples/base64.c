/* Base64 (RFC 4648). input(): address of up to 4096 bytes; output(): address of the result.
 * encode(length), decode(length): the length of the result; decode gives -1 for text that is not base64. */
#include "wasm.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint8_t source[4096];
static uint8_t result[8192];

uint8_t *EXPORT(input)(void) { return source; }

uint8_t *EXPORT(output)(void) { return result; }

int32_t EXPORT(encode)(int32_t length) {
    uint8_t *out = result;
    for (int32_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)source[i] << 16;
        if (i + 1 < length) group |= (uint32_t)source[i + 1] << 8;
        if (i + 2 < length) group |= source[i + 2];
        *out++ = ALPHABET[group >> 18];
        *out++ = ALPHABET[group >> 12 & 63];
        *out++ = i + 1 < length ? ALPHABET[group >> 6 & 63] : '=';
        *out++ = i + 2 < length ? ALPHABET[group & 63] : '=';
    }
    return out - result;
}

/* The value of each character, -1 for those that are not of the alphabet; the first decoding builds it. */
static int8_t digits[256];

static void build_digits(void) {
    for (int i = 0; i < 256; i++) digits[i] = -1;
    for (int i = 0; i < 64; i++) digits[(uint8_t)ALPHABET[i]] = i;
}

int32_t EXPORT(decode)(int32_t length) {
    uint8_t *out = result;
    uint32_t bits = 0;
    int32_t padding = 0;
    if (!digits['/']) build_digits();
    if (length % 4) return -1;
    while (padding < 2 && padding < length && source[length - 1 - padding] == '=') padding++;
    for (int32_t i = 0; i < length - padding; i++) {
        int32_t value = digits[source[i]];
        if (value < 0) return -1;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4) *out++ = bits >> (6 - i % 4 * 2);
    }
    return out - result;
}
