"""The rules for instructions (spec: Validation / Instructions).

Instructions whose operands are fixed have them in the opcode table; they need a rule only for their immediate, which is
registered by its kind.  All others have a rule of their own, registered by mnemonic.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from wasm2py.runtime.references import heap_of, reference
from wasm2py.runtime.types import (
    EXNREF,
    FUNCREF,
    I32,
    NUMERIC_TYPES,
    V128,
    FuncType,
    IndexType,
    TableType,
    ValType,
)
from wasm2py.transpile.decode.types import VALUE_TYPES
from wasm2py.transpile.indices import INDEXED, index_types
from wasm2py.transpile.opcodes import OPS, Catch, Immediate, Op, lane_count
from wasm2py.transpile.validate import aggregates
from wasm2py.transpile.validate.context import lookup
from wasm2py.transpile.validate.errors import InvalidError, unknown
from wasm2py.transpile.validate.registry import IMMEDIATE_RULES, INSTRUCTION_RULES, Rule, instruction
from wasm2py.transpile.validate.registry import immediate as immediate_rule
from wasm2py.transpile.validate.stacks import MISMATCH, UNKNOWN, Stacks, TrackingStacks, match, pop_reference
from wasm2py.transpile.validate.subtyping import check_valid

#: Families register their rules when they are imported.
FAMILIES = (aggregates,)
#: The kinds of immediates that need no rule.
_ANY_IS_VALID: frozenset[Immediate] = frozenset({"zero", "i32", "i64", "f32", "f64", "v128"})
#: The type of an exception that has been caught.
_EXCEPTION = reference("exn", nullable=False)
_SELECTABLE = NUMERIC_TYPES | {V128}


# Immediates of instructions with fixed operands.


@immediate_rule("memarg")
def _memarg(stacks: Stacks, op: Op, memarg: tuple[int, int, int]) -> None:
    alignment, offset, memory = memarg
    if memory >= len(stacks.context.memories):
        raise unknown("memory", memory)
    if 1 << alignment > op.width:
        raise InvalidError("alignment must not be larger than natural")
    if offset >= 1 << 32 and stacks.context.memories[memory].index == I32:
        raise InvalidError("offset out of range")


def _atomic_memarg(stacks: Stacks, op: Op, memarg: tuple[int, int, int]) -> None:
    _memarg(stacks, op, memarg)
    if 1 << memarg[0] != op.width:
        raise InvalidError("atomic alignment must be natural")


@immediate_rule("memarg_lane")
def _memarg_lane(stacks: Stacks, op: Op, memarg: tuple[int, int, int, int]) -> None:
    _memarg(stacks, op, memarg[:3])
    _lane(stacks, op, memarg[3])


@immediate_rule("lane")
def _lane(stacks: Stacks, op: Op, lane: int) -> None:
    if lane >= lane_count(op):
        raise InvalidError("invalid lane index")


@immediate_rule("lanes")
def _lanes(stacks: Stacks, op: Op, lanes: bytes) -> None:
    _lane(stacks, op, max(lanes))


@immediate_rule("memory")
def _memory(stacks: Stacks, op: Op, memory: int) -> None:
    lookup(stacks.context.memories, memory, "memory")


@immediate_rule("memories")
def _memories(stacks: Stacks, op: Op, memories: tuple[int, int]) -> None:
    for memory in memories:
        _memory(stacks, op, memory)


@immediate_rule("data")
def _data(stacks: Stacks, op: Op, data: int) -> None:
    if data >= stacks.context.datas:
        raise unknown("data segment", data)


@immediate_rule("data_memory")
def _data_memory(stacks: Stacks, op: Op, indices: tuple[int, int]) -> None:
    data, memory = indices
    _memory(stacks, op, memory)
    _data(stacks, op, data)


@immediate_rule("table")
def _table_index(stacks: Stacks, op: Op, table: int) -> None:
    _table(stacks, table)


@immediate_rule("tables")
def _tables(stacks: Stacks, op: Op, tables: tuple[int, int]) -> None:
    destination, source = (_table(stacks, table).element for table in tables)
    _copies(stacks, source, destination)


@immediate_rule("elem")
def _elem_index(stacks: Stacks, op: Op, elem: int) -> None:
    _elem(stacks, elem)


@immediate_rule("elem_table")
def _elem_table(stacks: Stacks, op: Op, indices: tuple[int, int]) -> None:
    elem, table = indices
    destination = _table(stacks, table).element
    _copies(stacks, _elem(stacks, elem), destination)


def _copies(stacks: Stacks, source: ValType, destination: ValType) -> None:
    if not match(stacks, (source,), (destination,)):
        raise InvalidError(MISMATCH, f"copies {source} to a table of {destination}")


def _table(stacks: Stacks, table: int) -> TableType:
    return lookup(stacks.context.tables, table, "table")


def _elem(stacks: Stacks, elem: int) -> ValType:
    return lookup(stacks.context.elems, elem, "elem segment")


# Control instructions.


@instruction("unreachable")
def _unreachable(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.mark_unreachable()


def _block_type(stacks: Stacks, blocktype: FuncType | int) -> FuncType:
    if isinstance(blocktype, int):
        return stacks.context.function_type(blocktype)
    for type_ in blocktype.results:
        if type_[0] == "(":
            check_valid(type_, len(stacks.context.types))
    return blocktype


@instruction("block", "loop", "try")
def _block(stacks: Stacks, op: Op, blocktype: FuncType | int) -> None:
    type_ = _block_type(stacks, blocktype)
    if type_.params:
        stacks.pop_all(type_.params)
    stacks.open(op.mnemonic, type_)


@instruction("if")
def _if(stacks: Stacks, op: Op, blocktype: FuncType | int) -> None:
    type_ = _block_type(stacks, blocktype)
    stacks.pop(I32)
    if type_.params:
        stacks.pop_all(type_.params)
    stacks.open(op.mnemonic, type_)


@instruction("else")
def _else(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.open(op.mnemonic, stacks.close().type)


@instruction("end")
def _end(stacks: Stacks, op: Op, immediate: None) -> None:
    block = stacks.close()
    if block.mnemonic == "if" and not match(stacks, block.type.params, block.type.results):
        raise InvalidError(MISMATCH, f"closes an if without else whose type is {block.type}")
    if block.type.results:
        stacks.push(block.type.results)


@instruction("br")
def _br(stacks: Stacks, op: Op, label: int) -> None:
    types = stacks.label(label)
    if types:
        stacks.pop_all(types)
    stacks.mark_unreachable()


@instruction("br_if")
def _br_if(stacks: Stacks, op: Op, label: int) -> None:
    types = stacks.label(label)
    stacks.pop(I32)
    if types:
        stacks.pop_all(types)
        stacks.push(types)


@instruction("br_table")
def _br_table(stacks: Stacks, op: Op, immediate: tuple[tuple[int, ...], int]) -> None:
    """All labels take the same number of operands; types that several of them share are checked once."""
    labels, default = immediate
    stacks.pop(I32)
    types = stacks.label(default)
    for other in {stacks.label(label) for label in set(labels)}:
        if len(other) != len(types):
            raise InvalidError(MISMATCH, f"has labels that take {len(other)} and {len(types)} operands")
        stacks.operands.without(other)
    stacks.pop_all(types)
    stacks.mark_unreachable()


@instruction("br_on_null")
def _br_on_null(stacks: Stacks, op: Op, label: int) -> None:
    types = stacks.label(label)
    operand = pop_reference(stacks)
    stacks.pop_all(types)
    stacks.push((*types, _non_null(operand)))


@instruction("br_on_non_null")
def _br_on_non_null(stacks: Stacks, op: Op, label: int) -> None:
    types = stacks.label(label)
    operand = _non_null(pop_reference(stacks))
    if not match(stacks, (operand,), types[-1:]):
        raise InvalidError(MISMATCH, f"would take {operand} to a label that takes {', '.join(types) or 'nothing'}")
    stacks.pop_all(types[:-1])
    stacks.push(types[:-1])


def _non_null(type_: ValType) -> ValType:
    return reference(heap_of(type_), nullable=False)


@instruction("return")
def _return(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop_all(stacks.results)
    stacks.mark_unreachable()


@instruction("call")
def _call(stacks: Stacks, op: Op, function: int) -> None:
    type_ = lookup(stacks.context.functions, function, "function")
    stacks.pop_all(type_.params)
    stacks.push(type_.results)


@instruction("call_indirect")
def _call_indirect(stacks: Stacks, op: Op, indices: tuple[int, int]) -> None:
    type_ = _indirect_type(stacks, indices)
    stacks.pop_all(type_.params)
    stacks.push(type_.results)


@instruction("return_call")
def _return_call(stacks: Stacks, op: Op, function: int) -> None:
    _tail_call(stacks, lookup(stacks.context.functions, function, "function"))


@instruction("return_call_indirect")
def _return_call_indirect(stacks: Stacks, op: Op, indices: tuple[int, int]) -> None:
    type_ = _indirect_type(stacks, indices)
    _tail_call(stacks, type_)


@instruction("call_ref")
def _call_ref(stacks: Stacks, op: Op, type_index: int) -> None:
    type_ = _referenced_type(stacks, type_index)
    stacks.pop_all(type_.params)
    stacks.push(type_.results)


@instruction("return_call_ref")
def _return_call_ref(stacks: Stacks, op: Op, type_index: int) -> None:
    _tail_call(stacks, _referenced_type(stacks, type_index))


def _referenced_type(stacks: Stacks, type_index: int) -> FuncType:
    """The type of what a call through a reference calls; the reference is popped."""
    type_ = stacks.context.function_type(type_index)
    stacks.pop(reference(str(type_index), nullable=True))
    return type_


def _indirect_type(stacks: Stacks, indices: tuple[int, int]) -> FuncType:
    """The type of what an indirect call calls; its index is popped."""
    type_index, table_index = indices
    table = _table(stacks, table_index)
    if not match(stacks, (table.element,), (FUNCREF,)):
        raise InvalidError(MISMATCH, f"needs a table of funcref, found one of {table.element}")
    type_ = stacks.context.function_type(type_index)
    stacks.pop(table.index)
    return type_


def _tail_call(stacks: Stacks, callee: FuncType) -> None:
    if not match(stacks, callee.results, stacks.results):
        raise InvalidError(MISMATCH, f"calls a function of type {callee} from one with results {stacks.results}")
    stacks.pop_all(callee.params)
    stacks.mark_unreachable()


# Exceptions.


@instruction("throw")
def _throw(stacks: Stacks, op: Op, index: int) -> None:
    stacks.pop_all(_carried(stacks, index))
    stacks.mark_unreachable()


def _carried(stacks: Stacks, tag: int) -> tuple[ValType, ...]:
    """The types of the values that exceptions with a tag carry."""
    return lookup(stacks.context.tags, tag, "tag").type.params


@instruction("throw_ref")
def _throw_ref(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop(EXNREF)
    stacks.mark_unreachable()


@instruction("try_table")
def _try_table(stacks: Stacks, op: Op, immediate: tuple[FuncType | int, tuple[Catch, ...]]) -> None:
    """The labels of its clauses are those around it."""
    blocktype, clauses = immediate
    type_ = _block_type(stacks, blocktype)
    for kind, tag, label in clauses:
        given = () if tag is None else _carried(stacks, tag)
        given += (_EXCEPTION,) if kind.endswith("ref") else ()
        types = stacks.label(label)
        if not match(stacks, given, types):
            raise InvalidError(MISMATCH, f"has a {kind} that gives {given} to a label that takes {types}")
    stacks.pop_all(type_.params)
    stacks.open(op.mnemonic, type_)


# Exceptions as they were before 3.0 (the legacy proposal).


@instruction("catch")
def _catch(stacks: Stacks, op: Op, tag: int) -> None:
    stacks.begin_part(op.mnemonic)
    stacks.push(_carried(stacks, tag))


@instruction("catch_all")
def _catch_all(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.begin_part(op.mnemonic)


@instruction("delegate")
def _delegate(stacks: Stacks, op: Op, label: int) -> None:
    block = stacks.close()
    stacks.label(label)
    stacks.push(block.type.results)


@instruction("rethrow")
def _rethrow(stacks: Stacks, op: Op, label: int) -> None:
    stacks.label(label)
    if stacks.blocks[-1 - label].mnemonic not in ("catch", "catch_all"):
        raise InvalidError("invalid rethrow label")
    stacks.mark_unreachable()


# Parametric instructions.


@instruction("drop")
def _drop(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop_any()


@instruction("select")
def _select(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop(I32)
    second, first = stacks.pop_any(), stacks.pop_any()
    for operand in (first, second):
        if operand is not UNKNOWN and operand not in _SELECTABLE:
            raise InvalidError(MISMATCH, f"without a type expects numbers, found {operand}")
    if first != second and UNKNOWN not in (first, second):
        raise InvalidError(MISMATCH, f"expects two operands of one type, found {first} and {second}")
    stacks.push((second if first is UNKNOWN else first,))


@instruction("select_t")
def _select_t(stacks: Stacks, op: Op, types: tuple[ValType, ...]) -> None:
    if len(types) != 1:
        raise InvalidError("invalid result arity")
    check_valid(types[0], len(stacks.context.types))
    stacks.pop(I32)
    stacks.pop_all(types + types)
    stacks.push(types)


# Variable instructions.


@instruction("local.get", "local.set", "local.tee")
def _local(stacks: Stacks, op: Op, local: int) -> None:
    """Where there is such a local, and none that is to be tracked, the loop over instructions does without this."""
    type_ = lookup(stacks.locals, local, "local")
    assert isinstance(stacks, TrackingStacks)
    if op.mnemonic == "local.get":
        if local in stacks.unset:
            raise InvalidError(f"uninitialized local {local}")
    else:
        stacks.pop(type_)
        stacks.set_local(local)
    if op.mnemonic != "local.set":
        stacks.push((type_,))


@instruction("global.get")
def _global_get(stacks: Stacks, op: Op, index: int) -> None:
    if index >= len(stacks.context.globals):
        raise unknown("global", index)
    stacks.operands = stacks.operands[stacks.context.globals[index].valtype]


@instruction("global.set")
def _global_set(stacks: Stacks, op: Op, index: int) -> None:
    type_ = lookup(stacks.context.globals, index, "global")
    if not type_.mutable:
        raise InvalidError("immutable global")
    stacks.pop(type_.valtype)


# Table and reference instructions.


@instruction("table.get")
def _table_get(stacks: Stacks, op: Op, index: int) -> None:
    table = _table(stacks, index)
    stacks.pop(table.index)
    stacks.push((table.element,))


@instruction("table.set")
def _table_set(stacks: Stacks, op: Op, index: int) -> None:
    table = _table(stacks, index)
    stacks.pop_all((table.index, table.element))


@instruction("table.grow")
def _table_grow(stacks: Stacks, op: Op, index: int) -> None:
    table = _table(stacks, index)
    stacks.pop_all((table.element, table.index))
    stacks.push((table.index,))


@instruction("table.fill")
def _table_fill(stacks: Stacks, op: Op, index: int) -> None:
    table = _table(stacks, index)
    stacks.pop_all((table.index, table.element, table.index))


@instruction("ref.null")
def _ref_null(stacks: Stacks, op: Op, type_: ValType) -> None:
    check_valid(type_, len(stacks.context.types))
    stacks.push((type_,))


@instruction("ref.is_null")
def _ref_is_null(stacks: Stacks, op: Op, immediate: None) -> None:
    pop_reference(stacks)
    stacks.push((I32,))


@instruction("ref.func")
def _ref_func(stacks: Stacks, op: Op, function: int) -> None:
    type_index = lookup(stacks.context.type_indices, function, "function")
    if function not in stacks.context.references:
        raise InvalidError("undeclared function reference")
    stacks.push((reference(str(type_index), nullable=False),))


@instruction("ref.as_non_null")
def _ref_as_non_null(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.push((_non_null(pop_reference(stacks)),))


def _stand_in(params: tuple[ValType, ...], results: tuple[ValType, ...]) -> Op:
    return Op(-1, "stand-in", None, params, results, "variable", "mvp", False, 0)


#: What the loop over instructions needs to know: of those with fixed operands the rule for their immediate, if there is
#: one, and of all others their own.
FIXED: dict[Op, Rule | None] = {
    op: IMMEDIATE_RULES[op.immediate] if op.immediate and op.immediate not in _ANY_IS_VALID else None
    for op in OPS.values()
    if op.params is not None
}
FIXED.update((op, _atomic_memarg) for op in FIXED if op.family == "atomic" and op.immediate == "memarg")
RULES: dict[Op, Rule] = {op: INSTRUCTION_RULES[op.mnemonic] for op in OPS.values() if op.params is None}


@cache
def _variant(op: Op, operands: tuple[IndexType | None, ...], result: IndexType | None) -> Op:
    """An instruction as it is for some index types."""
    assert op.params is not None and op.results is not None
    params = tuple(index or param for index, param in zip(operands, op.params, strict=True))
    return _stand_in(params, op.results if result is None else (result,))


def _indexed(stacks: Stacks, op: Op, immediate: Any) -> None:
    """An instruction whose fixed operands are those for 32-bit indices only."""
    rule, context = FIXED[op], stacks.context
    assert rule is not None
    rule(stacks, op, immediate)
    types = index_types(op, immediate, context.memories, context.tables)
    stacks.operands = stacks.operands[_variant(op, *types)]


#: The same for modules that have memories or tables with 64-bit indices.
FIXED_WIDE: dict[Op, Rule | None] = {op: rule for op, rule in FIXED.items() if op not in INDEXED}
RULES_WIDE: dict[Op, Rule] = RULES | {op: _indexed for op in FIXED if op in INDEXED}
#: What instructions that set a local do to the stack, by the local's type.
SETS_LOCAL: dict[Op, dict[ValType, Op]] = {
    OPS["local.set"]: {type_: _stand_in((type_,), ()) for type_ in VALUE_TYPES.values()},
    OPS["local.tee"]: {type_: _stand_in((type_,), (type_,)) for type_ in VALUE_TYPES.values()},
}
