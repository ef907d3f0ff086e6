"""Makes loops that move through memory, as compilers write them and as they never would: for `test_bulk_loops`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from property.searches import make_search

PAGE = 1 << 16

#: Width → store, load, whether the value is an i64.
_ACCESSES = {
    1: ("i32.store8", "i32.load8_u", False),
    2: ("i32.store16", "i32.load16_u", False),
    4: ("i32.store", "i32.load", False),
    8: ("i64.store", "i64.load", True),
}


@dataclass(frozen=True, slots=True)
class LoopCase:
    """A module's text, whose export `f` takes and returns three i32, and the arguments of its calls."""

    text: str
    calls: list[tuple[int, int, int]]


def make_loop(random: Random) -> LoopCase:
    """One loop of any kind."""
    return random.choice(_KINDS)(random)


def _address(random: Random) -> int:
    """Most often inside memory, near its end, or about to wrap."""
    return random.choice((
        random.randrange(0, 300),
        random.randrange(100, 140),
        PAGE - random.randrange(0, 100),
        -random.randrange(1, 80),
        random.randrange(1 << 31) * 2,
    )) & 0xFFFFFFFF  # fmt: skip


def _count(random: Random, step: int) -> int:
    """Most often what can be reached in such steps."""
    turns = random.choice((1, 2, 3, 5, random.randrange(1, 60), 0, random.randrange(1 << 32)))
    return (turns * step + random.choice((0, 0, 0, 0, 1, 3))) & 0xFFFFFFFF


def _get(name: str, more: int, offset: bool) -> str:
    """An address operand (with its static offset before it) that lies `more` bytes above a variable."""
    if offset and more >= 0:
        return f"offset={more} (local.get ${name})"
    return f"(i32.add (local.get ${name}) (i32.const {more}))" if more else f"(local.get ${name})"


def _any_get(random: Random, name: str, more: int) -> str:
    """The same, some of it as a static offset."""
    offset = random.choice((0, 0, 0, more, 7, 24))
    return f"offset={max(offset, 0)} {_get(name, more - max(offset, 0), False)}"


def _module(body: str, test: str, moves: str, test_first: bool = False) -> str:
    loop = f"(loop $again {body} {moves} (br_if $again {test}))"
    if test_first:
        loop = f"(block $done (loop $again (br_if $done (i32.eqz {test})) {body} {moves} (br $again)))"
    return _function(loop)


#: The line with the body of a function.
_BODY = 3


def _function(body: str) -> str:
    return f"""(module (memory (export "memory") 1)
      (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32 i32 i32)
        (local $i i32) (local $t i32) (local $u i32) (local $r i32) (local $m i32)
{body}
        (local.get $p) (local.get $q) (local.get $n)))"""


def _end(random: Random, stride: int) -> tuple[str, str, int]:
    """The counting and the test at the end of a turn, and the counter's step."""
    step = random.choice((1, 1, stride, stride, 3 if stride == 3 else 1))
    up = f"(local.set $i (i32.add (local.get $i) (i32.const {step})))"
    down = f"(local.set $n (i32.sub (local.get $n) (i32.const {step})))"
    kind = random.randrange(6)
    if kind == 0:
        return down, "(local.get $n)", step
    if kind == 1:
        return down, "(i32.ne (local.get $n) (i32.const 0))", step
    if kind == 2:
        return up, "(i32.ne (local.get $i) (local.get $n))", step
    if kind == 3:
        return up, f"(i32.{random.choice(('lt_u', 'lt_s', 'le_u', 'le_s'))} (local.get $i) (local.get $n))", step
    if kind == 4:
        start = random.randrange(100)
        relation = random.choice(("gt_u", "gt_s", "ge_s"))
        return down, f"(i32.{relation} (local.get $n) (i32.const {start}))", step
    return f"{up} (local.set $n (i32.add (local.get $n) (i32.const {step})))", "(local.get $n)", step


