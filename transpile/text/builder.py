"""A module being assembled: its index spaces, its types, and the encoded entries of its sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wasm2py.runtime.types import CompositeType, FuncType
from wasm2py.transpile.module import FINAL, SubType
from wasm2py.transpile.text.annotations import FIRST, LAST, SECTIONS, Place, annotated_name, annotated_sections
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.encode import section, sized, unsigned, vector
from wasm2py.transpile.text.tokens import BRANCH_HINT

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
    """Collects what the fields of one module define, and encodes it.

    `groups` are the numbers of types in each recursive group, `subtypes` what types are declared as where that is not
    usual, `fields` the names of a structure's fields; the first type of each kind that stands alone is in
    `type_indices`.
    """

    name: str | None = None
    spaces: dict[str, Space] = field(default_factory=_spaces)
    types: list[CompositeType] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    subtypes: dict[int, SubType] = field(default_factory=dict)
    fields: dict[int, Space] = field(default_factory=dict)
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
    #: Names that annotations give to entries of each space, instead of their symbolic names.
    annotated: dict[str, dict[int, str]] = field(default_factory=dict)
    #: Custom sections that annotations stand for.
    customs: dict[Place, list[bytes]] = field(default_factory=dict)
    #: By funcidx, the branch hints in a function: the offset of each instruction in its body, and what is likely.
    branch_hints: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    #: How many entries of each space have been defined so far (in the second pass).
    defined: dict[str, int] = field(default_factory=dict)

    def next_index(self, space: str) -> int:
        """The index of the entry whose definition is being read."""
        index = self.defined.get(space, 0)
        self.defined[space] = index + 1
        return index

    def add_type(self, type_: CompositeType, subtype: SubType = FINAL, alone: bool = True) -> None:
        """Append a type; one that is not `alone` belongs to a group that is counted when all of it is there."""
        index = len(self.types)
        self.types.append(type_)
        if subtype != FINAL:
            self.subtypes[index] = subtype
        elif alone and isinstance(type_, FuncType):
            self.type_indices.setdefault(type_, index)
        if alone:
            self.groups.append(1)

    def type_index(self, type_: FuncType) -> int:
        """The index of a type used without being declared: the first equal one, else it is appended."""
        found = self.type_indices.get(type_)
        if found is None:
            found = len(self.types)
            self.add_type(type_)
        return found

    def add_customs(self, cursor: Cursor) -> None:
        """Take the custom sections that are annotated at the cursor."""
        for place, encoded in annotated_sections(cursor):
            self.customs.setdefault(place, []).append(encoded)

    def annotate(self, cursor: Cursor, space: str, index: int) -> None:
        """Take the name that is annotated at the cursor, if there is one, for an entry."""
        name = annotated_name(cursor, self.spaces[space].word)
        if name is not None:
            self.annotated.setdefault(space, {})[index] = name

    def encode(self) -> bytes:
        """The module in the binary format."""
        contents = self._contents()
        if self.branch_hints:
            self.customs.setdefault(("before", "code"), []).append(self._encode_branch_hints())
        parts = [_MAGIC, *self.customs.get(FIRST, ())]
        for name, code in SECTIONS.items():
            parts += self.customs.get(("before", name), ())
            if name in contents:
                parts.append(section(code, contents[name]))
            parts += self.customs.get(("after", name), ())
        return b"".join([*parts, *self.customs.get(LAST, ()), self.encode_names()])

    def _contents(self) -> dict[str, bytes]:
        """What stands in each section that there is, by its name."""
        from wasm2py.transpile.text.definitions import encode_types

        vectors = {
            "type": encode_types(self),
            "import": self.imports,
            "func": self.functions,
            "table": self.tables,
            "memory": self.memories,
            "tag": self.tags,
            "global": self.globals,
            "export": self.exports,
            "elem": self.elems,
            "code": self.codes,
            "data": self.datas,
        }
        contents = {name: vector(items) for name, items in vectors.items() if items}
        if self.start is not None:
            contents["start"] = self.start
        if self.needs_data_count:
            contents["datacount"] = unsigned(len(self.datas))
        return contents

    def _encode_branch_hints(self) -> bytes:
        """The section of the branch hinting proposal."""
        functions = [
            unsigned(index) + vector([unsigned(offset) + sized(hint) for offset, hint in hints])
            for index, hints in self.branch_hints.items()
        ]
        return section(0, _name(BRANCH_HINT) + vector(functions))

    def encode_names(self) -> bytes:
        """The name section, empty where nothing has a name."""
        parts = b""
        if self.name is not None:
            parts += section(0, _name(self.name))
        parts += self._names_of("func", 1)
        locals_ = {index: names for index, names in sorted(self.local_names.items()) if names}
        if locals_:
            parts += section(2, vector([unsigned(index) + _name_map(names) for index, names in locals_.items()]))
        parts += self._names_of("type", 4) + self._names_of("global", 7)
        fields = {index: names for index, space in sorted(self.fields.items()) if (names := _symbolic(space))}
        if fields:
            parts += section(10, vector([unsigned(index) + _name_map(names) for index, names in fields.items()]))
        parts += self._names_of("tag", 11)
        return section(0, _name("name") + parts) if parts else b""

    def _names_of(self, space: str, code: int) -> bytes:
        """The subsection with the names in an index space, empty where nothing in it has one."""
        names = _symbolic(self.spaces[space]) | self.annotated.get(space, {})
        return section(code, _name_map(names)) if names else b""


def _symbolic(space: Space) -> dict[int, str]:
    """The names in a space by their indices."""
    return {index: name for name, index in space.names.items()}


def _name(text: str) -> bytes:
    return sized(text.encode("utf-8"))


def _name_map(names: Mapping[int, str]) -> bytes:
    return vector([unsigned(index) + _name(names[index]) for index in sorted(names)])
