"""Twins of the branchiest kernels: a JSON tokenizer and a byte-code interpreter."""

from __future__ import annotations

RECORD = (
    b'{"name": "Ada \\"Countess\\" Lovelace", "born": 1815, "languages": ["en", "fr", "\\u2124"],\n'
    b'  "engine": {"digits": 31, "speed": 0.33, "steam": true, "built": false, "cost": 1.7e+4},\n'
    b'  "notes": ["A", "B", "C", "D", "E", "F", "G"], "patron": null, "offset": -12.5e-3}'
)


def json(rounds: int) -> int:
    text = _json_text()
    total = 0
    for _ in range(rounds):
        for kind, _, length in _tokenize(text):
            total = (total * 31 + kind + length) & 0xFFFFFFFF
    return total


def _json_text() -> bytes:
    text = b"[\n" + RECORD
    while len(text) < 4000:
        text += b",\n" + RECORD
    return text + b"]"


def _tokenize(text: bytes) -> list[tuple[int, int, int]]:
    """The tokens: kind, start, and length.  A zero at the end of the text spares the tests for it."""
    end = len(text)
    text += b"\0"
    tokens: list[tuple[int, int, int]] = []
    p = 0
    while True:
        while (c := text[p]) == 0x20 or c == 0x0A or c == 0x0D or c == 0x09:
            p += 1
        if p == end:
            return tokens
        start = p
        kind = c
        if c in b"{}[]:,":
            p += 1
        elif c == 0x22:
            kind = 0x73
            p = _scan_string(text, p + 1)
        elif c == 0x74:
            p = _scan_word(text, p, b"true")
        elif c == 0x66:
            p = _scan_word(text, p, b"false")
        elif c == 0x6E:
            kind = 0x7A
            p = _scan_word(text, p, b"null")
        else:
            kind = 0x6E
            p = _scan_number(text, p)
        tokens.append((kind, start, p - start))


def _scan_string(text: bytes, p: int) -> int:
    while (c := text[p]) != 0x22:
        if c < 0x20:
            raise ValueError(f"a control character in a string at {p}")
        p = _scan_escape(text, p + 1) if c == 0x5C else p + 1
    return p + 1


def _scan_escape(text: bytes, p: int) -> int:
    c = text[p]
    if c in b'"\\/bfnrt':
        return p + 1
    if c == 0x75 and all(digit in b"0123456789abcdefABCDEF" for digit in text[p + 1 : p + 5]):
        return p + 5
    raise ValueError(f"an unknown escape at {p}")


def _scan_word(text: bytes, p: int, word: bytes) -> int:
    end = p + len(word)
    if text[p:end] != word:
        raise ValueError(f"an unknown word at {p}")
    return end


def _scan_digits(text: bytes, p: int) -> int:
    start = p
    while 0x30 <= text[p] <= 0x39:
        p += 1
    if p == start:
        raise ValueError(f"a digit is missing at {p}")
    return p


def _scan_number(text: bytes, p: int) -> int:
    if text[p] == 0x2D:
        p += 1
    p = p + 1 if text[p] == 0x30 else _scan_digits(text, p)
    if text[p] == 0x2E:
        p = _scan_digits(text, p + 1)
    if text[p] in b"eE":
        p += 1
        if text[p] in b"+-":
            p += 1
        p = _scan_digits(text, p)
    return p


(
    HALT, PUSH, POP, DUP, SWAP, OVER, LOAD, STORE, ADD, SUB, MUL, DIV, MOD, AND, OR, XOR, SHL, SHR, NOT, NEG,
    EQ, LT, GT, JUMP, JUMP_ZERO, CALL, RETURN, INC, DEC,
) = range(29)  # fmt: skip