def _calls(random: Random, step: int) -> list[tuple[int, int, int]]:
    calls = []
    for _ in range(6):
        to = _address(random)
        near = (to + random.choice((-1, 1)) * random.choice((0, 1, 2, 3, 5, 8, 12, 40))) & 0xFFFFFFFF
        count = _count(random, step)
        calls.append((to, random.choice((near, _address(random))), random.choice((count, -count & 0xFFFFFFFF))))
    return calls


def _order(random: Random, unroll: int) -> list[int]:
    order = list(range(unroll))
    if random.randrange(3) == 0:
        random.shuffle(order)
    elif random.randrange(3) == 0:
        order[1:] = order[:0:-1]
    return order


def _fill(random: Random) -> LoopCase:
    width = random.choice((1, 1, 1, 2, 4, 8))
    store, _, wide = _ACCESSES[width]
    unroll = random.choice((1, 1, 2, 4, 8))
    value = random.choice(("(i64.const 0x1122334455667788)" if wide else "(i32.const 0x81828384)",
                           "(i64.extend_i32_u (local.get $q))" if wide else "(local.get $q)"))  # fmt: skip
    offset = random.randrange(3) == 0
    stride = random.choice((1, 1, 1, 1, -1)) * width * unroll
    places = [place * width for place in _order(random, unroll)]
    mixed, shift = random.randrange(3) == 0, random.choice((0, 0, 5, 16, -3))
    body = " ".join(
        f"({store} {_any_get(random, 'p', place + shift) if mixed else _get('p', place + shift, offset)} {value})"
        for place in places
    )
    counting, test, step = _end(random, abs(stride))
    moves = f"(local.set $p (i32.add (local.get $p) (i32.const {stride}))) {counting}"
    return LoopCase(_module(body, test, moves, random.randrange(4) == 0), _calls(random, step))


def _indexed_fill(random: Random) -> LoopCase:
    """A counter that is part of the address, and goes up to zero or to an end."""
    unroll = random.choice((1, 2, 4))
    size = random.choice((4, 8, 64, 100)) * unroll
    base = random.choice((0, 40, PAGE - size - 3, PAGE - size, PAGE - size + 1))
    at = "(i32.add (local.get $i) (local.get $t))" if random.randrange(2) else "(local.get $i)"
    body = f"(local.set $t (i32.const {random.choice((0, 5))}))" + " ".join(
        f"(i32.store8 (i32.add {at} (i32.const {base + size + place})) (local.get $q))" for place in range(unroll)
    )
    moves = f"(local.set $i (i32.add (local.get $i) (i32.const {unroll})))"
    text = _module(body, "(local.get $i)", moves)
    return LoopCase(text.replace("(loop", f"(local.set $i (i32.const -{size})) (loop"), _calls(random, unroll))


def _strided_fill(random: Random) -> LoopCase:
    relation = random.choice(("lt_s", "lt_u"))
    base = random.choice((0, 64, 1000, -10))
    body = f"(i32.store8 (i32.add (local.get $p) (i32.const {base})) (i32.const {random.randrange(256)}))"
    moves = "(local.set $p (i32.add (local.get $p) (local.get $q)))"
    if random.randrange(4) == 0:
        body, moves = f"(local.set $p (i32.add (local.get $p) (local.get $q))) {body}", ""
    text = _module(body, f"(i32.{relation} (local.get $p) (local.get $n))", moves)
    if random.randrange(2):
        text = text.replace(
            "(local.get $p) (local.get $q) (local.get $n)))", "(i32.const 0) (i32.const 0) (i32.const 0)))"
        )
    calls = []
    for _ in range(8):
        step = random.choice((1, 2, 3, 7, 100, random.randrange(1, 1 << 32)))
        calls.append((_address(random), step, random.choice((_address(random), random.randrange(PAGE)))))
    return LoopCase(text, calls)


