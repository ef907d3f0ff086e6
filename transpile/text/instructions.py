"""Expressions (spec: Text Format / Instructions): plain, block and folded instructions, assembled in order.

Nesting is kept on a list, not on Python's stack, so that depth is bounded by memory alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.text.annotations import annotated_hint
from wasm2py.transpile.text.cursor import Cursor
from wasm2py.transpile.text.immediates import IMMEDIATES, OPCODES, SPECIAL, Handler, Scope
from wasm2py.transpile.text.tokens import Kind

_OPENING = ("block", "try_table")
_NOT_PLAIN = frozenset({"else", "end", "catch", "catch_all", "delegate", "select_t", "ref.test_null", "ref.cast_null"})
#: Plain instructions: the handler of the immediate, None where there is none.
_PLAIN: dict[str, Handler | None] = {
    mnemonic: SPECIAL.get(mnemonic) or (IMMEDIATES[op.immediate] if op.immediate else None)
    for mnemonic, op in OPS.items()
    if op.immediate not in _OPENING and mnemonic not in _NOT_PLAIN
}
#: Instructions that open a block, with the handler of the immediate.
_BLOCKS = {mnemonic: IMMEDIATES[op.immediate] for mnemonic, op in OPS.items() if op.immediate in _OPENING}


@dataclass(slots=True)
class _Frame:
    """A construct that is open.

    `state` says which (a key of the tables below); `pending` is code to emit when it closes (a folded instruction comes
    after its operands), `label` its label, `hint` its branch hint.
    """

    state: str
    pending: bytes = b""
    label: str | None = None
    hint: bytes | None = None


def expression(cursor: Cursor, scope: Scope, code: bytearray) -> None:
    """Assemble instructions up to a `)` that closes none of them; the final `end` is the caller's."""
    _Reader(cursor, scope, code).sequence()


def folded_instruction(cursor: Cursor, scope: Scope, code: bytearray) -> None:
    """Assemble one folded instruction."""
    if cursor.kind != "(":
        raise cursor.unexpected()
    _Reader(cursor, scope, code).single()


class _Reader:
    """The state of one expression: the constructs open around the cursor, innermost last."""

    def __init__(self, cursor: Cursor, scope: Scope, code: bytearray) -> None:
        self.cursor = cursor
        self.scope = scope
        self.code = code
        self.frames = [_Frame("sequence")]

    def sequence(self) -> None:
        cursor, kinds, frames = self.cursor, self.cursor.kinds, self.frames
        while kinds[cursor.at] != ")" or len(frames) > 1:
            self.step(kinds[cursor.at])

    def single(self) -> None:
        self.step(self.cursor.kind)
        while len(self.frames) > 1:
            self.step(self.cursor.kind)

    def step(self, kind: Kind) -> None:
        if kind == "keyword":
            self.unfolded()
        elif kind == "(":
            self.open_folded()
        elif kind == ")":
            _CLOSERS[self.frames[-1].state](self)
        else:
            raise self.cursor.unexpected()

    def unfolded(self) -> None:
        if self.frames[-1].state not in _TAKES_UNFOLDED:
            raise self.cursor.unexpected()
        text = self.cursor.text
        if self.cursor.annotations:
            self.keep_hint(annotated_hint(self.cursor, self.cursor.at, text))
        if text in _PLAIN:
            self.code += self.plain(text)
        elif text in _BLOCKS:
            label, opening = self.block_head(text)
            self.code += opening
            self.enter(_Frame(text if text in ("if", "try") else "block", label=label))
        elif text in _MARKERS:
            _MARKERS[text](self)
        else:
            raise self.cursor.unexpected()

    def keep_hint(self, hint: bytes | None) -> None:
        """What is known of the branch that is coming next in the code."""
        if hint is not None:
            self.scope.branch_hints.append((len(self.code), hint))

    def plain(self, mnemonic: str) -> bytes:
        """Step over a plain instruction; returns its code."""
        self.cursor.at += 1
        handler = _PLAIN[mnemonic]
        return handler(self.cursor, self.scope, OPS[mnemonic]) if handler else OPCODES[mnemonic]

    def block_head(self, mnemonic: str) -> tuple[str | None, bytes]:
        """Step over the head of a block instruction; returns its label and the code that opens it."""
        self.cursor.at += 1
        label = self.cursor.take_id()
        return label, _BLOCKS[mnemonic](self.cursor, self.scope, OPS[mnemonic])

    def enter(self, frame: _Frame) -> None:
        self.scope.push_label(frame.label)
        self.frames.append(frame)

    def leave(self) -> None:
        self.code += OPCODES["end"]
        self.scope.pop_label()
        self.frames.pop()

    def end(self) -> None:
        frame = self.frames[-1]
        if frame.state not in _ENDS:
            raise self.cursor.unexpected()
        self.cursor.at += 1
        self.same_label(frame)
        self.leave()

    def else_(self) -> None:
        frame = self.frames[-1]
        if frame.state != "if":
            raise self.cursor.unexpected()
        self.cursor.at += 1
        self.same_label(frame)
        self.code += OPCODES["else"]
        frame.state = "else"

    def catch(self) -> None:
        if self.frames[-1].state not in ("try", "catch"):
            raise self.cursor.unexpected()
        self.cursor.at += 1
        self.code += self.tagged("catch")
        self.frames[-1].state = "catch"

    def catch_all(self) -> None:
        if self.frames[-1].state not in ("try", "catch"):
            raise self.cursor.unexpected()
        self.cursor.at += 1
        self.code += OPCODES["catch_all"]
        self.frames[-1].state = "block"

    def delegate(self) -> None:
        if self.frames[-1].state != "try":
            raise self.cursor.unexpected()
        self.cursor.at += 1
        self.frames.pop()
        self.delegated()

    def tagged(self, mnemonic: str) -> bytes:
        """The code of an instruction whose immediate, a tag, comes next."""
        return IMMEDIATES["tag"](self.cursor, self.scope, OPS[mnemonic])

    def delegated(self) -> None:
        """The label of a `delegate`, which is one around the `try`."""
        self.scope.pop_label()
        self.code += IMMEDIATES["label"](self.cursor, self.scope, OPS["delegate"])

    def same_label(self, frame: _Frame) -> None:
        """The label repeated after `else` and `end` must be the block's."""
        at = self.cursor.at
        label = self.cursor.take_id()
        if label is not None and label != frame.label:
            raise self.cursor.error(f"mismatching label ${label}", at)

    def open_folded(self) -> None:
        cursor, state = self.cursor, self.frames[-1].state
        if state in _CLAUSES and cursor.opens(*_CLAUSES[state]):
            keyword = cursor.opened_keyword()
            cursor.at += 2
            _OPENED[keyword](self, self.frames[-1])
            return
        if state in _TAKES_NO_FOLDED:
            raise cursor.unexpected(cursor.at + 1)
        cursor.at += 1
        self.folded_head()

    def folded_head(self) -> None:
        text = self.cursor.text
        if self.cursor.kind != "keyword" or (text not in _PLAIN and text not in _BLOCKS):
            raise self.cursor.unexpected()
        at = self.cursor.at - 1
        hint = annotated_hint(self.cursor, at, text) if self.cursor.annotations else None
        if text in _PLAIN:
            self.frames.append(_Frame("folded", self.plain(text), hint=hint))
            return
        label, opening = self.block_head(text)
        if text == "if":
            self.frames.append(_Frame("condition", opening, label, hint))
            return
        self.code += opening
        self.enter(_Frame("folded try" if text == "try" else "folded block", label=label))

    def open_then(self, frame: _Frame) -> None:
        """`(then` of a folded if."""
        self.keep_hint(frame.hint)
        self.code += frame.pending
        self.scope.push_label(frame.label)
        self.open_part(frame, "then")

    def open_else(self, frame: _Frame) -> None:
        """`(else` of a folded if."""
        self.code += OPCODES["else"]
        self.open_part(frame, "then and else")

    def open_do(self, frame: _Frame) -> None:
        """`(do` of a folded try."""
        self.open_part(frame, "do")

    def open_catch(self, frame: _Frame) -> None:
        """`(catch tag` of a folded try."""
        self.code += self.tagged("catch")
        self.open_part(frame, "do and catch")

    def open_catch_all(self, frame: _Frame) -> None:
        """`(catch_all` of a folded try."""
        self.code += OPCODES["catch_all"]
        self.open_part(frame, "do and catch_all")

    def open_delegate(self, frame: _Frame) -> None:
        """`(delegate label` of a folded try."""
        self.delegated()
        self.open_part(frame, "delegated")
        self.frames[-1].state = "folded"  # which is over

    def open_part(self, frame: _Frame, state: str) -> None:
        frame.state = state
        self.frames.append(_Frame("clause"))

    def close_plain(self) -> None:
        frame = self.frames.pop()
        self.keep_hint(frame.hint)
        self.code += frame.pending
        self.cursor.at += 1

    def close_clause(self) -> None:
        self.frames.pop()
        self.cursor.at += 1

    def close_block(self) -> None:
        self.leave()
        self.cursor.at += 1

    def close_delegated(self) -> None:
        self.frames.pop()
        self.cursor.at += 1

    def close_refused(self) -> None:
        """A `)` before the `end` of a block, or before the `then` of an if."""
        raise self.cursor.unexpected()


