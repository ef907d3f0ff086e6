"""Expressions: trees over the opcode table (the leaves are constants and variables).

An expression carries a summary of what evaluating it may observe or do, so that passes can tell whether two may
change places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wasm2py.runtime.types import ValType
from wasm2py.transpile.opcodes import OPS, Family, Op

# What evaluating an expression may do; a set of these bits is an expression's `effects`.
READS_MEMORY = 1
READS_GLOBALS = 2
READS_TABLES = 4
TRAPS_MEMORY = 8  # an out-of-bounds access
TRAPS_OTHERWISE = 16  # any other trap: their order among each other and with memory's can be seen
WRITES = 32  # changes memory, globals or tables, or calls
READS_AGGREGATES = 64  # fields that can be written, or elements of arrays
ALLOCATES = 128  # makes something that can be told from all else, and so must not be evaluated twice
READS = READS_MEMORY | READS_GLOBALS | READS_TABLES | READS_AGGREGATES
TRAPS = TRAPS_MEMORY | TRAPS_OTHERWISE
EVERYTHING = READS | TRAPS | WRITES

#: Expressions deeper than this are cut by a temporary: Python's compiler and printers recurse over them.
MAX_DEPTH = 24


class Var:
    """A variable of a function: a parameter, a local, or a temporary of ours.

    `index` numbers the variables of one function densely; `local` is the wasm localidx, None for temporaries. A
    `role` names the few variables that structuring makes: of those with the same role only one is in use at any
    time. Python's variable holds an integer at rest, or as the signed number where the pass `signs` set `signed`, or
    any number that is the same modulo 2**N where the pass `unwrapped` set that. Where `mixing` set `mixed`, it is as
    likely to be any number as any other.
    """

    __slots__ = ("index", "local", "mixed", "role", "signed", "type", "unwrapped")

    def __init__(self, index: int, type_: ValType, local: int | None = None, role: str | None = None) -> None:
        self.index = index
        self.type = type_
        self.local = local
        self.role = role
        self.signed = False
        self.unwrapped = False
        self.mixed = False

    def __repr__(self) -> str:
        return f"${self.local}" if self.local is not None else f"%{self.index}"


class Expr:
    """An instruction applied to operand expressions.

    `type` is the result's value type; None where there is none or several. `imm` is the immediate as in
    `transpile.module.Instr`, but for `local.get` the Var. `offset` is the instruction's place in the module.
    `variables` is a bit set of the Var indices that it reads. `range` bounds the value of a `local.get`,
    and `zeros` counts low bits of it (or of a `global.get`) that are zero, where that has been proved.
    `folded` says that the pass `fold` has nothing left to do for an expression with operands.
    """

    __slots__ = ("args", "depth", "effects", "folded", "imm", "offset", "op", "range", "type", "variables", "zeros")

    effects: int
    depth: int
    variables: int

    def __init__(
        self, op: Op, type_: ValType | None, args: tuple[Expr, ...] = (), imm: Any = None, offset: int = 0
    ) -> None:
        self.op = op
        self.type = type_
        self.args = args
        self.imm = imm
        self.offset = offset
        self.range: tuple[int, int] | None = None
        self.zeros = 0
        self.folded = False
        if len(args) == 2:
            left, right = args
            self.effects = OWN_EFFECTS[op] | left.effects | right.effects
            self.depth = (left.depth if left.depth > right.depth else right.depth) + 1
            self.variables = left.variables | right.variables
            return
        effects = OWN_EFFECTS[op]
        depth = variables = 0
        for arg in args:
            effects |= arg.effects
            variables |= arg.variables
            if arg.depth > depth:
                depth = arg.depth
        self.effects = effects
        self.depth = depth + 1
        self.variables = variables

    def walk(self) -> Iterator[Expr]:
        """This expression and all below it, parents first."""
        stack = [self]
        while stack:
            expr = stack.pop()
            yield expr
            stack.extend(expr.args)

    def reads(self) -> list[Expr]:
        """Every `local.get` in it, in no order."""
        found: list[Expr] = []
        stack = [self] if self.variables else []
        while stack:
            expr = stack.pop()
            if expr.op is LOCAL_GET:
                found.append(expr)
            else:
                stack += [arg for arg in expr.args if arg.variables]
        return found

    def with_args(self, args: tuple[Expr, ...]) -> Expr:
        """The same instruction on other operands."""
        return Expr(self.op, self.type, args, self.imm, self.offset)


def _ir_op(mnemonic: str, params: tuple[ValType, ...], family: Family = "compare") -> Op:
    return Op(-1, mnemonic, None, params, ("i32",), family, "mvp", False, 0)


# Conditions that Python has and wasm has not: short-circuit operators, made by optimise/conditions.py.
AND = _ir_op("and", ("i32", "i32"))
OR = _ir_op("or", ("i32", "i32"))
NOT = _ir_op("not", ("i32",))
#: An element of the tuple of small integers that is its immediate; made by structure/switch.py.
LOOKUP = _ir_op("lookup", ("i32",), "integer")
# Whether an i32 is one of those in the tuple, or between the two (themselves included), that are the immediate; made by
# structure/switch.py.
IN = _ir_op("in", ("i32",))
WITHIN = _ir_op("within", ("i32",))
#: An i64 plus the number below 2**32 that is its immediate, or 2**32 - 1 where that is less: what an i64 is as an index
#: of a memory or table, for none has such a place; made by lift/indices.py.
NARROWED = Op(-1, "narrowed", None, ("i64",), ("i32",), "integer", "mvp", False, 0)
#: Atomic accesses by 64-bit addresses.
WIDE_ATOMICS: dict[Op, Op] = {
    op: replace(op, code=-1, params=("i64", *op.params[1:]))
    for op in OPS.values()
    if op.family == "atomic" and op.params
}
#: The size of a memory that other threads may make grow: as after what changes something, views are looked up anew.
SHARED_SIZE = replace(OPS["memory.size"], code=-1, family="atomic")
#: A float that emission has put into the cell of this number (emit/rounding.py).
CELL = Op(-1, "cell", None, (), ("f32",), "float", "mvp", False, 0)

# Vectors made by optimise/lanes.py of their lanes, by the shape: of floats, and of conditions, ones where one holds.
FROM_LANES: dict[str, Op] = {
    "f32x4": Op(-1, "f32x4.make", None, ("f32",) * 4, ("v128",), "vector", "simd", False, 0),
    "f64x2": Op(-1, "f64x2.make", None, ("f64",) * 2, ("v128",), "vector", "simd", False, 0),
}
FROM_CONDITIONS: dict[str, Op] = {
    "f32x4": Op(-1, "i32x4.mask", None, ("i32",) * 4, ("v128",), "vector", "simd", False, 0),
    "f64x2": Op(-1, "i64x2.mask", None, ("i32",) * 2, ("v128",), "vector", "simd", False, 0),
}

# Made by optimise/halves.py. The even bytes of a vector as lanes of 16 bits, and the odd ones; the lanes of two vectors
# in turn as unsigned bytes, or what is next to them, and such as are known to fit; lanes that are less than 256, times
# a number that is the same for all, wrapping around.
EVEN = Op(-1, "i16x8.even", None, ("v128",), ("v128",), "vector", "simd", False, 0)
ODD = replace(EVEN, mnemonic="i16x8.odd")
ZIPPED = Op(-1, "i8x16.zip", None, ("v128",) * 2, ("v128",), "vector", "simd", False, 0)
ZIPPED_FITTING = replace(ZIPPED, mnemonic="i8x16.zip_fitting")
SCALED = replace(ZIPPED, mnemonic="i16x8.scale")
BY_PARITY = (EVEN, ODD, ZIPPED, ZIPPED_FITTING, SCALED)

# Exceptions (see lift/exceptions.py). A call, its argument, as a statement of its own: after its results it gives the
# exception that it was left with, or null. An exception of the tag that is the immediate, out of the values that it
# carries; whether one has that tag; the value that it carries at that index. Instead of values a function returns
# `RAISE`, which leaves it with an exception: the immediate says that it may be null.
CAUGHT = Op(-1, "caught", None, None, None, "control", "exception-handling", False, 0)
EXCEPTION = Op(-1, "exception", None, None, ("exnref",), "reference", "exception-handling", False, 0)
HAS_TAG = Op(-1, "has_tag", None, ("exnref",), ("i32",), "compare", "exception-handling", False, 0)
CARRIED = Op(-1, "carried", None, ("exnref",), None, "reference", "exception-handling", False, 0)
RAISE = Op(-1, "raise", None, ("exnref",), (), "control", "exception-handling", True, 0)

# Structures and arrays (see lift/aggregates.py). A field that is immutable; a store into a field or an element, whose
# operands come in the order in which Python evaluates them.
FIXED_FIELDS = {OPS[name]: replace(OPS[name], code=-1) for name in ("struct.get", "struct.get_s", "struct.get_u")}
FIELD_SET = replace(OPS["struct.set"], code=-1)
ELEMENT_SET = replace(OPS["array.set"], code=-1)

LOCAL_GET = OPS["local.get"]
GLOBAL_GET = OPS["global.get"]
SELECT = OPS["select"]
_CONSTANTS: tuple[ValType, ...] = ("i32", "i64", "f32", "f64", "v128")
CONST_OPS: dict[ValType, Op] = {type_: OPS[f"{type_}.const"] for type_ in _CONSTANTS}
CONSTS = frozenset(CONST_OPS.values())
CONDITIONAL = frozenset({SELECT, AND, OR})
#: What a function that ends in a call returns instead of values: the call.
TAIL_CALLS = frozenset({OPS["return_call"], OPS["return_call_indirect"], OPS["return_call_ref"]})
#: All that a function may return instead of values.
NO_VALUES = TAIL_CALLS | {RAISE}


def _own_effects(op: Op) -> int:
    """What the instruction adds to its operands' effects."""
    by_mnemonic = {
        "global.get": READS_GLOBALS,
        "global.set": WRITES,
        "table.get": READS_TABLES | TRAPS_OTHERWISE,
        "table.size": READS_TABLES,
        "memory.size": READS_MEMORY,
        "local.get": 0,
        "ref.func": 0,
        "ref.null": 0,
        "ref.is_null": 0,
        "exception": 0,
        "carried": 0,
        "ref.as_non_null": TRAPS_OTHERWISE,
        "ref.eq": 0,
        "ref.test": 0,
        "ref.test_null": 0,
        "ref.cast": TRAPS_OTHERWISE,
        "ref.cast_null": TRAPS_OTHERWISE,
        "ref.i31": 0,
        "i31.get_s": TRAPS_OTHERWISE,
        "i31.get_u": TRAPS_OTHERWISE,
        "any.convert_extern": ALLOCATES,
        "extern.convert_any": 0,
        "struct.new": ALLOCATES,
        "struct.new_default": ALLOCATES,
        "struct.get": READS_AGGREGATES | TRAPS_OTHERWISE,
        "struct.get_s": READS_AGGREGATES | TRAPS_OTHERWISE,
        "struct.get_u": READS_AGGREGATES | TRAPS_OTHERWISE,
        "struct.set": WRITES | TRAPS_OTHERWISE,
        "array.new": ALLOCATES | TRAPS_OTHERWISE,
        "array.new_default": ALLOCATES | TRAPS_OTHERWISE,
        "array.new_fixed": ALLOCATES,
        "array.get": READS_AGGREGATES | TRAPS_OTHERWISE,
        "array.get_s": READS_AGGREGATES | TRAPS_OTHERWISE,
        "array.get_u": READS_AGGREGATES | TRAPS_OTHERWISE,
        "array.set": WRITES | TRAPS_OTHERWISE,
        "array.len": TRAPS_OTHERWISE,
        "select": 0,
    }
    if op in FIXED_FIELDS.values():
        return TRAPS_OTHERWISE
    if op.mnemonic in by_mnemonic and op.family != "atomic":
        return by_mnemonic[op.mnemonic]
    if op.family in ("load", "vector_load"):
        return READS_MEMORY | TRAPS_MEMORY
    if op.family in ("store", "vector_store"):
        return WRITES | TRAPS_MEMORY
    if op.family in ("const", "compare", "integer", "float", "convert", "vector"):
        return TRAPS_OTHERWISE if op.traps else 0
    return EVERYTHING