def _copy(random: Random) -> LoopCase:
    width = random.choice((1, 1, 1, 2, 4, 8))
    store, load, _ = _ACCESSES[width]
    unroll = random.choice((1, 1, 2, 4, 8))
    stride = random.choice((1, 1, -1)) * width * unroll
    forms = [random.choice((0, 0, 0, 1, 2)) for _ in range(2)]
    shifts = [random.choice((0, 0, 5, 16, -3)) for _ in range(2)]
    places = [place * width for place in (_order(random, unroll) if stride > 0 else range(unroll - 1, -1, -1))]

    def where(side: int, at: int) -> str:
        name = "pq"[side]
        return (
            _any_get(random, name, at + shifts[side])
            if forms[side] == 2
            else _get(name, at + shifts[side], forms[side] == 1)
        )

    body = " ".join(f"({store} {where(0, at)} ({load} {where(1, at)}))" for at in places)
    counting, test, step = _end(random, abs(stride))
    moves = " ".join(f"(local.set ${name} (i32.add (local.get ${name}) (i32.const {stride})))" for name in "pq")
    return LoopCase(_module(body, test, f"{moves} {counting}", random.randrange(4) == 0), _calls(random, step))


def _indexed_copy(random: Random) -> LoopCase:
    """One counter for both addresses, as in a match of an LZ decompressor."""
    unroll = random.choice((1, 4))
    body = " ".join(
        f"(i32.store8 (i32.add (i32.add (local.get $p) (local.get $i)) (i32.const {at}))"
        f" (i32.load8_u (i32.add (i32.add (local.get $q) (local.get $i)) (i32.const {at}))))"
        for at in range(unroll)
    )
    moves = f"(local.set $i (i32.add (local.get $i) (i32.const {unroll})))"
    after = "(local.set $p (i32.add (local.get $p) (local.get $i)))"
    text = _module(body, "(i32.ne (local.get $n) (local.get $i))", moves)
    return LoopCase(
        text.replace(
            "(br_if $again (i32.ne (local.get $n) (local.get $i))))",
            f"(br_if $again (i32.ne (local.get $n) (local.get $i)))) {after}",
        ),
        _calls(random, unroll),
    )


def _search(random: Random) -> LoopCase:
    """Until a byte is found, as `strlen` does."""
    load = random.choice(("i32.load8_u", "i32.load8_u", "i32.load8_s"))
    at = random.choice((0, 0, 5, -3))
    loaded = f"({load} {_get('p', at, random.randrange(2) == 0)})"
    wanted = random.choice(("(i32.const 0)", "(i32.const 7)", "(i32.const 250)", "(local.get $n)"))
    moves = "(local.set $p (i32.add (local.get $p) (i32.const 1)))"
    if random.randrange(2):
        body, tested = f"(local.set $q {loaded})", "(local.get $q)"
    else:
        body, tested, moves = "", loaded, f"{moves} (local.set $i (i32.add (local.get $i) (i32.const 1)))"
    test = tested if wanted == "(i32.const 0)" else f"(i32.ne {tested} {wanted})"
    values = (0, 3, 77, 250, 256, 0xFFFFFFFA, 0xFFFFFF7D)
    calls = [(_address(random), random.randrange(9), random.choice(values)) for _ in range(6)]
    return LoopCase(_module(body, test, moves), calls)


def _vector_search(random: Random) -> LoopCase:
    """Until a byte is found, some vectors at a time."""
    counts = (_count(random, 16), _count(random, 64), _address(random))
    calls = [(_address(random), random.choice((0, 5, 77, 250, 252, 263)), random.choice(counts)) for _ in range(8)]
    return LoopCase(make_search(random), calls)


def _exit(test: str) -> str:
    return f"(br_if $out {test})"


