"""`wasm2py wast`: run conformance scripts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from wasm2py.cli.common import progress


def add_parser(subparsers: Any) -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser(
        "wast",
        help="run conformance scripts",
        description="Run scripts of the WebAssembly conformance suite. A command that needs a later feature of"
        " WebAssembly is skipped, and counted with the feature's name. Exits with 1 if any command failed.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .wast script")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--dialect", choices=("cpython", "portable"), help="of the generated code")
    parser.add_argument("-j", "--jobs", type=_positive, default=1, metavar="N", help="run N scripts at a time")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def run(args: argparse.Namespace) -> int:
    """Run the scripts; returns the exit code."""
    from wasm2py.conformance import run_files

    reports = []
    with progress() as bar:
        for report in run_files(args.files, args.jobs, args.dialect, bar):
            reports.append(report.as_json())
            if not args.json:
                bar.clear()
                _print_file(reports[-1])
    totals = {key: sum(report[key] for report in reports) for key in ("passed", "failed", "skipped")}
    if args.json:
        print(json.dumps({**totals, "files": reports}, indent=2))
    else:
        _print_totals(reports, totals)
    return 1 if totals["failed"] else 0


def _print_file(report: dict[str, Any]) -> None:
    for failure in report["failures"]:
        print(f"{report['file']}:{failure['line']}: {failure['kind']}: {failure['message']}")
    print(f"{report['file']}: {_counts(report)}{_reasons(report['reasons'])}", flush=True)


def _print_totals(reports: Sequence[dict[str, Any]], totals: dict[str, int]) -> None:
    if len(reports) > 1:
        print(f"{len(reports)} scripts: {_counts(totals)}")


def _counts(counts: dict[str, Any]) -> str:
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


def _reasons(reasons: Sequence[str]) -> str:
    return f" ({', '.join(reasons)})" if reasons else ""