_IR_OPS = (
    AND, OR, NOT, LOOKUP, IN, WITHIN, NARROWED, CELL, SHARED_SIZE, CAUGHT, EXCEPTION, HAS_TAG, CARRIED, RAISE,
    *FROM_LANES.values(), *FROM_CONDITIONS.values(), *BY_PARITY,
)  # fmt: skip
_ADDED = (*_IR_OPS, *WIDE_ATOMICS.values(), *FIXED_FIELDS.values(), FIELD_SET, ELEMENT_SET)
OWN_EFFECTS: dict[Op, int] = {op: _own_effects(op) for op in (*OPS.values(), *_ADDED)}
#: These look up what holds elements before they evaluate the index, which must not be what traps first, or writes.
INDEXED = frozenset({OPS["array.get"], OPS["array.get_s"], OPS["array.get_u"], ELEMENT_SET})


def const(type_: ValType, value: int, offset: int = 0) -> Expr:
    """A constant: an unsigned integer, a vector too, or a float's bit pattern."""
    return constant(CONST_OPS[type_], type_, value, offset)


def constant(op: Op, type_: ValType, value: int, offset: int) -> Expr:
    """The same by its instruction; filled in by itself, like the value of a variable, for these are most frequent."""
    expr = _new(Expr)
    expr.op = op
    expr.type = type_
    expr.args = ()
    expr.imm = value
    expr.offset = offset
    expr.range = None
    expr.zeros = 0
    expr.effects = 0
    expr.depth = 1
    expr.variables = 0
    return expr


