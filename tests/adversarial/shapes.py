"""Valid modules of extreme shapes, each with calls whose results follow from how it was made.

These are what compilers emit at their worst: deep nests, wide tables, long functions.  What a call must give is
computed here by plain arithmetic, not by another implementation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from property.encoder import ModuleBuilder, code, instruction
from wasm2py.runtime.types import ValType

#: An export, its raw arguments, and its raw results or the kind of its trap.
Expectation: TypeAlias = tuple[str, tuple[int, ...], tuple[int, ...] | str]
M32 = 0xFFFFFFFF


@dataclass(frozen=True)
class Shape:
    binary: bytes
    expectations: tuple[Expectation, ...]


def i32(value: int) -> bytes:
    return instruction("i32.const", value)


def get(local: int) -> bytes:
    return instruction("local.get", local)


def set_(local: int) -> bytes:
    return instruction("local.set", local)


def bump(local: int, by: int = 1) -> bytes:
    """Add a constant to an i32 local."""
    return get(local) + i32(by) + code("i32.add") + set_(local)


END, ELSE, ADD = code("end"), code("else"), code("i32.add")
BLOCK, LOOP, IF = code(("block", None)), code(("loop", None)), code(("if", None))


def single(params: int, body: bytes, *expectations: tuple[tuple[int, ...], int | str], **kwargs: Any) -> Shape:
    """A module of one exported function `f` from i32s to an i32."""
    builder = ModuleBuilder()
    builder.function(["i32"] * params, ["i32"], body, export="f", **kwargs)
    calls = [("f", args, want if isinstance(want, str) else (want & M32,)) for args, want in expectations]
    return Shape(builder.build(), tuple(calls))


def nested_blocks(depth: int) -> Shape:
    """`f(i)` leaves the innermost `i + 1` of nested blocks at once, then counts those that it leaves one by one."""
    table = get(0) + code(("br_table", (tuple(range(depth - 1)), depth - 1)))
    body = BLOCK * depth + table + (END + bump(1)) * depth + get(1)
    probes = (0, 1, depth // 2, depth - 1, depth, M32)
    cases = [((i,), depth - min(i, depth - 1)) for i in probes]
    return single(1, body, *cases, locals_=["i32"])


def blocks_with_values(depth: int) -> Shape:
    """Each block adds one to the value that the block inside it leaves, or that `br_if` brings from the innermost."""
    branches = b"".join(i32(7) + get(0) + i32(k) + code("i32.eq", ("br_if", k), "drop") for k in range(0, depth, 97))
    body = code(("block", "i32")) * depth + branches + i32(1000) + (END + i32(1) + ADD) * depth
    cases = [((k,), 7 + depth - k) for k in range(0, depth, 97)]
    return single(1, body, *cases, ((depth + 5,), 1000 + depth))


def nested_loops(depth: int) -> Shape:
    """The innermost loop branches `f`'s argument times to the header of a loop around it, another one each time."""
    inner = bump(1) + get(1) + i32(depth) + code("i32.rem_u") + set_(2)
    again = BLOCK + get(1) + get(0) + code("i32.gt_u", ("br_if", 0)) + get(2)
    again += code(("br_table", (tuple(range(1, depth + 1)), depth))) + END
    body = LOOP * depth + inner + again + (bump(1) + END) * depth + get(1)
    return single(1, body, *(((n,), n + 1 + depth) for n in (0, 1, 5, 2 * depth + 3)), locals_=["i32", "i32"])


