"""Modules of extreme shapes translate, run right, and come back from their dumps, in both dialects."""

from __future__ import annotations

from functools import cache

import pytest
from adversarial.shapes import SHAPES, Shape
from property import subject
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.program import Dialect


@cache
def shape(name: str) -> Shape:
    return SHAPES[name]()


def check(instance: Instance, expected: Shape) -> None:
    for export, arguments, results in expected.expectations:
        assert subject.call(instance.exports[export], arguments) == results, (export, arguments[:4])


@pytest.mark.parametrize("dialect", subject.DIALECTS)
@pytest.mark.parametrize("name", SHAPES)
def test_runs_right(name: str, dialect: Dialect) -> None:
    check(subject.load(shape(name).binary, dialect), shape(name))


@pytest.mark.parametrize("dialect", subject.DIALECTS)
@pytest.mark.parametrize("name", SHAPES)
def test_dump_runs_right(name: str, dialect: Dialect) -> None:
    check(subject.load_dump(subject.dump(shape(name).binary, dialect)), shape(name))
