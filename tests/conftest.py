"""Options and fixtures that all tests share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from wasm2py.runtime.program import Options, Program
from wasm2py.transpile.module import Module
from wasm2py.transpile.optimise.passes import NAMES
from wasm2py.transpile.translate import PythonTranslator


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="make the checked-in dumps again")
    parser.addoption("--without", choices=NAMES, help="leave out this pass wherever a module is translated")


def pytest_configure(config: pytest.Config) -> None:
    """Leave out a pass; what looks at generated code rather than at what it does may then fail."""
    without = config.getoption("--without")
    if without is None:
        return
    program = PythonTranslator.program

    def program_without(self: PythonTranslator, module: Module, options: Options) -> Program:
        return program(self, module, replace(options, disabled_passes=(*options.disabled_passes, without)))

    PythonTranslator.program = program_without  # type: ignore[method-assign]


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be made again."""
    return bool(request.config.getoption("--update-golden"))
