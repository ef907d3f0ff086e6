"""Behaviour at the edges: the stack, memories, tables."""

from __future__ import annotations

import sys

import pytest
from property import subject
from property.encoder import ModuleBuilder, code
from wasm2py.runtime.errors import StackExhausted, Trap
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.program import Dialect

EXHAUSTED = "call stack exhausted"
PAGE = 65536
dialects = pytest.mark.parametrize("dialect", subject.DIALECTS)


def recursive_module() -> bytes:
    """`depth(n)` calls itself n times, `forever` always, `indirect` and `mutual` forever by other ways."""
    builder = ModuleBuilder()
    builder.table("funcref", 1)
    depth = builder.declare(builder.type_index(["i32"], ["i32"]))
    body = code(("local.get", 0), ("if", "i32"), ("local.get", 0), ("i32.const", 1), "i32.sub", ("call", depth))
    builder.define(depth, body + code(("i32.const", 1), "i32.add", "else", ("i32.const", 0), "end"))
    builder.export("depth", "func", depth)
    thunk = builder.type_index([], [])
    forever = builder.declare(thunk)
    builder.define(forever, code(("call", forever)))
    builder.export("forever", "func", forever)
    indirect = builder.declare(thunk)
    builder.define(indirect, code(("i32.const", 0), ("call_indirect", (thunk, 0))))
    builder.export("indirect", "func", indirect)
    builder.active_elem(0, [indirect])
    ping, pong = builder.declare(thunk), builder.declare(thunk)
    builder.define(ping, code(("call", pong)))
    builder.define(pong, code(("call", ping)))
    builder.export("mutual", "func", ping)
    return builder.build()


@dialects
def test_ten_thousand_frames_fit(dialect: Dialect) -> None:
    instance = subject.load(recursive_module(), dialect)
    assert subject.call(instance.exports["depth"], (10_000,)) == (10_000,)


@dialects
@pytest.mark.parametrize("export", ["forever", "indirect", "mutual"])
def test_endless_recursion_traps(dialect: Dialect, export: str) -> None:
    instance = subject.load(recursive_module(), dialect)
    before = sys.getrecursionlimit()
    for _ in range(3):
        with pytest.raises(StackExhausted, match=EXHAUSTED):
            instance.exports[export]()
    assert sys.getrecursionlimit() == before
    assert subject.call(instance.exports["depth"], (100,)) == (100,)


@dialects
def test_endless_recursion_traps_deep_in_the_host(dialect: Dialect) -> None:
    instance = subject.load(recursive_module(), dialect)

    def deeper(levels: int) -> None:
        if levels:
            deeper(levels - 1)
        else:
            with pytest.raises(StackExhausted):
                instance.exports["forever"]()

    deeper(200)


def memory_module(minimum: int, maximum: int | None) -> bytes:
    builder = ModuleBuilder()
    builder.memory(minimum, maximum)
    builder.export("memory", "memory", 0)
    builder.function([], ["i32"], code(("memory.size", 0)), export="size")
    builder.function(["i32"], ["i32"], code(("local.get", 0), ("memory.grow", 0)), export="grow")
    for width, load, store in (
        (1, "i32.load8_u", "i32.store8"),
        (2, "i32.load16_u", "i32.store16"),
        (4, "i32.load", "i32.store"),
    ):
        builder.function(["i32"], ["i32"], code(("local.get", 0), (load, (0, 0, 0))), export=f"load{width}")
        builder.function(
            ["i32", "i32"], [], code(("local.get", 0), ("local.get", 1), (store, (0, 0, 0))), export=f"store{width}"
        )
    builder.function(["i32"], ["i32"], code(("local.get", 0), ("i32.load8_u", (0, 0xFFFFFFFF, 0))), export="far")
    three = code(("local.get", 0), ("local.get", 1), ("local.get", 2))
    builder.function(["i32"] * 3, [], three + code(("memory.fill", 0)), export="fill")
    builder.function(["i32"] * 3, [], three + code(("memory.copy", (0, 0))), export="copy")
    return builder.build()


def outcome(instance: Instance, export: str, *arguments: int) -> object:
    return subject.call(instance.exports[export], arguments)


OUT_OF_BOUNDS = "out of bounds memory access"


