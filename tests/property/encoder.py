"""A small encoder of the binary format, for modules that tests make themselves (spec: Binary Format).

It reads the opcode table for opcodes and the layout of immediates, and nothing else of the translator, so that a test
that uses it does not check the text reader against itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wasm2py.runtime.references import heap_of, is_nullable, reference
from wasm2py.runtime.types import CompositeType, FieldType, FuncType, IndexType, StructType, ValType
from wasm2py.transpile.module import FINAL, SubType
from wasm2py.transpile.opcodes import CATCHES, OPS, Catch

TYPE_CODES: dict[str, int] = {
    "i32": 0x7F,
    "i64": 0x7E,
    "f32": 0x7D,
    "f64": 0x7C,
    "v128": 0x7B,
    "funcref": 0x70,
    "externref": 0x6F,
    "anyref": 0x6E,
    "eqref": 0x6D,
    "i31ref": 0x6C,
    "structref": 0x6B,
    "arrayref": 0x6A,
    "exnref": 0x69,
    "nullref": 0x71,
    "nullexternref": 0x72,
    "nullfuncref": 0x73,
    "nullexnref": 0x74,
}
PACKED_CODES = {"i8": 0x78, "i16": 0x77}
EXPORT_KINDS: dict[str, int] = {"func": 0, "table": 1, "memory": 2, "global": 3}


def unsigned(value: int) -> bytes:
    """LEB128 of a natural number."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Signed LEB128 of an integer."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def vector(items: Sequence[bytes]) -> bytes:
    """A vector: its length, then its items."""
    return unsigned(len(items)) + b"".join(items)


def name(text: str | bytes) -> bytes:
    """A name, given as text or as raw bytes (which need not be UTF-8)."""
    raw = text.encode() if isinstance(text, str) else text
    return unsigned(len(raw)) + raw


def types(valtypes: Iterable[ValType]) -> bytes:
    """A vector of value types."""
    return vector([value_type(valtype) for valtype in valtypes])


def value_type(valtype: ValType) -> bytes:
    """A value type; a reference to a type of the module begins by whether it may be null."""
    if valtype in TYPE_CODES:
        return bytes([TYPE_CODES[valtype]])
    return (b"\x63" if is_nullable(valtype) else b"\x64") + heap_type(valtype)


def heap_type(valtype: ValType) -> bytes:
    """What references of a type refer to."""
    heap = heap_of(valtype)
    return signed(int(heap)) if heap.isdigit() else bytes([TYPE_CODES[reference(heap, nullable=True)]])


def _field_type(type_: FieldType) -> bytes:
    code = PACKED_CODES.get(type_.storage)
    storage = value_type(type_.valtype) if code is None else bytes([code])
    return storage + bytes([type_.mutable])


def composite_type(type_: CompositeType) -> bytes:
    """A function's type, a structure's, or an array's."""
    if isinstance(type_, FuncType):
        return b"\x60" + types(type_.params) + types(type_.results)
    if isinstance(type_, StructType):
        return b"\x5f" + vector([_field_type(each) for each in type_.fields])
    return b"\x5e" + _field_type(type_.element)


def sub_type(type_: CompositeType, declared: SubType) -> bytes:
    """A type as it is declared, the short form where nothing is said."""
    if declared == FINAL:
        return composite_type(type_)
    return (b"\x4f" if declared.final else b"\x50") + vector([*map(unsigned, declared.supers)]) + composite_type(type_)


def limits(minimum: int, maximum: int | None = None, index: IndexType = "i32", more: int = 0) -> bytes:
    """A range of sizes, with `more` flags."""
    flags = more | (4 if index == "i64" else 0)
    if maximum is None:
        return bytes([flags]) + unsigned(minimum)
    return bytes([flags | 1]) + unsigned(minimum) + unsigned(maximum)


def _as_signed(value: int, bits: int) -> bytes:
    value &= (1 << bits) - 1
    return signed(value - (1 << bits) if value >> (bits - 1) else value)


def _block(blocktype: int | ValType | None) -> bytes:
    """A blocktype: a typeidx, one value type, or None for empty."""
    if blocktype is None:
        return b"\x40"
    return signed(blocktype) if isinstance(blocktype, int) else value_type(blocktype)


def _pair(first_last: tuple[int, int]) -> bytes:
    return unsigned(first_last[0]) + unsigned(first_last[1])


def _memarg(memarg: tuple[int, int, int]) -> bytes:
    align, offset, memory = memarg
    return (unsigned(align | 0x40) + unsigned(memory) if memory else unsigned(align)) + unsigned(offset)


def _try_table(immediate: tuple[int | ValType | None, Sequence[Catch]]) -> bytes:
    blocktype, clauses = immediate
    encoded = [
        bytes([CATCHES.index(kind)]) + (b"" if tag is None else unsigned(tag)) + unsigned(label)
        for kind, tag, label in clauses
    ]
    return _block(blocktype) + vector(encoded)


