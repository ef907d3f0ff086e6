"""Makes the body of a function: any sequence of decisions gives a valid one (spec: Appendix / Validation Algorithm).

Each step emits a piece of code that fits the operand stack as it is, making what operands are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from property.encoder import code
from property.legacy import rethrow, try_
from property.objects import OBJECT_STEPS, push_object
from property.operands import LOADS, PLAIN, Operands
from property.scope import FUNC_TABLE, REFERENCES
from property.throwing import throw, throw_inside, throw_ref, try_table
from property.typed import br_on_null, call_ref, function_reference
from property.vectors import LANE_ACCESSES, VECTORS
from wasm2py.runtime.references import heap_of, reference
from wasm2py.runtime.types import FuncType, IndexType, ValType
from wasm2py.transpile.opcodes import OPS, WIDE

_STORES = [op for op in OPS.values() if op.family == "store"]
_ANY_STORES = [*_STORES, *[OPS["v128.store"]] * 4]
_ATOMICS = [op for op in OPS.values() if op.family == "atomic"]


class Body(Operands):
    """Generates one function's body; `generate` gives its locals and its code."""

    #: How many more steps to take.
    left = 150

    def generate(self) -> tuple[list[ValType], bytes]:
        self.enter(self.type.results, self.type.results)
        self.tick()
        self.start_objects()
        self.steps(10)
        self.settle_frame(self.type.results)
        return self.locals[len(self.type.params) :], bytes(self.code)

    def push_object(self, valtype: ValType, depth: int) -> None:
        push_object(self, valtype, depth)

    def start_objects(self) -> None:
        """Let locals for structures and arrays mostly begin with one."""
        for local in range(len(self.type.params), len(self.named)):
            valtype = self.locals[local]
            if self.scope.is_object(valtype) and not self.choices.one_in(3):
                self.push(reference(heap_of(valtype), nullable=False))
                self.sink_into(local)

    def object_step(self) -> None:
        """Any instruction on structures, arrays and i31s."""
        self.choices.pick(OBJECT_STEPS)(self)

    def steps(self, most: int) -> None:
        for _ in range(1 + self.choices.below(most)):
            self.left -= 1
            if self.choices.exhausted or self.left < 0:
                return
            step = Body.object_step if self.scope.objects and self.choices.one_in(3) else self.choices.pick(_STEPS)
            step(self)
            if self.frame.unreachable and not self.choices.one_in(3):
                return

    def any_plain(self) -> None:
        op = self.choices.pick(PLAIN)
        if op.traps and op.family == "convert" and not self.choices.one_in(4):
            op = OPS[op.mnemonic.replace("trunc_", "trunc_sat_")]
        self.plain(op, 0)

    def wide(self) -> None:
        op = self.choices.pick(WIDE)
        assert op.params is not None and op.results is not None
        self.want(*op.params)
        self.take(len(op.params))
        self.emit(op.mnemonic)
        self.put(*op.results)

    def any_load(self) -> None:
        self.load(self.choices.pick(LOADS))

    def any_store(self) -> None:
        op = self.choices.pick(_ANY_STORES if "v128" in self.scope.values else _STORES)
        assert op.params is not None
        memory = self.any_memory()
        self.address(memory)
        self.push(op.params[1])
        self.settle(1)
        self.take(2)
        self.emit(op.mnemonic, self.memarg(op, memory))

    def any_vector(self) -> None:
        if "v128" not in self.scope.values:
            self.any_plain()
        elif self.choices.one_in(8):
            self.lane_access(self.choices.pick(LANE_ACCESSES))
        else:
            self.vector(self.choices.pick(VECTORS), 0)

    def atomic(self) -> None:
        """Any atomic instruction, waiting seldom and not long, which traps where the memory is not shared."""
        op = self.choices.pick(_ATOMICS)
        if op.immediate != "memarg" or ("wait" in op.mnemonic and self.choices.one_in(2)):
            self.emit("atomic.fence")
            return
        assert op.params is not None and op.results is not None
        memory = self.any_memory()
        self.address(memory)
        if "wait" in op.mnemonic:
            self.push(op.params[1])
            self.emit("i64.const", self.choices.below(200))
            self.put("i64")
        else:
            for valtype in op.params[1:]:
                self.push(valtype)
        self.settle(len(op.params) - 1)
        self.take(len(op.params))
        offset = self.memarg(op, memory)[1]
        aligned = offset if self.choices.one_in(8) else offset // op.width * op.width
        self.emit(op.mnemonic, (op.width.bit_length() - 1, aligned, memory))
        self.put(*op.results)

    def variable(self) -> None:
        if self.above and not self.choices.one_in(4):
            self.sink()
            return
        if not self.named:
            self.emit("nop")
            return
        local = self.choices.below(len(self.named))
        self.want(self.locals[local])
        self.settle(1)
        self.take(1)
        self.emit("local.tee", local)
        self.readable.add(local)
        self.put(self.locals[local])

    def select(self) -> None:
        typed = self.choices.one_in(3)
        valtype = self.choices.pick(
            (*self.scope.values, *REFERENCES, *self.scope.typed, *self.scope.objects) if typed else self.scope.values
        )
        self.want(valtype, valtype, "i32")
        kinds = self.unsettled(3)
        if len(kinds) > 1:
            self.settle(3)
            kinds = set()
        self.take(3)
        self.emit("select_t", [valtype]) if typed else self.emit("select")
        self.put(valtype, unsettled=kinds.pop() if kinds else "")

    def memory(self) -> None:
        self.choices.pick(_MEMORY_STEPS)(self)

    def memory_size(self) -> None:
        memory = self.any_memory()
        self.emit("memory.size", memory)
        self.put(self.scope.memories[memory].index)

    def memory_grow(self) -> None:
        memory = self.any_memory()
        index = self.scope.memories[memory].index
        self.small(1, index)
        self.take(1)
        self.emit("memory.grow", memory)
        self.put(index)

    def memory_fill(self) -> None:
        memory = self.any_memory()
        self.address(memory)
        self.push("i32")
        self.push("i32")
        self.small(0x1F, self.scope.memories[memory].index)
        self.emit("memory.fill", memory)
        self.take(3)

    def memory_copy(self) -> None:
        to, from_ = self.any_memory(), self.any_memory()
        self.address(to)
        self.push("i32")
        self.small(0x1FF, self.scope.memories[from_].index)
        self.push("i32")
        self.small(0x1F, min(self.scope.memories[to].index, self.scope.memories[from_].index))
        self.emit("memory.copy", (to, from_))
        self.take(3)

    def memory_init(self) -> None:
        memory = self.any_memory()
        self.address(memory)
        self.push("i32")
        self.small(7)
        self.push("i32")
        self.small(7)
        self.emit("memory.init", (self.choices.below(self.scope.datas), memory))
        self.take(3)

    def data_drop(self) -> None:
        self.emit("data.drop", self.choices.below(self.scope.datas))

    def table(self) -> None:
        self.choices.pick(_TABLE_STEPS)(self, self.choices.below(len(self.scope.table_types)))

    def table_get(self, table: int) -> None:
        self.small(7, self.scope.table_indices[table])
        self.take(1)
        self.emit("table.get", table)
        self.put(self.scope.table_types[table])

    def table_set(self, table: int) -> None:
        self.small(7, self.scope.table_indices[table])
        self.push(self.scope.table_types[table])
        self.take(2)
        self.emit("table.set", table)

    def table_size(self, table: int) -> None:
        self.emit("table.size", table)
        self.put(self.scope.table_indices[table])

    def table_grow(self, table: int) -> None:
        self.want(self.scope.table_types[table])
        self.push("i32")
        self.small(3, self.scope.table_indices[table])
        self.take(2)
        self.emit("table.grow", table)
        self.put(self.scope.table_indices[table])

    def table_fill(self, table: int) -> None:
        index = self.scope.table_indices[table]
        self.small(7, index)
        self.push(self.scope.table_types[table])
        self.push("i32")
        self.small(3, index)
        self.take(3)
        self.emit("table.fill", table)

    def table_copy(self, table: int) -> None:
        index = self.scope.table_indices[table]
        self.table_range(index, index)
        self.emit("table.copy", (table, table))

    def table_init(self, table: int) -> None:
        type_ = self.scope.table_types[table]
        fitting = [i for i, given in enumerate(self.scope.elem_types) if self.scope.matches(given, type_)]
        if not fitting:
            self.emit("nop")
            return
        self.table_range(self.scope.table_indices[table], "i32")
        self.emit("table.init", (self.choices.pick(fitting), table))

    def table_range(self, to: IndexType, from_: IndexType) -> None:
        self.small(7, to)
        self.push("i32")
        self.small(3, from_)
        self.push("i32")
        self.small(3, from_)
        self.take(3)

    def elem_drop(self, table: int) -> None:
        self.emit("elem.drop", self.choices.below(len(self.scope.elem_types)))

    def is_null(self) -> None:
        reference = self.choices.pick((*REFERENCES, *self.scope.typed, *self.scope.objects))
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
        self.emit("call_indirect", (self.called_as(type_), FUNC_TABLE))
        self.put(*type_.results)

    def called_as(self, type_: FuncType) -> int:
        """The type of a function, or one that it is a subtype of."""
        above = self.scope.above(str(self.scope.builder.index_of(type_)))
        return int(self.choices.pick([heap for heap in above if heap.isdigit()]))

    def indirect_index(self, place: int) -> None:
        index = self.scope.table_indices[FUNC_TABLE]
        if self.choices.one_in(3):
            self.push("i32")
            self.small(7, index)
        else:
            self.emit(f"{index}.const", place)
            self.put(index)

    def tail_call(self) -> None:
        fitting = [(f, type_) for f, type_ in self.scope.functions if type_.results == self.type.results]
        if not fitting:
            self.emit("nop")
            return
        function, type_ = self.choices.pick(fitting)
        self.arguments(type_)
        if self.choices.one_in(3):
            self.emit("return_call_ref", function_reference(self, type_))
        elif function in self.scope.table and self.choices.one_in(2):
            self.indirect_index(self.scope.table.index(function))
            self.emit("return_call_indirect", (self.called_as(type_), FUNC_TABLE))
        else:
            self.emit("return_call", function)
        self.dead_end()

    def tail_call_inside(self) -> None:
        self.conditionally(Body.tail_call)

    def conditionally(self, leave: Callable[[Body], None]) -> None:
        """Leave by an instruction that does not go on, mostly under a condition."""
        if self.choices.one_in(8):
            leave(self)
            return
        self.push("i32")
        self.take(1)
        self.emit("if", None)
        self.enter((), ())
        leave(self)
        self.close()

    def leave(self) -> None:
        self.conditionally(self.choices.pick(_LEAVES))

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
        self.emit("br", self.depth(label))
        self.dead_end()

    def branch_if(self) -> None:
        label = self.label()
        types = self.frames[-1 - label].label
        self.want(*types)
        self.settle(len(types))
        self.push("i32")
        self.take(1)
        self.emit("br_if", self.depth(label))
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
        self.emit("br_table", ([self.depth(label) for label in labels], self.depth(default)))
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
        kinds = self.scope.values + REFERENCES[:1] + self.scope.objects[:3]
        results = tuple(self.choices.pick(kinds) for _ in range(self.choices.below(3)))
        return tuple(available[len(available) - count :]), results

    def open(self, kind: str, params: tuple[ValType, ...], results: tuple[ValType, ...]) -> None:
        self.emit(kind, self.blocktype(params, results))
        label = params if kind == "loop" else results
        self.enter(label, results, len(params))

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
            self.readable = set(self.frame.before)
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
            self.emit("br_if", self.depth(0))
            self.take(len(params))
            self.put(*params)
        self.settle_frame(results)
        self.close()


