/* Threads that work together: sums of parts under a mutex, a queue with two conditions, turns that are taken in order,
 * thread-local variables.
 * sum(threads, n): the sum of i*i % 1000003 for i < n; queue(producers, consumers, n): what all consumers add up of the
 * numbers below n that each producer sends; turns(threads, rounds): writes the letters of the threads, in order, at
 * output(), and gives how many; own(threads, n): how many threads counted to n in variables of their own;
 * total(threads, n): what an atomic counter holds after each thread has added 1 to it n times. */
#include "pthread.h"

enum { THREADS = 16, SLOTS = 4 };

static unsigned char output_text[4096];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count, limit;
static uint64_t result;

void *EXPORT(output)(void) { return output_text; }

/* Runs the function in this many threads, with arguments from 0 on; gives the sum of what they return. */
static int in_threads(int threads, void *(*function)(void *)) {
    pthread_t started[THREADS];
    int sum = 0;
    if (threads > THREADS) __builtin_trap();
    for (intptr_t i = 0; i < threads; i++)
        if (pthread_create(&started[i], NULL, function, (void *)i)) __builtin_trap();
    for (int i = 0; i < threads; i++) {
        void *returned;
        pthread_join(started[i], &returned);
        sum += (intptr_t)returned;
    }
    return sum;
}

static void *add_part(void *number) {
    uint64_t part = 0;
    for (uint64_t i = (intptr_t)number; i < limit; i += count) part += i * i % 1000003;
    pthread_mutex_lock(&mutex);
    result += part;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

uint64_t EXPORT(sum)(int threads, int n) {
    count = threads, limit = n, result = 0;
    in_threads(threads, add_part);
    return result;
}

static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int slots[SLOTS], first, filled;

static void put(int value) {
    pthread_mutex_lock(&mutex);
    while (filled == SLOTS) pthread_cond_wait(&not_full, &mutex);
    slots[(first + filled++) % SLOTS] = value;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&mutex);
}

static int take(void) {
    pthread_mutex_lock(&mutex);
    while (!filled) pthread_cond_wait(&not_empty, &mutex);
    int value = slots[first];
    first = (first + 1) % SLOTS, filled--;
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&mutex);
    return value;
}

static void *produce_or_consume(void *number) {
    if ((intptr_t)number < count) {
        for (int i = 0; i < limit; i++) put(i);
        return NULL;
    }
    uint64_t sum = 0;
    for (int value; (value = take()) >= 0;) sum += value;
    __atomic_add_fetch(&result, sum, __ATOMIC_SEQ_CST);
    return NULL;
}

uint64_t EXPORT(queue)(int producers, int consumers, int n) {
    pthread_t started[THREADS];
    int threads = producers + consumers;
    if (threads > THREADS) __builtin_trap();
    count = producers, limit = n, result = 0;
    for (intptr_t i = 0; i < threads; i++)
        if (pthread_create(&started[i], NULL, produce_or_consume, (void *)i)) __builtin_trap();
    for (int i = 0; i < producers; i++) pthread_join(started[i], NULL);
    for (int i = 0; i < consumers; i++) put(-1);
    for (int i = producers; i < threads; i++) pthread_join(started[i], NULL);
    return result;
}

static pthread_cond_t next = PTHREAD_COND_INITIALIZER;
static int turn;

static void *take_turns(void *number) {
    pthread_mutex_lock(&mutex);
    for (int i = (intptr_t)number; i < count * limit; i += count) {
        while (turn != i) pthread_cond_wait(&next, &mutex);
        output_text[turn++] = 'a' + (intptr_t)number;
        pthread_cond_broadcast(&next);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int EXPORT(turns)(int threads, int rounds) {
    count = threads, limit = rounds, turn = 0;
    if (threads * rounds > sizeof output_text) __builtin_trap();
    in_threads(threads, take_turns);
    return turn;
}

static _Thread_local int counter = 7;

static __attribute__((noinline)) void count_up(void) { *(volatile int *)&counter += 1; }

static void *count_own(void *number) {
    for (int i = 0; i < limit; i++) count_up();
    return (void *)(intptr_t)(counter == limit + 7);
}

int EXPORT(own)(int threads, int n) {
    limit = n;
    return in_threads(threads, count_own);
}

static void *count_shared(void *number) {
    for (int i = 0; i < limit; i++) __atomic_add_fetch(&result, 1, __ATOMIC_RELAXED);
    return NULL;
}

uint64_t EXPORT(total)(int threads, int n) {
    limit = n, result = 0;
    in_threads(threads, count_shared);
    return result;
}
