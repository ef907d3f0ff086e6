/* The part of POSIX threads that the programs here use, over atomic instructions and the host's `wasi.thread-spawn`:
 * the host calls `wasi_thread_start` in a new instance on the same memory, in a thread of its own. */
#ifndef PTHREAD_H
#define PTHREAD_H

#include "../wasm.h"

enum { PAGE = 65536, EAGAIN = 6 };

typedef struct thread {
    void *(*start)(void *);
    void *argument, *result;
    void *stack, *storage;
    int running;
} *pthread_t;

typedef struct { int state; } pthread_mutex_t;    /* 0 free, 1 held, 2 held and waited for */
typedef struct { int wakes; } pthread_cond_t;

#define PTHREAD_MUTEX_INITIALIZER {0}
#define PTHREAD_COND_INITIALIZER {0}

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(pthread_t thread);
void __wasm_init_tls(void *storage);

static void wait_while(int *address, int value) { __builtin_wasm_memory_atomic_wait32(address, value, -1); }

static void wake(int *address, unsigned count) { __builtin_wasm_memory_atomic_notify(address, count); }

static int pthread_mutex_lock(pthread_mutex_t *mutex) {
    int state = 0;
    if (__atomic_compare_exchange_n(&mutex->state, &state, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 0;
    while (__atomic_exchange_n(&mutex->state, 2, __ATOMIC_SEQ_CST)) wait_while(&mutex->state, 2);
    return 0;
}

static int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (__atomic_exchange_n(&mutex->state, 0, __ATOMIC_SEQ_CST) == 2) wake(&mutex->state, 1);
    return 0;
}

static int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    int wakes = __atomic_load_n(&cond->wakes, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(mutex);
    wait_while(&cond->wakes, wakes);
    return pthread_mutex_lock(mutex);
}

static int pthread_cond_signal(pthread_cond_t *cond) {
    __atomic_add_fetch(&cond->wakes, 1, __ATOMIC_SEQ_CST);
    wake(&cond->wakes, 1);
    return 0;
}

static int pthread_cond_broadcast(pthread_cond_t *cond) {
    __atomic_add_fetch(&cond->wakes, 1, __ATOMIC_SEQ_CST);
    wake(&cond->wakes, -1);
    return 0;
}

/* A page for each thread: its description, its thread-local variables, and its stack, which grows down from the end. */
static int pthread_create(pthread_t *result, const void *attributes, void *(*start)(void *), void *argument) {
    uintptr_t page = __builtin_wasm_memory_grow(0, 1) * PAGE;
    if (page == (uintptr_t)-PAGE) return EAGAIN;
    uintptr_t align = __builtin_wasm_tls_align() + !__builtin_wasm_tls_align();
    pthread_t thread = *result = (pthread_t)page;
    uintptr_t storage = page + sizeof *thread + align - 1 & -align;
    *thread = (struct thread){start, argument, NULL, (void *)(page + PAGE), (void *)storage, 1};
    return thread_spawn(thread) < 0 ? EAGAIN : 0;
}

static int pthread_join(pthread_t thread, void **result) {
    while (__atomic_load_n(&thread->running, __ATOMIC_SEQ_CST)) wait_while(&thread->running, 1);
    if (result) *result = thread->result;
    return 0;
}

static __attribute__((noinline)) void run(pthread_t thread) {
    __wasm_init_tls(thread->storage);
    thread->result = thread->start(thread->argument);
    __atomic_store_n(&thread->running, 0, __ATOMIC_SEQ_CST);
    wake(&thread->running, -1);
}

void EXPORT(wasi_thread_start)(int id, pthread_t thread) {
    __asm__ volatile("local.get %0\n global.set __stack_pointer" : : "r"(thread->stack));
    run(thread);
}

#endif
