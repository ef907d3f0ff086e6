"""The two stacks of the validation algorithm: operand types, and the blocks around an instruction.

(Spec: Appendix / Validation Algorithm.)  After an unconditional branch the operand stack is polymorphic: below what is
on it, any type can be popped; such an operand is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.validate.context import Context, InvalidError, unknown

#: The type of an operand; None is one that is not known, which happens in unreachable code only.
Operand: TypeAlias = ValType | None
UNKNOWN: Final = None

MISMATCH = "type mismatch"


class Block:
    """An entry of the control stack.

    `mnemonic` is what opened it (block, loop, if, else; body for the outermost), `height` how many operands are below,
    `label` are the operands that a branch to it takes.
    """

    __slots__ = ("height", "label", "mnemonic", "type", "unreachable")

    def __init__(self, mnemonic: str, type_: FuncType, height: int) -> None:
        self.mnemonic = mnemonic
        self.type = type_
        self.height = height
        self.label = type_.params if mnemonic == "loop" else type_.results
        self.unreachable = False


class Stacks:
    """The state of validating one function or constant expression.

    `results` is what the function returns; `height` that of the innermost block.
    """

    __slots__ = ("blocks", "context", "height", "locals", "operands", "results")

    def __init__(self, context: Context, locals_: Sequence[ValType], results: tuple[ValType, ...]) -> None:
        self.context = context
        self.locals = locals_
        self.results = results
        self.operands: list[Operand] = []
        self.blocks: list[Block] = [Block("body", FuncType((), results), 0)]
        self.height = 0

    def push(self, types: Iterable[Operand]) -> None:
        self.operands.extend(types)

    def pop_any(self) -> Operand:
        """Pop an operand of any type."""
        if len(self.operands) > self.height:
            return self.operands.pop()
        if self.blocks[-1].unreachable:
            return UNKNOWN
        raise InvalidError(MISMATCH, "expects an operand, found nothing")

    def pop(self, expected: ValType) -> Operand:
        """Pop an operand that must have the type; returns its type or `UNKNOWN`."""
        operands = self.operands
        if len(operands) > self.height:
            actual = operands.pop()
            if actual == expected or actual is UNKNOWN:
                return actual
            raise InvalidError(MISMATCH, f"expects {expected}, found {actual}")
        if self.blocks[-1].unreachable:
            return UNKNOWN
        raise InvalidError(MISMATCH, f"expects {expected}, found nothing")

    def pop_all(self, types: Sequence[ValType]) -> list[Operand]:
        """Pop operands of these types, the last from the top; returns them in the order of `types`.

        Where they are just what is there they are taken at once; else one by one, to find what is wrong or unknown.
        """
        start = max(len(self.operands) - len(types), self.height)
        top = self.operands[start:]
        missing = len(types) - len(top)
        if top == list(types[missing:]) and (not missing or self.blocks[-1].unreachable):
            del self.operands[start:]
            return [UNKNOWN] * missing + top
        popped = [self.pop(type_) for type_ in reversed(types)]
        popped.reverse()
        return popped

    def open(self, mnemonic: str, type_: FuncType) -> None:
        """Enter a block, whose parameters must have been popped."""
        block = Block(mnemonic, type_, len(self.operands))
        self.blocks.append(block)
        self.height = block.height
        self.operands.extend(type_.params)

    def close(self) -> Block:
        """Leave the innermost block, whose results, and nothing else, must be on the stack."""
        block = self.blocks[-1]
        if block.type.results:
            self.pop_all(block.type.results)
        excess = len(self.operands) - block.height
        if excess:
            raise InvalidError(MISMATCH, f"leaves {excess} too many operands in the {block.mnemonic}")
        self.blocks.pop()
        self.height = self.blocks[-1].height if self.blocks else 0
        return block

    def label(self, index: int) -> tuple[ValType, ...]:
        """The operands that a branch takes, by labelidx."""
        if index >= len(self.blocks):
            raise unknown("label", index)
        return self.blocks[-1 - index].label

    def mark_unreachable(self) -> None:
        """The rest of the innermost block cannot be reached: forget its operands."""
        block = self.blocks[-1]
        del self.operands[block.height :]
        block.unreachable = True
