"""Makes searches of memory by vectors, in the shapes that compilers give them and in others: for `loops`."""

from __future__ import annotations

from random import Random

#: Bytes that the memory has often, seldom and nowhere.
_BYTES = (0, 5, 35, 7, 77, 128, 200, 250, 252, 255)
_RELATIONS = ("eq", "eq", "eq", "eq", "ne", "lt_u", "lt_s", "gt_u", "le_s", "ge_u", "gt_s")


def make_search(random: Random) -> str:
    """A module whose function `f` takes and returns three i32: where it begins, a byte, and how far it goes."""
    loads = random.choice((1, 1, 1, 1, 2, 4))
    step = loads * 16 if random.randrange(12) else random.choice((8, 16, 32))
    setup, condition, mask = _condition(random, loads)
    before = random.randrange(4) == 0
    steps = f"(local.set $p (i32.add (local.get $p) (i32.const {step})))"
    moves = [] if before else [steps]
    if random.randrange(3) == 0:
        moves.append(f"(local.set $m (i32.add (local.get $m) (i32.const {random.choice((1, 3, -1, step))})))")
    limit = _limit(random, step) if random.randrange(2) else ""
    found = random.choice((f"(br_if $found {condition})", f"(if {condition} (then (br $found)))"))
    if condition.startswith("(local.tee $t") and random.randrange(4) == 0:
        seen = random.choice(("(i32.popcnt (local.get $t))", "(local.get $t)", "(i32.ctz (local.get $t))"))
        found = f"(local.set $t {condition}) (local.set $r {seen}) (br_if $found (local.get $t))"
    body = [steps] if before else []
    if limit and random.randrange(2):
        body += [limit, found, *moves]
    else:
        body += [found, *moves, limit] if limit else [found, *moves]
    if random.randrange(10) == 0:
        body.insert(
            random.randrange(len(body)),
            random.choice(("(local.set $r (local.get $p))", "(global.set 0 (local.get $p))")),
        )
    loop = f"(loop $again {' '.join(body)} (br $again))"
    if body[-1] is found and random.randrange(2):
        loop = f"(loop $again {' '.join(body[:-1])} (br_if $again (i32.eqz {condition})))"
    lowest = f"(i32.ctz {mask})"
    result = random.choice((
        f"(i32.add (local.get $p) {lowest})",
        f"(i32.sub (i32.add (local.get $p) {lowest}) (local.get $u))",
        "(i32.add (local.get $p) (i32.ctz (local.get $t)))",
        "(i32.ctz (local.get $t))",
        f"(i32.sub (local.get $t) (i32.ctz {mask}))",
        mask,
        "(local.get $p)",
    ))  # fmt: skip
    return f"""(module (memory (export "memory") 1) (global (mut i32) (i32.const 0))
      (func (export "f") (param $p i32) (param $q i32) (param $n i32) (result i32 i32 i32)
        (local $t i32) (local $u i32) (local $r i32) (local $m i32) (local $v v128) (local $w v128)
        (local.set $u (local.get $p)) {setup}
        (block $end (block $found {loop})
          (return {result} (local.get $m) (i32.add (local.get $r) (i32.const 1))))
        (local.get $p) (local.get $n) (local.get $m)))"""


def _condition(random: Random, loads: int) -> tuple[str, str, str]:
    """What is set before the loop, a test that ends it, and a mask of what it has found, or some other."""
    splat = random.randrange(2) == 0
    setup = "(local.set $w (i8x16.splat (local.get $q)))" if splat else ""
    offset = random.choice((0, 0, 0, 5))
    vectors = []
    for place in random.sample(range(loads), loads):
        at, more = (offset + 16 * place, 0) if random.randrange(2) else (offset, 16 * place)
        address = f"(i32.add (local.get $p) (i32.const {more}))" if more else "(local.get $p)"
        vectors.append(f"(v128.load offset={at} {address})")
    if random.randrange(4) == 0:
        return setup, *_of_least(random, vectors)
    wanted = [_wanted(random, splat) for _ in range(random.choice((1, 1, 1, 2)))]
    if len(wanted) == 2 and loads == 1:
        first, *others = [_compared(text, "(local.get $v)") for text in wanted]
        first = first.replace("(local.get $v)", f"(local.tee $v {vectors[0]})", 1)
        made = f"(v128.{random.choice(('or', 'or', 'or', 'and'))} {first} {others[0]})"
    else:
        masks = [_compared(wanted[0], vector) for vector in vectors]
        made = masks[0]
        for other in masks[1:]:
            made = f"(v128.or {made} {other})"
    if random.randrange(6) == 0:
        made = f"(v128.not {made})"
    return setup, *_tested(random, made)


