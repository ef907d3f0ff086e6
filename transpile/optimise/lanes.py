"""`lanes`: vectors of floats become floats.

There is no vector in Python that is quicker to calculate with than its lanes, one by one.  So an f32x4 that comes from
arithmetic, from memory or from a constant, and mostly goes there, becomes four f32s, and what is done to it is done to
those: then all that other passes know of floats holds for them.  Where a vector is wanted after all, it is made of its
lanes.  Needs nothing, but is best before `inline`, which brings together again what it takes apart.

Nothing changes places here with what writes, or traps otherwise than by an access to memory; and of a vector that is
loaded all lanes are loaded, whoever reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wasm2py.runtime.types import ValType
from wasm2py.transpile.ir.cfg import Block, FunctionIR, Stmt, map_end
from wasm2py.transpile.ir.expr import (
    FROM_CONDITIONS,
    FROM_LANES,
    LOCAL_GET,
    MAX_DEPTH,
    SELECT,
    TRAPS_OTHERWISE,
    WRITES,
    Expr,
    Var,
    const,
    get,
    is_leaf,
)
from wasm2py.transpile.opcodes import OPS, Op

_CONST, _LOAD, _STORE = OPS["v128.const"], OPS["v128.load"], OPS["v128.store"]


class _Shape:
    """A division into lanes of floats, and the instructions for it."""

    def __init__(self, name: str, type_: ValType, splat: str) -> None:
        self.name = name
        self.type = type_
        self.bits = int(type_[1:])
        self.count = 128 // self.bits
        self.splat = OPS[f"{name}.splat"]
        self.load_splat = OPS[splat]
        self.extract = OPS[f"{name}.extract_lane"]
        self.replace = OPS[f"{name}.replace_lane"]

    def op(self, name: str) -> Op:
        """The instruction for one lane."""
        return OPS[f"{self.type}.{name}"]


_SHAPES = (_Shape("f32x4", "f32", "v128.load32_splat"), _Shape("f64x2", "f64", "v128.load64_splat"))
_F32X4, _F64X2 = _SHAPES

#: What is done to each lane: instruction → its shape, and the name of that for one lane.
_LANEWISE: dict[Op, tuple[_Shape, str]] = {
    OPS[f"{shape.name}.{name}"]: (shape, name.removeprefix("relaxed_"))
    for shape in _SHAPES
    for name in (
        "abs", "neg", "sqrt", "ceil", "floor", "trunc", "nearest", "add", "sub", "mul", "div", "min", "max", "pmin",
        "pmax", "relaxed_min", "relaxed_max", "relaxed_madd", "relaxed_nmadd",
    )
}  # fmt: skip
_COMPARISONS: dict[Op, tuple[_Shape, str]] = {
    OPS[f"{shape.name}.{name}"]: (shape, name) for shape in _SHAPES for name in ("eq", "ne", "lt", "gt", "le", "ge")
}
_EXTRACTS: dict[Op, _Shape] = {shape.extract: shape for shape in _SHAPES}
#: From lanes of integers: instruction → its shape, and the conversion of one lane.
_CONVERSIONS: dict[Op, tuple[_Shape, Op]] = {
    OPS[f"{name}_i32x4_{sign}"]: (shape, shape.op(f"convert_i32_{sign}"))
    for shape, name in ((_F32X4, "f32x4.convert"), (_F64X2, "f64x2.convert_low"))
    for sign in ("s", "u")
}
#: Between floats: instruction → its shape, that of its operand, and the conversion of one lane.
_RESIZED: dict[Op, tuple[_Shape, _Shape, Op]] = {
    OPS["f32x4.demote_f64x2_zero"]: (_F32X4, _F64X2, OPS["f32.demote_f64"]),
    OPS["f64x2.promote_low_f32x4"]: (_F64X2, _F32X4, OPS["f64.promote_f32"]),
}
#: Instruction → the shape of what it gives.
_RESULTS: dict[Op, _Shape] = {
    **{op: found[0] for table in (_LANEWISE, _CONVERSIONS) for op, found in table.items()},
    **{op: found[0] for op, found in _RESIZED.items()},
    **{op: shape for shape in _SHAPES for op in (shape.splat, shape.replace)},
}
#: Instruction → the shape of its operands.
_OPERANDS: dict[Op, _Shape] = {
    **{op: found[0] for table in (_LANEWISE, _COMPARISONS) for op, found in table.items()},
    **{op: found[1] for op, found in _RESIZED.items()},
    **{op: shape for shape in _SHAPES for op in (shape.extract, shape.replace)},
}


def take_lanes_apart(function: FunctionIR) -> bool:
    """Rewrite in place; whether there was anything to rewrite."""
    if not function.lanes:
        return False
    return _Rewriter(function, _Choice(function).shapes).rewrite()


def _is_clean(exprs: tuple[Expr, ...]) -> bool:
    """Whether parts of it may be evaluated before others."""
    return not any(expr.effects & (WRITES | TRAPS_OTHERWISE) for expr in exprs)


class _Choice:
    """Which variables are taken apart: Var index → the shape."""

    def __init__(self, function: FunctionIR) -> None:
        self.function = function
        self.shapes: dict[int, _Shape] = {}
        self.assigned: dict[int, list[Expr]] = {}
        self._survey()
        if self.shapes:
            self._settle()
            self._drop_what_does_not_pay()
            self._settle()

    def _survey(self) -> None:
        """Look for variables that an instruction for floats gives or takes; and what is assigned to each."""
        others = {param.index for param in self.function.params}
        for block in self.function.reverse_postorder():
            for stmt in block.stmts:
                if len(stmt.targets) == 1 and stmt.expr.type == "v128":
                    self._assign(stmt.targets[0].index, stmt.expr)
                elif len(stmt.targets) > 1:
                    others.update(target.index for target in stmt.targets)
            for expr in block.exprs():
                for node in expr.walk():
                    if node.op in _OPERANDS:
                        for arg in node.args:
                            if arg.op is LOCAL_GET and arg.type == "v128":
                                self.shapes.setdefault(arg.imm.index, _OPERANDS[node.op])
        for index in others:
            self.shapes.pop(index, None)

    def _assign(self, index: int, expr: Expr) -> None:
        self.assigned.setdefault(index, []).append(expr)
        if expr.op in _RESULTS:
            self.shapes[index] = _RESULTS[expr.op]

    def _settle(self) -> None:
        """Drop variables that are assigned what cannot be taken apart."""
        before = -1
        while before != len(self.shapes):
            before = len(self.shapes)
            for index, shape in list(self.shapes.items()):
                exprs = self.assigned.get(index, [])
                if not all(_is_clean((expr,)) and divisible(expr, shape, self.shapes) for expr in exprs):
                    del self.shapes[index]

    def _drop_what_does_not_pay(self) -> None:
        """Drop variables that are wanted as vectors more often than as floats."""
        gain = dict.fromkeys(self.shapes, 0)
        for block in self.function.reverse_postorder():
            for stmt in block.stmts:
                self._weigh(stmt.expr, bool(stmt.targets) and stmt.targets[0].index in self.shapes, gain)
            for expr in block.end.exprs:
                self._weigh(expr, False, gain)
        for index, times in gain.items():
            if times < 0:
                del self.shapes[index]

    def _weigh(self, expr: Expr, apart: bool, gain: dict[int, int]) -> None:
        """Count reads; `apart` says that of the whole expression the lanes are wanted."""
        if expr.op is LOCAL_GET:
            if expr.imm.index in gain:
                gain[expr.imm.index] += 1 if apart else -1
            return
        result = _RESULTS.get(expr.op)
        inside = expr.op in _EXTRACTS or expr.op in _COMPARISONS or expr.op is _STORE
        if result is not None:
            inside = divisible(expr, result, self.shapes)
        for arg in expr.args:
            self._weigh(arg, inside or (apart and expr.op is SELECT), gain)


def divisible(expr: Expr, shape: _Shape, shapes: dict[int, _Shape]) -> bool:
    """Whether the lanes of a vector can be told one by one, if those of some variables can."""
    op = expr.op
    if op is LOCAL_GET:
        return shapes.get(expr.imm.index) is shape
    if op in (_CONST, _LOAD, shape.load_splat):
        return True
    if op is SELECT:
        return not expr.effects and all(divisible(arg, shape, shapes) for arg in expr.args[:2])
    if _RESULTS.get(op) is not shape:
        return False
    if op in _RESIZED:
        return divisible(expr.args[0], _RESIZED[op][1], shapes)
    if op is shape.replace:
        return divisible(expr.args[0], shape, shapes)
    return op not in _LANEWISE or all(divisible(arg, shape, shapes) for arg in expr.args)


class _Rewriter:
    """Rewrites statements; `out` are the new ones of a block, and `clean` says that some may come before the present
    one that evaluate parts of it.
    """

    def __init__(self, function: FunctionIR, shapes: dict[int, _Shape]) -> None:
        self.function = function
        self.shapes = shapes
        self.lanes: dict[int, tuple[Var, ...]] = {}
        for index, shape in shapes.items():
            local = function.variables[index].local
            self.lanes[index] = tuple(function.variable(shape.type, local) for _ in range(shape.count))
        self.out: list[Stmt] = []
        self.clean = True
        self.changed = bool(shapes)

    def rewrite(self) -> bool:
        """Whether anything changed."""
        for block in self.function.reverse_postorder():
            self._block(block)
        if self.changed:
            self.function.statements_changed()
        return self.changed

    def _block(self, block: Block) -> None:
        self.out = []
        for stmt in block.stmts:
            self._stmt(stmt)
        ends = block.end.exprs
        self.clean = _is_clean(ends)
        new = [self.told(expr) for expr in ends]
        if any(one is not other for one, other in zip(new, ends, strict=True)):
            block.end = map_end(block.end, new)
        block.stmts = self.out

    def _stmt(self, stmt: Stmt) -> None:
        expr, targets = stmt.expr, stmt.targets
        if len(targets) == 1 and targets[0].index in self.lanes:
            self.clean = True
            self._assign(self.lanes[targets[0].index], self.apart(expr, self.shapes[targets[0].index]))
            return
        self.clean = _is_clean(expr.args if expr.op.family in ("store", "vector_store") else (expr,))
        if expr.op is _STORE:
            shape = self._shape(expr.args[1])
            if shape is not None:
                self._store(expr, shape)
                return
        new = self.told(expr)
        self.out.append(stmt if new is expr else stmt.with_expr(new))

    def _assign(self, lanes: tuple[Var, ...], values: list[Expr]) -> None:
        """Assign to all at once."""
        own = sum(1 << var.index for var in lanes)
        if any(value.variables & own & ~(1 << var.index) for var, value in zip(lanes, values, strict=True)):
            values = [self.leaf(value) for value in values]
        self.out.extend(Stmt((var,), value) for var, value in zip(lanes, values, strict=True))

    def _store(self, expr: Expr, shape: _Shape) -> None:
        """The uppermost lane comes first: if that is inside memory, so are the others."""
        address = self.leaf(self.told(expr.args[0]))
        values = [self.leaf(value) for value in self.apart(expr.args[1], shape)]
        op = shape.op("store")
        for lane in (shape.count - 1, *range(shape.count - 1)):
            self.out.append(Stmt((), Expr(op, None, (address, values[lane]), _place(expr, shape, lane), expr.offset)))

    def _shape(self, expr: Expr) -> _Shape | None:
        """The shape of a vector that is best taken apart."""
        if expr.op is LOCAL_GET:
            return self.shapes.get(expr.imm.index)
        shape = _RESULTS.get(expr.op) if self.clean else None
        return shape if shape is not None and divisible(expr, shape, self.shapes) else None

    def told(self, expr: Expr) -> Expr:
        """Any expression, told by lanes where it reads them: not a vector in lanes, but one that is made of them."""
        shape = self._shape(expr)
        if shape is not None:
            made = Expr(FROM_LANES[shape.name], "v128", tuple(self.apart(expr, shape)), None, expr.offset)
            return self.leaf(made) if expr.op is LOCAL_GET else made
        if expr.op in _EXTRACTS and self._shape(expr.args[0]) is _EXTRACTS[expr.op]:
            self.changed = True
            lanes = self._all_evaluated(expr.args[0], _EXTRACTS[expr.op])
            return lanes[int(expr.imm)]
        if self.clean and expr.op in _COMPARISONS:
            shape, name = _COMPARISONS[expr.op]
            if all(divisible(arg, shape, self.shapes) for arg in expr.args):
                return self._compared(expr, shape, name)
        args = tuple([self.told(arg) if arg.args or arg.op is LOCAL_GET else arg for arg in expr.args])
        return expr if args == expr.args else expr.with_args(args)

    def _compared(self, expr: Expr, shape: _Shape, name: str) -> Expr:
        op = shape.op(name)
        rows = zip(*(self.apart(arg, shape) for arg in expr.args), strict=True)
        conditions = tuple([self.cut(Expr(op, "i32", row, None, expr.offset)) for row in rows])
        return Expr(FROM_CONDITIONS[shape.name], "v128", conditions, None, expr.offset)

    def leaf(self, expr: Expr) -> Expr:
        """An expression that may stand in several places: another statement evaluates it before."""
        if is_leaf(expr):
            return expr
        assert expr.type is not None
        var = self.function.variable(expr.type)
        self.out.append(Stmt((var,), expr))
        return get(var, expr.offset)

    def cut(self, expr: Expr) -> Expr:
        """An expression that is not too deep for another one around it."""
        return expr if expr.depth < MAX_DEPTH else self.leaf(expr)

    # The lanes of a vector

    def apart(self, expr: Expr, shape: _Shape) -> list[Expr]:
        """The lanes of a vector that is divisible; each is used once at most."""
        self.changed = True
        return [self.cut(lane) for lane in self._apart(expr, shape)]

    def _apart(self, expr: Expr, shape: _Shape) -> list[Expr]:
        op = expr.op
        if op is LOCAL_GET:
            return [get(var, expr.offset) for var in self.lanes[expr.imm.index]]
        if op is _CONST:
            return list(_constants(expr, shape))
        if op in (_LOAD, shape.load_splat):
            return self._loaded(expr, shape)
        if op is SELECT:
            return self._selected(expr, shape)
        if op is shape.splat:
            return [self.leaf(self.told(expr.args[0]))] * shape.count
        if op is shape.replace:
            lanes = self.apart(expr.args[0], shape)
            lanes[expr.imm] = self.told(expr.args[1])
            return lanes
        if op in _CONVERSIONS:
            return self._converted(expr, *_CONVERSIONS[op])
        if op in _RESIZED:
            return self._resized(expr, *_RESIZED[op])
        rule = _RULES.get(_LANEWISE[op][1], _same)
        rows = zip(*(self.apart(arg, shape) for arg in expr.args), strict=True)
        return [rule(self, shape, expr, row) for row in rows]

    def _loaded(self, expr: Expr, shape: _Shape) -> list[Expr]:
        address = self.leaf(self.told(expr.args[0]))
        op = shape.op("load")
        if expr.op is not _LOAD:
            return [self.leaf(Expr(op, shape.type, (address,), expr.imm, expr.offset))] * shape.count
        return [Expr(op, shape.type, (address,), _place(expr, shape, lane), expr.offset) for lane in range(shape.count)]

    def _selected(self, expr: Expr, shape: _Shape) -> list[Expr]:
        first, second, test = expr.args
        chosen = self.leaf(self.told(test))
        pairs = zip(self.apart(first, shape), self.apart(second, shape), strict=True)
        return [Expr(SELECT, shape.type, (one, other, chosen), None, expr.offset) for one, other in pairs]

    def _converted(self, expr: Expr, shape: _Shape, op: Op) -> list[Expr]:
        vector = self.leaf(self.told(expr.args[0]))
        extract = OPS["i32x4.extract_lane"]
        lanes = [Expr(extract, "i32", (vector,), lane, expr.offset) for lane in range(shape.count)]
        return [Expr(op, shape.type, (lane,), None, expr.offset) for lane in lanes]

    def _resized(self, expr: Expr, shape: _Shape, before: _Shape, op: Op) -> list[Expr]:
        lanes = self._all_evaluated(expr.args[0], before)[:2]
        zeros = [const(shape.type, 0, expr.offset)] * (shape.count - 2)
        return [Expr(op, shape.type, (lane,), None, expr.offset) for lane in lanes] + zeros

    def _all_evaluated(self, expr: Expr, shape: _Shape) -> list[Expr]:
        """The lanes, some of which may not be used although evaluating them may trap."""
        lanes = self.apart(expr, shape)
        return [self.leaf(lane) if lane.effects else lane for lane in lanes]


def _place(expr: Expr, shape: _Shape, lane: int) -> tuple[int, int, int]:
    """The memarg of one lane."""
    align, offset, memory = expr.imm
    return min(align, shape.bits // 32 + 1), offset + shape.bits // 8 * lane, memory


def _constants(expr: Expr, shape: _Shape) -> Iterator[Expr]:
    for lane in range(shape.count):
        yield const(shape.type, expr.imm >> shape.bits * lane & (1 << shape.bits) - 1, expr.offset)


# One lane of what is done to each

_Rule = Callable[[_Rewriter, _Shape, Expr, "tuple[Expr, ...]"], Expr]


def _same(rewriter: _Rewriter, shape: _Shape, expr: Expr, lanes: tuple[Expr, ...]) -> Expr:
    return Expr(shape.op(_LANEWISE[expr.op][1]), shape.type, lanes, None, expr.offset)


def _pmin(rewriter: _Rewriter, shape: _Shape, expr: Expr, lanes: tuple[Expr, ...]) -> Expr:
    first, second = map(rewriter.leaf, lanes)
    less = Expr(shape.op("lt"), "i32", (second, first), None, expr.offset)
    return Expr(SELECT, shape.type, (second, first, less), None, expr.offset)


def _pmax(rewriter: _Rewriter, shape: _Shape, expr: Expr, lanes: tuple[Expr, ...]) -> Expr:
    first, second = map(rewriter.leaf, lanes)
    less = Expr(shape.op("lt"), "i32", (first, second), None, expr.offset)
    return Expr(SELECT, shape.type, (second, first, less), None, expr.offset)


def _madd(rewriter: _Rewriter, shape: _Shape, expr: Expr, lanes: tuple[Expr, ...]) -> Expr:
    first, second, third = lanes
    product = rewriter.cut(Expr(shape.op("mul"), shape.type, (first, second), None, expr.offset))
    return Expr(shape.op("add"), shape.type, (product, third), None, expr.offset)


def _nmadd(rewriter: _Rewriter, shape: _Shape, expr: Expr, lanes: tuple[Expr, ...]) -> Expr:
    negative = rewriter.cut(Expr(shape.op("neg"), shape.type, lanes[:1], None, expr.offset))
    return _madd(rewriter, shape, expr, (negative, *lanes[1:]))


_RULES: dict[str, _Rule] = {"pmin": _pmin, "pmax": _pmax, "madd": _madd, "nmadd": _nmadd}
