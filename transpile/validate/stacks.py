"""The two stacks of the validation algorithm: operand types, and the blocks around an instruction.

(Spec: Appendix / Validation Algorithm.)  After an unconditional branch the operand stack is polymorphic: below what is
on it, any type can be popped; such an operand is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from wasm2py.runtime import references
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.opcodes import Op
from wasm2py.transpile.validate.errors import InvalidError, unknown

if TYPE_CHECKING:
    from wasm2py.transpile.validate.context import Context

#: The type of an operand; None is one that is not known, which happens in unreachable code only.
Operand: TypeAlias = ValType | None
UNKNOWN: Final = None
#: Whether a value of one type is one of another, too.
Matching: TypeAlias = Callable[[ValType, ValType], bool]

MISMATCH = "type mismatch"
#: A stack of so many operands does not remember what comes of it: that is seldom, and might take much room.
_DEEP = 64


class Operands(dict["Op | Operand", "Operands"]):
    """The operands of a block: the type of the topmost one, and those below.

    It never changes. As an automaton does, it remembers what comes of it, unless it is deep: by the type of an operand
    that is pushed, and by an instruction whose operands and results are fixed. The bottom of a block has nothing
    below, that of one whose rest cannot be reached has itself. `matches` tells which types the module's rules for
    references take for others.
    """

    __slots__ = ("below", "depth", "matches", "type")

    def __init__(
        self, below: Operands | None = None, type_: Operand = UNKNOWN, matches: Matching = references.matches
    ) -> None:
        super().__init__()
        self.below = below
        self.depth: int = 0 if below is None else below.depth + 1
        self.type = type_
        self.matches = matches

    def __missing__(self, key: Op | Operand) -> Operands:
        if isinstance(key, Op):
            after = self.without(key.params or ()).with_(key.results or ())
        else:
            after = Operands(self, key, self.matches)
        if self.depth < _DEEP:
            self[key] = after
        return after

    def pop(self, expected: ValType) -> Operands:  # type: ignore[override]
        """What is below an operand that must have the type."""
        if self.below is None:
            raise InvalidError(MISMATCH, f"expects {expected}, found nothing")
        if self.type is not UNKNOWN and self.type != expected and not self.matches(self.type, expected):
            raise InvalidError(MISMATCH, f"expects {expected}, found {self.type}")
        return self.below

    def without(self, types: Sequence[ValType]) -> Operands:
        """What is below operands of these types, the last of them on top."""
        found = self
        for type_ in reversed(types):
            found = found.pop(type_)
        return found

    def with_(self, types: Iterable[Operand]) -> Operands:
        """These operands and more."""
        found = self
        for type_ in types:
            found = found[type_]
        return found


class Bottoms:
    """The bottom of every stack of a module; they are exchanged when functions of so many bytes have been seen, lest
    all that they remember takes much room.
    """

    __slots__ = ("_bytes", "matches", "reachable", "unreachable")

    MOST_BYTES = 1 << 20

    def __init__(self, matches: Matching = references.matches) -> None:
        self.matches = matches
        self._renew()

    def _renew(self) -> None:
        self._bytes = 0
        self.reachable = Operands(matches=self.matches)
        self.unreachable = Operands(matches=self.matches)
        self.unreachable.below = self.unreachable

    def begin(self, size: int) -> None:
        """A function of `size` bytes is going to be validated."""
        self._bytes += size
        if self._bytes > self.MOST_BYTES:
            self._renew()


class Block:
    """An entry of the control stack.

    `mnemonic` is what opened it, or its present part (else, catch, catch_all), or body for the outermost; `outer` are
    the operands below it, `label` those that a branch to it takes.
    """

    __slots__ = ("label", "mnemonic", "outer", "type")

    def __init__(self, mnemonic: str, type_: FuncType, outer: Operands) -> None:
        self.mnemonic = mnemonic
        self.type = type_
        self.outer = outer
        self.label = type_.params if mnemonic == "loop" else type_.results


class Stacks:
    """The state of validating one function or constant expression.

    `results` is what the function returns, `operands` what is on the stack of the innermost block.
    """

    __slots__ = ("blocks", "context", "locals", "operands", "results")

    def __init__(self, context: Context, locals_: Sequence[ValType], results: tuple[ValType, ...]) -> None:
        self.context = context
        self.locals = locals_
        self.results = results
        self.operands = context.bottoms.reachable
        self.blocks: list[Block] = [Block("body", FuncType((), results), self.operands)]

    def push(self, types: Iterable[Operand]) -> None:
        self.operands = self.operands.with_(types)

    def pop_any(self) -> Operand:
        """Pop an operand of any type."""
        operands = self.operands
        if operands.below is None:
            raise InvalidError(MISMATCH, "expects an operand, found nothing")
        self.operands = operands.below
        return operands.type

    def pop(self, expected: ValType) -> None:
        """Pop an operand that must have the type."""
        self.operands = self.operands.pop(expected)

    def pop_all(self, types: Sequence[ValType]) -> None:
        """Pop operands of these types, the last from the top."""
        self.operands = self.operands.without(types)

    def open(self, mnemonic: str, type_: FuncType) -> None:
        """Enter a block, whose parameters must have been popped."""
        self.blocks.append(Block(mnemonic, type_, self.operands))
        self.operands = self.context.bottoms.reachable
        if type_.params:
            self.push(type_.params)

    def begin_part(self, mnemonic: str) -> None:
        """Leave the part of the innermost block that ends here, and enter another, whose operands are yet to come."""
        block = self.close()
        self.blocks.append(Block(mnemonic, block.type, block.outer))
        self.operands = self.context.bottoms.reachable

    def close(self) -> Block:
        """Leave the innermost block, whose results, and nothing else, must be on the stack."""
        block = self.blocks[-1]
        excess = self.operands.without(block.type.results).depth
        if excess:
            raise InvalidError(MISMATCH, f"leaves {excess} too many operands in the {block.mnemonic}")
        self.blocks.pop()
        self.operands = block.outer
        return block

    def label(self, index: int) -> tuple[ValType, ...]:
        """The operands that a branch takes, by labelidx."""
        if index >= len(self.blocks):
            raise unknown("label", index)
        return self.blocks[-1 - index].label

    def mark_unreachable(self) -> None:
        """The rest of the innermost block cannot be reached: forget its operands."""
        self.operands = self.context.bottoms.unreachable


class TrackingStacks(Stacks):
    """Stacks of a function that has locals of other types than most have: some may have no default value.

    `unset` are those locals that have not been set so far. What is set within a block is unset again at its end.
    """

    __slots__ = ("_heights", "_set", "unset")

    def __init__(self, context: Context, locals_: Sequence[ValType], results: tuple[ValType, ...], params: int) -> None:
        super().__init__(context, locals_, results)
        self._heights = [0]
        self._set: list[int] = []
        self.unset = {index for index, type_ in enumerate(locals_) if index >= params and not has_default(type_)}

    def set_local(self, index: int) -> None:
        """A local has a value from here on."""
        if index in self.unset:
            self.unset.remove(index)
            self._set.append(index)

    def open(self, mnemonic: str, type_: FuncType) -> None:
        self._heights.append(len(self._set))
        super().open(mnemonic, type_)

    def begin_part(self, mnemonic: str) -> None:
        super().begin_part(mnemonic)
        self._heights.append(len(self._set))

    def close(self) -> Block:
        height = self._heights.pop()
        self.unset.update(self._set[height:])
        del self._set[height:]
        return super().close()


def match(stacks: Stacks, given: tuple[ValType, ...], expected: tuple[ValType, ...]) -> bool:
    """Whether values of some types are of others, too."""
    if given == expected:
        return True
    matches = stacks.context.bottoms.matches
    return len(given) == len(expected) and all(map(matches, given, expected))


def pop_reference(stacks: Stacks) -> ValType:
    """Pop a reference of any type."""
    operand = stacks.pop_any()
    if operand is UNKNOWN:
        return references.BOTTOM
    if not references.is_reference(operand):
        raise InvalidError(MISMATCH, f"expects a reference, found {operand}")
    return operand


def has_default(type_: ValType) -> bool:
    """Whether there is a value that variables of the type have when nothing has set them."""
    return not references.is_reference(type_) or references.is_nullable(type_)
