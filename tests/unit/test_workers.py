"""Translation in several processes: the same code, and all of it whatever becomes of the processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import wasm2py
from wasm2py import workers
from wasm2py.engine import ModuleTranslator
from wasm2py.runtime.program import Program, UnitCode
from wasm2py.transpile.translate import PythonTranslator

EXAMPLES = Path(__file__).parents[2] / "examples"
MODULE = EXAMPLES / "hello.wasm"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The units that are translated in this process; however small a module is, it is worth more processes."""
    monkeypatch.setattr(workers, "WORTHWHILE", 0)
    translated: list[int] = []
    unit = PythonTranslator.unit

    def counted(self: PythonTranslator, module: object, program: Program, index: int) -> UnitCode:
        translated.append(index)
        return unit(self, module, program, index)  # type: ignore[arg-type]

    monkeypatch.setattr(PythonTranslator, "unit", counted)
    return translated


def eager(jobs: int) -> wasm2py.Module:
    config = wasm2py.Config(cache=None, eager=True, jobs=jobs)
    return wasm2py.Module.from_file(MODULE, engine=wasm2py.Engine(config))


def code_of(module: wasm2py.Module) -> list[tuple[bytes, tuple[object, ...], str]]:
    """What the functions of a module do, and where they are said to be from."""
    translator = ModuleTranslator()
    units = range(len(module.program.units))
    compiled = module.engine._cache.find(module, translator, module.program.options)
    assert compiled is not None
    return [(code.co_code, code.co_names, code.co_filename) for unit in units for code in compiled.unit(unit)]


def test_workers_translate_everything_as_it_would_be_here(here: list[int]) -> None:
    threads = threading.active_count()
    module = eager(2)
    assert here == []
    assert threading.active_count() == threads
    assert code_of(module) == code_of(eager(1))
    assert here == list(range(len(module.program.units)))


def test_a_small_module_is_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process"))
    eager(2)


def test_nothing_is_started_for_units_that_are_known(here: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    module = eager(2)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process"))
    module.engine.compile_module(module, eager=True)
    assert here == []


def _no_process(*_arguments: object, **_keywords: object) -> None:
    raise OSError("this system does not support processes")


def _no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (subprocess, "Popen", _no_process),
        (threading.Thread, "start", _no_thread),
        (sys, "executable", ""),
        (workers, "_START", "raise SystemExit"),
        (workers, "_START", "print('wasm2py worker', flush=True); raise SystemExit"),
    ],
)
def test_without_processes_everything_is_translated_here(
    owner: object, name: str, value: object, here: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, value)
    module = eager(2)
    assert here == list(range(len(module.program.units)))


def test_what_python_prints_when_it_starts_does_no_harm(here: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_START", "print('hello', end='')\n" + workers._START)
    eager(2)
    assert here == []


def test_whoever_stops_asking_stops_the_workers(here: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_UNITS", 1)
    module = eager(1)
    threads = threading.active_count()
    units = range(len(module.program.units))
    found: Iterator[tuple[int, UnitCode]] = workers.translated(module.trusted, module.program, units, 2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() == threads


def test_there_is_at_least_one_job() -> None:
    with pytest.raises(ValueError, match="at least one job"):
        wasm2py.Config(jobs=0)
