"""The official conformance scripts: nothing fails, and what is skipped is exactly what is listed.

The scripts are looked for in `$WASM2PY_SPEC_TESTSUITE`, or in `../shared/spec-testsuite` beside the checkout.
`later_features.json` holds, for each script of which something is skipped, how many commands for which reason;
`--update-golden` writes it anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasm2py.conformance import run_file

CHECKOUT = Path(__file__).parents[2]
SUITE = Path(os.environ.get("WASM2PY_SPEC_TESTSUITE", CHECKOUT.parent / "shared" / "spec-testsuite"))
SCRIPTS = sorted(path.relative_to(SUITE).as_posix() for path in SUITE.glob("**/*.wast"))
LIST = Path(__file__).with_name("later_features.json")
LISTED: dict[str, dict[str, int]] = json.loads(LIST.read_text(encoding="utf-8"))

if not SCRIPTS:
    pytest.skip(f"no conformance scripts in {SUITE} (set WASM2PY_SPEC_TESTSUITE)", allow_module_level=True)

Skips = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> Iterator[Skips]:
    """What the scripts that were run skipped."""
    skips: Skips = {}
    yield skips
    if request.config.getoption("--update-golden"):
        listed = {**LISTED, **skips}
        kept = {script: reasons for script, reasons in sorted(listed.items()) if reasons and script in SCRIPTS}
        LIST.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def test_every_listed_script_exists() -> None:
    assert LISTED.keys() <= set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_script(script: str, found: Skips, update_golden: bool) -> None:
    report = run_file(str(SUITE / script))
    skips = found[script] = dict(sorted(report.skips.items()))
    assert report.failures == []
    assert report.passed + report.skipped > 0
    if not update_golden:
        assert skips == LISTED.get(script, {})
