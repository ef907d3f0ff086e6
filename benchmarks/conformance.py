"""What the official conformance scripts say of wasm2py on several Pythons, as a page of Markdown.

    python -m benchmarks.conformance SUITE python3.11 python3.13 pypy3 > docs/conformance.md

Each Python must have wasm2py installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LABEL = (
    "import platform, sys; name = {'cpython': 'CPython', 'pypy': 'PyPy'}.get(sys.implementation.name);"
    "print(name or sys.implementation.name, platform.python_version())"
)
#: What the scripts of a folder are about; "" is the suite's own folder.
_FOLDERS = {
    "": "WebAssembly 3.0",
    "custom": "custom sections and annotations",
    "legacy": "exceptions as they were before 3.0",
}
_HEAD = """# Conformance

Written by `python -m benchmarks.conformance`: how many commands of the official scripts pass, fail, and are skipped, by
folder. A command is skipped only if it, or the instance that it works on, needs a feature that is not here.
"""


@dataclass(frozen=True, slots=True)
class Script:
    """What came of one script; `reasons` are those for skipping."""

    passed: int
    failed: int
    skipped: int
    reasons: tuple[str, ...]


#: By the path of a script in the suite.
Scripts = Mapping[str, Script]


def scripts_of(report: Mapping[str, Any], suite: Path) -> Scripts:
    """The scripts in what `wasm2py wast --json` printed."""
    return {
        Path(entry["file"]).relative_to(suite).as_posix(): Script(
            entry["passed"], entry["failed"], entry["skipped"], tuple(entry["reasons"])
        )
        for entry in report["files"]
    }


def page(results: Mapping[str, Scripts]) -> str:
    """The page, of what came of the scripts in each interpreter, by its label."""
    return "\n".join([_HEAD, *_table(results), "", *_rest(results)])


def _table(results: Mapping[str, Scripts]) -> Iterator[str]:
    yield f"| scripts | {' | '.join(results)} |"
    yield f"| --- |{' --: |' * len(results)}"
    folders = sorted({_folder(path) for scripts in results.values() for path in scripts})
    for folder in folders:
        cells = [_cell([s for path, s in scripts.items() if _folder(path) == folder]) for scripts in results.values()]
        yield f"| {_FOLDERS.get(folder, folder)} | {' | '.join(cells)} |"
    yield f"| all | {' | '.join(_cell([*scripts.values()]) for scripts in results.values())} |"


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _cell(scripts: Sequence[Script]) -> str:
    counts = Counter(passed=0, failed=0, skipped=0)
    for script in scripts:
        counts.update(passed=script.passed, failed=script.failed, skipped=script.skipped)
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count or what == "passed")


def _rest(results: Mapping[str, Scripts]) -> Iterator[str]:
    """The scripts that do not pass whole, with what is the same in all interpreters said once."""
    found: dict[tuple[str, str], list[str]] = {}
    for label, scripts in results.items():
        for path, script in sorted(scripts.items()):
            if script.failed or script.skipped:
                found.setdefault((path, _why(script)), []).append(label)
    if not found:
        yield "Every script passes whole.\n"
        return
    yield "Of these scripts something is skipped or fails:\n"
    for (path, why), labels in found.items():
        yield f"- `{path}`: {why}" + ("" if len(labels) == len(results) else f" ({', '.join(labels)})")
    yield ""


def _why(script: Script) -> str:
    failed = [f"{script.failed} failed"] if script.failed else []
    return ", ".join([*failed, *(f"skipped for {reason}" for reason in script.reasons)])


def run(python: str, suite: Path, jobs: int) -> tuple[str, Scripts]:
    """An interpreter's label, and what came of all scripts in it."""
    files = sorted(map(str, suite.glob("**/*.wast")))
    label = subprocess.run([python, "-c", _LABEL], check=True, capture_output=True, text=True).stdout.strip()
    command = [python, "-m", "wasm2py", "wast", "--json", "-j", str(jobs), *files]
    # the exit code tells whether anything failed, which the page does
    output = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout
    return label, scripts_of(json.loads(output), suite)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the scripts in each interpreter, and print the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument("suite", type=Path, help="the folder of the official scripts")
    parser.add_argument("pythons", nargs="+", metavar="PYTHON", help="an interpreter that has wasm2py")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="scripts at a time (default: %(default)s)")
    options = parser.parse_args(argv)
    print(page(dict(run(python, options.suite, options.jobs) for python in options.pythons)), end="")


if __name__ == "__main__":
    main()
