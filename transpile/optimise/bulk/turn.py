"""One turn of a loop that is a chain of blocks: what it loads and stores where, and what is in its variables then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wasm2py.transpile.ir.cfg import Block, Branch, Jump, Stmt, predecessors
from wasm2py.transpile.ir.expr import NOT, READS_GLOBALS, Expr, Var
from wasm2py.transpile.optimise.bulk.affine import Affine, affine
from wasm2py.transpile.optimise.linear import signed

#: Chains are no longer than the longest unrolled loops.
_LONGEST = 17
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
SWAPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "ne": "ne", "eq": "eq"}


@dataclass(frozen=True, slots=True)
class Access:
    """A load or store: its instruction, and its address operand in terms of what the turn began with."""

    expr: Expr
    address: Affine

    @property
    def offset(self) -> int:
        """The static offset."""
        offset: int = self.expr.imm[1]
        return offset

    @property
    def memory(self) -> int:
        """The memory's index."""
        memory: int = self.expr.imm[2]
        return memory

    def beyond(self, first: Access) -> int | None:
        """How many bytes this is further up than an access that did not trap, if that is always the same.

        An address operand that is lower may have wrapped: then it has to be the whole address.
        """
        between = self.address.plus(first.address, -1).known
        if between is None or (signed(between) < 0 and self.offset):
            return None
        return signed(between) + self.offset - first.offset


@dataclass(frozen=True, slots=True)
class Test:
    """The loop goes on while `left` is in `relation` (eq, ne, lt, le, gt, ge) to `right`."""

    left: Affine
    relation: str
    right: Affine
    signed: bool


class Way(NamedTuple):
    """A way out of the midst of a turn, taken unless `test` holds.

    `after` is what the variables hold there, as in `Turn`; `loads` how many values the turn has loaded by then.
    """

    exit: Block
    test: Test
    after: dict[Var, Affine | None]
    loads: int


@dataclass(slots=True)
class Turn:
    """What one turn does, in terms of what its variables hold when it begins.

    `ways` lead out of the midst of it, `exit` out of its end. `stores` are in order, each with the load whose value it
    stores, if it is that; `loads` maps variables that stand for loaded values to where these are from. `after` maps
    the variables that the loop assigns to what they hold at its end, None if that is no sum; `steps` those that only
    grow, by something that stays, to how much.
    """

    blocks: list[Block]
    exit: Block = field(init=False)
    test: Test = field(init=False)
    ways: list[Way] = field(default_factory=list)
    stores: list[tuple[Access, Access | None]] = field(default_factory=list)
    loads: dict[Var, Access] = field(default_factory=dict)
    after: dict[Var, Affine | None] = field(default_factory=dict)
    steps: dict[Var, Affine] = field(default_factory=dict)

    def step(self, value: Affine) -> Affine | None:
        """By how much a sum grows from turn to turn."""
        total = Affine()
        for variable, coefficient in value.terms.items():
            if variable in self.loads:
                return None
            if variable in self.after:
                step = self.steps.get(variable)
                if step is None:
                    return None
                total = total.plus(step, coefficient)
        return total

    def stays(self, expr: Expr) -> bool:
        """Whether an expression has the same value in every turn, and evaluating it does nothing else."""
        return not expr.effects & ~READS_GLOBALS and not any(expr.variables >> var.index & 1 for var in self.after)

    def value(self, expr: Expr) -> Affine | None:
        """An expression at the present point of the turn as a sum."""
        return affine(expr, self.after, self._loaded)

    def access(self, expr: Expr) -> Access | None:
        """A load or store at the present point of the turn."""
        address = affine(expr.args[0], self.after)
        return None if address is None else Access(expr, address)

    def _loaded(self, expr: Expr) -> Affine | None:
        access = self.access(expr)
        if access is None:
            return None
        value = Var(~len(self.loads), "i32")
        self.loads[value] = access
        return Affine.of(value)