#: Where instructions may stand without parentheses.
_TAKES_UNFOLDED = frozenset({"sequence", "block", "if", "else", "folded block", "clause", "try", "catch"})
#: What `end` ends.
_ENDS = frozenset({"block", "if", "else", "try", "catch"})
_TAKES_NO_FOLDED = frozenset(
    {"then", "then and else", "folded try", "do", "do and catch", "do and catch_all", "delegated"}
)
#: The clauses that may open in a folded if or try.
_CLAUSES: dict[str, tuple[str, ...]] = {
    "condition": ("then",),
    "then": ("else",),
    "folded try": ("do",),
    "do": ("catch", "catch_all", "delegate"),
    "do and catch": ("catch", "catch_all"),
}
_OPENED: dict[str, Callable[[_Reader, _Frame], None]] = {
    "then": _Reader.open_then,
    "else": _Reader.open_else,
    "do": _Reader.open_do,
    "catch": _Reader.open_catch,
    "catch_all": _Reader.open_catch_all,
    "delegate": _Reader.open_delegate,
}
_MARKERS: dict[str, Callable[[_Reader], None]] = {
    "end": _Reader.end,
    "else": _Reader.else_,
    "catch": _Reader.catch,
    "catch_all": _Reader.catch_all,
    "delegate": _Reader.delegate,
}
_CLOSERS: dict[str, Callable[[_Reader], None]] = {
    "sequence": _Reader.close_refused,
    "block": _Reader.close_refused,
    "if": _Reader.close_refused,
    "else": _Reader.close_refused,
    "condition": _Reader.close_refused,
    "folded": _Reader.close_plain,
    "folded block": _Reader.close_block,
    "clause": _Reader.close_clause,
    "then": _Reader.close_block,
    "then and else": _Reader.close_block,
    "try": _Reader.close_refused,
    "catch": _Reader.close_refused,
    "folded try": _Reader.close_refused,
    "do": _Reader.close_block,
    "do and catch": _Reader.close_block,
    "do and catch_all": _Reader.close_block,
    "delegated": _Reader.close_delegated,
}