def _compared(random: Random) -> LoopCase:
    """Until two runs differ, or one holds a byte, as `memcmp` and `memchr` do."""
    unroll = random.choice((1, 1, 2, 5))
    pair, signed, wanted = random.randrange(3) > 0, random.choice("ssu"), random.choice((0, 7, 77, 250, -6))
    parts = []
    for at in range(unroll):
        one, other = (f"(i32.load8_{signed} {_get(name, at, random.randrange(3) == 0)})" for name in "pq")
        if pair:
            parts += [f"(local.set $t {one}) (local.set $u {other})", _exit("(i32.ne (local.get $t) (local.get $u))")]
        else:
            parts.append(_exit(f"(i32.eq {one} (i32.const {wanted}))"))
    counting, test, step = _end(random, unroll)
    moves = " ".join(f"(local.set ${name} (i32.add (local.get ${name}) (i32.const {unroll})))" for name in "pq")
    early = random.choice(("(local.get $t)", "(i32.sub (local.get $t) (local.get $u))", "(local.get $p)"))
    text = f"""(module (memory (export "memory") 1)
      (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32 i32 i32)
        (local $i i32) (local $t i32) (local $u i32)
        (block $out (loop $again {" ".join(parts)} {moves} {counting} (br_if $again {test}))
          (return (local.get $p) (local.get $n) (i32.const -1)))
        {early} (local.get $q) (i32.const 1)))"""
    return LoopCase(text, _calls(random, step))


def _sum(random: Random) -> LoopCase:
    load, width = random.choice((("i32.load8_u", 1), ("i32.load16_u", 2), ("i32.load", 4)))
    unroll = random.choice((1, 1, 2, 5))
    total = "(local.get $q)"
    for place in _order(random, unroll):
        total = f"(i32.add ({load} {_get('p', place * width, random.randrange(2) == 0)}) {total})"
    counting, test, step = _end(random, unroll * width)
    moves = f"(local.set $p (i32.add (local.get $p) (i32.const {unroll * width}))) {counting}"
    return LoopCase(_module(f"(local.set $q {total})", test, moves, random.randrange(4) == 0), _calls(random, step))


