"""Structures and arrays (spec: Execution / Runtime Structure / Aggregate Instances), and what generated code does to
references of the kind `any`.

Each type has a Python class of its own, the same for all modules that define an equal type; that of a subtype is a
subclass. Generated code reads and writes what is stored in the attributes `f0`, `f1`, … of a structure, and in the list
(or bytes) `items` of an array: raw values, but an i64 is a signed word in every dialect. All else here is the host's
side: fields by index, or by the names that the module's name section gives them, elements by index.

An i31 is a Python integer, from -2**30 to 2**30 - 1. So are the host's integers of that range, as they are in the
JavaScript API; one outside it is told apart by a wrapping (`External`) while it is an `anyref`.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from functools import cache
from threading import Lock
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from wasm2py.runtime.access import f32_from_bits, f64_from_bits
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.references import functions_match
from wasm2py.runtime.types import LARGEST_ARRAY, ArrayType, CompositeType, FieldType, FuncType, StructType
from wasm2py.runtime.values import External, default_value, from_raw, to_raw
from wasm2py.runtime.words import word

_BEYOND = "out of bounds array access"


def _to_host(field: FieldType, stored: Any) -> Any:
    return stored if field.storage == "i64" else from_raw(field.valtype, stored)


def _to_stored(field: FieldType, value: Any) -> Any:
    """What is stored of a host value; TypeError or OverflowError if it does not fit."""
    return stored(field, to_raw(field.valtype, value))


def stored(field: FieldType, raw: Any) -> Any:
    """What is stored of a raw value, an i64 unsigned as in constant expressions."""
    if field.storage == "i64":
        return word(raw)
    return raw & _MASKS[field.storage] if field.storage in _MASKS else raw


_MASKS = {"i8": 0xFF, "i16": 0xFFFF}


class Struct:
    """A structure: `len`, indexing, and iteration are over its fields, as host values.

    `type` is its type.  Raises IndexError and TypeError as sequences do; TypeError too for a field that is immutable.
    """

    __slots__ = ()

    type: ClassVar[StructType]

    def __len__(self) -> int:
        return len(self.type.fields)

    def __getitem__(self, index: int) -> Any:
        field = self.type.fields[index]
        return _to_host(field, getattr(self, f"f{index % len(self)}"))

    def __setitem__(self, index: int, value: Any) -> None:
        field = self.type.fields[index]
        if not field.mutable:
            raise TypeError(f"field {index} of {type(self).__name__} is immutable")
        setattr(self, f"f{index % len(self)}", _to_stored(field, value))

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type}>"


class Array:
    """An array: `len`, indexing, and iteration are over its elements, as host values.

    `type` is its type, `items` what is stored.  Raises IndexError and TypeError as sequences do; TypeError too where
    elements are immutable.
    """

    __slots__ = ("items",)

    type: ClassVar[ArrayType]
    #: Makes of a list what is stored: a list, or more compact what holds small integers.
    collected: ClassVar[Callable[..., Any]]

    def __init__(self, items: MutableSequence[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return _to_host(self.type.element, self.items[index])

    def __setitem__(self, index: int, value: Any) -> None:
        if not self.type.element.mutable:
            raise TypeError(f"{type(self).__name__} is immutable")
        self.items[index] = _to_stored(self.type.element, value)

    def __iter__(self) -> Iterator[Any]:
        element = self.type.element
        return (_to_host(element, item) for item in self.items)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type}, {len(self)} elements>"


# Classes

_CLASSES: WeakValueDictionary[str, type[Any]] = WeakValueDictionary()
_LOCK = Lock()


def class_of(type_: StructType | ArrayType, title: str, names: Sequence[str | None], known: Mapping[str, Any]) -> Any:
    """The class of a closed type, made when it is first asked for.

    `title` is what to call it then, `names` are those of its fields; `known` has the closed types of the module by
    their names, its supertypes among them.
    """
    with _LOCK:
        cls = _class_of(type_, title, known)
    if names:
        _name_fields(cls, names)
    return cls


def _class_of(type_: StructType | ArrayType, title: str, known: Mapping[str, Any]) -> Any:
    cls = _CLASSES.get(type_.name)
    if cls is None:
        above = type_.name.rpartition("/")[0]
        parent = _class_of(known[above], "super", known) if above else None
        make = _struct_class if isinstance(type_, StructType) else _array_class
        cls = _CLASSES[type_.name] = make(type_, title, parent)  # type: ignore[arg-type]
    elif cls.__name__ == "super" != title:
        cls.__name__ = cls.__qualname__ = title
    return cls


def _struct_class(type_: StructType, title: str, parent: Any) -> Any:
    count = len(type_.fields)
    inherited = len(parent.type.fields) if parent else 0
    slots = tuple(f"f{index}" for index in range(inherited, count))
    body = {"__slots__": slots, "__init__": _initialiser(count), "type": type_, "__module__": __name__}
    return type(title, (parent or Struct,), body)


def _array_class(type_: ArrayType, title: str, parent: Any) -> Any:
    body = {"__slots__": (), "type": type_, "__module__": __name__}
    if parent is None:
        body["collected"] = staticmethod(_COLLECTED.get(type_.element.storage, _as_list))
    return type(title, (parent or Array,), body)


@cache
def _initialiser(count: int) -> Callable[..., None]:
    """`__init__` of structures of so many fields."""
    fields = [f"f{index}" for index in range(count)]
    lines = [f"def __init__({', '.join(['self', *fields])}):", *(f"    self.{name} = {name}" for name in fields)]
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile("\n".join([*lines, "    pass"]), "<wasm2py>", "exec"), namespace)
    function: Callable[..., None] = namespace["__init__"]
    return function


def _name_fields(cls: type[Struct], names: Sequence[str | None]) -> None:
    """Let a structure's fields be had by names, unless those mean something already."""
    for index, name in enumerate(names):
        if name and not hasattr(cls, name) and not name.startswith("_"):
            setattr(cls, name, _field_property(index))


