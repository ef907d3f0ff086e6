"""A module being assembled: its index spaces, its types, and the encoded entries of its sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wasm2py.runtime.types import FuncType
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import section, sized, unsigned, vector
from wasm2py.transpile.text.types import encode_functype

_MAGIC = b"\0asm\x01\0\0\0"


@dataclass(slots=True)
class Space:
    """An index space: symbolic names, and how many entries have been declared.

    `word` names an entry in "unknown …", `short` in "duplicate …".
    """

    word: str
    short: str
    names: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def declare(self, cursor: Cursor, at: int, name: str | None) -> int:
        """Add an entry; its name, if any, stands at token `at`."""
        index = self.count
        self.count += 1
        if name is not None:
            if name in self.names:
                raise cursor.error(f"duplicate {self.short} ${name}", at)
            self.names[name] = index
        return index

    def index(self, cursor: Cursor) -> int:
        """Step over an index: a number, or a name declared in this space."""
        at = cursor.at
        name = cursor.take_id()
        if name is None:
            return cursor.natural()
        if name not in self.names:
            raise cursor.error(f"unknown {self.word} ${name}", at)
        return self.names[name]

    def optional(self, cursor: Cursor) -> int | None:
        """Step over an index if one comes next."""
        return self.index(cursor) if cursor.kind in ("id", "number") else None


def _spaces() -> dict[str, Space]:
    words = {"func": "function", "elem": "elem segment", "data": "data segment"}
    kinds = ("type", "func", "table", "memory", "global", "tag", "elem", "data")
    return {kind: Space(words.get(kind, kind), kind) for kind in kinds}


@dataclass(slots=True)
class ModuleBuilder:
    """Collects what the fields of one module define, and encodes it."""

    name: str | None = None
    spaces: dict[str, Space] = field(default_factory=_spaces)
    types: list[FuncType] = field(default_factory=list)
    type_indices: dict[FuncType, int] = field(default_factory=dict)
    imports: list[bytes] = field(default_factory=list)
    functions: list[bytes] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    memories: list[bytes] = field(default_factory=list)
    tags: list[bytes] = field(default_factory=list)
    globals: list[bytes] = field(default_factory=list)
    exports: list[bytes] = field(default_factory=list)
    start: bytes | None = None
    elems: list[bytes] = field(default_factory=list)
    datas: list[bytes] = field(default_factory=list)
    codes: list[bytes] = field(default_factory=list)
    needs_data_count: bool = False
    local_names: dict[int, dict[int, str]] = field(default_factory=dict)
    #: How many entries of each space have been defined so far (in the second pass).
    defined: dict[str, int] = field(default_factory=dict)

    def next_index(self, space: str) -> int:
        """The index of the entry whose definition is being read."""
        index = self.defined.get(space, 0)
        self.defined[space] = index + 1
        return index

    def add_type(self, type_: FuncType) -> None:
        self.type_indices.setdefault(type_, len(self.types))
        self.types.append(type_)

    def type_index(self, type_: FuncType) -> int:
        """The index of a type used without being declared: the first equal one, else it is appended."""
        found = self.type_indices.get(type_)
        if found is None:
            found = len(self.types)
            self.add_type(type_)
        return found

    def encode(self) -> bytes:
        """The module in the binary format."""
        vectors: list[tuple[int, list[bytes]]] = [
            (1, [encode_functype(type_) for type_ in self.types]),
            (2, self.imports),
            (3, self.functions),
            (4, self.tables),
            (5, self.memories),
            (13, self.tags),
            (6, self.globals),
            (7, self.exports),
        ]
        parts = [_MAGIC, *(section(code, vector(items)) for code, items in vectors if items)]
        if self.start is not None:
            parts.append(section(8, self.start))
        if self.elems:
            parts.append(section(9, vector(self.elems)))
        if self.needs_data_count:
            parts.append(section(12, unsigned(len(self.datas))))
        parts += [section(code, vector(items)) for code, items in ((10, self.codes), (11, self.datas)) if items]
        return b"".join(parts) + self.encode_names()

    def encode_names(self) -> bytes:
        """The name section, empty where nothing has a name."""
        parts = b""
        if self.name is not None:
            parts += section(0, _name(self.name))
        functions = _by_index(self.spaces["func"])
        if functions:
            parts += section(1, _name_map(functions))
        locals_ = {index: names for index, names in sorted(self.local_names.items()) if names}
        if locals_:
            parts += section(2, vector([unsigned(index) + _name_map(names) for index, names in locals_.items()]))
        globals_ = _by_index(self.spaces["global"])
        if globals_:
            parts += section(7, _name_map(globals_))
        return section(0, _name("name") + parts) if parts else b""


def _name(text: str) -> bytes:
    return sized(text.encode("utf-8"))


def _by_index(space: Space) -> dict[int, str]:
    return {index: name for name, index in space.names.items()}


def _name_map(names: Mapping[int, str]) -> bytes:
    return vector([unsigned(index) + _name(names[index]) for index in sorted(names)])
