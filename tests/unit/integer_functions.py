"""Random functions of integers in which bounds matter: constants at the ends of types, comparisons, counting loops."""

from __future__ import annotations

from random import Random

_LOCALS = 5
FUEL = 100


class Generator:
    """Makes functions of three parameters of one integer type, exported as `f`, that hash all their locals."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.bits = random.choice((32, 32, 64))
        self.type = f"i{self.bits}"
        half = 1 << (self.bits - 1)
        self.ends = [0, 1, 2, 3, 4, 8, 16, 100, 255, 256, 0xFFFF, half - 1, half, 2 * half - 1, 2 * half - 4, half >> 1]

    def wat(self) -> str:
        type_ = self.type
        body = self.body(3) + self.body(3)
        hashing = "".join(
            f"(local.set $h ({type_}.add ({type_}.mul (local.get $h) ({type_}.const 31)) (local.get {i})))"
            for i in range(_LOCALS)
        )
        return f"""(module (memory 1) (data (i32.const 0) "{"abcdefghij" * 90}")
            (func (export "f") (param {type_} {type_} {type_}) (result {type_})
                (local {type_} {type_}) (local $h {type_}) (local $fuel i32)
                (local.set $fuel (i32.const {FUEL}))
                (block $out {body})
                {hashing} (local.get $h)))"""

    def arguments(self) -> tuple[int, int, int]:
        a, b, c = (self.random.choice((*self.ends, self.random.randrange(300))) for _ in range(3))
        return a, b, c

    def constant(self) -> str:
        value = self.random.choice(self.ends) if self.random.random() < 0.7 else self.random.randrange(300)
        return f"({self.type}.const {value})"

    def variable(self) -> int:
        return self.random.randrange(_LOCALS)

    def leaf(self) -> str:
        return f"(local.get {self.variable()})" if self.random.random() < 0.65 else self.constant()

    def expression(self, depth: int = 2) -> str:
        roll = self.random.random()
        type_ = self.type
        if not depth or roll < 0.25:
            return self.leaf()
        one = self.expression(depth - 1)
        other = self.expression(depth - 1) if self.random.random() < 0.5 else self.constant()
        if roll < 0.75:
            names = (
                "add",
                "add",
                "add",
                "sub",
                "sub",
                "mul",
                "and",
                "and",
                "or",
                "xor",
                "shl",
                "shr_u",
                "shr_s",
                "rotl",
            )
            return f"({type_}.{self.random.choice(names)} {one} {other})"
        if roll < 0.8:
            return f"({type_}.{self.random.choice(('div_u', 'rem_u'))} {one} ({type_}.or {other} ({type_}.const 1)))"
        if roll < 0.9:
            return f"(select {one} {other} {self.condition(depth - 1)})"
        if roll < 0.95:
            return f"({type_}.{self.random.choice(('clz', 'ctz', 'popcnt'))} {one})"
        if self.bits == 32:
            return f"(i32.load8_u (i32.and {one} (i32.const 1023)))"
        return f"(i64.extend_i32_{self.random.choice('su')} (i32.wrap_i64 {one}))"

    def condition(self, depth: int = 1) -> str:
        roll = self.random.random()
        if roll < 0.1:
            return f"({self.type}.eqz {self.leaf()})"
        if depth and roll < 0.2:
            return f"(i32.{self.random.choice(('and', 'or'))} {self.condition(0)} {self.condition(0)})"
        if depth and roll < 0.25:
            return f"(i32.eqz {self.condition(depth - 1)})"
        return f"({self.type}.{self.random.choice(_RELATIONS)} {self.leaf()} {self.expression(1)})"

    def body(self, depth: int) -> str:
        return " ".join(self.statement(depth) for _ in range(self.random.randrange(1, 5)))

    def statement(self, depth: int) -> str:
        roll = self.random.random()
        if not depth or roll < 0.45:
            return f"(local.set {self.variable()} {self.expression()})"
        if roll < 0.6:
            return f"(if {self.condition()} (then {self.body(depth - 1)}) (else {self.body(depth - 1)}))"
        if roll < 0.7:
            return f"(if {self.condition()} (then {self.body(depth - 1)}))"
        if roll < 0.9:
            return self.counting(depth)
        return f"(loop $again{depth} {self.body(depth - 1)} {_SPEND} (br_if $again{depth} {self.condition()}))"

    def counting(self, depth: int) -> str:
        type_, index, end = self.type, self.variable(), self.leaf()
        start = f"(local.set {index} {self.expression(1)})" if self.random.random() < 0.8 else ""
        step = self.random.choice((1, 1, 1, 2, 3, 4, -1))
        next_ = f"(local.set {index} ({type_}.add (local.get {index}) ({type_}.const {step})))"
        name = self.random.choice(("ne", "ne", "ne", "lt_u", "lt_s", "le_s", "gt_s", "le_u"))
        on = f"({type_}.{name} (local.get {index}) {end})"
        again = f"$again{depth}"
        if self.random.random() < 0.6:
            return f"{start} (loop {again} {self.body(depth - 1)} {_SPEND} {next_} (br_if {again} {on}))"
        head = f"(br_if $done{depth} (i32.eqz {on}))"
        return (
            f"{start} (block $done{depth} (loop {again} {head} {self.body(depth - 1)} {next_} {_SPEND} (br {again})))"
        )


_RELATIONS = ("eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u")
_SPEND = "(if (i32.eqz (local.tee $fuel (i32.sub (local.get $fuel) (i32.const 1)))) (then (br $out)))"