@cache
def _field_property(index: int) -> property:
    def read(self: Struct) -> Any:
        return self[index]

    def write(self: Struct, value: Any) -> None:
        self[index] = value

    return property(read, write, doc=f"Field {index}.")


def _as_list(values: list[Any]) -> list[Any]:
    return values


def _as_shorts(values: list[Any]) -> array[int]:
    return array("H", values)


_COLLECTED: dict[str, Callable[[list[Any]], MutableSequence[Any]]] = {"i8": bytearray, "i16": _as_shorts}

# Making arrays


def _check_size(count: int) -> None:
    if count > LARGEST_ARRAY:
        raise Trap("allocation size too large")


def array_new(cls: type[Array], value: Any, count: int) -> Array:
    """Make an array of equal elements, given what is stored of each (spec: `array.new`)."""
    _check_size(count)
    return cls(cls.collected([value]) * count)


def array_packed(cls: type[Array], values: Sequence[int]) -> Array:
    """Make an array of small integers out of i32s (spec: `array.new_fixed`)."""
    mask = _MASKS[cls.type.element.storage]
    return cls(cls.collected([value & mask for value in values]))


def array_new_data(cls: type[Array], segment: bytes, start: int, count: int) -> Array:
    """Make an array of the bytes of a data segment (spec: `array.new_data`)."""
    return cls(cls.collected(_numbers(cls.type.element, segment, start, count)))


def array_new_elem(cls: type[Array], segment: Sequence[Any], start: int, count: int) -> Array:
    """Make an array of the references of an element segment (spec: `array.new_elem`)."""
    if start + count > len(segment):
        raise Trap("out of bounds table access")
    return cls(list(segment[start : start + count]))


#: Storage type → how `struct` reads it, and what is stored of what that gives.
_FORMATS: dict[str, tuple[str, Callable[[Any], Any] | None]] = {
    "i8": ("B", None),
    "i16": ("H", None),
    "i32": ("I", None),
    "i64": ("q", None),
    "v128": ("16s", lambda lanes: int.from_bytes(lanes, "little")),
    "f32": ("I", f32_from_bits),
    "f64": ("Q", f64_from_bits),
}


