"""The rules for instructions on structures, arrays, and references to them (spec: Validation / Instructions)."""

from __future__ import annotations

from typing import TypeVar

from wasm2py.runtime.references import ABSTRACT, BOTTOM, heap_of, is_nullable, reference
from wasm2py.runtime.types import I32, NUMERIC_TYPES, PACKED, V128, ArrayType, FieldType, StructType, ValType
from wasm2py.transpile.opcodes import Op
from wasm2py.transpile.validate.context import lookup
from wasm2py.transpile.validate.errors import InvalidError, unknown
from wasm2py.transpile.validate.registry import instruction
from wasm2py.transpile.validate.stacks import MISMATCH, Stacks, has_default, match, pop_reference
from wasm2py.transpile.validate.subtyping import check_valid

_T = TypeVar("_T", StructType, ArrayType)

_LATER = ", which needs the custom-descriptors feature"
#: The most elements that `array.new_fixed` takes; that of other engines is the same.
MAX_FIXED = 10_000


def _to(index: int, nullable: bool = True) -> ValType:
    """The type of references to a module's type."""
    return reference(str(index), nullable)


def _defined(stacks: Stacks, index: int, kind: type[_T], what: str) -> _T:
    type_ = lookup(stacks.context.types, index, "type")
    if not isinstance(type_, kind):
        raise InvalidError(MISMATCH, f"needs type {index} to be {what}")
    return type_


def _struct(stacks: Stacks, index: int) -> StructType:
    return _defined(stacks, index, StructType, "a structure")


def _array(stacks: Stacks, index: int) -> FieldType:
    """The type of an array's elements."""
    return _defined(stacks, index, ArrayType, "an array").element


def _must_be_written(element: FieldType, what: str) -> None:
    if not element.mutable:
        raise InvalidError(f"immutable {what}")


def _check_reading(op: Op, field: FieldType) -> None:
    """What is packed needs to be told whether it has a sign, all else must not."""
    if op.mnemonic.endswith(("_s", "_u")) != (field.storage in PACKED):
        raise InvalidError(MISMATCH, f"cannot take out {field.storage}")


# Structures


@instruction("struct.new")
def _struct_new(stacks: Stacks, op: Op, index: int) -> None:
    stacks.pop_all(tuple(field.valtype for field in _struct(stacks, index).fields))
    stacks.push((_to(index, False),))


@instruction("struct.new_default")
def _struct_new_default(stacks: Stacks, op: Op, index: int) -> None:
    for field in _struct(stacks, index).fields:
        _needs_default(field)
    stacks.push((_to(index, False),))


def _needs_default(field: FieldType) -> None:
    if not has_default(field.valtype):
        raise InvalidError(MISMATCH, f"needs a default value for {field.storage}")


def _field(stacks: Stacks, immediate: tuple[int, int]) -> FieldType:
    index, place = immediate
    return lookup(_struct(stacks, index).fields, place, "field")


