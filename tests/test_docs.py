"""The examples in the documentation run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FENCED = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^    .*\n|^\n)*^    import wasm2py\n(?:^    .*\n|^\n)*", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]+)[)#]")


def test_the_guide_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = FENCED.findall((ROOT / "docs/guide.md").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "guide.md", "exec"), names)
    assert len(blocks) >= 6


def test_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = INDENTED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    code = re.sub(r"^    ", "", block, flags=re.MULTILINE)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == "integer divide by zero\n"


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_dump_in_the_readme_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"    def fib\(p0\):\n(?:    .+\n)+", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown is not None
    from wasm2py.cli import main

    assert main(["dump", str(ROOT / "examples/fib.wasm")]) == 0
    assert re.sub(r"^    ", "", shown.group(), flags=re.MULTILINE) in capsys.readouterr().out
