"""Options and fixtures that all tests share."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none
from wasm2py.runtime.program import Options, Program
from wasm2py.transpile.module import Module
from wasm2py.transpile.optimise.passes import NAMES
from wasm2py.transpile.translate import PythonTranslator


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="make the checked-in dumps again")
    parser.addoption("--without", choices=NAMES, help="leave out this pass wherever a module is translated")


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _own_cache(config)
    without = config.getoption("--without")
    if without is not None:
        _leave_out(without)


def _own_cache(config: pytest.Config) -> None:
    """Find nothing in the user's cache and leave nothing there: translations are this translator's."""
    directory = TemporaryDirectory(prefix="wasm2py-tests-")
    config.add_cleanup(directory.cleanup)
    os.environ["WASM2PY_CACHE_DIR"] = directory.name


def _leave_out(without: str) -> None:
    """Leave out a pass; what looks at generated code rather than at what it does may then fail."""
    program = PythonTranslator.program

    def program_without(self: PythonTranslator, module: Module, options: Options) -> Program:
        return program(self, module, replace(options, disabled_passes=(*options.disabled_passes, without)))

    PythonTranslator.program = program_without  # type: ignore[method-assign]


@settings(max_examples=1, database=None)
@given(none())
def _any_property(_nothing: None) -> None:
    """Makes Hypothesis set up what it sets up with the first property."""


@pytest.fixture(autouse=True, scope="session")
def without_gc_hooks() -> None:
    """Take away the hooks by which Hypothesis times PyPy's garbage collector, as they crash the process now and then.

    PyPy counts collections in the object that calls the hook. A collection while the compiler traces that very call
    changes the count under it, whereupon it aborts: "Fatal RPython error: AssertionError", in whatever function ran.
    A small PYPY_GC_NURSERY makes it frequent.
    """
    if sys.implementation.name == "pypy":
        _any_property()
        gc.hooks.reset()  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Add up what tests counted, by `record_property`."""
    totals: dict[str, int] = {}
    for report in terminalreporter.stats.get("passed", ()):
        for what, count in report.user_properties:
            totals[what] = totals.get(what, 0) + count
    for what, count in totals.items():
        terminalreporter.write_line(f"{what}: {count}")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be made again."""
    return bool(request.config.getoption("--update-golden"))
