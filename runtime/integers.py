"""Integer operators that have no short Python expression (spec: Execution / Numerics / Integer Operations).

Operands and results are raw: integers in `0 <= x < 2**N` (a bool may stand for 0 or 1).  Shift and rotation counts are
taken modulo N.
"""

from __future__ import annotations

from wasm2py.runtime.errors import Trap


def i32_clz(x: int) -> int:
    """Count leading zero bits; 32 for 0."""
    return 32 - x.bit_length()


def i64_clz(x: int) -> int:
    """Count leading zero bits; 64 for 0."""
    return 64 - x.bit_length()


def i32_ctz(x: int) -> int:
    """Count trailing zero bits; 32 for 0."""
    return (x & -x).bit_length() - 1 if x else 32


def i64_ctz(x: int) -> int:
    """Count trailing zero bits; 64 for 0."""
    return (x & -x).bit_length() - 1 if x else 64


def i32_shr_s(x: int, n: int) -> int:
    """Shift right, copying the sign bit."""
    if x < 0x80000000:
        return x >> (n & 31)
    return (x - 0x100000000 >> (n & 31)) & 0xFFFFFFFF


def i64_shr_s(x: int, n: int) -> int:
    """Shift right, copying the sign bit."""
    if x < 0x8000000000000000:
        return x >> (n & 63)
    return (x - 0x10000000000000000 >> (n & 63)) & 0xFFFFFFFFFFFFFFFF


def i32_rotl(x: int, n: int) -> int:
    """Rotate left."""
    n &= 31
    return (x << n | x >> 32 - n) & 0xFFFFFFFF


def i32_rotr(x: int, n: int) -> int:
    """Rotate right."""
    n &= 31
    return (x >> n | x << 32 - n) & 0xFFFFFFFF


def i64_rotl(x: int, n: int) -> int:
    """Rotate left."""
    n &= 63
    return (x << n | x >> 64 - n) & 0xFFFFFFFFFFFFFFFF


def i64_rotr(x: int, n: int) -> int:
    """Rotate right."""
    n &= 63
    return (x >> n | x << 64 - n) & 0xFFFFFFFFFFFFFFFF


def i32_div_s(x: int, y: int) -> int:
    """Divide as signed numbers, rounding towards zero; traps on division by zero and on -2**31 / -1."""
    if not y:
        raise Trap("integer divide by zero")
    if x < 0x80000000:
        if y < 0x80000000:
            return x // y
        return -(x // (0x100000000 - y)) & 0xFFFFFFFF
    if y < 0x80000000:
        return -((0x100000000 - x) // y) & 0xFFFFFFFF
    if x == 0x80000000 and y == 0xFFFFFFFF:
        raise Trap("integer overflow")
    return (0x100000000 - x) // (0x100000000 - y)


def i64_div_s(x: int, y: int) -> int:
    """Divide as signed numbers, rounding towards zero; traps on division by zero and on -2**63 / -1."""
    if not y:
        raise Trap("integer divide by zero")
    if x < 0x8000000000000000:
        if y < 0x8000000000000000:
            return x // y
        return -(x // (0x10000000000000000 - y)) & 0xFFFFFFFFFFFFFFFF
    if y < 0x8000000000000000:
        return -((0x10000000000000000 - x) // y) & 0xFFFFFFFFFFFFFFFF
    if x == 0x8000000000000000 and y == 0xFFFFFFFFFFFFFFFF:
        raise Trap("integer overflow")
    return (0x10000000000000000 - x) // (0x10000000000000000 - y)


def i32_rem_s(x: int, y: int) -> int:
    """The remainder of the signed division, with the dividend's sign; traps on division by zero."""
    if not y:
        raise Trap("integer divide by zero")
    if y >= 0x80000000:
        y = 0x100000000 - y
    if x < 0x80000000:
        return x % y
    return -((0x100000000 - x) % y) & 0xFFFFFFFF


def i64_rem_s(x: int, y: int) -> int:
    """The remainder of the signed division, with the dividend's sign; traps on division by zero."""
    if not y:
        raise Trap("integer divide by zero")
    if y >= 0x8000000000000000:
        y = 0x10000000000000000 - y
    if x < 0x8000000000000000:
        return x % y
    return -((0x10000000000000000 - x) % y) & 0xFFFFFFFFFFFFFFFF


def i64_add128(low: int, high: int, other_low: int, other_high: int) -> tuple[int, int]:
    """Add two numbers of 128 bits, each in two halves; the sum's halves, the low one first."""
    return _halves((high << 64) + low + (other_high << 64) + other_low)


def i64_sub128(low: int, high: int, other_low: int, other_high: int) -> tuple[int, int]:
    """Subtract two numbers of 128 bits, each in two halves; the difference's halves, the low one first."""
    return _halves((high << 64) + low - (other_high << 64) - other_low)


def i64_mul_wide_s(x: int, y: int) -> tuple[int, int]:
    """Multiply as signed integers; the halves of all 128 bits, the low one first."""
    return _halves(((x ^ 1 << 63) - (1 << 63)) * ((y ^ 1 << 63) - (1 << 63)))


def i64_mul_wide_u(x: int, y: int) -> tuple[int, int]:
    """Multiply as unsigned integers; the halves of all 128 bits, the low one first."""
    return _halves(x * y)


def _halves(x: int) -> tuple[int, int]:
    return x & 0xFFFFFFFFFFFFFFFF, x >> 64 & 0xFFFFFFFFFFFFFFFF
