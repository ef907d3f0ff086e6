/* kernel(count): in an empty table (hashtable.c), puts so many random keys, finds them, removes every other, and finds
 * what is left; the sum of what was found. */
#include "../hashtable.c"
#include "random.h"

static uint64_t random_key(void) {
    uint64_t high = random_next();
    return high << 32 | random_next();
}

static uint64_t find_all(uint32_t count) {
    uint64_t sum = 0;
    random_state = 1;
    for (uint32_t i = 0; i < count; i++) sum += get(random_key(), 1);
    return sum;
}

uint64_t EXPORT(kernel)(uint32_t table_size) {
    slots = NULL;
    heap = capacity = used = live = 0;
    random_state = 1;
    for (uint32_t i = 0; i < table_size; i++) put(random_key(), i);
    uint64_t sum = find_all(table_size);
    random_state = 1;
    for (uint32_t i = 0; i < table_size; i++) {
        uint64_t key = random_key();
        if (i % 2) remove(key);
    }
    return sum * 31 + find_all(table_size);
}