def _read(random: Random) -> LoopCase:
    """A loop that counts and reads some places in each turn, perhaps besides writing, or until something is so."""
    step, turns = random.choice((1, 2, 4, 8, 16)), random.choice((1, 7, 8, 9, 20, 70))
    size = step * turns
    parts = []
    for _ in range(random.choice((1, 2, 2, 3, 4))):
        load = random.choice(("load8_u", "load8_s", "load16_u", "load16_s", "load", "load"))
        value = (
            f"(i32.{load} {_any_get(random, random.choice('iip'), random.choice((0, 0, 4, 8, 100, 1000, -4, -44)))})"
        )
        summed = f"(local.set $q (i32.add (i32.mul (local.get $q) (i32.const 31)) {value}))"
        parts.append(random.choice((summed, summed, f"(drop {value})", f"(local.set $t {value})")))
    place = random.choice(("(i32.const 0)", "(i32.const 65000)", "(local.get $q)", _get("p", 2000, False)))
    limit = random.choice((PAGE - 4, PAGE - 4, PAGE - 1, size))
    more = (
        f"(i32.store8 {place} (local.get $t))",
        f"(if (i32.gt_u (local.get $i) (i32.const {limit})) (then (br $out)))",
    )
    parts += random.choice(((), (), more[:1], more[1:], ("(local.set $n (i32.div_u (i32.const 9) (local.get $n)))",)))
    random.shuffle(parts)
    first = random.choice((0, 64, -size, 16 - size, PAGE - size, PAGE - size + 1, PAGE - size // 2, PAGE - size // 2))
    start, end = f"(local.set $i (i32.const {first}))", f"(i32.const {first + size})"
    if random.randrange(2):
        start = f"(local.set $i (local.get $p)) (local.set $m (i32.add (local.get $i) (i32.const {size})))"
        end = "(local.get $m)"
    if random.randrange(2):
        start = f"{start} (local.set $p (i32.const {random.choice((0, 100, -144, PAGE - size))}))"
    moves = [f"(local.set ${name} (i32.add (local.get ${name}) (i32.const {step})))" for name in "ip"]
    loop = f"(loop $l {' '.join(parts)} {' '.join(moves)} (br_if $l (i32.ne (local.get $i) {end})))"
    body = f"{start} (block $out {loop} (local.set $n (local.get $i)))"
    return LoopCase(_function(body), _calls(random, step))


def _unrolled(random: Random) -> LoopCase:
    """Loops of some turns at a time, with the turns left over before or after them."""
    by = random.choice((2, 4, 8))
    copies = random.randrange(2)
    order = [0, *range(by - 1, 0, -1)] if random.randrange(3) == 0 else list(range(by))
    value = "(i32.load8_u {})" if copies else "(i32.const 9)"

    def turn(places: list[int], counter: str) -> str:
        stores = " ".join(f"(i32.store8 {_get('p', at, False)} {value.format(_get('q', at, False))})" for at in places)
        moves = " ".join(
            f"(local.set ${name} (i32.add (local.get ${name}) (i32.const {len(places)})))" for name in "pq"
        )
        down = f"(local.set {counter} (i32.sub (local.get {counter}) (i32.const {len(places)})))"
        return f"(loop {stores} {moves} {down} (br_if 0 (local.get {counter})))"

    rest = f"(local.set $r (i32.and (local.get $n) (i32.const {random.choice((by - 1, by - 1, by - 1, 3))})))"
    rounded = f"(i32.and (local.get $n) (i32.const {random.choice((-by, -by, -by, 0x7FFFFFFF & -by))}))"
    enough = f"(i32.{random.choice(('ge_u', 'ge_u', 'ge_u', 'gt_u'))} (local.get $n) (i32.const {by}))"
    if random.randrange(3) == 0:
        enough = f"(i32.le_u (i32.sub (local.get $n) (i32.const {by})) (i32.const -{by}))"
    if random.randrange(2):
        body = f"""(if (local.get $r) (then (local.set $m {rounded}) {turn([0], "$r")})
          (else (local.set $m (local.get $n)))) (if {enough} (then {turn(order, "$m")}))"""
    else:
        after = random.choice((f"(if (local.get $r) (then {turn([0], '$r')}))", turn([0], "$r")))
        first = f"(local.set $m {rounded}) {turn(order, '$m')} (br_if $end (i32.eqz (local.get $r)))"
        body = f"(if {enough} (then {first})) {after}"
    some = random.choice(("(local.get $n)", "(i32.gt_s (local.get $n) (i32.const 0))", "(i32.const 1)"))
    text = f"""(module (memory (export "memory") 1)
      (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32 i32 i32)
        (local $r i32) (local $m i32)
        (block $end (br_if $end (i32.eqz {some})) {rest} {body})
        (local.get $p) (local.get $q) (local.get $n)))"""
    calls = _calls(random, 1)
    return LoopCase(text, [(p, q, random.choice((n, random.randrange(20)))) for p, q, n in calls])


def _several(random: Random) -> LoopCase:
    """Loops one after the other, perhaps in a loop."""
    bodies = []
    for _ in range(random.choice((2, 2, 3))):
        case = random.choice((_fill, _indexed_fill, _copy, _indexed_copy, _search, _sum))(random)
        bodies.append(case.text.splitlines()[_BODY])
        if random.randrange(2):
            bodies.append(f"(local.set $n (i32.const {random.choice((1, 8, 16, 64))}))")
        if random.randrange(3) == 0:
            name, other = random.sample("pqnt", 2)
            bodies.append(f"(local.set ${name} (local.get ${other}))")
    body = " ".join(bodies)
    if random.randrange(2):
        body = f"""(loop $outer {body} (local.set $u (i32.add (local.get $u) (i32.const 1)))
          (br_if $outer (i32.ne (local.get $u) (i32.const 3))))"""
    return LoopCase(_function(body), _calls(random, random.choice((1, 4, 8))))


_KINDS: tuple[Callable[[Random], LoopCase], ...] = (
    _fill,
    _indexed_fill,
    _strided_fill,
    _copy,
    _indexed_copy,
    _search,
    _vector_search,
    _compared,
    _sum,
    _read,
    _read,
    _several,
    _unrolled,
    _unrolled,
)
