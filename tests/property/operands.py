"""The operand stack of a body that is being made (spec: Appendix / Validation Algorithm).

Two things keep what is made comparable between implementations:

* Which NaN an operation gives is not determined.  A value that may be such a NaN, or have such lanes, is *unsettled*,
  and is made canonical before its bits can be seen: by a store, a local, a global, a label, a call, a reinterpretation,
  `copysign`, or an instruction on vectors of another shape.
* Every loop and every function starts by using up fuel, and traps when there is none left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from property.choices import Choices
from property.encoder import END, code, instruction
from property.scope import FUEL_GLOBAL, HOST_FUNCTION, NUMBERS, REFERENCES, TICK_FUNCTION, Scope
from property.vectors import FUSED, VECTOR_LOADS, VECTORS, lanes_of, observes, unsettles
from wasm2py.runtime.references import is_nullable, is_reference
from wasm2py.runtime.types import FuncType, IndexType, ValType
from wasm2py.transpile.opcodes import OPS, WIDE, Op

CANONICAL_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8 << 48}
CANONICAL_NANS = {"f32x4": 0x7FC00000 * (1 << 96 | 1 << 64 | 1 << 32 | 1), "f64x2": (0x7FF8 << 48) * (1 << 64 | 1)}
TICK = (
    code(("global.get", FUEL_GLOBAL), "i32.eqz", ("if", None), "unreachable", "end")
    + code(("global.get", FUEL_GLOBAL), ("i32.const", 1), "i32.sub", ("global.set", FUEL_GLOBAL))
)  # fmt: skip

PLAIN = [op for op in OPS.values() if op.family in ("compare", "integer", "float", "convert") and op not in WIDE]
_PRODUCERS = {valtype: [op for op in PLAIN if op.results == (valtype,)] for valtype in NUMBERS}
_WITH_VECTORS: dict[ValType, list[Op]] = {
    valtype: [op for op in VECTORS if op.results == (valtype,)] for valtype in (*NUMBERS, "v128")
}
LOADS = [op for op in OPS.values() if op.family == "load"]
#: The bits of a NaN among their operands show in their results.
_OBSERVERS = {"i32.reinterpret_f32", "i64.reinterpret_f64", "f32.copysign", "f64.copysign"}
#: These only touch the sign, so that an unsettled NaN stays one.
_SIGN_ONLY = {"f32.abs", "f32.neg", "f64.abs", "f64.neg"}
_UNSETTLING = {op for op in PLAIN if op.family == "float" and op.mnemonic not in _SIGN_ONLY | _OBSERVERS}
_UNSETTLING |= {OPS["f32.demote_f64"], OPS["f64.promote_f32"]}


_LARGE_OFFSETS = {"i32": (65530, 65536, 0xFFFFFFFF), "i64": (65530, 0xFFFFFFFF, 1 << 32, (1 << 64) - 8)}


@dataclass
class Frame:
    """A label: what a branch to it takes, what its end leaves, and where its operands start."""

    label: tuple[ValType, ...]
    end: tuple[ValType, ...]
    height: int
    #: The locals that were set when it began.
    before: frozenset[int]
    unreachable: bool = False
    #: Labels that it has besides its own, and how many of them are further in (see `legacy`).
    extra: int = 0
    own: int = 0
    #: Whether it has handlers for what is thrown now, or is one, with what it has caught in that local.
    catches: bool = False
    caught: int | None = None


@dataclass
class Operand:
    """An operand; `unsettled` is the type, or the shape, of the NaNs that it may have, if any."""

    type: ValType
    unsettled: str = ""


class Operands:
    """One function's locals, labels and operands, and the code that made them so."""

    def __init__(self, scope: Scope, choices: Choices, type_: FuncType) -> None:
        self.scope = scope
        self.choices = choices
        self.type = type_
        self.locals = list(type_.params)
        kinds = (*scope.values, *REFERENCES, *scope.typed, *scope.objects, *scope.objects[:2] * 3)
        self.locals += [choices.pick(kinds) for _ in range(choices.below(6))]
        self.named_count = len(self.locals)
        #: The locals that can be read: parameters, those that have a default, and those that were set.
        self.readable = {
            local
            for local, valtype in enumerate(self.locals)
            if local < len(type_.params) or not is_reference(valtype) or is_nullable(valtype)
        }
        self.code = bytearray()
        self.stack: list[Operand] = []
        self.frames: list[Frame] = []
        #: Operands below this height are spoken for.
        self.floor = 0

    def emit(self, mnemonic: str, immediate: object = None) -> None:
        self.code += instruction(mnemonic, immediate)

    def tick(self) -> None:
        if self.choices.one_in(4):
            self.emit("call", TICK_FUNCTION)
        else:
            self.code += TICK

    def enter(self, label: tuple[ValType, ...], end: tuple[ValType, ...], params: int = 0) -> None:
        """Begin a block, whose instruction has been emitted, with the operands that are its parameters."""
        self.frames.append(Frame(label, end, len(self.stack) - params, frozenset(self.readable)))

    def depth(self, label: int) -> int:
        """The labelidx of a frame, which is counted from the innermost one."""
        inner = self.frames[len(self.frames) - label :]
        return label + sum(frame.extra for frame in inner) + self.frames[-1 - label].own

    def close(self, end: bytes = END) -> None:
        """The end of the innermost block."""
        frame = self.frames.pop()
        del self.stack[frame.height :]
        self.code += end
        self.readable = set(frame.before)
        self.put(*frame.end)

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def above(self) -> list[ValType]:
        """The types of the operands that are free to use: of the innermost frame, and above the floor."""
        return [operand.type for operand in self.stack[max(self.frame.height, self.floor) :]]

    @property
    def bottomless(self) -> bool:
        """Whether the next operand may come from nowhere, as in unreachable code."""
        return self.frame.unreachable and len(self.stack) == self.frame.height

    def put(self, *valtypes: ValType, unsettled: str = "") -> None:
        self.stack += [Operand(valtype, unsettled) for valtype in valtypes]

    def take(self, count: int) -> list[Operand]:
        """Pop operands; in unreachable code there may be fewer, as the stack is polymorphic."""
        at = max(len(self.stack) - count, self.frame.height)
        taken = self.stack[at:]
        del self.stack[at:]
        return taken

    def want(self, *valtypes: ValType, depth: int = 0) -> None:
        """Make the top of the stack be `valtypes`, using what is there where it fits."""
        if self.bottomless and self.choices.one_in(2):
            return
        above = self.above
        fits = next(k for k in range(len(valtypes), -1, -1) if k == 0 or self.fit(above[-k:], valtypes[:k]))
        for valtype in valtypes[fits:]:
            self.push(valtype, depth)

    def fit(self, given: Sequence[ValType], wanted: Sequence[ValType]) -> bool:
        return len(given) == len(wanted) and all(map(self.scope.matches, given, wanted))

    def push(self, valtype: ValType, depth: int = 0) -> None:
        """Push a constant, a local, a global, or what an operation gives; leaves what is on the stack alone."""
        floor, self.floor = self.floor, len(self.stack)
        kind = self.choices.below(8)
        if valtype not in self.scope.values:
            self.push_reference(valtype, kind, depth)
        elif kind < 2 or depth > 3:
            self.emit(f"{valtype}.const", self.choices.bits(valtype))
            self.put(valtype)
        elif kind < 5:
            self.push_variable(valtype)
        elif kind == 6 and self.choices.one_in(4):
            self.push_effect(valtype, depth + 1)
        elif kind == 5:
            self.load(self.choices.pick([op for op in LOADS + VECTOR_LOADS if op.results == (valtype,)]), depth + 1)
        elif valtype == "v128" or ("v128" in self.scope.values and self.choices.one_in(4)):
            self.vector(self.choices.pick(_WITH_VECTORS[valtype]), depth + 1)
        else:
            self.plain(self.choices.pick(_PRODUCERS[valtype]), depth + 1)
        self.floor = floor

    def push_effect(self, valtype: ValType, depth: int) -> None:
        """Push a value in a way that shows when it was worked out: by a call of the host, or into a local besides."""
        self.push(valtype, depth)
        self.settle(1)
        places = [local for local, type_ in enumerate(self.named) if type_ == valtype]
        if valtype == "i32" and not (places and self.choices.one_in(2)):
            self.emit("call", HOST_FUNCTION)
        elif places:
            self.emit("local.tee", self.choices.pick(places))

    def push_variable(self, valtype: ValType) -> None:
        self.code += code(self.choices.pick([*self.variables(valtype), (f"{valtype}.const", 1)]))
        self.put(valtype)

    def variables(self, valtype: ValType) -> list[tuple[str, int]]:
        """What gives the values of variables that are of a type."""
        matches = self.scope.matches
        found = [
            ("local.get", i) for i, type_ in enumerate(self.named) if i in self.readable and matches(type_, valtype)
        ]
        return found + [
            ("global.get", i) for i, type_ in self.scope.globals + self.scope.constants if matches(type_, valtype)
        ]

    def push_reference(self, valtype: ValType, kind: int, depth: int) -> None:
        variables, functions = self.variables(valtype), self.scope.functions_of(valtype)
        if kind > 4 and variables:
            self.code += code(self.choices.pick(variables))
        elif self.scope.is_object(valtype):
            self.push_object(valtype, depth)
            return
        elif kind > 1 and valtype == "funcref":
            self.emit("ref.func", self.choices.pick(functions))
        elif kind > 2 and valtype == "externref" and self.scope.objects and depth < 3:
            self.push("anyref", depth + 1)
            self.take(1)
            self.emit("extern.convert_any")
        elif valtype[0] == "(" and functions and (kind or not is_nullable(valtype)):
            self.emit("ref.func", self.choices.pick(functions))
        else:
            self.emit("ref.null", valtype)
        self.put(valtype)

    def push_object(self, valtype: ValType, depth: int) -> None:
        """Push a reference to a structure, an array or an i31, or null."""
        raise NotImplementedError

    def settle(self, count: int) -> None:
        """Make the NaNs among the top operands canonical."""
        top = self.stack[max(len(self.stack) - count, self.frame.height) :]
        first = next((i for i, operand in enumerate(top) if operand.unsettled), None)
        if first is None:
            return
        spilled = [self.fresh(operand.type) for operand in top[first + 1 :]]
        for local in reversed(spilled):
            self.emit("local.set", local)
        self.settle_top(top[first])
        for local, operand in zip(spilled, top[first + 1 :], strict=True):
            self.emit("local.get", local)
            self.settle_top(operand)

    def settle_top(self, operand: Operand) -> None:
        if operand.unsettled:
            local, kind = self.fresh(operand.type), operand.unsettled
            canonical, choose = (
                (CANONICAL_NANS[kind], "v128.bitselect") if operand.type == "v128" else (CANONICAL_NAN[kind], "select")
            )
            self.emit("local.tee", local)
            self.emit(f"{operand.type}.const", canonical)
            self.code += code(("local.get", local), ("local.get", local), f"{kind}.eq", choose)
            operand.unsettled = ""

    @property
    def named(self) -> list[ValType]:
        """The locals that code may read and write; those past them serve one purpose each."""
        return self.locals[: self.named_count]

    def fresh(self, valtype: ValType) -> int:
        self.locals.append(valtype)
        return len(self.locals) - 1

    def sink(self) -> None:
        """Get rid of the top operand: into a local, a global, or nowhere."""
        valtype = self.stack[-1].type
        self.settle(1)
        matches = self.scope.matches
        places = [("local.set", i) for i, type_ in enumerate(self.named) if matches(valtype, type_)]
        places += [("global.set", i) for i, type_ in self.scope.globals if matches(valtype, type_)]
        place = self.choices.pick([*places, ("drop", 0)])
        if place[0] == "local.set":
            self.sink_into(place[1])
            return
        self.code += code(place if place[0] == "global.set" else "drop")
        self.take(1)

    def sink_into(self, local: int) -> None:
        """Get rid of the top operand into a local."""
        self.emit("local.set", local)
        self.readable.add(local)
        self.take(1)

    def settle_frame(self, valtypes: tuple[ValType, ...]) -> None:
        """Make the frame's operands exactly `valtypes`."""
        while not self.fit(self.above, valtypes[: len(self.above)]):
            self.sink()
        if not (self.bottomless and self.choices.one_in(2)):
            for valtype in valtypes[len(self.above) :]:
                self.push(valtype)
        self.settle(len(valtypes))

    def dead_end(self) -> None:
        """After an instruction that does not go on."""
        del self.stack[self.frame.height :]
        self.frame.unreachable = True

    def plain(self, op: Op, depth: int) -> None:
        """An operation on numbers."""
        assert op.params is not None and op.results is not None
        self.want(*op.params, depth=depth)
        if op.mnemonic in _OBSERVERS:
            self.settle(len(op.params))
        operands = self.take(len(op.params))
        self.emit(op.mnemonic)
        inherits = op.mnemonic in _SIGN_ONLY and any(operand.unsettled for operand in operands)
        self.put(*op.results, unsettled=op.results[0] if op in _UNSETTLING or inherits else "")

    def vector(self, op: Op, depth: int) -> None:
        """An operation on vectors."""
        assert op.params is not None and op.results is not None
        self.fused(op, depth) if op in FUSED else self.want(*op.params, depth=depth)
        unsettled = self.unsettled(len(op.params))
        if any(observes(op, kind) for kind in unsettled):
            self.settle(len(op.params))
            unsettled = set()
        self.take(len(op.params))
        self.emit(op.mnemonic, lanes_of(op, self.choices))
        self.put(*op.results, unsettled=unsettles(op, bool(unsettled)))

    def fused(self, op: Op, depth: int) -> None:
        """The operands of multiplying and adding, with which it does not matter whether the product is rounded."""
        one, minus_zero = FUSED[op]
        self.want("v128", depth=depth)
        if self.choices.one_in(2):
            self.emit("v128.const", one)
            self.put("v128")
            self.push("v128", depth)
        else:
            self.push("v128", depth)
            self.emit("v128.const", minus_zero)
            self.put("v128")

    def unsettled(self, count: int) -> set[str]:
        """The kinds of NaNs that may be among the top operands."""
        top = self.stack[max(len(self.stack) - count, self.frame.height) :]
        return {operand.unsettled for operand in top if operand.unsettled}

    def any_memory(self) -> int:
        return self.choices.below(len(self.scope.memories)) if len(self.scope.memories) > 1 else 0

    def address(self, memory: int, depth: int = 0) -> None:
        """What a memory can be addressed with: mostly inside the first page, sometimes at its edge or anything."""
        kind, index = self.choices.below(16), self.scope.memories[memory].index
        if kind == 15:
            self.emit(f"{index}.const", 65536 - self.choices.below(12))
            self.put(index)
            return
        self.want("i32" if kind < 14 else index, depth=depth)
        if kind < 14:
            self.mask(self.choices.pick((0xFF, 0xFFC, 0x7FF8, 0xFFFF)))
            self.widen(index)

    def small(self, mask: int, index: IndexType = "i32") -> None:
        """An integer of that type below `mask + 1`, mostly."""
        self.want("i32")
        if not self.choices.one_in(16):
            self.mask(mask)
        self.widen(index)

    def widen(self, index: IndexType) -> None:
        """Make an index of that type of an i32."""
        if index == "i64":
            self.emit("i64.extend_i32_s")
            self.take(1)
            self.put("i64")

    def mask(self, mask: int) -> None:
        self.code += code(("i32.const", mask), "i32.and")
        self.take(1)
        self.put("i32")

    def memarg(self, op: Op, memory: int) -> tuple[int, int, int]:
        large = _LARGE_OFFSETS[self.scope.memories[memory].index]
        offset = self.choices.pick(large) if self.choices.one_in(24) else self.choices.below(20)
        return self.choices.below(op.width.bit_length()), offset, memory

    def lane_access(self, op: Op) -> None:
        """A load of one lane, or a store."""
        assert op.results is not None
        memory = self.any_memory()
        self.address(memory)
        self.push("v128")
        self.settle(1)
        self.take(2)
        self.emit(op.mnemonic, (*self.memarg(op, memory), self.choices.below(16 // op.width)))
        self.put(*op.results)

    def load(self, op: Op, depth: int = 0) -> None:
        assert op.results is not None
        memory = self.any_memory()
        self.address(memory, depth)
        self.take(1)
        self.emit(op.mnemonic, self.memarg(op, memory))
        self.put(*op.results)
