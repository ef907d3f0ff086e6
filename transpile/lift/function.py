"""One function's instructions, run on a stack of expressions instead of values.

An expression stays on that stack, unevaluated, until something consumes it or until something happens that its
evaluation must not come after; then it is *spilled*: assigned to a temporary there and then.
"""

from __future__ import annotations

from collections.abc import Callable

from wasm2py.runtime.types import REFERENCE_TYPES, FuncType, ValType
from wasm2py.transpile.ir.cfg import Block, Branch, FunctionIR, Stmt, Terminator
from wasm2py.transpile.ir.expr import (
    CAUGHT,
    CONST_OPS,
    LOCAL_GET,
    MAX_DEPTH,
    TRAPS,
    Expr,
    Var,
    commute,
    const,
    constant,
    get,
)
from wasm2py.transpile.lift.context import LiftContext
from wasm2py.transpile.module import Instr
from wasm2py.transpile.opcodes import OPS, Op

_REF_NULL = OPS["ref.null"]
_IS_NULL = OPS["ref.is_null"]
_CONSTANTS: dict[Op, ValType] = {op: type_ for type_, op in CONST_OPS.items()}
#: So many expressions may wait on the stack: compilers leave a few, and to look through many for each instruction
#: takes long.
_MOST_WAITING = 64


class Handler:
    """Where exceptions go: to `entry`, in the variable `exception`."""

    __slots__ = ("entry", "exception")

    def __init__(self, function: FunctionIR) -> None:
        self.entry = function.block()
        self.exception = function.variable("exnref")


class Frame:
    """A control frame (spec: Execution / Runtime / Labels).

    A branch to it goes to `target` with its operands in `operands`; its end is at `end`, with its results in
    `results`. For `if`, `other` is where its else part starts and `params` what both parts start with. `inside` is what
    handles the exceptions of what stands in it now. For `try`, `handler` is its own, `other` the next test that this
    makes, and `closing` what is to be done at its end.
    """

    __slots__ = (
        "closing",
        "end",
        "handler",
        "height",
        "inside",
        "kind",
        "operands",
        "other",
        "params",
        "reached",
        "results",
        "target",
    )

    def __init__(self, kind: str, height: int, end: Block, results: list[Var], inside: Handler | None) -> None:
        self.kind = kind
        self.height = height
        self.inside = inside
        self.target = self.end = end
        self.operands = self.results = results
        self.other: Block | None = None
        self.handler: Handler | None = None
        self.closing: Callable[[Lifter, int], None] | None = None
        self.params: list[Expr] = []
        self.reached = False


