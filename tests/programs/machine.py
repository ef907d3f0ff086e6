"""Programs for the stack machine of vm.c: an assembler, and what the programs must answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

OPCODES = (
    "HALT PUSH POP DUP SWAP OVER LOAD STORE ADD SUB MUL DIV MOD AND OR XOR SHL SHR NOT NEG EQ LT GT JUMP JUMP_ZERO CALL"
    " RETURN INC DEC"
)
IMMEDIATES = {"PUSH": 4, "LOAD": 1, "STORE": 1, "JUMP": 2, "JUMP_ZERO": 2, "CALL": 2}


@dataclass(frozen=True, slots=True)
class VmProgram:
    """Byte code, the result for each argument, and the status that `status()` gives after it."""

    code: bytes
    answers: Mapping[int, int]
    status: int = 0


def assemble(source: str) -> bytes:
    """The byte code of instructions, immediates and ``label:`` between blanks; padded to 4096 bytes with HALT."""
    labels, code = dict[str, int](), b""
    for _ in range(2):
        words, code = iter(source.split()), b""
        for word in words:
            if word.endswith(":"):
                labels[word[:-1]] = len(code)
                continue
            code += bytes([OPCODES.split().index(word)])
            if word in IMMEDIATES:
                operand = next(words)
                value = int(operand) if operand.lstrip("-").isdigit() else labels.get(operand, 0)
                code += (value % 2**32).to_bytes(4, "little")[: IMMEDIATES[word]]
    return code.ljust(4096, b"\0")


FACTORIAL = """
        PUSH 1 STORE 1
loop:   LOAD 0 JUMP_ZERO end
        LOAD 1 LOAD 0 MUL STORE 1
        LOAD 0 DEC STORE 0 JUMP loop
end:    LOAD 1 HALT
"""
FIBONACCI = """
        LOAD 0 CALL fib HALT
fib:    DUP PUSH 2 LT JUMP_ZERO more RETURN
more:   DUP DEC CALL fib SWAP PUSH 2 SUB CALL fib ADD RETURN
"""
GCD = """
        LOAD 0 PUSH 360
loop:   DUP JUMP_ZERO end
        SWAP OVER MOD JUMP loop
end:    POP HALT
"""
COLLATZ = """
        PUSH 0
loop:   LOAD 0 PUSH 1 EQ NOT JUMP_ZERO end
        INC LOAD 0 PUSH 1 AND JUMP_ZERO even
        LOAD 0 PUSH 3 MUL INC STORE 0 JUMP loop
even:   LOAD 0 PUSH 1 SHR STORE 0 JUMP loop
end:    HALT
"""
BITS = "LOAD 0 PUSH 4 SHL LOAD 0 XOR PUSH 15 OR NEG PUSH -1000000000 GT LOAD 0 PUSH 7 DIV ADD HALT"


def _collatz(n: int) -> int:
    steps = 0
    while n != 1:
        n, steps = (3 * n + 1 if n % 2 else n // 2), steps + 1
    return steps


def _fibonacci(n: int) -> int:
    return n if n < 2 else _fibonacci(n - 1) + _fibonacci(n - 2)


def _factorial(n: int) -> int:
    low = math.factorial(n) % 2**32
    return low - 2**32 * (low >> 31)


VM_PROGRAMS = (
    VmProgram(assemble(FACTORIAL), {n: _factorial(n) for n in (0, 1, 5, 12, 13, 20)}),
    VmProgram(assemble(FIBONACCI), {n: _fibonacci(n) for n in (0, 1, 7, 11)}),
    VmProgram(assemble(GCD), {n: math.gcd(n, 360) for n in (1, 84, 360, 1001)}),
    VmProgram(assemble(COLLATZ), {n: _collatz(n) for n in (1, 27)}),
    VmProgram(
        assemble(BITS), {n: int(-((n << 4 ^ n) | 15) > -1000000000) + n // 7 for n in (0, 1, 12345, 100_000_000)}
    ),
    VmProgram(assemble("PUSH 1 PUSH 0 DIV HALT"), {0: 0}, status=4),
    VmProgram(assemble("POP POP HALT"), {0: 0}, status=3),
    VmProgram(b"\xff" * 4096, {0: 0}, status=2),
)
