"""Progress bars: on a terminal, after a second, without a thread; and every command that works long has one."""

from __future__ import annotations

import io
import itertools
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from wasm2py.cli import common, main
from wasm2py.transpile.text import assemble

WAT = '(module (func (export "_start")) (func (export "one") (result i32) (i32.const 1)))'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that goes on by so many `seconds` each time somebody looks at it."""
    result = SimpleNamespace(seconds=1.0)
    times = itertools.count()
    monkeypatch.setattr(common, "time", SimpleNamespace(monotonic=lambda: next(times) * result.seconds))
    return result


def terminal(monkeypatch: pytest.MonkeyPatch, term: str = "xterm") -> Terminal:
    """What stderr is from now on."""
    # not in a fixture: pytest puts its own stderr in place before each phase of a test
    monkeypatch.setattr(sys, "stderr", made := Terminal())
    monkeypatch.setenv("TERM", term)
    return made


def shown(monkeypatch: pytest.MonkeyPatch, term: str = "xterm") -> str:
    """What stands on the terminal after two steps of one thing, and one of another."""
    screen = terminal(monkeypatch, term)
    threads = threading.active_count()
    with common.progress() as bar:
        step = bar("reading", None)
        step()
        step()
        bar("translating", 3)()
        assert threading.active_count() == threads
        assert sys.stderr is screen
    return screen.getvalue()


def test_a_bar_appears_when_work_takes_long(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch)
    assert text.index("reading") < text.index("translating") < text.index("33%")


def test_the_bar_goes_when_the_work_is_done(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    erase_line, show_cursor = "\x1b[2K", "\x1b[?25h"
    text = shown(monkeypatch)
    assert text.endswith(erase_line)
    assert show_cursor in text


def test_no_bar_appears_before(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.seconds = 0.1
    assert shown(monkeypatch) == ""


def test_time_counts_from_the_start_of_the_command(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.seconds = 0.4
    assert "translating" in shown(monkeypatch)


def test_no_bar_appears_where_it_could_not_be_drawn(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, "dumb") == ""


def test_a_cleared_bar_comes_back(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with common.progress() as bar:
        step = bar("running", 2)
        step()
        bar.clear()
        before = len(screen.getvalue())
        step()
        assert "running" in screen.getvalue()[before:]


@pytest.mark.parametrize(
    ("command", "phases"),
    [
        (["validate", "m.wasm"], ["checking"]),
        (["inspect", "m.wasm"], ["checking", "reading"]),
        (["run", "--no-cache", "m.wasm"], ["checking"]),
        (["run", "--no-cache", "--invoke", "one", "m.wat"], ["assembling", "checking"]),
        (["dump", "-o", "m.py", "m.wasm"], ["checking", "translating"]),
        (["precompile", "-o", "package", "m.wat"], ["assembling", "checking", "translating"]),
        (["precompile", "-j", "2", "-o", "package", "m.wasm"], ["checking", "translating"]),
        (["wat2wasm", "-o", "n.wasm", "m.wat"], ["assembling", "checking"]),
        (["wast", "m.wast"], ["running"]),
        (["wast", "-j", "2", "m.wast", "m.wast"], ["running"]),
    ],
)
def test_commands_show_what_they_do(
    command: list[str],
    phases: list[str],
    clock: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.wat").write_text(WAT)
    Path("m.wast").write_text(f'{WAT} (assert_return (invoke "one") (i32.const 1))')
    Path("m.wasm").write_bytes(assemble(WAT))
    screen = terminal(monkeypatch)
    assert main(command) == 0
    text = screen.getvalue()
    assert [text.index(phase) for phase in phases] == sorted(text.index(phase) for phase in phases)


def test_a_module_from_the_cache_is_not_checked_again(
    clock: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.wasm").write_bytes(assemble(WAT))
    command = ["run", "--cache-dir", "cache", "m.wasm"]
    assert main(command) == 0
    screen = terminal(monkeypatch)
    assert main(command) == 0
    assert screen.getvalue() == ""