def _cast(immediate: tuple[int, ValType, ValType]) -> bytes:
    label, given, wanted = immediate
    flags = is_nullable(given) | is_nullable(wanted) << 1
    return bytes([flags]) + unsigned(label) + heap_type(given) + heap_type(wanted)


def _memarg_lane(memarg: tuple[int, int, int, int]) -> bytes:
    return _memarg(memarg[:3]) + bytes([memarg[3]])


_IMMEDIATES: dict[str, Callable[[Any], bytes]] = {
    "block": _block,
    "labels": lambda labels: vector([unsigned(label) for label in labels[0]]) + unsigned(labels[1]),
    "call_indirect": _pair,
    "tables": _pair,
    "memories": _pair,
    "elem_table": _pair,
    "data_memory": _pair,
    "field": _pair,
    "count": _pair,
    "type_data": _pair,
    "type_elem": _pair,
    "type_pair": _pair,
    "cast": _cast,
    "memarg": _memarg,
    "zero": lambda _: b"\0",
    "types": types,
    "heaptype": heap_type,
    "try_table": _try_table,
    "i32": lambda value: _as_signed(value, 32),
    "i64": lambda value: _as_signed(value, 64),
    "f32": lambda bits: bits.to_bytes(4, "little"),
    "f64": lambda bits: bits.to_bytes(8, "little"),
    "v128": lambda bits: bits.to_bytes(16, "little"),
    "lane": lambda lane: bytes([lane]),
    "lanes": bytes,
    "memarg_lane": _memarg_lane,
} | dict.fromkeys(("label", "func", "local", "global", "table", "elem", "memory", "data", "tag", "type"), unsigned)


def instruction(mnemonic: str, immediate: Any = None) -> bytes:
    """One instruction; its immediate is spelled as in `transpile.module.Instr`."""
    op = OPS[mnemonic]
    prefix, code = divmod(op.code, 1 << 32)
    out = bytes([prefix]) + unsigned(code) if prefix else bytes([code])
    return out + _IMMEDIATES[op.immediate](immediate) if op.immediate else out


def code(*instructions: str | tuple[str, Any]) -> bytes:
    """A sequence of instructions, each a mnemonic or (mnemonic, immediate)."""
    return b"".join(instruction(item) if isinstance(item, str) else instruction(*item) for item in instructions)


END = instruction("end")


