/* A stack machine: byte code, 32-bit words, one wide switch.
 * input(): address of the code, up to 4096 bytes; run(argument, fuel): the top of the stack at HALT, with
 * `argument` in variable 0; status(): 0 after HALT, 1 fuel used up, 2 unknown instruction, 3 stack over- or underflow,
 * 4 division by zero.
 * Immediates: PUSH takes four bytes little-endian, LOAD and STORE a variable 0 to 15, jumps and CALL two bytes. */
#include "wasm.h"

enum {
    HALT, PUSH, POP, DUP, SWAP, OVER, LOAD, STORE, ADD, SUB, MUL, DIV, MOD, AND, OR, XOR, SHL, SHR, NOT, NEG,
    EQ, LT, GT, JUMP, JUMP_ZERO, CALL, RETURN, INC, DEC,
};

#define DEPTH 256

static uint8_t code[4096];
static int32_t last_status;

uint8_t *EXPORT(input)(void) { return code; }

int32_t EXPORT(status)(void) { return last_status; }

static int32_t stop(int32_t status, int32_t value) {
    last_status = status;
    return value;
}

static uint32_t word(uint32_t pc) {
    return code[pc] | (uint32_t)code[pc + 1] << 8 | (uint32_t)code[pc + 2] << 16 | (uint32_t)code[pc + 3] << 24;
}

static uint32_t target(uint32_t pc) { return (code[pc] | (uint32_t)code[pc + 1] << 8) & 4095; }

int32_t EXPORT(run)(int32_t argument, int32_t fuel) {
    int32_t stack[DEPTH + 4], variables[16] = {argument}, *sp = stack + 2;
    uint32_t calls[DEPTH], depth = 0, pc = 0;
    for (; fuel > 0; fuel--) {
        if (sp < stack + 2 || sp >= stack + DEPTH || depth >= DEPTH || pc > 4090) return stop(3, 0);
        int32_t top = sp[-1];
        switch (code[pc++]) {
        case HALT: return stop(0, top);
        case PUSH: *sp++ = word(pc); pc += 4; break;
        case POP: sp--; break;
        case DUP: *sp++ = top; break;
        case SWAP: sp[-1] = sp[-2]; sp[-2] = top; break;
        case OVER: *sp = sp[-2]; sp++; break;
        case LOAD: *sp++ = variables[code[pc++] & 15]; break;
        case STORE: variables[code[pc++] & 15] = top; sp--; break;
        case ADD: sp--; sp[-1] = (uint32_t)sp[-1] + top; break;
        case SUB: sp--; sp[-1] = (uint32_t)sp[-1] - top; break;
        case MUL: sp--; sp[-1] = (uint32_t)sp[-1] * top; break;
        case DIV: if (!top) return stop(4, 0); sp--; sp[-1] = (uint32_t)sp[-1] / (uint32_t)top; break;
        case MOD: if (!top) return stop(4, 0); sp--; sp[-1] = (uint32_t)sp[-1] % (uint32_t)top; break;
        case AND: sp--; sp[-1] &= top; break;
        case OR: sp--; sp[-1] |= top; break;
        case XOR: sp--; sp[-1] ^= top; break;
        case SHL: sp--; sp[-1] = (uint32_t)sp[-1] << (top & 31); break;
        case SHR: sp--; sp[-1] = (uint32_t)sp[-1] >> (top & 31); break;
        case NOT: sp[-1] = !top; break;
        case NEG: sp[-1] = -(uint32_t)top; break;
        case EQ: sp--; sp[-1] = sp[-1] == top; break;
        case LT: sp--; sp[-1] = sp[-1] < top; break;
        case GT: sp--; sp[-1] = sp[-1] > top; break;
        case JUMP: pc = target(pc); break;
        case JUMP_ZERO: sp--; pc = top ? pc + 2 : target(pc); break;
        case CALL: calls[depth++] = pc + 2; pc = target(pc); break;
        case RETURN: if (!depth) return stop(3, 0); pc = calls[--depth]; break;
        case INC: sp[-1] = (uint32_t)top + 1; break;
        case DEC: sp[-1] = (uint32_t)top - 1; break;
        default: return stop(2, 0);
        }
    }
    return stop(1, 0);
}
