"""Tasks for developers: `nox -s tests-3.13`, `nox -s style`, `nox -s types`, `nox -s benchmarks`."""

from __future__ import annotations

import nox

nox.options.sessions = ["style", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=["3.11", "3.12", "3.13", "3.14", "pypy3.11"])
def tests(session: nox.Session) -> None:
    """The test-suite."""
    session.install(".[test]")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def style(session: nox.Session) -> None:
    """Lint and formatting."""
    session.install("ruff>=0.6")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types; mypy only sees through an editable install that is strict."""
    session.install("mypy>=1.10", "--config-settings", "editable_mode=strict", "-e", ".")
    session.run("mypy", "--strict", "-p", "wasm2py")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """The comparison with Python by hand and other ways to run wasm, and the speed of translation and starts."""
    session.install(".", "pip")
    session.run("python", "-m", "benchmarks", *session.posargs)
