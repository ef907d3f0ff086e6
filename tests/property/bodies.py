"""Makes the body of a function: any sequence of decisions gives a valid one (spec: Appendix / Validation Algorithm).

The generator keeps the operand stack of the validation algorithm and emits instructions that fit it, making what operands are
missing.  Two things keep what it makes comparable between implementations:

* Which NaN an operation gives is not determined.  A value that may be such a NaN is *unsettled*, and is made canonical before
  its bits can be seen: by a store, a local, a global, a label, a call, a reinterpretation or `copysign`.
* Every loop and every function starts by using up fuel, and traps when there is none left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from property.choices import Choices
from property.encoder import END, ModuleBuilder, code, instruction

from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.opcodes import OPS, Op

NUMBERS: tuple[ValType, ...] = ("i32", "i64", "f32", "f64")
REFERENCES: tuple[ValType, ...] = ("funcref", "externref")
#: Indices that every module of ours has: see `modules`.
HOST_FUNCTION, TICK_FUNCTION = 0, 1
IMPORTED_GLOBAL, FUEL_GLOBAL = 0, 1
FUNC_TABLE, EXTERN_TABLE = 0, 1
CANONICAL_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8 << 48}
TICK = (
    code(("global.get", FUEL_GLOBAL), "i32.eqz", ("if", None), "unreachable", "end")
    + code(("global.get", FUEL_GLOBAL), ("i32.const", 1), "i32.sub", ("global.set", FUEL_GLOBAL))
)  # fmt: skip

_PLAIN = [op for op in OPS.values() if op.family in ("compare", "integer", "float", "convert")]
_PRODUCERS = {valtype: [op for op in _PLAIN if op.results == (valtype,)] for valtype in NUMBERS}
_LOADS = [op for op in OPS.values() if op.family == "load"]
_STORES = [op for op in OPS.values() if op.family == "store"]
#: The bits of a NaN among their operands show in their results.
_OBSERVERS = {"i32.reinterpret_f32", "i64.reinterpret_f64", "f32.copysign", "f64.copysign"}
#: These only touch the sign, so that an unsettled NaN stays one.
_SIGN_ONLY = {"f32.abs", "f32.neg", "f64.abs", "f64.neg"}
_UNSETTLING = {op for op in _PLAIN if op.family == "float" and op.mnemonic not in _SIGN_ONLY | _OBSERVERS}
_UNSETTLING |= {OPS["f32.demote_f64"], OPS["f64.promote_f32"]}


@dataclass
class Scope:
    """What bodies may refer to besides their own locals and labels."""

    builder: ModuleBuilder
    functions: list[tuple[int, FuncType]] = field(default_factory=list)
    globals: list[tuple[int, ValType]] = field(default_factory=list)
    #: The funcidx at each place of table 0 that starts out filled.
    table: list[int] = field(default_factory=list)
    elems: int = 0
    datas: int = 0

    def type_of(self, function: int) -> FuncType:
        return next(type_ for index, type_ in self.functions if index == function)


@dataclass
class Frame:
    """A label: what a branch to it takes, what its end leaves, and where its operands start."""

    label: tuple[ValType, ...]
    end: tuple[ValType, ...]
    height: int
    unreachable: bool = False


@dataclass
class Operand:
    type: ValType
    unsettled: bool = False


class Body:
    """Generates one function's body; `generate` gives its locals and its code."""

    def __init__(self, scope: Scope, choices: Choices, type_: FuncType) -> None:
        self.scope = scope
        self.choices = choices
        self.type = type_
        self.locals = list(type_.params)
        self.locals += [choices.pick(NUMBERS + REFERENCES) for _ in range(choices.below(6))]
        self.code = bytearray()
        self.stack: list[Operand] = []
        self.frames: list[Frame] = []
        #: Operands below this height are spoken for.
        self.floor = 0

    def generate(self) -> tuple[list[ValType], bytes]:
        self.frames.append(Frame(self.type.results, self.type.results, 0))
        self.tick()
        self.steps(10)
        self.settle_frame(self.type.results)
        return self.locals[len(self.type.params) :], bytes(self.code)

    def emit(self, mnemonic: str, immediate: object = None) -> None:
        self.code += instruction(mnemonic, immediate)

    def tick(self) -> None:
        if self.choices.one_in(4):
            self.emit("call", TICK_FUNCTION)
        else:
            self.code += TICK

    # The operand stack

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

    def put(self, *valtypes: ValType, unsettled: bool = False) -> None:
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
        fits = next(k for k in range(len(valtypes), -1, -1) if k == 0 or tuple(above[-k:]) == valtypes[:k])
        for valtype in valtypes[fits:]:
            self.push(valtype, depth)

    def push(self, valtype: ValType, depth: int = 0) -> None:
        """Push a value: a constant, a local, a global, or what an operation gives; leaves what is on the stack alone."""
        floor, self.floor = self.floor, len(self.stack)
        kind = self.choices.below(8)
        if valtype in REFERENCES:
            self.push_reference(valtype, kind)
        elif kind < 2 or depth > 3:
            self.emit(f"{valtype}.const", self.choices.bits(valtype))
            self.put(valtype)
        elif kind < 5:
            self.push_variable(valtype)
        elif kind == 5:
            self.load(self.choices.pick([op for op in _LOADS if op.results == (valtype,)]), depth + 1)
        else:
            self.plain(self.choices.pick(_PRODUCERS[valtype]), depth + 1)
        self.floor = floor

    def push_variable(self, valtype: ValType) -> None:
        variables = [("local.get", i) for i, type_ in enumerate(self.locals) if type_ == valtype]
        variables += [("global.get", i) for i, type_ in self.scope.globals if type_ == valtype]
        self.code += code(self.choices.pick([*variables, (f"{valtype}.const", 1)]))
        self.put(valtype)

    def push_reference(self, valtype: ValType, kind: int) -> None:
        local = [i for i, type_ in enumerate(self.locals) if type_ == valtype]
        if kind > 4 and local:
            self.emit("local.get", self.choices.pick(local))
        elif kind > 1 and valtype == "funcref":
            self.emit("ref.func", self.choices.pick(self.scope.functions)[0])
        else:
            self.emit("ref.null", valtype)
        self.put(valtype)

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
            local, valtype = self.fresh(operand.type), operand.type
            self.emit("local.tee", local)
            self.emit(f"{valtype}.const", CANONICAL_NAN[valtype])
            self.code += code(("local.get", local), ("local.get", local), f"{valtype}.eq", "select")
            operand.unsettled = False

    def fresh(self, valtype: ValType) -> int:
        self.locals.append(valtype)
        return len(self.locals) - 1

    def sink(self) -> None:
        """Get rid of the top operand: into a local, a global, or nowhere."""
        valtype = self.stack[-1].type
        self.settle(1)
        places = [("local.set", i) for i, type_ in enumerate(self.locals) if type_ == valtype]
        places += [("global.set", i) for i, type_ in self.scope.globals if type_ == valtype]
        self.code += code(self.choices.pick([*places, "drop"]) if places else "drop")
        self.take(1)

    def settle_frame(self, valtypes: tuple[ValType, ...]) -> None:
        """Make the frame's operands exactly `valtypes`."""
        while tuple(self.above) != valtypes[: len(self.above)]:
            self.sink()
        if not (self.bottomless and self.choices.one_in(2)):
            for valtype in valtypes[len(self.above) :]:
                self.push(valtype)
        self.settle(len(valtypes))

    def dead_end(self) -> None:
        """After an instruction that does not go on."""
        del self.stack[self.frame.height :]
        self.frame.unreachable = True

    # Steps: each emits a valid piece of code

    def steps(self, most: int) -> None:
        for _ in range(1 + self.choices.below(most)):
            if self.choices.exhausted or len(self.code) > 2000:
                return
            self.choices.pick(_STEPS)(self)
            if self.frame.unreachable and not self.choices.one_in(3):
                return

    def any_plain(self) -> None:
        op = self.choices.pick(_PLAIN)
        if op.traps and op.family == "convert" and not self.choices.one_in(4):
            op = OPS[op.mnemonic.replace("trunc_", "trunc_sat_")]
        self.plain(op, 0)

    def plain(self, op: Op, depth: int) -> None:
        """An operation on numbers."""
        assert op.params is not None and op.results is not None
        self.want(*op.params, depth=depth)
        if op.mnemonic in _OBSERVERS:
            self.settle(len(op.params))
        operands = self.take(len(op.params))
        self.emit(op.mnemonic)
        inherits = op.mnemonic in _SIGN_ONLY and any(operand.unsettled for operand in operands)
        self.put(*op.results, unsettled=op in _UNSETTLING or inherits)

    def address(self, depth: int = 0) -> None:
        """An i32 to address memory with: mostly inside the first page, sometimes at its edge or anything."""
        kind = self.choices.below(16)
        if kind == 15:
            self.emit("i32.const", 65536 - self.choices.below(12))
            self.put("i32")
            return
        self.want("i32", depth=depth)
        if kind < 14:
            self.mask(self.choices.pick((0xFF, 0xFFC, 0x7FF8, 0xFFFF)))

    def small(self, mask: int) -> None:
        """An i32 below `mask + 1`, mostly."""
        self.want("i32")
        if not self.choices.one_in(16):
            self.mask(mask)

    def mask(self, mask: int) -> None:
        self.code += code(("i32.const", mask), "i32.and")
        self.take(1)
        self.put("i32")

    def memarg(self, op: Op) -> tuple[int, int]:
        offset = self.choices.pick((65530, 65536, 0xFFFFFFFF)) if self.choices.one_in(24) else self.choices.below(20)
        return self.choices.below(op.width.bit_length()), offset

    def load(self, op: Op, depth: int = 0) -> None:
        assert op.results is not None
        self.address(depth)
        self.take(1)
        self.emit(op.mnemonic, self.memarg(op))
        self.put(*op.results)

    def any_load(self) -> None:
        self.load(self.choices.pick(_LOADS))

    def any_store(self) -> None:
        op = self.choices.pick(_STORES)
        assert op.params is not None
        self.address()
        self.push(op.params[1])
        self.settle(1)
        self.take(2)
        self.emit(op.mnemonic, self.memarg(op))

    def variable(self) -> None:
        if self.above and not self.choices.one_in(4):
            self.sink()
            return
        locals_ = range(len(self.locals))
        if not locals_:
            self.emit("nop")
            return
        local = self.choices.pick(locals_[:200])
        self.want(self.locals[local])
        self.settle(1)
        self.take(1)
        self.emit("local.tee", local)
        self.put(self.locals[local])

    def select(self) -> None:
        typed = self.choices.one_in(3)
        valtype = self.choices.pick(NUMBERS + REFERENCES if typed else NUMBERS)
        self.want(valtype, valtype, "i32")
        operands = self.take(3)
        self.emit("select_t", [valtype]) if typed else self.emit("select")
        self.put(valtype, unsettled=any(operand.unsettled for operand in operands))

    def memory(self) -> None:
        self.choices.pick(_MEMORY_STEPS)(self)

    def memory_size(self) -> None:
        self.emit("memory.size", 0)
        self.put("i32")

    def memory_grow(self) -> None:
        self.small(1)
        self.take(1)
        self.emit("memory.grow", 0)
        self.put("i32")

    def memory_fill(self) -> None:
        self.address()
        self.push("i32")
        self.push("i32")
        self.small(0x1F)
        self.emit("memory.fill", 0)
        self.take(3)

    def memory_copy(self) -> None:
        self.address()
        self.push("i32")
        self.small(0x1FF)
        self.push("i32")
        self.small(0x1F)
        self.emit("memory.copy", (0, 0))
        self.take(3)

    def memory_init(self) -> None:
        self.address()
        self.push("i32")
        self.small(7)
        self.push("i32")
        self.small(7)
        self.emit("memory.init", (self.choices.below(self.scope.datas), 0))
        self.take(3)

    def data_drop(self) -> None:
        self.emit("data.drop", self.choices.below(self.scope.datas))

    def table(self) -> None:
        self.choices.pick(_TABLE_STEPS)(self, self.choices.below(2))

    def table_get(self, table: int) -> None:
        self.small(7)
        self.take(1)
        self.emit("table.get", table)
        self.put(REFERENCES[table])

    def table_set(self, table: int) -> None:
        self.small(7)
        self.push(REFERENCES[table])
        self.take(2)
        self.emit("table.set", table)

    def table_size(self, table: int) -> None:
        self.emit("table.size", table)
        self.put("i32")

    def table_grow(self, table: int) -> None:
        self.want(REFERENCES[table])
        self.push("i32")
        self.small(3)
        self.take(2)
        self.emit("table.grow", table)
        self.put("i32")

    def table_fill(self, table: int) -> None:
        self.small(7)
        self.push(REFERENCES[table])
        self.push("i32")
        self.small(3)
        self.take(3)
        self.emit("table.fill", table)

    def table_copy(self, table: int) -> None:
        self.table_range()
        self.emit("table.copy", (table, table))

    def table_init(self, table: int) -> None:
        self.table_range()
        self.emit("table.init", (self.choices.below(self.scope.elems), FUNC_TABLE))

    def table_range(self) -> None:
        self.small(7)
        self.push("i32")
        self.small(3)
        self.push("i32")
        self.small(3)
        self.take(3)

    def elem_drop(self, table: int) -> None:
        self.emit("elem.drop", self.choices.below(self.scope.elems))

    def is_null(self) -> None:
        reference = self.choices.pick(REFERENCES)
        self.want(reference)
        self.take(1)
        self.emit("ref.is_null")
        self.put("i32")

    def call(self) -> None:
        function, type_ = self.choices.pick(self.scope.functions)
        self.arguments(type_)
        self.take(len(type_.params))
        self.emit("call", function)
        self.put(*type_.results)

    def arguments(self, type_: FuncType) -> None:
        self.want(*type_.params)
        self.settle(len(type_.params))

    def call_indirect(self) -> None:
        place = self.choices.below(len(self.scope.table))
        type_ = self.scope.type_of(self.scope.table[place])
        self.arguments(type_)
        self.indirect_index(place)
        self.take(1 + len(type_.params))
        self.emit("call_indirect", (self.scope.builder.type_index(type_.params, type_.results), FUNC_TABLE))
        self.put(*type_.results)

    def indirect_index(self, place: int) -> None:
        if self.choices.one_in(3):
            self.push("i32")
            self.small(7)
        else:
            self.emit("i32.const", place)
            self.put("i32")

    def tail_call(self) -> None:
        fitting = [(f, type_) for f, type_ in self.scope.functions if type_.results == self.type.results]
        if not fitting:
            self.emit("nop")
            return
        function, type_ = self.choices.pick(fitting)
        self.arguments(type_)
        if function in self.scope.table and self.choices.one_in(2):
            self.indirect_index(self.scope.table.index(function))
            self.emit("return_call_indirect", (self.scope.builder.type_index(type_.params, type_.results), FUNC_TABLE))
        else:
            self.emit("return_call", function)
        self.dead_end()

    def conditionally(self, leave: Callable[[Body], None]) -> None:
        """Leave by an instruction that does not go on, mostly under a condition."""
        if self.choices.one_in(8):
            leave(self)
            return
        self.push("i32")
        self.take(1)
        self.emit("if", None)
        self.frames.append(Frame((), (), len(self.stack)))
        leave(self)
        self.close()

    def close(self) -> None:
        """The end of the innermost block."""
        frame = self.frames.pop()
        del self.stack[frame.height :]
        self.code += END
        self.put(*frame.end)

    def leave(self) -> None:
        self.conditionally(self.choices.pick((Body.return_, Body.unreachable, Body.tail_call, Body.branch)))

    def return_(self) -> None:
        self.want(*self.type.results)
        self.settle(len(self.type.results))
        self.emit("return")
        self.dead_end()

    def unreachable(self) -> None:
        self.emit("unreachable")
        self.dead_end()

    def label(self) -> int:
        return self.choices.below(len(self.frames))

    def branch(self) -> None:
        label = self.label()
        types = self.frames[-1 - label].label
        self.want(*types)
        self.settle(len(types))
        self.emit("br", label)
        self.dead_end()

    def branch_if(self) -> None:
        label = self.label()
        types = self.frames[-1 - label].label
        self.want(*types)
        self.settle(len(types))
        self.push("i32")
        self.take(1)
        self.emit("br_if", label)
        self.take(len(types))
        self.put(*types)

    def branch_table(self) -> None:
        default = self.label()
        types = self.frames[-1 - default].label
        targets = [i for i in range(len(self.frames)) if self.frames[-1 - i].label == types]
        labels = [self.choices.pick(targets) for _ in range(self.choices.below(6))]
        self.want(*types)
        self.settle(len(types))
        self.push("i32")
        self.small(7)
        self.emit("br_table", (labels, default))
        self.dead_end()

    def branch_table_inside(self) -> None:
        self.conditionally(Body.branch_table)

    # Blocks

    def blocktype(self, params: Sequence[ValType], results: Sequence[ValType]) -> int | ValType | None:
        if not params and not results:
            return None
        if not params and len(results) == 1 and not self.choices.one_in(4):
            return results[0]
        return self.scope.builder.type_index(params, results)

    def signature(self, offset: int = 0) -> tuple[tuple[ValType, ...], tuple[ValType, ...]]:
        """A block's parameters, from below the top `offset` operands, and results."""
        available = self.above[: len(self.above) - offset]
        count = min(self.choices.below(3), len(available))
        results = tuple(self.choices.pick(NUMBERS + REFERENCES[:1]) for _ in range(self.choices.below(3)))
        return tuple(available[len(available) - count :]), results

    def open(self, kind: str, params: tuple[ValType, ...], results: tuple[ValType, ...]) -> None:
        self.emit(kind, self.blocktype(params, results))
        label = params if kind == "loop" else results
        self.frames.append(Frame(label, results, len(self.stack) - len(params)))

    def block(self) -> None:
        params, results = self.signature()
        self.settle(len(params))
        self.open("block", params, results)
        self.nested()
        self.settle_frame(results)
        self.close()

    def nested(self) -> None:
        if len(self.frames) < 8:
            self.steps(8)

    def if_(self) -> None:
        self.want("i32")
        operand = min(1, len(self.above))
        params, results = self.signature(operand)
        has_else = not self.choices.one_in(3)
        results = results if has_else else params
        self.settle(len(params) + operand)
        self.take(1)
        self.open("if", params, results)
        self.nested()
        self.settle_frame(results)
        if has_else:
            self.emit("else")
            del self.stack[self.frame.height :]
            self.frame.unreachable = False
            self.put(*params)
            self.nested()
            self.settle_frame(results)
        self.close()

    def loop(self) -> None:
        """A loop, mostly one that turns a few times."""
        params, results = self.signature()
        self.settle(len(params))
        counter = self.fresh("i32")
        self.code += code(("i32.const", self.choices.below(6)), ("local.set", counter))
        self.open("loop", params, results)
        self.tick()
        self.nested()
        if not self.frame.unreachable and not self.choices.one_in(4):
            self.settle_frame(params)
            self.code += code(("local.get", counter), ("i32.const", 1), "i32.sub", ("local.tee", counter))
            self.emit("br_if", 0)
        self.settle_frame(results)
        self.close()


Step = Callable[[Body], None]
_STEPS: tuple[Step, ...] = (
    *(Body.any_plain,) * 8, *(Body.variable,) * 5, *(Body.any_load,) * 3, *(Body.any_store,) * 4, *(Body.block,) * 3,
    *(Body.if_,) * 4, *(Body.loop,) * 4, *(Body.call,) * 3, *(Body.call_indirect,) * 2, *(Body.branch_if,) * 4,
    *(Body.branch_table_inside,) * 2, *(Body.leave,) * 2, *(Body.select,) * 2, Body.is_null, *(Body.memory,) * 2, Body.table,
)  # fmt: skip
_MEMORY_STEPS: tuple[Step, ...] = (
    Body.memory_size, Body.memory_grow, Body.memory_fill, Body.memory_copy, Body.memory_init, Body.data_drop,
)  # fmt: skip
_TABLE_STEPS: tuple[Callable[[Body, int], None], ...] = (
    Body.table_get, Body.table_set, Body.table_size, Body.table_grow, Body.table_fill, Body.table_copy, Body.table_init,
    Body.elem_drop,
)  # fmt: skip