def find_loops(blocks: list[Block]) -> list[list[Block]]:
    """The loops of a function that are one chain of blocks, which control leaves for good where it does.

    Each begins with its header.
    """
    number = {block.id: i for i, block in enumerate(blocks)}
    backwards = [
        (header, block)
        for block in blocks
        if type(block.end) in (Branch, Jump)
        for header in block.end.successors
        if number[header.id] <= number[block.id]
    ]
    if not backwards:
        return []
    before = predecessors(blocks)
    return [chain for header, block in backwards if (chain := _chain(header, block, before))]


def with_last_test(chain: list[Block]) -> list[Block]:
    """A chain that ends with a test: where a loop begins with its test, that is the end of the turn before.

    What comes first is then the block after it, which the loop's first turn comes to from that test as well.
    """
    return chain[1:] + chain[:1] if type(chain[-1].end) is Jump else chain


def _chain(header: Block, last: Block, before: dict[int, list[Block]]) -> list[Block]:
    """The blocks from a loop's header to where it goes back, or nothing if they are no chain."""
    chain = [last]
    while chain[-1] is not header:
        single = before[chain[-1].id]
        if len(single) != 1 or type(single[0].end) is not Branch or len(chain) == _LONGEST:
            return []
        chain.append(single[0])
    inside = [block for block in before[header.id] if block in chain]
    return chain[::-1] if len(inside) == 1 else []


def read_turn(blocks: list[Block]) -> Turn | None:
    """The turn of a chain of blocks that do nothing but load, compute and store."""
    turn = Turn(blocks)
    for block, following in zip(blocks, [*blocks[1:], blocks[0]], strict=True):
        end = block.end
        if not all(_read(stmt, turn) for stmt in block.stmts):
            return None
        if isinstance(end, Jump) and block is not blocks[-1]:
            continue
        if not isinstance(end, Branch) or end.then is end.other:
            return None
        goes_on = end.then is following
        test = read_test(end.condition, goes_on, turn)
        if test is None:
            return None
        turn.ways.append(Way(end.other if goes_on else end.then, test, dict(turn.after), len(turn.loads)))
    turn.exit, turn.test, _, _ = turn.ways.pop()
    turn.steps = find_steps(turn)
    return turn if bool(turn.stores) != bool(turn.loads) and not (turn.stores and turn.ways) else None


def read_test(condition: Expr, goes_on: bool, turn: Turn) -> Test | None:
    """The test at the end of each turn, which goes on if the condition is true, or if it is not."""
    while condition.op is NOT or condition.op.mnemonic == "i32.eqz":
        condition, goes_on = condition.args[0], not goes_on
    value = turn.value(condition)
    if value is not None:
        return Test(value, "ne" if goes_on else "eq", Affine(), signed=False)
    type_, _, name = condition.op.mnemonic.partition(".")
    relation, _, sign = name.partition("_")
    if type_ != "i32" or relation not in _OPPOSITE or condition.op.family != "compare":
        return None
    left, right = map(turn.value, condition.args)
    if left is None or right is None:
        return None
    return Test(left, relation if goes_on else _OPPOSITE[relation], right, sign == "s")


def _read(stmt: Stmt, turn: Turn) -> bool:
    """Take up one statement, if it can be."""
    expr = stmt.expr
    if expr.op.family == "store":
        access, value = turn.access(expr), expr.args[1]
        if access is None:
            return False
        turn.stores.append((access, turn.access(value) if value.op.family == "load" else None))
        return True
    if len(stmt.targets) != 1:
        return False
    value_after = turn.value(expr)
    turn.after[stmt.targets[0]] = value_after
    return value_after is not None or not expr.effects & ~READS_GLOBALS


def find_steps(turn: Turn) -> dict[Var, Affine]:
    """The variables that each turn makes so much more, by what stays."""
    steps: dict[Var, Affine] = {}
    for variable, value in turn.after.items():
        if value is not None:
            step = value.plus(Affine.of(variable), -1)
            if not any(other in turn.after or other in turn.loads for other in step.terms):
                steps[variable] = step
    return steps
