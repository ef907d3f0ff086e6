/* A hash table from 64-bit keys to 64-bit values, open addressing, that doubles by growing the memory.
 * put(key, value): 1 where the key is new; get(key, fallback); remove(key): 1 where it was there; count(). */
#include "wasm.h"

enum { EMPTY, FULL, REMOVED };

typedef struct {
    uint64_t key, value;
    uint32_t state;
} Slot;

extern unsigned char __heap_base;

static Slot *slots;
static uint32_t capacity, used, live;
static uintptr_t heap;

static uint32_t hash(uint64_t key) {
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 33;
}

static Slot *allocate(uint32_t count) {
    if (!heap) heap = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    Slot *result = (Slot *)heap;
    heap += count * sizeof(Slot);
    uintptr_t size = __builtin_wasm_memory_size(0) << 16;
    if (heap > size && __builtin_wasm_memory_grow(0, (heap - size + 65535) >> 16) == (size_t)-1) __builtin_trap();
    for (uint32_t i = 0; i < count; i++) result[i].state = EMPTY;
    return result;
}

/* The slot of the key, or the slot where it would go. */
static Slot *find(uint64_t key) {
    Slot *free = NULL;
    for (uint32_t i = hash(key);; i++) {
        Slot *slot = &slots[i & (capacity - 1)];
        if (slot->state == EMPTY) return free ? free : slot;
        if (slot->state == FULL && slot->key == key) return slot;
        if (slot->state == REMOVED && !free) free = slot;
    }
}

static void rehash(void) {
    Slot *old = slots;
    uint32_t old_capacity = capacity;
    capacity = live * 4 < 64 ? 64 : capacity * 2;
    slots = allocate(capacity);
    used = live;
    for (uint32_t i = 0; i < old_capacity; i++)
        if (old[i].state == FULL) *find(old[i].key) = old[i];
}

int32_t EXPORT(put)(uint64_t key, uint64_t value) {
    if (used * 4 >= capacity * 3) rehash();
    Slot *slot = find(key);
    int32_t is_new = slot->state != FULL;
    if (slot->state == EMPTY) used++;
    live += is_new;
    *slot = (Slot){key, value, FULL};
    return is_new;
}

uint64_t EXPORT(get)(uint64_t key, uint64_t fallback) {
    if (!capacity) return fallback;
    Slot *slot = find(key);
    return slot->state == FULL ? slot->value : fallback;
}

int32_t EXPORT(remove)(uint64_t key) {
    if (!capacity) return 0;
    Slot *slot = find(key);
    if (slot->state != FULL) return 0;
    slot->state = REMOVED;
    live--;
    return 1;
}

uint32_t EXPORT(count)(void) { return live; }
