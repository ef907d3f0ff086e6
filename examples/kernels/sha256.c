/* kernel(rounds): hashes a message of 1000 bytes (sha256.c) that begins with the digest before; the last digest's
 * first word. */
#include "../sha256.c"

uint32_t EXPORT(kernel)(uint32_t rounds) {
    for (uint32_t i = 0; i < 1000; i++) message[i] = i * 7;
    for (uint32_t round = 0; round < rounds; round++) {
        sha256(1000);
        for (uint32_t i = 0; i < 32; i++) message[i] = digest[i];
    }
    return load_big(digest);
}