def _wanted(random: Random, splat: bool) -> tuple[str, str]:
    """A comparison, and with what."""
    byte = random.choice(_BYTES)
    other = f"(v128.const i8x16 {' '.join([str(byte)] * 16)})"
    if splat and random.randrange(2):
        other = "(local.get $w)"
    elif random.randrange(5) == 0:
        other = random.choice(("(i8x16.splat (local.get $q))", f"(i8x16.splat (i32.const {byte}))"))
    elif random.randrange(12) == 0:
        other = f"(v128.const i8x16 {' '.join([str(byte)] * 15)} 1)"
    return random.choice(_RELATIONS), other


def _compared(wanted: tuple[str, str], vector: str) -> str:
    return f"(i8x16.{wanted[0]} {vector} {wanted[1]})"


def _of_least(random: Random, vectors: list[str]) -> tuple[str, str]:
    """What was loaded itself, by the least byte of each place."""
    made = vectors[0]
    for other in vectors[1:]:
        made = f"(i8x16.min_u {made} {other})"
    if random.randrange(2):
        return _tested(random, f"(i8x16.eq {made} (v128.const i64x2 0 0))")
    condition = random.choice((
        f"(i32.eqz (i8x16.all_true (local.tee $v {made})))",
        f"(v128.any_true (local.tee $v {made}))",
        f"(local.tee $t (i8x16.bitmask (local.tee $v {made})))",
        f"(i32.ne (i8x16.bitmask (local.tee $v {made})) (i32.const 65535))",
    ))  # fmt: skip
    return condition, random.choice((
        "(i8x16.bitmask (i8x16.eq (local.get $v) (v128.const i64x2 0 0)))", "(i8x16.bitmask (local.get $v))",
    ))  # fmt: skip


def _tested(random: Random, made: str) -> tuple[str, str]:
    if random.randrange(2):
        condition = f"(local.tee $t (i8x16.bitmask {made}))"
        if random.randrange(4) == 0:
            condition = f"(i32.ne {condition} (i32.const {random.choice((0, 65535, 1))}))"
        return condition, random.choice(("(local.get $t)", "(local.get $t)", "(i32.xor (local.get $t) (i32.const -1))"))
    kept = f"(local.tee $v {made})"
    condition = random.choice((
        f"(v128.any_true {kept})",
        f"(v128.any_true {kept})",
        f"(i8x16.bitmask {kept})",
        f"(i32.eqz (i8x16.all_true {kept}))",
        f"(i8x16.all_true {kept})",
        f"(i32.eqz (v128.any_true {kept}))",
    ))  # fmt: skip
    return condition, "(i8x16.bitmask (local.get $v))"


def _limit(random: Random, step: int) -> str:
    """Leaves the loop as soon as it has come far enough, by a counter or by the address."""
    by = random.choice((step, step, step, 1))
    down = f"(local.tee $n (i32.sub (local.get $n) (i32.const {by})))"
    up = f"(local.tee $m (i32.add (local.get $m) (i32.const {by})))"
    sign, less = random.choice("us"), random.choice(("lt", "le"))
    end = random.choice((
        f"(i32.eqz {down})",
        f"(i32.{less}_{sign} {down} (i32.const {by}))",
        f"(i32.lt_u (local.get $n) {down})",
        f"(i32.ge_{sign} {up} (local.get $n))",
        f"(i32.gt_{sign} {up} (local.get $n))",
        f"(i32.gt_{sign} (local.get $p) (local.get $n))",
        f"(i32.gt_u (i32.add (local.get $p) (i32.const {step})) (i32.add (local.get $u) (local.get $n)))",
        f"(i32.eq {up} (local.get $n))",
    ))  # fmt: skip
    return f"(br_if $end {end})"
