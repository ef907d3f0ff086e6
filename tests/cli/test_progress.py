"""Progress bars: on a terminal, after a second, without a thread."""

from __future__ import annotations

import io
import sys
import threading
from types import SimpleNamespace

import pytest
from wasm2py.cli import common


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, seconds_per_step: float, term: str = "xterm") -> str:
    """What stands on the terminal after three steps."""
    times = iter(range(100))
    # not in a fixture: pytest puts its own stderr in place before each phase of a test
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(common, "time", SimpleNamespace(monotonic=lambda: next(times) * seconds_per_step))
    threads = threading.active_count()
    with common.progress("translating", 3) as step:
        for _ in range(3):
            step()
        assert threading.active_count() == threads
        assert sys.stderr is terminal
    return terminal.getvalue()


def test_a_bar_appears_when_work_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "translating" in shown(monkeypatch, 1.0)


def test_no_bar_appears_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, 0.1) == ""


def test_no_bar_appears_where_it_could_not_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, 1.0, "dumb") == ""
