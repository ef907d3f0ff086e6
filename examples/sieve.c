/* sieve(limit): how many primes lie below limit, at most 1,000,000, by the sieve of Eratosthenes over bytes. */
#include "wasm.h"

#define LIMIT 1000000

static uint8_t composite[LIMIT];

int32_t EXPORT(sieve)(int32_t limit) {
    int32_t count = 0;
    if (limit > LIMIT) return -1;
    for (int32_t i = 2; i < limit; i++) composite[i] = 0;
    for (int32_t i = 2; i < limit; i++) {
        if (composite[i]) continue;
        count++;
        for (int32_t multiple = 2 * i; multiple < limit; multiple += i) composite[multiple] = 1;
    }
    return count;
}