def counting_loops(depth: int) -> Shape:
    """Loops in loops, each with its own counter: the inner two turn `f`'s argument times, the others twice in all."""
    body, locals_ = b"", ["i32"] * (depth + 1)
    for level in range(1, depth + 1):
        body += i32(0) + set_(level) + LOOP
    body += bump(depth + 1)
    for level in range(depth, 0, -1):
        turns = get(0) if level > depth - 2 else i32(2 if level % (depth // 4) == 0 else 1)
        body += bump(level) + get(level) + turns + code("i32.lt_u", ("br_if", 0)) + END
    doubled = sum(1 for level in range(1, depth - 1) if level % (depth // 4) == 0)
    cases = [((n,), n * n * 2**doubled) for n in (1, 3)]
    return single(1, body + get(depth + 1), *cases, locals_=locals_)


def multilevel_continue(depth: int) -> Shape:
    """From the inside of nested loops, a branch out of all of them and one to a header in the middle."""
    inner = bump(1) + get(1) + i32(3) + code("i32.rem_u", "i32.eqz", ("br_if", depth // 2))
    inner += get(1) + get(0) + code("i32.ge_u", ("br_if", depth), ("br", depth - 1))
    body = BLOCK + LOOP * depth + inner + END * depth + END + get(1)
    return single(1, body, ((1,), 1), ((2,), 2), ((3,), 4), ((6,), 7), ((100,), 100), locals_=["i32"])


def nested_ifs(depth: int) -> Shape:
    """`f(n)` goes as deep as n says; each level has an `else`."""
    body = b""
    for level in range(depth):
        body += get(0) + i32(level) + code("i32.gt_u") + IF + bump(1, 3)
    body += (ELSE + bump(1) + END) * depth + get(1)
    cases = [((n,), 3 * min(n, depth) + (1 if n < depth else 0)) for n in (0, 1, depth // 2, depth - 1, depth, M32)]
    return single(1, body, *cases, locals_=["i32"])


def else_ladder(depth: int) -> Shape:
    """An if/else-if chain, nested as compilers nest it."""
    body = b""
    for level in range(depth):
        body += get(0) + i32(level) + code("i32.eq", ("if", "i32")) + i32(level * 7) + ELSE
    body += i32(99) + END * depth
    return single(1, body, *(((n,), n * 7 if n < depth else 99) for n in (0, 1, depth - 1, depth, M32)))


def wide_table_few_targets(width: int) -> Shape:
    targets = 7
    labels = tuple((i * 31) % targets for i in range(width))
    body = BLOCK * targets + get(0) + code(("br_table", (labels, 3)))
    for target in range(targets):
        body += END + i32(100 + target) + code("return")
    probes = (0, 1, 2, width // 2, width - 1, width, M32)
    cases = [((i,), 100 + (labels[i] if i < width else 3)) for i in probes]
    return single(1, body + code("unreachable"), *cases)


def wide_table_all_targets(width: int) -> Shape:
    """Every entry of the table has a case of its own, and cases fall through."""
    body = BLOCK * width + get(0) + code(("br_table", (tuple(range(width - 1)), width - 1)))
    for target in range(width):
        body += END + bump(1, target)
        body += get(1) + code("return") if target % 3 == 2 else b""
    probes = (0, 1, 2, 3, width // 2, width - 2, width - 1, width, M32)
    cases = [((i,), _fall_through(min(i, width - 1), width)) for i in probes]
    return single(1, body + get(1), *cases, locals_=["i32"])


def _fall_through(start: int, width: int) -> int:
    last = min(start + (2 - start) % 3, width - 1)
    return sum(range(start, last + 1))


def state_machine(states: int) -> Shape:
    """A `br_table` in a loop: each state picks the next, some going straight on into the state after them."""
    body = LOOP + BLOCK * (states + 1) + get(1) + code(("br_table", (tuple(range(states)), states)))
    for state in range(states):
        body += END + bump(2, state) + bump(0, -1) + get(0) + code("i32.eqz", ("br_if", states - state - 1))
        body += i32((state * 5 + 1) % states) + set_(1) + (code(("br", states - state)) if state % 4 else b"")
    body += END + END + get(2)
    cases = [((n,), _state_machine(states, n)) for n in (1, 2, 3, 1000)]
    return single(1, body, *cases, locals_=["i32", "i32"])


def _state_machine(states: int, steps: int) -> int:
    state = total = 0
    while True:
        at = state
        while True:
            total, steps = total + at, steps - 1
            if steps == 0 or at == states:
                return total
            state = (at * 5 + 1) % states
            if at % 4:
                break
            at += 1
            if at == states:
                return total


def interleaved_tables() -> Shape:
    """What looks irreducible: a loop whose table jumps into the middle of the code that another table jumps over."""
    first = get(0) + i32(3) + code("i32.and", ("br_table", ((0, 1, 2), 3)))
    second = get(1) + i32(1) + code("i32.and", ("br_table", ((1,), 0)))
    body = LOOP + BLOCK * 4 + first + END + bump(1, 1) + BLOCK + second + END + bump(1, 10)
    body += END + bump(1, 100) + END + bump(1, 1000)
    body += get(0) + i32(4) + code("i32.sub", ("local.tee", 0)) + i32(0) + code("i32.gt_s", ("br_if", 1))
    body += END + END + get(1)
    cases = [((n,), _interleaved(n)) for n in (0, 1, 2, 3, 5, 14, 23)]
    return single(1, body, *cases, locals_=["i32"])


def _interleaved(n: int) -> int:
    total = 0
    while True:
        entry = n & 3
        if entry == 3:
            return total
        if entry == 0:
            total += 1
            total += 10 if total & 1 else 0
        if entry <= 1:
            total += 100
        total += 1000
        n -= 4
        if n <= 0:
            return total


def deep_expression_right(depth: int) -> Shape:
    """x + (x + (x + …))"""
    return single(1, get(0) * (depth + 1) + ADD * depth, ((3,), 3 * (depth + 1)), ((M32,), -(depth + 1)))


def deep_expression_left(operations: int) -> Shape:
    """((x + 1) * 3 ^ 5) …, a chain that no statement interrupts."""
    steps: list[tuple[bytes, Callable[[int], int]]] = [
        (i32(1) + ADD, lambda x: x + 1),
        (i32(3) + code("i32.mul"), lambda x: x * 3),
        (i32(5) + code("i32.xor"), lambda x: x ^ 5),
        (i32(7) + code("i32.rotl"), lambda x: x << 7 | (x & M32) >> 25),
    ]
    body, value = get(0), 12345
    for i in range(operations):
        emitted, compute = steps[i % 4]
        body, value = body + emitted, compute(value) & M32
    return single(1, body, ((12345,), value))


def deep_unary(depth: int) -> Shape:
    return single(1, get(0) + code("i32.eqz") * depth, ((0,), 1 - (depth + 1) % 2), ((5,), (depth + 1) % 2))


def deep_select(depth: int) -> Shape:
    """select(select(…, 1), 2) … each with its own condition."""
    body = i32(0) + b"".join(i32(k) + get(0) + i32(k) + code("i32.lt_u", "select") for k in range(1, depth + 1))
    return single(1, body, ((0,), 0), ((1,), 1), ((depth,), depth), ((M32,), depth))


def deep_calls(depth: int) -> Shape:
    """g(g(g(… x …)))"""
    builder = ModuleBuilder()
    g = builder.function(["i32"], ["i32"], get(0) + i32(3) + code("i32.mul") + i32(1) + ADD)
    builder.function(["i32"], ["i32"], get(0) + code(("call", g)) * depth, export="f")
    value = 5
    for _ in range(depth):
        value = value * 3 + 1 & M32
    return Shape(builder.build(), (("f", (5,), (value,)),))


def deep_loads(depth: int) -> Shape:
    """memory[memory[memory[…]]], a cycle through four words, with a trap where it starts outside."""
    builder = ModuleBuilder()
    builder.memory(1, 1)
    builder.active_data(0, b"".join(word.to_bytes(4, "little") for word in (4, 8, 12, 0)))
    builder.function(["i32"], ["i32"], get(0) + code(("i32.load", (2, 0, 0))) * depth, export="f")
    expected = (("f", (0,), (depth * 4 % 16,)), ("f", (0x10000,), "out of bounds memory access"))
    return Shape(builder.build(), expected)


def float_chain(depth: int) -> Shape:
    body = (
        get(0)
        + code("f64.convert_i32_s")
        + code(("f64.const", 0x3FE0 << 48), "f64.add") * depth
        + code("i32.trunc_f64_s")
    )
    return single(1, body, ((10,), 10 + depth // 2), ((M32,), (depth - 2) // 2))


def many_locals(count: int) -> Shape:
    """Every local is written, then they are added up."""
    body = b"".join(get(0) + i32(k) + ADD + set_(k) for k in range(1, count + 1))
    body += b"".join(get(k) + get(0) + ADD + set_(0) for k in range(1, count + 1)) + get(0)
    cases = []
    for argument in (0, 1, 77):
        values = [(argument + k) & M32 for k in range(1, count + 1)]
        cases.append(((argument,), argument + sum(values)))
    return single(1, body, *cases, locals_=["i32"] * count)


def live_locals(count: int) -> Shape:
    """Locals that are all carried around a loop, each taking its neighbour's value."""
    body = b"".join(i32(k * k) + set_(k) for k in range(1, count + 1)) + LOOP
    body += b"".join(get(k) for k in range(1, count + 1)) + set_(1)
    body += b"".join(set_(k) for k in range(count, 1, -1))
    body += (
        get(0) + i32(1) + code("i32.sub", ("local.tee", 0), ("br_if", 0)) + END + get(1) + i32(1000) + code("i32.mul")
    )
    body += get(count) + ADD
    return single(1, body, *(((n,), _rotated(count, n)) for n in (1, 2, count + 3)), locals_=["i32"] * count)


def _rotated(count: int, turns: int) -> int:
    values = [k * k for k in range(1, count + 1)]
    turns %= count
    values = values[-turns:] + values[:-turns] if turns else values
    return values[0] * 1000 + values[-1]


def many_params(count: int) -> Shape:
    """More parameters than 255, passed on in reverse, and as many results."""
    builder = ModuleBuilder()
    valtypes: list[ValType] = ["i32", "i64"] * (count // 2)
    reverse = builder.function(valtypes, valtypes[::-1], b"".join(get(k) for k in range(count - 1, -1, -1)), export="f")
    body = (
        b"".join(get(k) for k in range(count))
        + code(("call", reverse))
        + code("drop") * (count - 1)
        + code("i32.wrap_i64")
    )
    builder.function(valtypes, ["i32"], body, export="last")
    arguments = tuple(range(count))
    return Shape(builder.build(), (("f", arguments, arguments[::-1]), ("last", arguments, (count - 1,))))


def many_results(count: int) -> Shape:
    builder = ModuleBuilder()
    builder.function(["i32"], ["i32"] * count, b"".join(get(0) + i32(k) + ADD for k in range(count)), export="f")
    return Shape(builder.build(), (("f", (7,), tuple(7 + k for k in range(count))),))


def block_of_many_values(count: int) -> Shape:
    """A loop whose parameters are many values, rotated by one each turn through locals."""
    builder = ModuleBuilder()
    values: list[ValType] = ["i32"] * count
    looptype = builder.type_index(values, values)
    spill = b"".join(set_(k) for k in range(count, 0, -1)) + b"".join(get(k) for k in range(2, count + 1)) + get(1)
    body = b"".join(i32(k) for k in range(count)) + code(("loop", looptype)) + spill
    body += get(0) + i32(1) + code("i32.sub", ("local.tee", 0), ("br_if", 0)) + END
    builder.function(["i32"], values, body, values, "f")
    calls = [("f", (n,), tuple((k + n) % count for k in range(count))) for n in (1, 3, count + 1)]
    return Shape(builder.build(), tuple(calls))


def straight_line(instructions: int) -> Shape:
    """One long basic block of statements."""
    statement = get(1) + i32(5) + code("i32.mul") + get(0) + ADD + set_(1)
    count = instructions // 6
    value = 0
    for _ in range(count):
        value = value * 5 + 9 & M32
    return single(1, statement * count + get(1), ((9,), value), locals_=["i32"])


def many_stores(count: int) -> Shape:
    builder = ModuleBuilder()
    builder.memory(1, 1)
    stores = b"".join(
        i32(k % 4096 * 4) + get(0) + i32(k) + code("i32.xor", ("i32.store", (2, 0, 0))) for k in range(count)
    )
    builder.function(["i32"], ["i32"], stores + i32((count - 1) % 4096 * 4) + code(("i32.load", (2, 0, 0))), export="f")
    return Shape(builder.build(), (("f", (99,), (99 ^ (count - 1),)),))


def many_blocks(count: int) -> Shape:
    """Thousands of basic blocks in a row: ifs, and blocks left early."""
    body = b""
    for k in range(count // 2):
        body += get(0) + i32(k % 32) + code("i32.shr_u") + i32(1) + code("i32.and") + IF + bump(1, k) + END
        body += BLOCK + get(0) + i32(k) + code("i32.eq", ("br_if", 0)) + bump(1) + END
    cases = []
    for n in (0, 1, 0xA5A5A5A5, M32):
        total = sum((k if n >> k % 32 & 1 else 0) + (n != k) for k in range(count // 2))
        cases.append(((n,), total))
    return single(1, body + get(1), *cases, locals_=["i32"])


def many_loops(count: int) -> Shape:
    """Loops in a row, each turning three times."""
    one = i32(3) + set_(2) + LOOP + bump(1) + get(2) + i32(1) + code("i32.sub", ("local.tee", 2), ("br_if", 0)) + END
    return single(1, one * count + get(1), ((0,), 3 * count), locals_=["i32", "i32"])


def many_functions(count: int) -> Shape:
    """Each function calls the next, but the last; only the first is exported."""
    builder = ModuleBuilder()
    type_index = builder.type_index(["i32"], ["i32"])
    functions = [builder.declare(type_index) for _ in range(count)]
    for function in functions[:-1]:
        builder.define(function, get(0) + i32(1) + ADD + code(("call", function + 1)))
    builder.define(functions[-1], get(0))
    builder.export("f", "func", 0)
    return Shape(builder.build(), (("f", (5,), (5 + count - 1,)),))


def many_globals(count: int) -> Shape:
    builder = ModuleBuilder()
    for k in range(count):
        builder.global_("i32", i32(k))
    total = b"".join(code(("global.get", k)) + get(0) + ADD + code(("global.set", k)) for k in range(count))
    total += b"".join(get(0) + code(("global.get", k)) + ADD + set_(0) for k in range(count))
    builder.function(["i32"], ["i32"], total + get(0), export="f")
    return Shape(builder.build(), (("f", (2,), (2 + sum(k + 2 for k in range(count)),)),))


def dead_code(count: int) -> Shape:
    """Code that nothing reaches, with the polymorphic stack of the validation algorithm."""
    dead = (
        code("i32.add", "drop", "f64.sqrt", "drop")
        + code("unreachable", "select", "drop")
        + BLOCK
        + code(("br", 0))
        + END
    )
    return single(1, get(0) + code("return") + dead * count + i32(1), ((4,), 4))


def every_level_returns(depth: int) -> Shape:
    """Nested loops and blocks, alternating, from each of which the function may return."""
    body = b""
    for level in range(depth):
        body += (
            (LOOP if level % 2 else BLOCK)
            + get(0)
            + i32(level)
            + code("i32.eq")
            + IF
            + i32(level * 3)
            + code("return")
            + END
        )
    body += END * depth + i32(77)
    return single(1, body, *(((n,), n * 3 if n < depth else 77) for n in (0, 1, 21, depth - 1, depth)))


SHAPES: dict[str, Callable[[], Shape]] = {
    "1,000 nested blocks": lambda: nested_blocks(1000),
    "1,000 nested blocks with values": lambda: blocks_with_values(1000),
    "1,000 nested loops": lambda: nested_loops(1000),
    "30 counting loops in loops": lambda: counting_loops(30),
    "60 loops in loops, branches to the middle and out": lambda: multilevel_continue(60),
    "1,000 nested ifs": lambda: nested_ifs(1000),
    "1,000 else-ifs": lambda: else_ladder(1000),
    "10,000-way br_table of 7 targets": lambda: wide_table_few_targets(10_000),
    "10,000-way br_table of 10,000 targets": lambda: wide_table_all_targets(10_000),
    "state machine of 500 states": lambda: state_machine(500),
    "interleaved tables": interleaved_tables,
    "2,000-deep expression to the right": lambda: deep_expression_right(2000),
    "20,000-instruction expression to the left": lambda: deep_expression_left(10_000),
    "2,000-deep unary expression": lambda: deep_unary(2000),
    "2,000-deep selects": lambda: deep_select(2000),
    "2,000-deep calls of calls": lambda: deep_calls(2000),
    "2,000-deep loads": lambda: deep_loads(2000),
    "2,000-deep float chain": lambda: float_chain(2000),
    "5,000 locals": lambda: many_locals(5000),
    "100 live locals around a loop": lambda: live_locals(100),
    "300 parameters": lambda: many_params(300),
    "1,000 parameters": lambda: many_params(1000),
    "1,000 results": lambda: many_results(1000),
    "loop of 200 values": lambda: block_of_many_values(200),
    "50,000 instructions in a row": lambda: straight_line(50_000),
    "10,000 stores": lambda: many_stores(10_000),
    "5,000 basic blocks": lambda: many_blocks(5000),
    "1,000 loops in a row": lambda: many_loops(1000),
    "3,000 functions that call each other": lambda: many_functions(3000),
    "5,000 globals": lambda: many_globals(5000),
    "dead code": lambda: dead_code(200),
    "returns from 300 levels": lambda: every_level_returns(300),
}
