"""Scripts of the conformance suite: modules, actions and assertions about them.

`parse_script` reads the commands; the modules in them stay tokens until `ModuleText.binary` is called, so that one that
is malformed on purpose, or uses syntax that is not known here, costs nothing but itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.fields import DEFINERS
from wasm2py.transpile.text.module import assemble, assemble_fields
from wasm2py.transpile.text.numbers import any_integer, float_bits
from wasm2py.transpile.text.tokens import Tokens, tokenize
from wasm2py.transpile.text.vectors import SHAPES, shape

Form: TypeAlias = Literal["text", "binary", "quote"]


@dataclass(frozen=True, slots=True)
class ModuleText:
    """A module in a script, not read yet: what follows its name, from token `start` to token `end` (exclusive)."""

    line: int
    name: str | None
    form: Form
    tokens: Tokens
    start: int
    end: int

    def binary(self) -> bytes:
        """The module in the binary format.  Raises `TextError` where the text is malformed."""
        cursor = Cursor(self.tokens, self.start)
        body = assemble_fields(cursor, self.name) if self.form == "text" else _strings_body(cursor, self.form)
        if cursor.at != self.end:
            raise cursor.unexpected()
        return body

    def words(self) -> Iterator[str]:
        """The spellings of the module's tokens; none for a binary module."""
        if self.form == "text":
            yield from self.tokens.texts[self.start : self.end]
        elif self.form == "quote":
            yield from tokenize(Cursor(self.tokens, self.start).strings()).texts


def _strings_body(cursor: Cursor, form: Form) -> bytes:
    content = cursor.strings()
    return content if form == "binary" else assemble(content)


@dataclass(frozen=True, slots=True)
class Value:
    """An argument, or what a result shall match.

    `kind` is the word in the script and `value` what follows it: for `i32.const` and `i64.const` the unsigned integer;
    for `f32.const` and `f64.const` the bit pattern or "nan:canonical" or "nan:arithmetic"; for `v128.const` the shape
    and a tuple of lanes, each like these; for `ref.extern` the host's number, `ref.func` an index, `ref.null` a heap
    type (each None where any will do); for `either` a tuple of alternatives; for a word not known here the spellings.
    """

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call an export of an instance (by default the latest)."""

    line: int
    instance: str | None
    name: str
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Get:
    """Read an exported global."""

    line: int
    instance: str | None
    name: str


Action: TypeAlias = Invoke | Get


@dataclass(frozen=True, slots=True)
class DefineModule:
    """Define a module, and instantiate it at once unless it is only a `definition`."""

    line: int
    module: ModuleText
    definition: bool


@dataclass(frozen=True, slots=True)
class Instantiate:
    """Instantiate a module defined earlier (by default the latest), under a name."""

    line: int
    name: str | None
    module: str | None


@dataclass(frozen=True, slots=True)
class Register:
    """Let later modules import from an instance under a module name."""

    line: int
    name: str
    instance: str | None


@dataclass(frozen=True, slots=True)
class AssertReturn:
    line: int
    action: Action
    results: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class AssertFailure:
    """The action or module must fail, in the way that the command's word `kind` says, with a message that starts so."""

    line: int
    kind: str
    subject: Action | ModuleText
    message: str


