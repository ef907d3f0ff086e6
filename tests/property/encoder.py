"""A small encoder of the binary format, for modules that tests make themselves (spec: Binary Format).

It reads the opcode table for opcodes and the layout of immediates, and nothing else of the translator, so that a test
that uses it does not check the text reader against itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wasm2py.runtime.references import heap_of, is_nullable
from wasm2py.runtime.types import FuncType, IndexType, ValType
from wasm2py.transpile.opcodes import CATCHES, OPS, Catch

TYPE_CODES: dict[str, int] = {
    "i32": 0x7F,
    "i64": 0x7E,
    "f32": 0x7D,
    "f64": 0x7C,
    "v128": 0x7B,
    "funcref": 0x70,
    "externref": 0x6F,
    "exnref": 0x69,
}
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
    return bytes([TYPE_CODES[valtype]]) if valtype in TYPE_CODES else signed(int(heap_of(valtype)))


def limits(minimum: int, maximum: int | None = None, index: IndexType = "i32") -> bytes:
    wide = 4 if index == "i64" else 0
    if maximum is None:
        return bytes([wide]) + unsigned(minimum)
    return bytes([wide | 1]) + unsigned(minimum) + unsigned(maximum)


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

    types: list[FuncType] = field(default_factory=list)
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
        type_ = FuncType(tuple(params), tuple(results))
        if type_ not in self.types:
            self.types.append(type_)
        return self.types.index(type_)

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

    def memory(self, minimum: int, maximum: int | None = None, index: IndexType = "i32") -> None:
        self.memories.append(limits(minimum, maximum, index))

    def tag(self, type_index: int) -> None:
        self.tags.append(b"\0" + unsigned(type_index))

    def table(self, reference: ValType, minimum: int, maximum: int | None = None, index: IndexType = "i32") -> None:
        self.tables.append(bytes([TYPE_CODES[reference]]) + limits(minimum, maximum, index))

    def global_(self, valtype: ValType, init: bytes, mutable: bool = True) -> None:
        self.globals.append(bytes([TYPE_CODES[valtype], mutable]) + init + END)

    def export(self, export_name: str | bytes, kind: str, index: int) -> None:
        self.exports.append(name(export_name) + bytes([EXPORT_KINDS[kind]]) + unsigned(index))

    def active_elem(self, offset: int, functions: Sequence[int], index: IndexType = "i32") -> None:
        """An element segment that table 0 is initialised with."""
        items = vector([unsigned(function) for function in functions])
        self.elems.append(unsigned(0) + code((f"{index}.const", offset)) + END + items)

    def passive_elem(self, items: Sequence[int | None]) -> None:
        """A passive segment of function references, None for null."""
        encoded = [code(("ref.null", "funcref") if item is None else ("ref.func", item)) + END for item in items]
        self.elems.append(unsigned(5) + bytes([TYPE_CODES["funcref"]]) + vector(encoded))

    def declarative_elem(self, functions: Sequence[int]) -> None:
        """Declares functions that code takes references to."""
        self.elems.append(unsigned(3) + b"\x00" + vector([unsigned(function) for function in functions]))

    def active_data(self, offset: int, data: bytes, index: IndexType = "i32", memory: int = 0) -> None:
        place = unsigned(2) + unsigned(memory) if memory else unsigned(0)
        self.datas.append(place + code((f"{index}.const", offset)) + END + name(data))

    def passive_data(self, data: bytes) -> None:
        self.datas.append(unsigned(1) + name(data))

    def names(self, functions: Mapping[int, str | bytes], locals_: Mapping[int, Mapping[int, str | bytes]]) -> None:
        """A name section with functions' and locals' names."""
        indirect = [unsigned(index) + _name_map(names) for index, names in locals_.items()]
        content = _sized(1, _name_map(functions)) + _sized(2, vector(indirect))
        self.customs.append(("name", content))

    def build(self) -> bytes:
        """The module's bytes."""
        functypes = [b"\x60" + types(type_.params) + types(type_.results) for type_ in self.types]
        defined = [unsigned(type_index) for type_index in self.functions]
        bodies = [name(self.bodies[self.imported_functions + i]) for i in range(len(self.functions))]
        sections = [
            (1, functypes),
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


def _name_map(names: Mapping[int, str | bytes]) -> bytes:
    return vector([unsigned(index) + name(text) for index, text in names.items()])


def _sized(number: int, content: bytes) -> bytes:
    return bytes([number]) + unsigned(len(content)) + content
