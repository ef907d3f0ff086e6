/* kernel(limit): a program for the machine of vm.c finds the longest Collatz sequence of a start below limit; its length. */
#include "../vm.c"

#define WORD(x) (x), 0, 0, 0
#define TARGET(x) (x), 0

static const uint8_t PROGRAM[] = {
    /* 0 */ PUSH, WORD(1), STORE, 1,                                                    /* start = 1 */
    /* 7 */ LOAD, 1, STORE, 2, PUSH, WORD(0), STORE, 3,                                 /* x = start; steps = 0 */
    /* 18 */ LOAD, 2, DEC, JUMP_ZERO, TARGET(67),                                       /* while x != 1: */
    /* 24 */ LOAD, 2, PUSH, WORD(1), AND, JUMP_ZERO, TARGET(49),                        /*   if x & 1: */
    /* 35 */ LOAD, 2, PUSH, WORD(3), MUL, INC, STORE, 2, JUMP, TARGET(59),              /*     x = x * 3 + 1 */
    /* 49 */ LOAD, 2, PUSH, WORD(1), SHR, STORE, 2,                                     /*   else: x >>= 1 */
    /* 59 */ LOAD, 3, INC, STORE, 3, JUMP, TARGET(18),                                  /*   steps += 1 */
    /* 67 */ LOAD, 3, LOAD, 4, GT, JUMP_ZERO, TARGET(79), LOAD, 3, STORE, 4,            /* longest = max(…, steps) */
    /* 79 */ LOAD, 1, INC, DUP, STORE, 1, LOAD, 0, LT, JUMP_ZERO, TARGET(94), JUMP, TARGET(7), /* while start < limit */
    /* 94 */ LOAD, 4, HALT,
};

int32_t EXPORT(kernel)(int32_t limit) {
    for (uint32_t i = 0; i < sizeof PROGRAM; i++) code[i] = PROGRAM[i];
    return run(limit, INT32_MAX);
}