class Lifter:
    """The state while lifting one function; the handlers in `instructions.py` and `control.py` work on it."""

    def __init__(self, context: LiftContext, index: int) -> None:
        self.context = context
        function = context.functions[index - context.imported_functions]
        self.type: FuncType = context.function_types[index]
        self.function = FunctionIR(index, self.type, function.start)
        self.block: Block | None = self.function.entry
        self.stack: list[Expr] = []
        self._settled: list[Expr] = []
        self.frames: list[Frame] = []
        self.dead_depth = 0
        self.locals: list[Var] = [self.function.variable(type_, i) for i, type_ in enumerate(self.type.params)]
        self.function.params = list(self.locals)
        for count, type_ in function.locals:
            declared = context.erased(type_)
            for _ in range(count):
                self._declare(declared)

    def _declare(self, type_: ValType) -> None:
        var = self.function.variable(type_, len(self.locals))
        self.locals.append(var)
        self.emit(Stmt((var,), zero(type_)))

    def emit(self, stmt: Stmt) -> None:
        """Append a statement to the current block."""
        assert self.block is not None
        self.block.stmts.append(stmt)

    def push(self, expr: Expr) -> None:
        """Push an expression, through a temporary where the tree would get too deep."""
        self.stack.append(expr if expr.depth <= MAX_DEPTH else self.cut(expr))

    def cut(self, expr: Expr) -> Expr:
        """Evaluate a tree that is getting too deep, now, and before it what may trap and stands below it."""
        if expr.effects & TRAPS:
            self.spill_before(expr.effects)
        return self.spilled(expr)

    def pop(self) -> Expr:
        return self.stack.pop()

    def pop_many(self, count: int) -> list[Expr]:
        """The topmost `count` expressions, lowest first."""
        if not count:
            return []
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def spilled(self, expr: Expr) -> Expr:
        """Evaluate `expr` now, into a temporary."""
        assert expr.type is not None
        var = self.function.variable(expr.type)
        self.emit(Stmt((var,), expr))
        return get(var, expr.offset)

    def settled(self) -> int:
        """How many expressions at the bottom of the stack are constants or temporaries, which nothing can change.

        They are looked at once: an entry that is still the one that stood there has not been popped, nor has
        anything below it.
        """
        stack, settled = self.stack, self._settled
        while settled and (len(settled) > len(stack) or stack[len(settled) - 1] is not settled[-1]):
            settled.pop()
        while len(settled) < len(stack) and is_settled(stack[len(settled)]):
            settled.append(stack[len(settled)])
        return len(settled)

    def spill_before(self, effects: int, variables: int = 0) -> None:
        """Spill what must be evaluated before something with these effects, or before these variables change.

        Where one that can trap is spilled, those below it that can are, too: the order of traps can be seen.
        """
        stack = self.stack
        if not stack:
            return
        first = self.settled()
        while len(stack) - first > _MOST_WAITING:
            stack[first] = self.spilled(stack[first])
            first = self.settled()
        highest_trap = -1
        spill = []
        for position in range(first, len(stack)):
            expr = stack[position]
            if expr.variables & variables or not commute(expr.effects, effects):
                spill.append(position)
                if expr.effects & TRAPS:
                    highest_trap = position
        for position in range(first, highest_trap):
            if stack[position].effects & TRAPS and position not in spill:
                spill.append(position)
        for position in sorted(spill):
            stack[position] = self.spilled(stack[position])

    def spill_all(self) -> None:
        """Spill everything that is not a constant or a temporary: control is about to fork or join.

        So what stands below a control frame was evaluated before it, on every way to its end.
        """
        stack = self.stack
        for position in range(self.settled(), len(stack)) if stack else ():
            if not is_settled(stack[position]):
                stack[position] = self.spilled(stack[position])

    def call(self, expr: Expr, results: tuple[ValType, ...]) -> None:
        """Make a call, now; where exceptions are caught, its block ends behind it."""
        handler = self.frames[-1].inside
        if handler is None:
            self.effect(expr, results)
            return
        self.spill_before(expr.effects)
        if expr.depth >= MAX_DEPTH:
            expr = expr.with_args(tuple([self.spilled(arg) if arg.args else arg for arg in expr.args]))
        targets = tuple([self.function.variable(type_) for type_ in results])
        caught = Expr(CAUGHT, None if results else "exnref", (expr,), None, expr.offset)
        self.emit(Stmt((*targets, handler.exception), caught))
        following = self.function.block()
        normal = Expr(_IS_NULL, "i32", (get(handler.exception, expr.offset),), None, expr.offset)
        self.finish(Branch(normal, following, handler.entry))
        self.function.catches = True
        self.block = following
        self.stack += [get(var, expr.offset) for var in targets]

    def effect(self, expr: Expr, results: tuple[ValType, ...]) -> None:
        """Evaluate an instruction that changes something, now; its results are pushed as temporaries."""
        self.spill_before(expr.effects)
        if not results:
            self.emit(Stmt((), expr))
            return
        targets = tuple([self.function.variable(type_) for type_ in results])
        self.emit(Stmt(targets, expr))
        self.stack += [get(var, expr.offset) for var in targets]

    def assign_all(self, targets: list[Var], values: list[Expr]) -> None:
        """Assign in parallel: no value sees another's assignment."""
        changed = later = 0
        for target, value in zip(reversed(targets), reversed(values), strict=True):
            changed |= later & 1 << target.index
            later |= value.variables
        if changed:
            values = [self.spilled(value) if value.variables or value.effects else value for value in values]
        for target, value in zip(targets, values, strict=True):
            if value.op is not LOCAL_GET or value.imm is not target:
                self.emit(Stmt((target,), value))

    def finish(self, end: Terminator) -> None:
        """End the current block; what follows is unreachable until a frame ends."""
        assert self.block is not None
        self.block.end = end
        self.block = None


def is_settled(expr: Expr) -> bool:
    """Whether an expression is a constant or a temporary."""
    if expr.op is LOCAL_GET:
        return expr.imm.local is None
    return not (expr.effects or expr.args)


def zero(type_: ValType) -> Expr:
    """A type's default value; null also for a type that has none, as no code reads it then."""
    if type_ in REFERENCE_TYPES:
        return Expr(_REF_NULL, type_, (), type_)
    return const(type_, 0)


def lift_function(context: LiftContext, index: int, body: list[Instr]) -> FunctionIR:
    """Lift the function of funcidx `index`, whose validated instructions are `body` (the final `end` included)."""
    from wasm2py.transpile.lift.control import skip_dead
    from wasm2py.transpile.lift.indices import WIDE_HANDLERS
    from wasm2py.transpile.lift.instructions import HANDLERS

    handlers = WIDE_HANDLERS if context.wide else HANDLERS
    lifter = Lifter(context, index)
    lifter.frames.append(Frame("func", 0, lifter.function.block(), [], None))
    stack, locals_ = lifter.stack, lifter.locals
    for op, imm, offset in body:
        if lifter.block is None:
            skip_dead(lifter, op, imm, offset)
        elif op is LOCAL_GET:
            stack.append(get(locals_[imm], offset))
        elif op in _CONSTANTS:
            stack.append(constant(op, _CONSTANTS[op], imm, offset))
        else:
            handler = handlers.get(op)
            if handler is not None:
                handler(lifter, imm, offset)
            else:
                simple(lifter, op, imm, offset)
    return lifter.function


def simple(lifter: Lifter, op: Op, imm: object, offset: int) -> None:
    """An instruction without side effects whose types the table knows; none has more than two operands."""
    stack = lifter.stack
    assert op.params is not None and op.results is not None
    count = len(op.params)
    if not count:
        stack.append(Expr(op, op.results[0], (), imm, offset))
        return
    if count == 1:
        expr = Expr(op, op.results[0], (stack.pop(),), imm, offset)
    else:
        right = stack.pop()
        expr = Expr(op, op.results[0], (stack.pop(), right), imm, offset)
    if expr.depth > MAX_DEPTH:
        expr = lifter.cut(expr)
    stack.append(expr)
