"""Loops over memory do in one piece what they do turn by turn, up to and including traps."""

from __future__ import annotations

from random import Random

import pytest
from property.counts import EXAMPLES
from property.loops import PAGE, LoopCase, make_loop
from unit.translation import DIALECTS, instance_of, outcome, python
from wasm2py.runtime.instance import Instance

try:
    import wasmtime
except ImportError:
    wasmtime = None

SHARDS = 4
#: A pattern that comes again after 64 bytes, with a few bytes that do not.
CONTENT = bytes(i * 7 % 251 if i % 50 == 3 else i % 64 * 5 % 251 for i in range(PAGE))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_loop_in_one_piece_does_what_its_turns_do(shard: int) -> None:
    random = Random(shard)
    for _ in range(EXAMPLES // SHARDS):
        case = make_loop(random)
        expected = _outcomes(case, instance_of(case.text, disabled=("bulk", "streams")))
        for dialect in DIALECTS:
            assert _outcomes(case, instance_of(case.text, dialect)) == expected, (case, python(case.text, 0, dialect))
        if wasmtime is not None:
            assert _in_wasmtime(case) == expected, case


def _outcomes(case: LoopCase, instance: Instance) -> list[tuple[object, bytes]]:
    """What each call gives and leaves in memory, which is the same before each."""
    result = []
    for arguments in case.calls:
        instance.memories[0].data[:] = CONTENT
        result.append((outcome(instance, "f", *arguments), bytes(instance.memories[0].data)))
    return result


def _in_wasmtime(case: LoopCase) -> list[tuple[object, bytes]]:
    store = wasmtime.Store()
    exports = wasmtime.Instance(store, wasmtime.Module(store.engine, case.text), []).exports(store)
    memory, result = exports["memory"], []
    for arguments in case.calls:
        memory.write(store, CONTENT, 0)
        try:
            values = exports["f"](store, *((x ^ 1 << 31) - (1 << 31) for x in arguments))
            seen: object = tuple(value & 0xFFFFFFFF for value in values)
        except wasmtime.Trap as trap:
            divides = trap.trap_code == wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO
            seen = "integer divide by zero" if divides else "out of bounds memory access"
        result.append((seen, bytes(memory.read(store, 0, PAGE))))
    return result