Step = Callable[[Body], None]
_STEPS: tuple[Step, ...] = (
    *(Body.any_plain,) * 8, *(Body.variable,) * 5, *(Body.any_load,) * 3, *(Body.any_store,) * 4, *(Body.block,) * 3,
    *(Body.if_,) * 4, *(Body.loop,) * 4, *(Body.call,) * 3, *(Body.call_indirect,) * 2, *(Body.branch_if,) * 4,
    *(Body.branch_table_inside,) * 2, *(Body.leave,) * 2, *(Body.select,) * 2, *(Body.memory,) * 2, Body.is_null,
    Body.table, Body.wide, *(Body.atomic,) * 2, *(try_table,) * 3, *(try_,) * 2, throw_inside, *(call_ref,) * 2,
    br_on_null, Body.tail_call_inside, *(Body.any_vector,) * 8,
)  # fmt: skip
_LEAVES: tuple[Step, ...] = (
    Body.return_,
    Body.unreachable,
    Body.tail_call,
    Body.branch,
    throw,
    throw,
    throw_ref,
    rethrow,
)
_MEMORY_STEPS: tuple[Step, ...] = (
    Body.memory_size, Body.memory_grow, Body.memory_fill, Body.memory_copy, Body.memory_init, Body.data_drop,
)  # fmt: skip
_TABLE_STEPS: tuple[Callable[[Body, int], None], ...] = (
    Body.table_get, Body.table_set, Body.table_size, Body.table_grow, Body.table_fill, Body.table_copy, Body.table_init,
    Body.elem_drop,
)  # fmt: skip
