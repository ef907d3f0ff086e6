"""Floating-point operators (spec: Execution / Numerics / Floating-Point Operations), and conversions.

An f32 is a Python float that f32 can represent.  `+ - * /` and `sqrt` of f32 operands are exact enough in f64 that
rounding the f64 result to f32 gives the correctly rounded f32, so one set of functions serves both types; the caller
rounds with `f32`.

NaNs: arithmetic returns quiet NaNs (adding a NaN to itself quiets it and keeps its payload); `f_neg`, `f_abs` and
`f_copysign` are bit operations that keep the payload, and signalling NaNs signalling.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from wasm2py.runtime.access import f64_bits, f64_from_bits
from wasm2py.runtime.errors import Trap

_copysign = math.copysign
_fabs = math.fabs
#: The square root of what is not negative.
sqrt = math.sqrt

INF = math.inf
#: The canonical NaN with positive sign.
NAN = _copysign(math.nan, 1.0)


_f32_cell: Any = memoryview(bytearray(4)).cast("f")

_F32_MIN_NORMAL = 2.0**-126
#: From here on, rounding to f32 gives infinity: half a unit beyond the largest f32.
_F32_OVERFLOW = 2.0**128 - 2.0**103


def _f32_by_cell(x: float) -> float:
    # No other thread can run in between: CPython switches at calls and backward jumps only.
    _f32_cell[0] = x
    rounded: float = _f32_cell[0]
    return rounded


def _f32_by_arithmetic(x: float) -> float:
    if _F32_MIN_NORMAL <= x < _F32_OVERFLOW or -_F32_OVERFLOW < x <= -_F32_MIN_NORMAL:
        # q - q * (1 - 2**-53) is the power of two of x, with its sign (Rump, Ogita, Oishi: Accurate Floating-Point
        # Summation, 2008).  Added at 1.5 * 2**29 times that size, the 29 low bits of x are rounded off.
        q = x * 4503599627370497.0
        shift = (q - q * 0.9999999999999999) * 805306368.0
        return (x + shift) - shift
    if -_F32_MIN_NORMAL < x < _F32_MIN_NORMAL:
        return _copysign((x + _F32_SUBNORMAL_SHIFT) - _F32_SUBNORMAL_SHIFT, x)
    return _copysign(INF, x) if x == x else f64_from_bits(f64_bits(x + x) & ~0x1FFFFFFF)


#: 2**52 times the smallest f32, and half as much again, so that a negative number does not lower its exponent.
_F32_SUBNORMAL_SHIFT = 1.5 * 2.0**-97

#: Round to f32 (spec: `f32.demote_f64`); a NaN comes out quiet, with the upper 23 bits of its payload.
#: Measured on CPython 3.11, 3.13 and PyPy: by cell 40, 25, 140 ns; by arithmetic 84, 54, 1 ns.
f32: Callable[[float], float] = _f32_by_arithmetic if sys.implementation.name == "pypy" else _f32_by_cell


def f_promote(x: float) -> float:
    """The f64 equal to an f32 (spec: `f64.promote_f32`): a NaN comes out quiet."""
    return x if x == x else x + x


def f32_from_int(n: int) -> float:
    """Round an integer `|n| < 2**128` to f32 in one step (spec: `f32.convert_i64_s` and its like).

    Integers beyond 2**53 would be rounded twice, first to f64.  So they are cut to 40 bits, the lowest of them set if
    that cut off anything, which leaves the final rounding what it would have been.
    """
    if -0x20000000000000 <= n <= 0x20000000000000:
        return f32(float(n))
    cut = n.bit_length() - 40
    sticky = (n & (1 << cut) - 1) != 0
    return f32(float((n >> cut | sticky) << cut))


def f_div(x: float, y: float) -> float:
    """Divide."""
    try:
        return x / y
    except ZeroDivisionError:
        if x != x:
            return x + x
        return _copysign(INF, x) * _copysign(1.0, y) if x else NAN


def f_sqrt(x: float) -> float:
    """The square root; -0.0 for -0.0, NaN for other negative numbers."""
    if x >= 0.0:
        return sqrt(x)
    return x + x if x != x else NAN


def f_min(x: float, y: float) -> float:
    """The smaller; NaN if either is; -0.0 is smaller than 0.0."""
    if x < y:
        return x
    if x > y:
        return y
    if x == y:
        return x if _copysign(1.0, x) < 0.0 else y
    return x + y


def f_max(x: float, y: float) -> float:
    """The larger; NaN if either is; 0.0 is larger than -0.0."""
    if x > y:
        return x
    if x < y:
        return y
    if x == y:
        return y if _copysign(1.0, x) < 0.0 else x
    return x + y


# Adding and subtracting 2**52 rounds a number below it to an integer, with ties to even; from there on every float is
# an integer.  The functions below keep the operand's sign, also where the result is a zero.


def f_nearest(x: float) -> float:
    """Round to the nearest integer, ties to even; the sign stays, also of a zero."""
    if 0.0 < x < 4503599627370496.0:
        return (x + 4503599627370496.0) - 4503599627370496.0
    if -4503599627370496.0 < x < 0.0:
        return -((4503599627370496.0 - x) - 4503599627370496.0)
    return x if x == x else x + x


def f_floor(x: float) -> float:
    """Round towards negative infinity."""
    if 0.0 < x < 4503599627370496.0:
        n = (x + 4503599627370496.0) - 4503599627370496.0
        return n if n <= x else n - 1.0
    if -4503599627370496.0 < x < 0.0:
        n = (4503599627370496.0 - x) - 4503599627370496.0
        return -n if n >= -x else -(n + 1.0)
    return x if x == x else x + x


def f_ceil(x: float) -> float:
    """Round towards positive infinity; -0.0 between -1 and 0."""
    return -f_floor(-x)


def f_trunc(x: float) -> float:
    """Round towards zero; the sign stays, also of a zero."""
    return f_floor(x) if x > 0.0 else -f_floor(-x)


def f_neg(x: float) -> float:
    """Flip the sign bit."""
    return -x


def f_abs(x: float) -> float:
    """Clear the sign bit."""
    return _fabs(x)


def f_copysign(x: float, y: float) -> float:
    """The magnitude of x with the sign bit of y."""
    return _copysign(x, y)


def truncation_trap(x: float) -> Trap:
    """The trap for a float that has no integer, or none that fits."""
    return Trap("integer overflow" if x == x else "invalid conversion to integer")


def i32_trunc_s(x: float) -> int:
    """Round towards zero to a signed i32; traps on NaN and on what does not fit."""
    if -2147483649.0 < x < 2147483648.0:
        return int(x) & 0xFFFFFFFF
    raise truncation_trap(x)


def i32_trunc_u(x: float) -> int:
    """Round towards zero to an unsigned i32; traps on NaN and on what does not fit."""
    if -1.0 < x < 4294967296.0:
        return int(x)
    raise truncation_trap(x)


def i64_trunc_s(x: float) -> int:
    """Round towards zero to a signed i64; traps on NaN and on what does not fit."""
    if -9223372036854775808.0 <= x < 9223372036854775808.0:
        return int(x) & 0xFFFFFFFFFFFFFFFF
    raise truncation_trap(x)


def i64_trunc_u(x: float) -> int:
    """Round towards zero to an unsigned i64; traps on NaN and on what does not fit."""
    if -1.0 < x < 18446744073709551616.0:
        return int(x)
    raise truncation_trap(x)


def i32_trunc_sat_s(x: float) -> int:
    """Round towards zero to the nearest signed i32 there is; 0 for NaN."""
    if -2147483649.0 < x < 2147483648.0:
        return int(x) & 0xFFFFFFFF
    return 0 if x != x else 0x80000000 if x < 0.0 else 0x7FFFFFFF


def i32_trunc_sat_u(x: float) -> int:
    """Round towards zero to the nearest unsigned i32 there is; 0 for NaN."""
    if -1.0 < x < 4294967296.0:
        return int(x)
    return 0xFFFFFFFF if x > 0.0 else 0


def i64_trunc_sat_s(x: float) -> int:
    """Round towards zero to the nearest signed i64 there is; 0 for NaN."""
    if -9223372036854775808.0 <= x < 9223372036854775808.0:
        return int(x) & 0xFFFFFFFFFFFFFFFF
    return 0 if x != x else 0x8000000000000000 if x < 0.0 else 0x7FFFFFFFFFFFFFFF


def i64_trunc_sat_u(x: float) -> int:
    """Round towards zero to the nearest unsigned i64 there is; 0 for NaN."""
    if -1.0 < x < 18446744073709551616.0:
        return int(x)
    return 0xFFFFFFFFFFFFFFFF if x > 0.0 else 0
