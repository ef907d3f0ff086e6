"""The state while emitting one function, and the ways from an IR expression to a Python one.

What an instruction becomes is registered by family: `integers.py`, `compare.py`, `floats.py`, `convert.py`,
`access.py`, `store.py`, `calls.py`; and for integers of the portable dialect in `words.py`. An integer instruction's
handler returns a `Value` (exact bounds, perhaps not yet wrapped), any other's a node.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from wasm2py.runtime.dialects import DIFFERING
from wasm2py.runtime.program import Dialect, Program
from wasm2py.runtime.types import ValType
from wasm2py.transpile.emit import nodes
from wasm2py.transpile.emit.values import LIMITS, Value, canonical, hardly_wraps, reduced, signed, word_bounds
from wasm2py.transpile.emit.wrapping import adds_up, seldom_wraps
from wasm2py.transpile.ir.expr import LOCAL_GET, Expr
from wasm2py.transpile.ir.intervals import FULL, SIZES, Interval, interval
from wasm2py.transpile.opcodes import OPS, Op

IntegerHandler: TypeAlias = "Callable[[Emitter, Expr, int], Value]"
NodeHandler: TypeAlias = "Callable[[Emitter, Expr, int], ast.expr]"

#: Instruction → how its integer result is computed; the last argument is the line.
INTEGERS: dict[Op, IntegerHandler] = {}
#: Instruction → how the portable dialect computes it, where that differs.
WORDS: dict[Op, IntegerHandler] = {}
#: Instruction → any other node: floats, references, calls, and what has no result.
NODES: dict[Op, NodeHandler] = {}
#: Full-width loads → their signed reading, where that is to be had for nothing.
SIGNED: dict[Op, IntegerHandler] = {}
#: Instructions with a cheaper form that may quiet a signalling NaN.
QUIET: dict[Op, NodeHandler] = {}
#: Float instructions that round → the exact value, or the f64, that is to be rounded.
UNROUNDED: dict[Op, NodeHandler] = {}


def integer(*names: str, registry: dict[Op, IntegerHandler] = INTEGERS) -> Callable[[IntegerHandler], IntegerHandler]:
    """Register for these mnemonics, or, for names without a type, for both integer types."""

    def register(handler: IntegerHandler) -> IntegerHandler:
        for name in names:
            for mnemonic in [name] if "." in name else [f"i32.{name}", f"i64.{name}"]:
                registry[OPS[mnemonic]] = handler
        return handler

    return register


def node(*names: str) -> Callable[[NodeHandler], NodeHandler]:
    """Register for these mnemonics."""

    def register(handler: NodeHandler) -> NodeHandler:
        NODES.update((OPS[name], handler) for name in names)
        return handler

    return register


class Emitter:
    """What emission needs to know: the module's names, the function's variables, and where the present statement
    stands.

    `temporary` holds a value within an expression, `address` and `stored` a store's operands within its statements, and
    `tail` is what makes the calls that the function ends in (see `runtime/tails`), `caught` where an `except` puts an
    exception. `offsets` says that there may be views that begin elsewhere than at address 0.
    """

    __slots__ = (
        "_integers", "address", "caught", "dialect", "line", "offsets", "program", "stored", "tail", "temporary",
        "variables",
    )  # fmt: skip

    def __init__(
        self, program: Program, variables: dict[int, str], names: tuple[str, str, str, str], line: int
    ) -> None:
        self.program = program
        self.dialect: Dialect = program.options.dialect
        self.offsets = "offsets" not in program.options.disabled_passes
        self.variables = variables
        self.temporary, self.address, self.stored, self.tail = names
        self.caught = ""
        self.line = line
        self._integers = INTEGERS | WORDS if self.dialect == "portable" else INTEGERS

    def in_words(self, type_: ValType | None) -> bool:
        """Whether integers of this type are signed words at rest."""
        return type_ == "i64" and self.dialect == "portable"

    def helper(self, name: str) -> str:
        """The name in this dialect of a helper that for i32 and unsigned i64 is called so."""
        return f"word_{name[4:]}" if self.dialect == "portable" and name.startswith("i64_") else name

    def boxed_attribute(self, globalidx: int) -> str:
        """The attribute of a `Global` that holds its value as this dialect has it."""
        differs = self.dialect == "portable" and self.program.globals[globalidx].type.valtype in DIFFERING
        return "portable" if differs else "raw"

    def value(self, expr: Expr) -> Value:
        """An integer expression, unwrapped as it comes."""
        handler = self._integers.get(expr.op)
        if handler is not None:
            return handler(self, expr, expr.offset or self.line)
        assert expr.type in FULL
        low, high = self.at_rest(expr.type, FULL[expr.type])
        return Value(NODES[expr.op](self, expr, expr.offset or self.line), low, high)

    def both(self, expr: Expr) -> tuple[Value, Value]:
        """The two integer operands of an expression, unwrapped as they come."""
        left, right = expr.args
        return self.value(left), self.value(right)

    def at_rest(self, type_: ValType, bounds: Interval) -> Interval:
        """The bounds at rest of integers with these unsigned bounds."""
        return word_bounds(*bounds) if self.in_words(type_) else bounds

    def canonical(self, expr: Expr) -> Value:
        """An integer expression at rest: 0 ≤ x < 2**N, or a word."""
        value = self.value(expr)
        if (value.low >= 0 and value.high <= FULL[expr.type][1]) or self.in_words(expr.type):  # type: ignore[index]
            return value
        return self._wrapped(expr, value)

    def rested(self, expr: Expr, value: Value) -> Value:
        """What an expression gave, at rest."""
        return value if value.low >= 0 and value.high <= FULL[expr.type][1] else self._wrapped(expr, value)  # type: ignore[index]

    def _wrapped(self, expr: Expr, value: Value) -> Value:
        """A value wrapped in the quicker way: that depends on whether it is likely to change."""
        bits, line = SIZES[expr.type], expr.offset or self.line  # type: ignore[index]
        if self.dialect == "cpython" and (hardly_wraps(value, bits) or seldom_wraps(expr)):
            return reduced(value, bits, line)
        return canonical(value, bits, line)

    def place(self, expr: Expr) -> Value:
        """An address at rest; sums that make one do not wrap, or hardly any access would be inside the memory."""
        value = self.value(expr)
        if value.fits(32):
            return value
        if self.dialect == "cpython" and adds_up(expr):
            return reduced(value, 32, expr.offset or self.line)
        return canonical(value, 32, expr.offset or self.line)

    def signed(self, expr: Expr) -> Value:
        """An integer expression as a signed integer."""
        line = expr.offset or self.line
        handler = SIGNED.get(expr.op)
        if handler is not None:
            return handler(self, expr, line)
        value, bits = self.value(expr), SIZES[expr.type]  # type: ignore[index]
        return value if value.fits_signed(bits) else signed(self.rested(expr, value), bits, line)

    def unwrapped(self, expr: Expr) -> Value:
        """An integer expression as it comes, if it can be as large as one sum with an unwrapped variable at most."""
        bits = SIZES[expr.type]  # type: ignore[index]
        value = self.value(expr)
        if -LIMITS[bits] < value.low and value.high < LIMITS[bits]:
            return value
        return canonical(value, bits, expr.offset or self.line)

    def cheaply_signed(self, expr: Expr) -> Value:
        """An integer expression unwrapped as it comes, and signed where that costs nothing."""
        handler = SIGNED.get(expr.op)
        return self.value(expr) if handler is None else handler(self, expr, expr.offset or self.line)

    def quiet(self, expr: Expr) -> ast.expr:
        """A float for an operation that makes every NaN quiet anyway."""
        handler = QUIET.get(expr.op, NODES[expr.op])
        return handler(self, expr, expr.offset or self.line)

    def node(self, expr: Expr) -> ast.expr:
        """Any expression, at rest."""
        if expr.type in FULL:
            return self.canonical(expr).node
        return NODES[expr.op](self, expr, expr.offset or self.line)

    def nodes(self, exprs: tuple[Expr, ...]) -> list[ast.expr]:
        return [self.node(expr) for expr in exprs]

    def twice(self, value: ast.expr, line: int) -> tuple[ast.expr, ast.expr]:
        """A node for the first evaluation of a value and one for using it again."""
        if isinstance(value, ast.Name):
            return value, nodes.Name(value.id, line)
        if isinstance(value, ast.Constant):
            return value, nodes.constant(value.value, line)  # type: ignore[arg-type]
        if isinstance(value, ast.NamedExpr):
            return value, nodes.Name(value.target.id, line)
        return nodes.named(self.temporary, value, line), nodes.Name(self.temporary, line)

    def bounds(self, expr: Expr) -> tuple[int, int]:
        """What is known of an expression's value as an unsigned integer."""
        if expr.op is LOCAL_GET:
            return expr.range or FULL[expr.type]  # type: ignore[index]
        known = {n.imm.index: n.range for n in expr.reads() if n.range is not None}
        return interval(expr, known)
