"""Tasks for developers: `nox -s tests-3.13`, `nox -s style`, `nox -s types`, `nox -s benchmarks`."""

from __future__ import annotations

import nox

nox.options.sessions = ["style", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True

#: The tests that ask what modules do, not what code is generated for them.
BEHAVIOUR = tuple(f"tests/{name}" for name in ("spec", "programs", "adversarial", "contract", "property", "wasi"))


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


@nox.session
def passes(session: nox.Session) -> None:
    """What modules do, with each optimiser pass left out in turn."""
    session.install(".[test]")
    listed = "from wasm2py.transpile.optimise.passes import NAMES; print(*NAMES)"
    for name in str(session.run("python", "-c", listed, silent=True)).split():
        session.run("pytest", "-n", "auto", "-q", "--without", name, *BEHAVIOUR)