def get(var: Var, offset: int = 0) -> Expr:
    """The value of a variable."""
    expr = _new(Expr)
    expr.op = LOCAL_GET
    expr.type = var.type
    expr.args = ()
    expr.imm = var
    expr.offset = offset
    expr.range = None
    expr.zeros = 0
    expr.effects = 0
    expr.depth = 1
    expr.variables = 1 << var.index
    return expr


_new = Expr.__new__


def renamed_reads(expr: Expr, names: Mapping[int, Var], renamed: int) -> Expr:
    """The expression with some variables, the bit set `renamed`, read under other names (by Var index)."""
    if not expr.variables & renamed:
        return expr
    if expr.op is LOCAL_GET:
        return get(names[expr.imm.index], expr.offset)
    return expr.with_args(tuple([renamed_reads(arg, names, renamed) for arg in expr.args]))


def commute(first: int, second: int) -> bool:
    """Whether two evaluations with these effects may change places without anyone noticing."""
    if (first & WRITES and second) or (second & WRITES and first):
        return False
    if first & TRAPS and second & TRAPS:
        return not (first | second) & TRAPS_OTHERWISE
    return True


#: For these Python looks up what they work on before it evaluates the operands, and then a call among those comes too
#: late: it might make the memory grow, drop the segment, or change the table.
LOOKED_UP = {op for op in OPS.values() if op.family in ("load", "vector_load", "vector_store")} | {
    OPS[name]
    for name in ("memory.init", "table.init", "call_indirect", "return_call_indirect", "call_ref", "return_call_ref")
}


def looked_up_early(expr: Expr) -> int:
    """How many operands, from the first, must not write: Python has looked up by then what a write could change."""
    if expr.op.family == "store":
        return 1
    return len(expr.args) if expr.op in LOOKED_UP else 0


def is_leaf(expr: Expr) -> bool:
    """Whether evaluating the expression twice costs no more than naming it: a constant or a variable."""
    return expr.op is LOCAL_GET or expr.op in CONSTS