@dataclass
class ModuleBuilder:
    """Collects the entries of each section, encoded, and puts them together.

    Imports have to be added before what is defined of the same kind, as their indices come first.
    """

    types: list[CompositeType] = field(default_factory=list)
    #: How types are declared, where anything is said of them; and groups of types, by the first, of how many.
    declared: dict[int, SubType] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    imports: list[bytes] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    memories: list[bytes] = field(default_factory=list)
    tags: list[bytes] = field(default_factory=list)
    globals: list[bytes] = field(default_factory=list)
    exports: list[bytes] = field(default_factory=list)
    start: int | None = None
    elems: list[bytes] = field(default_factory=list)
    datas: list[bytes] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    customs: list[tuple[str | bytes, bytes]] = field(default_factory=list)
    imported_functions: int = 0

    def type_index(self, params: Iterable[ValType] = (), results: Iterable[ValType] = ()) -> int:
        """The typeidx of a function type, which is added where it is new."""
        return self.index_of(FuncType(tuple(params), tuple(results)))

    def index_of(self, type_: FuncType) -> int:
        """The same of a function type that may have a name, which tells it from others that are made of the same."""
        if type_ not in self.types:
            self.types.append(type_)
        return self.types.index(type_)

    def define_group(self, defined: Sequence[tuple[CompositeType, SubType]]) -> None:
        """Define types together."""
        self.groups[len(self.types)] = len(defined)
        for type_, declared in defined:
            self.declared[len(self.types)] = declared
            self.types.append(type_)

    def import_function(self, module: str | bytes, field_name: str | bytes, type_index: int) -> int:
        """Import a function; returns its funcidx."""
        self.imports.append(name(module) + name(field_name) + b"\x00" + unsigned(type_index))
        self.imported_functions += 1
        return self.imported_functions - 1

    def import_global(self, module: str, field_name: str, valtype: ValType, mutable: bool = True) -> None:
        self.imports.append(name(module) + name(field_name) + b"\x03" + bytes([TYPE_CODES[valtype], mutable]))

    def declare(self, type_index: int) -> int:
        """A function whose body is given later; returns its funcidx."""
        self.functions.append(type_index)
        return self.imported_functions + len(self.functions) - 1

    def define(self, function: int, body: bytes, locals_: Iterable[ValType] = ()) -> None:
        """Give a declared function its locals and its instructions (without the last `end`)."""
        runs = [unsigned(1) + value_type(valtype) for valtype in locals_]
        self.bodies[function] = vector(runs) + body + END

    def function(
        self,
        params: Iterable[ValType],
        results: Iterable[ValType],
        body: bytes,
        locals_: Iterable[ValType] = (),
        export: str | bytes | None = None,
    ) -> int:
        """A whole function, exported where `export` names it; returns its funcidx."""
        index = self.declare(self.type_index(params, results))
        self.define(index, body, locals_)
        if export is not None:
            self.export(export, "func", index)
        return index

    def memory(
        self,
        minimum: int,
        maximum: int | None = None,
        index: IndexType = "i32",
        shared: bool = False,
        page_exponent: int | None = None,
    ) -> None:
        """A memory, whose pages have 2 to the power of an exponent bytes, if one is given."""
        flags = (2 if shared else 0) | (0 if page_exponent is None else 8)
        custom = b"" if page_exponent is None else unsigned(page_exponent)
        self.memories.append(limits(minimum, maximum, index, flags) + custom)

    def tag(self, type_index: int) -> None:
        self.tags.append(b"\0" + unsigned(type_index))

    def table(
        self,
        reference: ValType,
        minimum: int,
        maximum: int | None = None,
        index: IndexType = "i32",
        init: bytes | None = None,
    ) -> None:
        type_ = value_type(reference) + limits(minimum, maximum, index)
        self.tables.append(type_ if init is None else b"\x40\x00" + type_ + init + END)

    def global_(self, valtype: ValType, init: bytes, mutable: bool = True) -> None:
        self.globals.append(value_type(valtype) + bytes([mutable]) + init + END)

    def export(self, export_name: str | bytes, kind: str, index: int) -> None:
        self.exports.append(name(export_name) + bytes([EXPORT_KINDS[kind]]) + unsigned(index))

    def active_elem(self, offset: int | bytes, functions: Sequence[int]) -> None:
        """An element segment that table 0 is initialised with, from a number or where a constant expression says."""
        items = vector([unsigned(function) for function in functions])
        self.elems.append(unsigned(0) + _offset(offset) + items)

    def passive_elem(self, items: Sequence[int | None]) -> None:
        """A passive segment of function references, None for null."""
        encoded = [code(("ref.null", "funcref") if item is None else ("ref.func", item)) + END for item in items]
        self.elems.append(unsigned(5) + bytes([TYPE_CODES["funcref"]]) + vector(encoded))

    def passive_items(self, type_: ValType, items: Sequence[bytes]) -> None:
        """A passive segment of references that constant expressions give."""
        self.elems.append(unsigned(5) + value_type(type_) + vector([item + END for item in items]))

    def declarative_elem(self, functions: Sequence[int]) -> None:
        """Declares functions that code takes references to."""
        self.elems.append(unsigned(3) + b"\x00" + vector([unsigned(function) for function in functions]))

    def active_data(self, offset: int | bytes, data: bytes, memory: int = 0) -> None:
        """A data segment that a memory is initialised with, from a number or where a constant expression says."""
        place = unsigned(2) + unsigned(memory) if memory else unsigned(0)
        self.datas.append(place + _offset(offset) + name(data))

    def passive_data(self, data: bytes) -> None:
        self.datas.append(unsigned(1) + name(data))

    def names(self, functions: Mapping[int, str | bytes], locals_: Mapping[int, Mapping[int, str | bytes]]) -> None:
        """A name section with functions' and locals' names."""
        indirect = [unsigned(index) + _name_map(names) for index, names in locals_.items()]
        content = _sized(1, _name_map(functions)) + _sized(2, vector(indirect))
        self.customs.append(("name", content))

    def build(self) -> bytes:
        """The module's bytes."""
        defined = [unsigned(type_index) for type_index in self.functions]
        bodies = [name(self.bodies[self.imported_functions + i]) for i in range(len(self.functions))]
        sections = [
            (1, self._types()),
            (2, self.imports),
            (3, defined),
            (4, self.tables),
            (5, self.memories),
            (13, self.tags),
            (6, self.globals),
            (7, self.exports),
        ]
        out = b"\0asm\1\0\0\0" + b"".join(_sized(number, vector(items)) for number, items in sections if items)
        if self.start is not None:
            out += _sized(8, unsigned(self.start))
        if self.elems:
            out += _sized(9, vector(self.elems))
        if self.datas:
            out += _sized(12, unsigned(len(self.datas)))
        if bodies:
            out += _sized(10, vector(bodies))
        if self.datas:
            out += _sized(11, vector(self.datas))
        return out + b"".join(_sized(0, name(title) + content) for title, content in self.customs)

    def _types(self) -> list[bytes]:
        """The entries of the type section: groups, and types that are in none."""
        encoded = [sub_type(type_, self.declared.get(index, FINAL)) for index, type_ in enumerate(self.types)]
        entries, at = [], 0
        while at < len(encoded):
            count = self.groups.get(at, 0)
            entries.append(b"\x4e" + vector(encoded[at : at + count]) if count else encoded[at])
            at += count or 1
        return entries


def _offset(offset: int | bytes) -> bytes:
    return (code(("i32.const", offset)) if isinstance(offset, int) else offset) + END


def _name_map(names: Mapping[int, str | bytes]) -> bytes:
    return vector([unsigned(index) + name(text) for index, text in names.items()])


def _sized(number: int, content: bytes) -> bytes:
    return bytes([number]) + unsigned(len(content)) + content
