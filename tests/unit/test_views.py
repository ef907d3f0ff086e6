"""Views that are indexed by address, and the objects that stand in for them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from wasm2py.runtime import views as views_module
from wasm2py.runtime.layouts import U8
from wasm2py.runtime.views import LAYOUTS, Views

pytestmark = pytest.mark.skipif(sys.byteorder == "big", reason="views have the host's byte order")
by_c = pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy has no such views")

VALUES = {
    "i8": -3,
    "u16": 0xBEEF,
    "i16": -2,
    "u32": 0xDEADBEEF,
    "i32": -5,
    "u64": 2**63 + 9,
    "i64": -(2**62),
    "f32": 0.5,
}


@pytest.fixture(params=["as it comes", "stand-ins"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "stand-ins":
        monkeypatch.setattr(views_module, "_interface", lambda: None)
    yield request.param


@pytest.mark.parametrize("width", LAYOUTS)
def test_items_at_every_address(kind: str, width: str) -> None:
    buffer, layout = bytearray(range(32)), LAYOUTS[width]
    view = Views(buffer).by_width[width]
    assert len(view) == 33 - layout.size
    for address in range(len(view)):
        assert view[address] == layout.unpack_from(buffer, address)[0]
    for address in (0, 3, len(view) - 1):
        view[address] = VALUES.get(width, 1.25)
        assert layout.unpack_from(buffer, address)[0] == VALUES.get(width, 1.25)


@pytest.mark.parametrize("width", ["u8", *LAYOUTS])
@pytest.mark.parametrize(("offset", "step"), [(0, 4), (3, 1), (5, 8), (20, 3), (32, 1), (100, 2)])
def test_parts_begin_at_an_offset(kind: str, width: str, offset: int, step: int) -> None:
    buffer, layout = bytearray(range(32)), LAYOUTS.get(width, U8)
    views = Views(buffer)
    part = views.part(width, offset, step)
    assert views.part(width, offset, step) is part
    places = range(offset, 33 - layout.size, step)
    assert len(part) == len(places)
    for index, place in enumerate(places):
        assert part[index] == layout.unpack_from(buffer, place)[0]
        part[index] = VALUES.get(width, 1)
        assert layout.unpack_from(buffer, place)[0] == VALUES.get(width, 1)
    for index in (len(places), len(places) + 1, 2**32):
        with pytest.raises(IndexError):
            part[index]
        with pytest.raises(IndexError):
            part[index] = 1
    del part
    views.release()
    buffer.extend(b"more")


@pytest.mark.parametrize("width", LAYOUTS)
def test_slices_have_the_items_of_every_nth_address(kind: str, width: str) -> None:
    buffer, layout = bytearray(range(64)), LAYOUTS[width]
    views = Views(buffer)
    view = views.by_width[width]
    for first, end, step in ((0, 64, 1), (3, 40, 8), (60, 70, 2), (70, 80, 1)):
        expected = [layout.unpack_from(buffer, at)[0] for at in range(first, min(end, len(view)), step)]
        items = iter(view[first:end:step])
        assert list(items) == expected
    begun = iter(view[0:64:3])
    next(begun)
    views.release()  # which a slice does not hold up


@pytest.mark.parametrize("width", LAYOUTS)
@pytest.mark.parametrize("size", [0, 1, 7, 8, 100])
def test_the_end(kind: str, width: str, size: int) -> None:
    view = Views(bytearray(size)).by_width[width]
    for address in (len(view), size, 2**32, 2**33):
        with pytest.raises(IndexError):
            view[address]
        with pytest.raises(IndexError):
            view[address] = 0


def test_a_float_is_rounded_as_it_is_stored(kind: str) -> None:
    buffer = bytearray(4)
    view = Views(buffer).by_width["f32"]
    for value, expected in [(0.1, "cdcccc3d"), (1e39, "0000807f"), (-1e39, "000080ff"), (1e-46, "00000000")]:
        view[0] = value
        assert buffer.hex() == expected
    view[0] = float("nan")
    assert view[0] != view[0]


@by_c
@pytest.mark.parametrize("size", [0, 16])
def test_a_buffer_is_pinned_until_its_views_are_released(kind: str, size: int) -> None:
    buffer = bytearray(size)
    views = Views(buffer)
    with pytest.raises(BufferError):
        buffer.append(1)
    views.release()
    buffer.append(1)
    for view in views.by_width.values():
        with pytest.raises((ValueError, IndexError)):
            view[0]


@by_c
def test_one_view_keeps_the_bytes() -> None:
    gc.collect()
    before = len(views_module._PINS)
    buffer = bytearray(b"abcdefgh")
    view: Any = Views(buffer).by_width["u16"]
    gc.collect()
    with pytest.raises(BufferError):
        buffer.append(1)
    assert view[1] == int.from_bytes(b"bc", "little")
    del view
    gc.collect()
    buffer.append(1)
    assert len(views_module._PINS) == before


@by_c
def test_an_interface_that_does_not_work_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    views_module._interface.cache_clear()
    assert views_module._interface() is not None
    for broken in ("works", "__init__"):
        views_module._interface.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(views_module._Interface, broken, _missing if broken == "__init__" else lambda _: False)
            assert views_module._interface() is None
    views_module._interface.cache_clear()


def _missing(_: object) -> None:
    raise ImportError