#: The longest Collatz sequence, as in vm.c: jumps take an address of two bytes, PUSH a number of four.
PROGRAM = bytes((
    PUSH, 1, 0, 0, 0, STORE, 1,
    LOAD, 1, STORE, 2, PUSH, 0, 0, 0, 0, STORE, 3,
    LOAD, 2, DEC, JUMP_ZERO, 67, 0,
    LOAD, 2, PUSH, 1, 0, 0, 0, AND, JUMP_ZERO, 49, 0,
    LOAD, 2, PUSH, 3, 0, 0, 0, MUL, INC, STORE, 2, JUMP, 59, 0,
    LOAD, 2, PUSH, 1, 0, 0, 0, SHR, STORE, 2,
    LOAD, 3, INC, STORE, 3, JUMP, 18, 0,
    LOAD, 3, LOAD, 4, GT, JUMP_ZERO, 79, 0, LOAD, 3, STORE, 4,
    LOAD, 1, INC, DUP, STORE, 1, LOAD, 0, LT, JUMP_ZERO, 94, 0, JUMP, 7, 0,
    LOAD, 4, HALT,
))  # fmt: skip


def vm(limit: int) -> int:
    return _run(PROGRAM + bytes(6), limit, 0x7FFFFFFF)


def _signed(x: int) -> int:
    return (x & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


def _run(code: bytes, argument: int, fuel: int) -> int:
    """The top of the stack at HALT; numbers are signed, of 32 bits.  Raises ValueError for code that cannot run."""
    stack: list[int] = []
    variables = [argument] + [0] * 15
    calls: list[int] = []
    pc = 0
    push, pop = stack.append, stack.pop
    for _ in range(fuel):
        op = code[pc]
        pc += 1
        if op == LOAD:
            push(variables[code[pc] & 15])
            pc += 1
        elif op == STORE:
            variables[code[pc] & 15] = pop()
            pc += 1
        elif op == PUSH:
            push(int.from_bytes(code[pc : pc + 4], "little", signed=True))
            pc += 4
        elif op == JUMP_ZERO:
            pc = pc + 2 if pop() else (code[pc] | code[pc + 1] << 8) & 4095
        elif op == JUMP:
            pc = (code[pc] | code[pc + 1] << 8) & 4095
        elif op == INC:
            stack[-1] = _signed(stack[-1] + 1)
        elif op == DEC:
            stack[-1] = _signed(stack[-1] - 1)
        elif op == AND:
            top = pop()
            stack[-1] &= top
        elif op == SHR:
            top = pop()
            stack[-1] = _signed((stack[-1] & 0xFFFFFFFF) >> (top & 31))
        elif op == MUL:
            top = pop()
            stack[-1] = _signed(stack[-1] * top)
        elif op == ADD:
            top = pop()
            stack[-1] = _signed(stack[-1] + top)
        elif op == SUB:
            top = pop()
            stack[-1] = _signed(stack[-1] - top)
        elif op == LT:
            top = pop()
            stack[-1] = stack[-1] < top
        elif op == GT:
            top = pop()
            stack[-1] = stack[-1] > top
        elif op == EQ:
            top = pop()
            stack[-1] = stack[-1] == top
        elif op == DUP:
            push(stack[-1])
        elif op == POP:
            pop()
        elif op == SWAP:
            stack[-1], stack[-2] = stack[-2], stack[-1]
        elif op == OVER:
            push(stack[-2])
        elif op == NOT:
            stack[-1] = not stack[-1]
        elif op == NEG:
            stack[-1] = _signed(-stack[-1])
        elif op == OR:
            top = pop()
            stack[-1] |= top
        elif op == XOR:
            top = pop()
            stack[-1] ^= top
        elif op == SHL:
            top = pop()
            stack[-1] = _signed(stack[-1] << (top & 31))
        elif op == CALL:
            calls.append(pc + 2)
            pc = (code[pc] | code[pc + 1] << 8) & 4095
        elif op == RETURN:
            pc = calls.pop()
        elif op == DIV:
            top = pop() & 0xFFFFFFFF
            stack[-1] = _signed((stack[-1] & 0xFFFFFFFF) // top)
        elif op == MOD:
            top = pop() & 0xFFFFFFFF
            stack[-1] = _signed((stack[-1] & 0xFFFFFFFF) % top)
        elif op == HALT:
            return stack[-1]
        else:
            raise ValueError(f"unknown instruction {op} at {pc - 1}")
    raise ValueError("fuel used up")