def _numbers(element: FieldType, segment: bytes, start: int, count: int) -> list[Any]:
    letter, convert = _FORMATS[element.storage]
    size = struct.calcsize(f"<{letter}") * count
    if start + size > len(segment):
        raise Trap("out of bounds memory access")
    values = [value for (value,) in struct.iter_unpack(f"<{letter}", segment[start : start + size])]
    return values if convert is None else [convert(value) for value in values]


# What is done to arrays.  Null has no `items`, which becomes the trap.


def array_fill(target: Array, start: int, value: Any, count: int) -> None:
    """Store the same in some elements (spec: `array.fill`)."""
    items = target.items
    _check_range(items, start, count)
    items[start : start + count] = target.collected([value]) * count


def array_copy(target: Array, start: int, source: Array, source_start: int, count: int) -> None:
    """Copy some elements; they may overlap (spec: `array.copy`)."""
    items, given = target.items, source.items
    _check_range(items, start, count)
    _check_range(given, source_start, count)
    items[start : start + count] = given[source_start : source_start + count]


def array_init_data(target: Array, start: int, source_start: int, count: int, segment: bytes) -> None:
    """Store what the bytes of a data segment say (spec: `array.init_data`)."""
    items = target.items
    _check_range(items, start, count)
    items[start : start + count] = target.collected(_numbers(target.type.element, segment, source_start, count))


def array_init_elem(target: Array, start: int, source_start: int, count: int, segment: Sequence[Any]) -> None:
    """Store the references of an element segment (spec: `array.init_elem`)."""
    items = target.items
    _check_range(items, start, count)
    if source_start + count > len(segment):
        raise Trap("out of bounds table access")
    items[start : start + count] = segment[source_start : source_start + count]


def _check_range(items: Sequence[Any], start: int, count: int) -> None:
    if start + count > len(items):
        raise Trap(_BEYOND)


# References


def cast_failure() -> Any:
    """What a cast comes to that fails."""
    raise Trap("cast failure")


def is_comparable(value: Any) -> bool:
    """Whether a reference that is not null is one to an i31, a structure, or an array."""
    return type(value) is int or isinstance(value, (Struct, Array))


def is_function_of(value: Any, type_: FuncType) -> bool:
    """Whether a reference is one to a function of a type, and not null."""
    return value is not None and functions_match(value.type, type_)


def extern_to_any(value: Any) -> Any:
    """The host's object as one of wasm's (spec: `any.convert_extern`)."""
    if type(value) is int and not -0x40000000 <= value < 0x40000000:
        return External(value)
    return value


def any_to_extern(value: Any) -> Any:
    """The other way round (spec: `extern.convert_any`)."""
    return value.value if type(value) is External else value


#: What generated code finds here by name.
HELPERS: dict[str, Any] = {
    item.__name__: item
    for item in (
        Struct, Array, array_new, array_packed, array_new_data, array_new_elem, array_fill, array_copy,
        array_init_data, array_init_elem, cast_failure, is_comparable, is_function_of, extern_to_any, any_to_extern,
    )
}  # fmt: skip


# Constant expressions, whose i64s are unsigned


def constant_default(cls: type[Any]) -> Any:
    """A structure of default values."""
    return cls(*(default_value(field.valtype) for field in cls.type.fields))


def constant_struct(cls: type[Any], raw: Sequence[Any]) -> Any:
    """A structure of raw values."""
    return cls(*map(stored, cls.type.fields, raw))


def constant_array(cls: type[Array], raw: Sequence[Any]) -> Array:
    """An array of raw values."""
    element = cls.type.element
    return cls(cls.collected([stored(element, value) for value in raw]))


def constant_filled(cls: type[Array], raw: Any, count: int) -> Array:
    """An array of equal raw values."""
    return array_new(cls, stored(cls.type.element, raw), count)


def types_by_name(types: Sequence[CompositeType]) -> dict[str, CompositeType]:
    """Closed types that have a name."""
    return {type_.name: type_ for type_ in types if type_.name}
