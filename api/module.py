"""Modules (spec: Structure / Modules), as users see them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wasm2py.config import disabled_features
from wasm2py.engine import Engine, default_engine
from wasm2py.progress import Progress, silent
from wasm2py.runtime.errors import TextError
from wasm2py.runtime.program import ExportInfo, Program
from wasm2py.runtime.types import ExternKind, ExternType, extern_kind

if TYPE_CHECKING:
    from wasm2py.transpile.module import Module as DecodedModule
    from wasm2py.transpile.validate import Context

_MAGIC = b"\0asm"


@dataclass(frozen=True, slots=True)
class ImportType:
    """One import: where it comes from, and what it has to be."""

    module: str
    name: str
    type: ExternType

    @property
    def kind(self) -> ExternKind:
        """ "func", "table", "memory", "global" or "tag"."""
        return extern_kind(self.type)


@dataclass(frozen=True, slots=True)
class ExportType:
    """One export: its name, and what it is."""

    name: str
    type: ExternType

    @property
    def kind(self) -> ExternKind:
        """ "func", "table", "memory", "global" or "tag"."""
        return extern_kind(self.type)


class Module:
    """A valid module, compiled by an engine: function by function when they are first called, or from the cache.

    `data` is its binary, `hash` the SHA-256 of that.
    """

    def __init__(
        self, data: bytes, *, name: str | None = None, engine: Engine | None = None, progress: Progress = silent
    ) -> None:
        """Take a module in the binary format; `name` is for messages, where the module has no name of its own.

        `progress` is told how validation goes on, if the module is not known already (see `wasm2py.progress`).

        Raises DecodeError if it is malformed, ValidationError if it is invalid; TypeError if it is not bytes.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(
                f"expected a module's bytes, got {type(data).__name__}; see Module.from_file and Module.from_wat"
            )
        self.data = bytes(data)
        self.hash = hashlib.sha256(self.data).digest()
        self.fallback_name = name or self.hash.hex()[:12]
        self.engine = engine or default_engine()
        self._progress = progress
        self.program: Program = self.engine.compile_module(self, eager=self.engine.config.eager)
        # What has to be decoded from now on is decoded while the module runs.
        self._progress = silent

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, engine: Engine | None = None) -> Module:
        """Read a module in the binary or, if its content or its name ending in .wat says so, the text format.

        Raises OSError if the file cannot be read, TextError if it is malformed text; else as `Module`.
        """
        data = Path(path).read_bytes()
        binary = assemble(data) if is_text(data, os.fspath(path)) else data
        return cls(binary, name=Path(path).stem, engine=engine)

    @classmethod
    def from_wat(cls, text: str, *, engine: Engine | None = None) -> Module:
        """Assemble a module in the text format.

        Raises TextError if it is malformed, ValidationError if it is invalid.
        """
        return cls(assemble(text), engine=engine)

    @cached_property
    def decoded(self) -> DecodedModule:
        """The module as the translator wants it, decoded and validated."""
        from wasm2py.checking import checked_module

        return checked_module(self.data, self._progress, self._disabled)

    @cached_property
    def trusted(self) -> DecodedModule:
        """The module as `decoded`, for whoever has its program: it was validated then, perhaps in another run."""
        from wasm2py.transpile.decode import decode_module

        return self.decoded if "decoded" in vars(self) else decode_module(self.data)

    @cached_property
    def outlined(self) -> tuple[DecodedModule, Context]:
        """The module with its functions yet to be validated, and the context for that."""
        from wasm2py.checking import outlined_module

        return outlined_module(self.data, self._disabled)

    @property
    def _disabled(self) -> tuple[str, ...]:
        """The features that are off."""
        return disabled_features(self.engine.config.features)

    @property
    def name(self) -> str:
        """The name that the module gives itself, else that of its file, else the start of its hash."""
        return self.program.name

    @property
    def imports(self) -> list[ImportType]:
        """What the module imports, in order."""
        return [ImportType(item.module, item.name, item.type) for item in self.program.imports]

    @property
    def exports(self) -> list[ExportType]:
        """What the module exports, in order."""
        return [ExportType(item.name, self._export_type(item)) for item in self.program.exports]

    def _export_type(self, item: ExportInfo) -> ExternType:
        program = self.program
        spaces: dict[str, Any] = {
            "func": program.functions,
            "table": program.tables,
            "memory": program.memories,
            "global": program.globals,
            "tag": program.tags,
        }
        entry = spaces[item.kind][item.index]
        type_: ExternType = entry.type if item.kind in ("func", "global") else entry
        return type_

    def __repr__(self) -> str:
        return f"<Module {self.name}: {len(self.data)} bytes>"


def assemble(text: str | bytes, progress: Progress = silent) -> bytes:
    """The text format's binary form; bytes must be UTF-8.  Raises TextError."""
    from wasm2py.transpile import text as text_format

    return text_format.assemble(_decode(text) if isinstance(text, bytes) else text, progress("assembling", None))


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise TextError("malformed UTF-8 encoding", line, column) from error


def is_text(data: bytes, path: str = "") -> bool:
    """Whether a file holds the text format: it is called .wat, or begins like it."""
    if data[:4] == _MAGIC:
        return False
    return path.endswith(".wat") or data.lstrip().startswith((b"(", b";;"))
