"""Random loops over memory: counters and pointers of all kinds of starts, tests and steps; addresses that may wrap."""

from __future__ import annotations

from random import Random

#: How many turns a function's loops may make: some never come to their end.
FUEL = 60
BURN = "(local.set 8 (i32.sub (local.get 8) (i32.const 1)))(if (i32.eqz (local.get 8)) (then (return (local.get 6))))"
_STARTS = (0, 0, 1, 4, 8, 40, 64, -64, -32, -7, 65_500, 65_504, 65_532, 0x7FFFFFF0, -0x7FFFFFF0)
_OFFSETS = (0, 0, 0, 1, 2, 4, 8, 16, -1, -4, -8, -16, 64, 128, 4096, -65_536)
_LOADS = ("load8_u", "load8_s", "load16_u", "load16_s", "load")
_STORES = ("store8", "store16", "store")


class Generator:
    """Makes functions of three i32 parameters, exported as `f`, that hash what they load and their variables.

    Locals 0 to 2 are the parameters, 3 to 5 the counters, 6 the hash, 7 a temporary, 8 the fuel.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.labels = 0

    def wat(self) -> str:
        loops = "".join(self.loop(depth=2) for _ in range(self.random.choice((1, 1, 2))))
        hashing = "".join(self.mix(f"(local.get {index})") for index in range(6))
        return f"""(module (memory (export "memory") 1) (data (i32.const 0) "{"abcdefghij" * 40}")
            (func (export "f") (param i32 i32 i32) (result i32) (local i32 i32 i32 i32 i32 i32)
                (local.set 8 (i32.const {FUEL})) (block $out {loops}) {hashing} (local.get 6)))"""

    def arguments(self) -> tuple[int, int, int]:
        first, second, third = (self.random.choice((*_STARTS, self.random.randrange(300))) for _ in range(3))
        return first, second, third

    def mix(self, value: str) -> str:
        return f"(local.set 6 (i32.add (i32.mul (local.get 6) (i32.const 31)) {value}))"

    def loop(self, depth: int) -> str:
        """A loop with a counter of its own, perhaps one more, and perhaps a loop within."""
        self.labels += 1
        label = f"$l{self.labels}"
        counter = self.random.choice((3, 4, 5))
        start, step = self.random.choice(_STARTS), self.random.choice((1, 1, 2, 3, 4, 8, 12, -1, -4))
        body = [self.statement() for _ in range(self.random.randrange(1, 5))]
        if depth > 1 and self.random.random() < 0.3:
            body.append(self.loop(depth - 1))
        body.insert(self.random.randrange(len(body) + 1), self.step(counter, step))
        if self.random.random() < 0.4:
            other = self.random.choice((3, 4, 5))
            body.insert(self.random.randrange(len(body) + 1), self.step(other, self.random.choice((1, 4, -4, 8))))
        begin = "" if self.random.random() < 0.2 else f"(local.set {counter} {self.start(start)})"
        test = self.test(counter, start, step)
        return f"{begin} (loop {label} {''.join(body)} {BURN} (br_if {label} {test}))"

    def start(self, constant: int) -> str:
        return f"(i32.const {constant})" if self.random.random() < 0.75 else f"(local.get {self.random.randrange(3)})"

    def step(self, variable: int, step: int) -> str:
        if step < 0 and self.random.random() < 0.5:
            return f"(local.set {variable} (i32.sub (local.get {variable}) (i32.const {-step})))"
        added = f"(i32.add (local.get {variable}) (i32.const {step}))"
        if self.random.random() < 0.2:  # by way of a temporary
            return f"(local.set 7 {added}) {self.access()} (local.set {variable} (local.get 7))"
        return f"(local.set {variable} {added})"

    def test(self, counter: int, start: int, step: int) -> str:
        turns = self.random.randrange(1, 12)
        bound = f"(i32.const {(start + turns * step + 2**31) % 2**32 - 2**31})"
        if self.random.random() < 0.25:
            bound = f"(local.get {self.random.randrange(3)})"
        roll = self.random.random()
        if roll < 0.15:
            return f"(local.get {counter})"
        if roll < 0.6:
            return f"(i32.ne (local.get {counter}) {bound})"
        up = ("lt_u", "lt_s", "le_u", "le_s", "ne")
        down = ("gt_u", "gt_s", "ge_u", "ge_s", "ne")
        name = self.random.choice(up if step > 0 else down)
        if self.random.random() < 0.2:
            return f"(i32.eqz (i32.{self.random.choice((*up, *down))} (local.get {counter}) {bound}))"
        return f"(i32.{name} (local.get {counter}) {bound})"

    def statement(self) -> str:
        roll = self.random.random()
        if roll < 0.45:
            return self.access()
        if roll < 0.75:
            value = f"(i32.xor (local.get 6) (local.get {self.random.randrange(8)}))"
            return f"(i32.{self.random.choice(_STORES)} offset={self.offset()} {self.address()} {value})"
        if roll < 0.85:
            return f"(br_if $out (i32.eq {self.load()} (i32.const {self.random.choice((0, 97, 106))})))"
        if roll < 0.95:
            return f"(local.set 7 {self.address()}) {self.access()} {self.access('(local.get 7)')}"
        return self.mix(f"(i32.mul (local.get {self.random.randrange(8)}) (i32.const 7))")

    def access(self, address: str | None = None) -> str:
        return self.mix(self.load(address))

    def load(self, address: str | None = None) -> str:
        load = self.random.choice(_LOADS)
        return f"(i32.{load} offset={self.offset()} {address or self.address()})"

    def offset(self) -> int:
        return self.random.choice((0, 0, 0, 1, 4, 8, 64))

    def address(self) -> str:
        roll = self.random.random()
        moving = f"(local.get {self.random.choice((3, 4, 5))})"
        if roll < 0.15:
            moving = f"(i32.shl {moving} (i32.const {self.random.choice((1, 2, 3))}))"
        if roll > 0.6:
            fixed = f"(local.get {self.random.randrange(3)})"
            terms = (moving, fixed) if self.random.random() < 0.5 else (fixed, moving)
            moving = f"(i32.{self.random.choice(('add', 'add', 'sub'))} {terms[0]} {terms[1]})"
        constant = self.random.choice(_OFFSETS)
        return f"(i32.add {moving} (i32.const {constant}))" if constant else moving