@dataclass(frozen=True, slots=True)
class Thread:
    """Run commands in a thread of their own, which knows no modules but those `shared` with it, under their names."""

    line: int
    name: str | None
    shared: tuple[str | None, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for a thread to end."""

    line: int
    thread: str | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command not known here."""

    line: int
    kind: str


Command: TypeAlias = (
    DefineModule | Instantiate | Register | Invoke | Get | AssertReturn | AssertFailure | Thread | Wait | Unknown
)


def parse_script(text: str | bytes) -> list[Command]:
    """Read the commands of a script, or a bare sequence of module fields as one module.

    Raises `TextError` where the script itself is malformed.
    """
    cursor = Cursor(tokenize(text))
    if cursor.kind == "(" and cursor.opened_keyword() in _FIELDS:
        return [_bare_module(cursor)]
    commands = []
    while cursor.kind == "(":
        commands.append(_command(cursor))
    if cursor.kind != "end":
        raise cursor.unexpected()
    return commands


_FIELDS = frozenset({*DEFINERS, "rec", "tag"})


def _bare_module(cursor: Cursor) -> DefineModule:
    end = len(cursor.kinds) - 1
    return DefineModule(cursor.line, ModuleText(cursor.line, None, "text", cursor.tokens, cursor.at, end), False)


def _command(cursor: Cursor) -> Command:
    start, line, keyword = cursor.at, cursor.line, cursor.opened_keyword()
    reader = _COMMANDS.get(keyword)
    if reader is None:
        if cursor.kinds[start + 1] != "keyword":
            raise cursor.unexpected(start + 1)
        cursor.skip_list()
        return Unknown(line, keyword)
    cursor.at += 2
    command = reader(cursor, line)
    cursor.close()
    return command


def _module_command(cursor: Cursor, line: int) -> Command:
    if cursor.take_keyword("instance"):
        return Instantiate(line, cursor.take_id(), cursor.take_id())
    definition = bool(cursor.take_keyword("definition"))
    return DefineModule(line, _module_text(cursor, line), definition)


def _module_text(cursor: Cursor, line: int) -> ModuleText:
    """The rest of `(module …`, up to its `)`."""
    name = cursor.take_id()
    form: Form = "text"
    if cursor.take_keyword("binary"):
        form = "binary"
    elif cursor.take_keyword("quote"):
        form = "quote"
    start = cursor.at
    while cursor.kind not in (")", "end"):
        if cursor.kind == "(":
            cursor.skip_list()
        else:
            cursor.at += 1
    return ModuleText(line, name, form, cursor.tokens, start, cursor.at)


def _register(cursor: Cursor, line: int) -> Register:
    return Register(line, cursor.name(), cursor.take_id())


def _invoke(cursor: Cursor, line: int) -> Invoke:
    instance, name = cursor.take_id(), cursor.name()
    return Invoke(line, instance, name, _values(cursor))


def _get(cursor: Cursor, line: int) -> Get:
    return Get(line, cursor.take_id(), cursor.name())


_ACTIONS: dict[str, Callable[[Cursor, int], Action]] = {"invoke": _invoke, "get": _get}


def _action(cursor: Cursor) -> Action:
    line = cursor.line
    keyword = cursor.expect_open(*_ACTIONS)
    action = _ACTIONS[keyword](cursor, line)
    cursor.close()
    return action


def _assert_return(cursor: Cursor, line: int) -> AssertReturn:
    return AssertReturn(line, _action(cursor), _values(cursor))


def _failure(kind: str) -> Callable[[Cursor, int], Command]:
    """A reader of an assertion that its subject fails."""

    def read(cursor: Cursor, line: int) -> AssertFailure:
        subject = _subject(cursor)
        message = cursor.string().decode("utf-8", "replace") if cursor.kind == "string" else ""
        return AssertFailure(line, kind, subject, message)

    return read


def _subject(cursor: Cursor) -> Action | ModuleText:
    if not cursor.opens("module"):
        return _action(cursor)
    line = cursor.line
    cursor.at += 2
    cursor.take_keyword("definition")
    module = _module_text(cursor, line)
    cursor.close()
    return module


def _thread(cursor: Cursor, line: int) -> Thread:
    name = cursor.take_id()
    shared = []
    while cursor.take_open("shared"):
        cursor.expect_open("module")
        shared.append(cursor.take_id())
        cursor.close()
        cursor.close()
    commands = []
    while cursor.kind == "(":
        commands.append(_command(cursor))
    return Thread(line, name, tuple(shared), tuple(commands))


def _wait(cursor: Cursor, line: int) -> Wait:
    return Wait(line, cursor.take_id())


_FAILURES = (
    "assert_trap",
    "assert_exhaustion",
    "assert_exception",
    "assert_invalid",
    "assert_malformed",
    "assert_unlinkable",
    "assert_invalid_custom",
    "assert_malformed_custom",
)
_COMMANDS: dict[str, Callable[[Cursor, int], Command]] = {
    "module": _module_command,
    "register": _register,
    "assert_return": _assert_return,
    "thread": _thread,
    "wait": _wait,
    **_ACTIONS,
    **{kind: _failure(kind) for kind in _FAILURES},
}


def _values(cursor: Cursor) -> tuple[Value, ...]:
    """The arguments or results up to the closing `)`."""
    return _values_of(cursor, _VALUES)


def _values_of(cursor: Cursor, readers: dict[str, Callable[[Cursor], Any]]) -> tuple[Value, ...]:
    found = []
    while cursor.kind == "(":
        if cursor.kinds[cursor.at + 1] != "keyword":
            raise cursor.unexpected(cursor.at + 1)
        kind = cursor.opened_keyword()
        cursor.at += 2
        found.append(Value(kind, readers.get(kind, _spellings)(cursor)))
        cursor.close()
    return tuple(found)


def _spellings(cursor: Cursor) -> tuple[str, ...]:
    start = cursor.at
    while cursor.kind not in ("(", ")", "end"):
        cursor.at += 1
    return tuple(cursor.texts[start : cursor.at])


def _integer_of(bits: int) -> Callable[[Cursor], Any]:
    return lambda cursor: cursor.number(any_integer, bits, "constant")


def _float_of(bits: int) -> Callable[[Cursor], Any]:
    def read(cursor: Cursor) -> int | str:
        pattern = cursor.take_keyword("nan:canonical", "nan:arithmetic")
        return pattern or cursor.number(float_bits, bits, "constant")

    return read


def _v128(cursor: Cursor) -> tuple[str, tuple[int | str, ...]]:
    found = shape(cursor)
    bits, _ = SHAPES[found]
    read = _float_of(bits) if found[0] == "f" else _integer_of(bits)
    return found, tuple(read(cursor) for _ in range(128 // bits))


def _optional_number(cursor: Cursor) -> int | None:
    return cursor.natural() if cursor.kind == "number" else None


def _optional_word(cursor: Cursor) -> str | None:
    if cursor.kind != "keyword":
        return None
    cursor.at += 1
    return cursor.texts[cursor.at - 1]


_SINGLE_VALUES: dict[str, Callable[[Cursor], Any]] = {
    "i32.const": _integer_of(32),
    "i64.const": _integer_of(64),
    "f32.const": _float_of(32),
    "f64.const": _float_of(64),
    "v128.const": _v128,
    "ref.null": _optional_word,
    "ref.extern": _optional_number,
    "ref.func": _optional_number,
    "ref.host": _optional_number,
    **dict.fromkeys(("ref.any", "ref.eq", "ref.i31", "ref.struct", "ref.array", "ref.exn"), lambda cursor: None),
}
_VALUES = {**_SINGLE_VALUES, "either": lambda cursor: _values_of(cursor, _SINGLE_VALUES)}