@instruction("struct.get", "struct.get_s", "struct.get_u")
def _struct_get(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    field = _field(stacks, immediate)
    _check_reading(op, field)
    stacks.pop(_to(immediate[0]))
    stacks.push((field.valtype,))


@instruction("struct.set")
def _struct_set(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    field = _field(stacks, immediate)
    _must_be_written(field, "field")
    stacks.pop_all((_to(immediate[0]), field.valtype))


# Arrays


@instruction("array.new")
def _array_new(stacks: Stacks, op: Op, index: int) -> None:
    stacks.pop_all((_array(stacks, index).valtype, I32))
    stacks.push((_to(index, False),))


@instruction("array.new_default")
def _array_new_default(stacks: Stacks, op: Op, index: int) -> None:
    _needs_default(_array(stacks, index))
    stacks.pop(I32)
    stacks.push((_to(index, False),))


@instruction("array.new_fixed")
def _array_new_fixed(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    index, count = immediate
    element = _array(stacks, index).valtype
    if count > MAX_FIXED:
        raise InvalidError(f"too many elements: {count} exceed the limit of {MAX_FIXED}")
    stacks.pop_all((element,) * count)
    stacks.push((_to(index, False),))


def _data_segment(stacks: Stacks, element: FieldType, data: int) -> None:
    """A segment that elements come from, whose bytes make numbers only."""
    if element.valtype not in NUMERIC_TYPES and element.valtype != V128:
        raise InvalidError("array type is not numeric or vector")
    if data >= stacks.context.datas:
        raise unknown("data segment", data)


def _elem_segment(stacks: Stacks, element: FieldType, elem: int) -> None:
    given = lookup(stacks.context.elems, elem, "elem segment")
    if not match(stacks, (given,), (element.valtype,)):
        raise InvalidError(MISMATCH, f"copies {given} to an array of {element.storage}")


@instruction("array.new_data")
def _array_new_data(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    index, data = immediate
    _data_segment(stacks, _array(stacks, index), data)
    stacks.pop_all((I32, I32))
    stacks.push((_to(index, False),))


@instruction("array.new_elem")
def _array_new_elem(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    index, elem = immediate
    _elem_segment(stacks, _array(stacks, index), elem)
    stacks.pop_all((I32, I32))
    stacks.push((_to(index, False),))


@instruction("array.get", "array.get_s", "array.get_u")
def _array_get(stacks: Stacks, op: Op, index: int) -> None:
    element = _array(stacks, index)
    _check_reading(op, element)
    stacks.pop_all((_to(index), I32))
    stacks.push((element.valtype,))


@instruction("array.set")
def _array_set(stacks: Stacks, op: Op, index: int) -> None:
    element = _array(stacks, index)
    _must_be_written(element, "array")
    stacks.pop_all((_to(index), I32, element.valtype))


@instruction("array.len")
def _array_len(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop(ABSTRACT["array"])
    stacks.push((I32,))


@instruction("array.fill")
def _array_fill(stacks: Stacks, op: Op, index: int) -> None:
    element = _array(stacks, index)
    _must_be_written(element, "array")
    stacks.pop_all((_to(index), I32, element.valtype, I32))


@instruction("array.copy")
def _array_copy(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    to, from_ = immediate
    element, given = _array(stacks, to), _array(stacks, from_)
    _must_be_written(element, "array")
    if not stacks.context.storage_matches(given.storage, element.storage):
        raise InvalidError("array types do not match", f"copies {given.storage} to an array of {element.storage}")
    stacks.pop_all((_to(to), I32, _to(from_), I32, I32))


@instruction("array.init_data")
def _array_init_data(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    index, data = immediate
    element = _array(stacks, index)
    _must_be_written(element, "array")
    _data_segment(stacks, element, data)
    stacks.pop_all((_to(index), I32, I32, I32))


@instruction("array.init_elem")
def _array_init_elem(stacks: Stacks, op: Op, immediate: tuple[int, int]) -> None:
    index, elem = immediate
    element = _array(stacks, index)
    _must_be_written(element, "array")
    _elem_segment(stacks, element, elem)
    stacks.pop_all((_to(index), I32, I32, I32))


# References


@instruction("ref.eq")
def _ref_eq(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop_all((ABSTRACT["eq"], ABSTRACT["eq"]))
    stacks.push((I32,))


@instruction("ref.i31")
def _ref_i31(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop(I32)
    stacks.push((reference("i31", nullable=False),))


@instruction("i31.get_s", "i31.get_u")
def _i31_get(stacks: Stacks, op: Op, immediate: None) -> None:
    stacks.pop(ABSTRACT["i31"])
    stacks.push((I32,))


@instruction("any.convert_extern", "extern.convert_any")
def _convert(stacks: Stacks, op: Op, immediate: None) -> None:
    to, from_ = ("any", "extern") if op.mnemonic.startswith("any") else ("extern", "any")
    operand = pop_reference(stacks)
    if not match(stacks, (operand,), (ABSTRACT[from_],)):
        raise InvalidError(MISMATCH, f"expects {ABSTRACT[from_]}, found {operand}")
    stacks.push((reference(to, operand != BOTTOM and is_nullable(operand)),))


def top_of(stacks: Stacks, type_: ValType) -> ValType:
    """The type of the nullable references of the same kind."""
    check_valid(type_, len(stacks.context.types))
    for top in ("func", "extern", "exn"):
        if match(stacks, (type_,), (ABSTRACT[top],)):
            return ABSTRACT[top]
    return ABSTRACT["any"]


@instruction("ref.test", "ref.test_null", "ref.cast", "ref.cast_null")
def _ref_cast(stacks: Stacks, op: Op, type_: ValType) -> None:
    """The immediate is the type of nullable references in any case."""
    stacks.pop(top_of(stacks, type_))
    if op.mnemonic.startswith("ref.test"):
        stacks.push((I32,))
    else:
        stacks.push((reference(heap_of(type_), op.mnemonic.endswith("_null")),))


@instruction("br_on_cast", "br_on_cast_fail")
def _br_on_cast(stacks: Stacks, op: Op, immediate: tuple[int, ValType, ValType]) -> None:
    label, given, wanted = immediate
    for type_ in (given, wanted):
        check_valid(type_, len(stacks.context.types))
    if not match(stacks, (wanted,), (given,)):
        later = match(stacks, (reference(heap_of(wanted), is_nullable(given)),), (given,))
        raise InvalidError(MISMATCH, f"casts {given} to {wanted}{_LATER if later else ''}")
    types = stacks.label(label)
    rest = reference(heap_of(given), is_nullable(given) and not is_nullable(wanted))
    taken, kept = (wanted, rest) if op.mnemonic == "br_on_cast" else (rest, wanted)
    if not match(stacks, (taken,), types[-1:]):
        raise InvalidError(MISMATCH, f"would take {taken} to a label that takes {', '.join(types) or 'nothing'}")
    stacks.pop_all((*types[:-1], given))
    stacks.push((*types[:-1], kept))
