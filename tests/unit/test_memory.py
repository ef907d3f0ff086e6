"""Memories as generated code sees them: instructions, growth, and the names in namespaces, in every dialect."""

from __future__ import annotations

import contextlib
import gc
import inspect
import sys
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from wasm2py.runtime import memory as memory_module
from wasm2py.runtime import pages as pages_module
from wasm2py.runtime.errors import Trap
from wasm2py.runtime.memory import Memory, parts_named
from wasm2py.runtime.program import Dialect
from wasm2py.runtime.types import LARGEST_MEMORY, PAGE_SIZE, Limits, MemoryType

OUT_OF_BOUNDS = "out of bounds memory access"
FAILED = 0xFFFFFFFF
WIDTHS = {"u8": 1, "i8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "u64": 8, "i64": 8, "f32": 4, "f64": 8}

needs_little_endian = pytest.mark.skipif(sys.byteorder == "big", reason="views have the host's byte order")

cpython_only = pytest.mark.skipif(sys.implementation.name == "pypy", reason="views do not pin a bytearray on PyPy")

#: The dialects of the instances that share a memory, in the order of their attachment.
SHARINGS: list[tuple[Dialect, ...]] = [
    (),
    ("cpython",),
    ("portable",),
    ("cpython", "portable"),
    ("portable", "cpython"),
    ("portable", "cpython", "portable", "cpython"),
]


class World:
    """A memory and the instances that share it, as its memories 0, 1, 2, …"""

    def __init__(self, memory: Memory, dialects: tuple[Dialect, ...]) -> None:
        self.memory = memory
        self.modules = [ModuleType(f"instance{index}") for index in range(len(dialects))]
        self.dialects = dialects
        for index, (module, dialect) in enumerate(zip(self.modules, dialects, strict=True)):
            memory.attach(module, index, dialect)

    def bytes_of(self, index: int) -> Any:
        """The memory's bytes in instance `index`."""
        prefix = f"mem{index or ''}"
        return vars(self.modules[index])[prefix if self.dialects[index] == "portable" else f"{prefix}_u8"]

    def check(self) -> None:
        """Everybody sees the same bytes, and sees what another one writes."""
        content = bytes(self.memory.data)
        for index, dialect in enumerate(self.dialects):
            assert bytes(self.bytes_of(index)) == content
            if dialect == "cpython":
                for width, size in WIDTHS.items():
                    view = vars(self.modules[index])[f"mem{index or ''}_{width}"]
                    assert len(view) == max(len(content) - size + 1, 0)
        if content:
            self._check_writes(len(content) - 1)

    def _check_writes(self, address: int) -> None:
        for writer in range(len(self.dialects)):
            self.bytes_of(writer)[address] = writer + 1
            assert self.memory.read_u8(address) == writer + 1
            assert [self.bytes_of(reader)[address] for reader in range(len(self.dialects))] == [writer + 1] * len(
                self.dialects
            )


@pytest.fixture(params=SHARINGS, ids=lambda sharing: "+".join(sharing) or "none")
def world(request: pytest.FixtureRequest) -> World:
    return World(Memory(1, 40), request.param)


@pytest.fixture(params=SHARINGS[:4], ids=lambda sharing: "+".join(sharing) or "none")
def memory(request: pytest.FixtureRequest) -> Memory:
    """A memory of one page in each kind of storage."""
    memory = Memory(1)
    World(memory, request.param)
    return memory


def kind_of(function: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(Trap) as caught:
        function(*arguments)
    return caught.value.kind


# Names


@needs_little_endian
def test_cpython_names() -> None:
    memory, module = Memory(1), ModuleType("instance")
    given = set(vars(module))
    memory.attach(module, 0, "cpython")
    Memory(2).attach(module, 1, "cpython")
    assert set(vars(module)) - given == {f"{prefix}_{width}" for prefix in ("mem", "mem1") for width in WIDTHS}
    memory.write(8, bytes.fromhex("fffefdfcfbfaf9f8"))
    names = vars(module)
    assert (names["mem_u8"][8], names["mem_i8"][8]) == (255, -1)
    assert (names["mem_u16"][8], names["mem_i16"][8]) == (0xFEFF, 0xFEFF - 2**16)
    assert (names["mem_u32"][8], names["mem_i32"][8]) == (0xFCFDFEFF, 0xFCFDFEFF - 2**32)
    assert (names["mem_u64"][8], names["mem_i64"][8]) == (0xF8F9FAFBFCFDFEFF, 0xF8F9FAFBFCFDFEFF - 2**64)
    assert (names["mem_u16"][9], names["mem_u32"][11], names["mem_u64"][7]) == (0xFDFE, 0xF9FAFBFC, 0xF9FAFBFCFDFEFF00)
    memory.write_f64(8, 1.5)
    memory.write_f32(16, 2.5)
    assert (names["mem_f64"][8], names["mem_f32"][16]) == (1.5, 2.5)
    names["mem_f32"][17] = 1e39
    assert memory.read(17, 4) == bytes.fromhex("0000807f")
    assert len(names["mem1_u8"]) == 2 * PAGE_SIZE


@needs_little_endian
def test_names_of_parts(memory: Memory) -> None:
    module, other = ModuleType("instance"), ModuleType("other")
    for attached in (other, module):
        memory.attach(attached, 1, "cpython")
    parts = parts_named(["mem1_u16_at_8", "mem1_u8_at_65532", "mem1_i32_at_4_by_8", "mem_f64", "me_at_1", "x_at_u8"])
    assert parts == {
        1: {"mem1_u16_at_8": ("u16", 8, 1), "mem1_u8_at_65532": ("u8", 65532, 1), "mem1_i32_at_4_by_8": ("i32", 4, 8)}
    }
    memory.show_parts(module, parts[1])
    assert "mem1_u16_at_8" not in vars(other)
    for grown in (0, 1):
        memory.write_i32(12, -2)
        names = vars(module)
        assert (names["mem1_u16_at_8"][4], names["mem1_i32_at_4_by_8"][1]) == (0xFFFE, -2)
        names["mem1_u8_at_65532"][3] = 7 + grown
        assert memory[65535] == 7 + grown
        assert len(names["mem1_u8_at_65532"]) == 4 + grown * PAGE_SIZE
        assert memory.grow(1 - grown) == 1 + grown


def test_portable_names() -> None:
    memory, module = Memory(1), ModuleType("instance")
    given = set(vars(module))
    memory.attach(module, 0, "portable")
    Memory(2).attach(module, 2, "portable")
    assert set(vars(module)) - given == {"mem", "mem2"}
    names = vars(module)
    assert type(names["mem"]) is bytearray and len(names["mem"]) == PAGE_SIZE
    assert len(names["mem2"]) == 2 * PAGE_SIZE


@pytest.mark.parametrize("dialects", SHARINGS)
def test_attaching_keeps_the_content(dialects: tuple[Dialect, ...]) -> None:
    memory = Memory(1)
    memory.write(7, b"content")
    world = World(memory, dialects)
    world.check()
    assert memory.read(7, 7) == b"content"


@needs_little_endian
def test_accesses_beyond_the_end_raise_index_error() -> None:
    module = ModuleType("instance")
    Memory(1, 100).attach(module, 0, "cpython")
    for width, size in WIDTHS.items():
        view = vars(module)[f"mem_{width}"]
        view[PAGE_SIZE - size] = 1
        for index in (PAGE_SIZE - size + 1, PAGE_SIZE, 2**32, 2**33):
            with pytest.raises(IndexError):
                view[index]
            with pytest.raises(IndexError):
                view[index] = 0


@pytest.mark.parametrize("dialect", ["cpython", "portable"])
def test_an_empty_memory(dialect: Dialect) -> None:
    world = World(Memory(0, 1), (dialect,))
    assert len(world.bytes_of(0)) == 0
    with pytest.raises(IndexError):
        world.bytes_of(0)[0]
    with pytest.raises(IndexError):
        world.bytes_of(0)[0] = 1
    assert world.memory.grow(1) == 0
    world.check()


# Growth


def test_growth_is_seen_by_everybody(world: World) -> None:
    memory = world.memory
    for index in range(len(world.modules)):
        world.bytes_of(index)[index] = 0x10 + index
    kept = memory.read(0, 16)
    for n, previous in [(1, 1), (0, 2), (3, 2), (30, 5), (6, FAILED), (5, 35), (1, FAILED), (0, 40)]:
        assert memory.grow(n) == previous
        world.check()
        assert memory.read(0, 16) == kept
    assert memory.size == 40 * PAGE_SIZE == len(memory)
    assert memory.read(PAGE_SIZE, 100) == bytes(100)
    assert memory.type == MemoryType(Limits(40, 40))


def test_new_pages_are_zero(world: World) -> None:
    memory = world.memory
    for pages in range(1, 12):
        memory.fill((pages - 1) * PAGE_SIZE, 0xAA, PAGE_SIZE)
        assert memory.grow(1) == pages
        assert memory.read(pages * PAGE_SIZE, PAGE_SIZE) == bytes(PAGE_SIZE)
    assert memory.read(0, 11 * PAGE_SIZE) == b"\xaa" * (11 * PAGE_SIZE)


def test_growth_with_somebody_holding_a_view(world: World) -> None:
    with world.memory.data as view:
        assert world.memory.grow(1) == 1
        world.check()
        assert len(view) >= PAGE_SIZE
    assert world.memory.grow(20) == 2
    world.check()


def test_failure_to_grow() -> None:
    memory = Memory(1)
    for n in (LARGEST_MEMORY // PAGE_SIZE, 0xFFFFFFFF, 0x80000000, 1 << 64):
        assert memory.grow(n) == FAILED
    assert Memory(2, 3).grow(2) == FAILED
    assert memory.pages == 1
    with pytest.raises(ValueError, match="cannot shrink"):
        memory.grow(-1)


@pytest.mark.parametrize("dialects", SHARINGS)
def test_no_memory_to_grow(monkeypatch: pytest.MonkeyPatch, dialects: tuple[Dialect, ...]) -> None:
    world = World(Memory(1), dialects)
    held = world.memory.data

    def refuse(*_: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(memory_module, "moved", refuse)
    monkeypatch.setattr(memory_module, "allocate", refuse)
    monkeypatch.setattr(memory_module, "bytes", refuse, raising=False)
    assert world.memory.grow(5) in (FAILED, 1)
    monkeypatch.undo()
    world.check()
    held.release()


def test_storage_falls_back_to_the_exact_size(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[int] = []

    def scarce(size: int) -> bytearray:
        wanted.append(size)
        if size > 40 * PAGE_SIZE:
            raise MemoryError
        return bytearray(size)

    monkeypatch.setattr(pages_module, "_map", scarce)
    monkeypatch.setattr(pages_module, "LARGE", 1 << 20)
    assert len(pages_module.allocate(30 * PAGE_SIZE, 60 * PAGE_SIZE)) == 30 * PAGE_SIZE
    assert wanted == [60 * PAGE_SIZE, 30 * PAGE_SIZE]
    with pytest.raises(MemoryError):
        pages_module.allocate(50 * PAGE_SIZE, 60 * PAGE_SIZE)


def test_growth_on_a_full_call_stack(world: World) -> None:
    """However many frames are left, the names and the bytes agree afterwards."""
    held = world.memory.data
    for pages in range(1, 31):
        deeply(pages, world.memory.grow, 1)
        world.check()
        if pages == 15:
            held.release()
    assert world.memory.pages > 10


def deeply(margin: int, function: Callable[..., Any], *arguments: Any) -> None:
    """Call a function with about `margin` frames left before the recursion limit."""

    def descend(frames: int) -> None:
        if frames:
            descend(frames - 1)
        else:
            function(*arguments)

    used = len(inspect.stack(0))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(used + 200)
    try:
        with contextlib.suppress(RecursionError):
            descend(200 - margin)
    finally:
        sys.setrecursionlimit(limit)


def test_growth_that_is_interrupted(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    def interrupt(*_: object) -> Any:
        raise KeyboardInterrupt

    for name in ("moved", "allocate", "bytes"):
        with monkeypatch.context() as patch:
            patch.setattr(memory_module, name, interrupt, raising=False)
            for n in (1, 3):
                with contextlib.suppress(KeyboardInterrupt):
                    world.memory.grow(n)
        world.check()


@needs_little_endian
@cpython_only
def test_bytes_are_a_bytearray() -> None:
    world = World(Memory(17), ("cpython", "cpython"))
    for _ in range(50):
        assert type(world.bytes_of(0)) is bytearray and len(world.bytes_of(0)) == world.memory.size
        assert world.bytes_of(1) is world.bytes_of(0)
        world.memory.grow(1)


@needs_little_endian
@cpython_only
def test_a_view_held_by_others_keeps_the_old_bytes() -> None:
    world = World(Memory(1), ("cpython",))
    view = world.memory.data
    view[5] = 7
    assert world.memory.grow(1) == 1
    world.memory.write_u8(5, 8)
    assert view[5] == 7 and len(view) == PAGE_SIZE
    world.check()


@needs_little_endian
@cpython_only
def test_large_memories_are_mapped() -> None:
    world = World(Memory(1), ("cpython",))
    assert world.memory.grow(600) == 1
    assert isinstance(world.bytes_of(0), memoryview)
    world.check()
    assert isinstance(World(Memory(600), ("cpython",)).bytes_of(0), memoryview)


@needs_little_endian
@cpython_only
@pytest.mark.parametrize("pages", [0, 1])
def test_slices_beyond_the_end_change_nothing(pages: int) -> None:
    world = World(Memory(pages), ("cpython",))
    with pytest.raises(BufferError):
        world.bytes_of(0)[world.memory.size : world.memory.size + 4] = b"1234"
    if pages:
        with pytest.raises(BufferError):
            world.bytes_of(0)[PAGE_SIZE - 2 : PAGE_SIZE + 2] = b"1234"
        assert world.memory.read(PAGE_SIZE - 2, 2) == b"\0\0"
    assert world.memory.pages == pages
    world.check()


def test_attaching_does_not_keep_an_instance_alive() -> None:
    memory = Memory(1)
    stays, goes = ModuleType("stays"), ModuleType("goes")
    memory.attach(goes, 0, "portable")
    memory.attach(stays, 0, "portable")
    gone = weakref.ref(goes)
    del goes
    gc.collect()
    assert gone() is None
    assert memory.grow(1) == 1
    assert len(vars(stays)["mem"]) == 2 * PAGE_SIZE


@pytest.mark.parametrize("dialects", [(), ("portable",), ("cpython",)])
def test_a_huge_memory_touches_no_page_before_it_is_used(dialects: tuple[Dialect, ...]) -> None:
    try:
        memory = Memory(LARGEST_MEMORY // PAGE_SIZE)
    except MemoryError as error:
        pytest.skip(f"the host does not give 4 GiB of address space: {error}")
    world = World(memory, dialects)
    assert memory.size == 2**32 - PAGE_SIZE
    memory.write(memory.size - 4, b"last")
    memory.write(0, b"first")
    for index in range(len(dialects)):
        assert world.bytes_of(index)[memory.size - 1] == ord("t")
        assert bytes(world.bytes_of(index)[:5]) == b"first"
    assert memory.grow(1) == FAILED


def test_growth_to_a_huge_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "_HUGE", 20 * PAGE_SIZE)
    world = World(Memory(1, 50), ("portable",))
    for _ in range(49):
        world.memory.write_u8(world.memory.size - 2, 9)
        assert world.memory.grow(1) < 50
        world.check()
    assert isinstance(world.bytes_of(0), memoryview)
    assert all(world.memory[page * PAGE_SIZE - 2] == 9 for page in range(1, 50))


@pytest.mark.parametrize(("minimum", "maximum"), [(-1, None), (3, 2), (65537, None), (0, 65537)])
def test_impossible_limits(minimum: int, maximum: int | None) -> None:
    with pytest.raises(ValueError, match="memory limits out of range"):
        Memory(minimum, maximum)


def test_limits_of_64_bit_memories() -> None:
    assert Memory(0, 1 << 48, index="i64").type == MemoryType(Limits(0, 1 << 48), "i64")
    with pytest.raises(ValueError, match="memory limits out of range"):
        Memory(0, (1 << 48) + 1, index="i64")
    with pytest.raises(MemoryError, match="a memory of 65536 pages: at most 65535 can be had"):
        Memory(65536, index="i64")
    with pytest.raises(ValueError, match="expected an index type, i32 or i64, got f32"):
        Memory(0, index="f32")  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", [MemoryType(Limits(2, 5)), MemoryType(Limits(2), "i64")])
def test_from_type(type_: MemoryType) -> None:
    assert Memory.from_type(type_).type == type_


# Instructions


def test_fill(memory: Memory) -> None:
    memory.fill(2, 0x1FF, 3)
    assert memory.read(0, 8) == b"\0\0\xff\xff\xff\0\0\0"
    memory.fill(3, 0x100, 1)
    assert memory.read(0, 8) == b"\0\0\xff\0\xff\0\0\0"
    memory.fill(PAGE_SIZE, 1, 0)
    memory.fill(0, 7, PAGE_SIZE)
    assert memory.read(0, PAGE_SIZE) == b"\x07" * PAGE_SIZE
    for d, n in [(PAGE_SIZE, 1), (PAGE_SIZE + 1, 0), (0, PAGE_SIZE + 1), (FAILED, FAILED), (PAGE_SIZE - 1, 2)]:
        assert kind_of(memory.fill, d, 1, n) == OUT_OF_BOUNDS
    assert memory.read(0, PAGE_SIZE) == b"\x07" * PAGE_SIZE


def test_copy_within(memory: Memory) -> None:
    memory.write(0, b"abcdef")
    memory.copy(2, 0, 4)
    assert memory.read(0, 8) == b"ababcd\0\0"
    memory.copy(0, 1, 5)
    assert memory.read(0, 8) == b"babcdd\0\0"
    memory.copy(PAGE_SIZE - 3, 0, 3)
    assert memory.read(PAGE_SIZE - 3, 3) == b"bab"
    memory.copy(PAGE_SIZE, PAGE_SIZE, 0)
    before = memory.read(0, PAGE_SIZE)
    for d, s, n in [
        (0, PAGE_SIZE - 1, 2),
        (PAGE_SIZE - 1, 0, 2),
        (PAGE_SIZE + 1, 0, 0),
        (0, FAILED, 1),
        (0, 0, FAILED),
    ]:
        assert kind_of(memory.copy, d, s, n) == OUT_OF_BOUNDS
    assert memory.read(0, PAGE_SIZE) == before


def test_copy_from_another(memory: Memory) -> None:
    other = Memory(2)
    other.write(PAGE_SIZE, b"other")
    memory.copy_from(other, 3, PAGE_SIZE, 5)
    assert memory.read(0, 10) == b"\0\0\0other\0\0"
    memory.copy_from(memory, 4, 3, 4)
    assert memory.read(0, 10) == b"\0\0\0oothe\0\0"
    for d, s, n in [(PAGE_SIZE - 1, 0, 2), (0, 2 * PAGE_SIZE, 1), (PAGE_SIZE + 1, 0, 0), (0, 2 * PAGE_SIZE + 1, 0)]:
        assert kind_of(memory.copy_from, other, d, s, n) == OUT_OF_BOUNDS
    assert memory.read(0, 10) == b"\0\0\0oothe\0\0"


def test_init(memory: Memory) -> None:
    memory.init(b"segment", PAGE_SIZE - 3, 2, 3)
    assert memory.read(PAGE_SIZE - 4, 4) == b"\0gme"
    memory.init(b"", PAGE_SIZE, 0, 0)
    for segment, d, s, n in [(b"abc", PAGE_SIZE - 1, 0, 2), (b"abc", 0, 2, 2), (b"", 0, 0, 1), (b"", 0, 1, 0)]:
        assert kind_of(memory.init, segment, d, s, n) == OUT_OF_BOUNDS
    assert kind_of(memory.init, b"", PAGE_SIZE + 1, 0, 0) == OUT_OF_BOUNDS
    assert memory.read(0, 4) == bytes(4) and memory.read(PAGE_SIZE - 4, 4) == b"\0gme"