@dialects
def test_memory_of_no_pages(dialect: Dialect) -> None:
    instance = subject.load(memory_module(0, 1), dialect)
    assert outcome(instance, "size") == (0,)
    for export in ("load1", "load2", "load4", "far"):
        assert outcome(instance, export, 0) == OUT_OF_BOUNDS
        assert outcome(instance, export, 0xFFFFFFFF) == OUT_OF_BOUNDS
    assert outcome(instance, "store4", 0, 1) == OUT_OF_BOUNDS
    assert outcome(instance, "fill", 0, 1, 0) == ()
    assert outcome(instance, "fill", 1, 1, 0) == OUT_OF_BOUNDS
    assert outcome(instance, "grow", 0) == (0,)
    assert outcome(instance, "grow", 2) == (0xFFFFFFFF,)
    assert outcome(instance, "grow", 1) == (0,)
    assert outcome(instance, "load4", PAGE - 4) == (0,)
    assert outcome(instance, "grow", 1) == (0xFFFFFFFF,)


@dialects
@pytest.mark.parametrize("width", [1, 2, 4])
def test_the_last_bytes_of_a_memory(dialect: Dialect, width: int) -> None:
    instance = subject.load(memory_module(1, 2), dialect)
    for _ in range(2):
        size = outcome(instance, "size")[0] * PAGE
        for overlap in range(1, width):
            assert outcome(instance, f"load{width}", size - width + overlap) == OUT_OF_BOUNDS
            assert outcome(instance, f"store{width}", size - width + overlap, 0xFFFFFFFF) == OUT_OF_BOUNDS
        assert bytes(instance.memories[0].data[size - 8 :]) == bytes(8)
        assert outcome(instance, f"store{width}", size - width, 0xFFFFFFFF) == ()
        assert outcome(instance, f"load{width}", size - width) == (256**width - 1,)
        assert outcome(instance, f"load{width}", size) == OUT_OF_BOUNDS
        assert outcome(instance, f"load{width}", 0xFFFFFFFF) == OUT_OF_BOUNDS
        assert outcome(instance, f"store{width}", 0x80000000, 1) == OUT_OF_BOUNDS
        assert outcome(instance, "grow", 1) in ((1,), (0xFFFFFFFF,))


@dialects
def test_growing_to_the_limit_page_by_page(dialect: Dialect) -> None:
    instance = subject.load(memory_module(1, 200), dialect)
    for pages in range(1, 200):
        assert outcome(instance, "store4", pages * PAGE - 4, pages) == ()
        assert outcome(instance, "load4", pages * PAGE) == OUT_OF_BOUNDS
        assert outcome(instance, "grow", 1) == (pages,)
    assert outcome(instance, "grow", 1) == (0xFFFFFFFF,)
    assert [outcome(instance, "load4", pages * PAGE - 4) for pages in (1, 100, 199)] == [(1,), (100,), (199,)]


@dialects
@pytest.mark.parametrize("delta", [65535, 65536, 65537, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_growing_beyond_what_an_i32_addresses(dialect: Dialect, delta: int) -> None:
    instance = subject.load(memory_module(2, None), dialect)
    assert outcome(instance, "grow", delta) == (0xFFFFFFFF,)
    assert outcome(instance, "size") == (2,)


@dialects
def test_copy_between_overlapping_ranges(dialect: Dialect) -> None:
    instance = subject.load(memory_module(1, 1), dialect)
    data = instance.memories[0].data
    data[0:8] = bytes(range(8))
    assert outcome(instance, "copy", 2, 0, 6) == ()
    assert bytes(data[0:8]) == bytes([0, 1, 0, 1, 2, 3, 4, 5])
    assert outcome(instance, "copy", 0, 2, 6) == ()
    assert bytes(data[0:8]) == bytes([0, 1, 2, 3, 4, 5, 4, 5])
    for arguments in ((PAGE - 3, 0, 4), (0, PAGE - 3, 4), (0xFFFFFFFF, 0, 2), (0, 0, 0xFFFFFFFF)):
        assert outcome(instance, "copy", *arguments) == OUT_OF_BOUNDS
    assert bytes(data[PAGE - 4 :]) == bytes(4)


@dialects
def test_a_trap_leaves_the_instance_usable(dialect: Dialect) -> None:
    instance = subject.load(memory_module(1, 2), dialect)
    for _ in range(3):
        with pytest.raises(Trap) as caught:
            instance.exports["load4"](-1)
        assert caught.value.kind == OUT_OF_BOUNDS and len(caught.value.frames) == 1
    assert outcome(instance, "load4", 0) == (0,)
