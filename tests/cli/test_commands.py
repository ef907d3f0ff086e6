"""What the commands have in common, and the small ones."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
import wasm2py
from wasm2py.cli import COMMANDS, main

EXAMPLES = Path(__file__).parents[2] / "examples"


def leave(*args: str) -> int | str | None:
    """The code with which argparse leaves."""
    with pytest.raises(SystemExit) as caught:
        main(args)
    return caught.value.code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(command, "--help") == 0
    assert f"usage: wasm2py {command}" in capsys.readouterr().out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("--help") == 0
    printed = capsys.readouterr().out
    assert all(f"    {command}" in printed for command in COMMANDS)
    assert leave("--version") == 0
    assert capsys.readouterr().out == f"wasm2py {wasm2py.__version__}\n"


@pytest.mark.parametrize("args", [(), ("nonsense",), ("run",), ("wat2wasm", "x.wat"), ("cache", "burn"), ("dump",)])
def test_misuse_is_2(args: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(*args) == 2
    assert capsys.readouterr().err.startswith("usage: wasm2py")


def test_only_the_chosen_command_is_imported() -> None:
    code = "import sys; from wasm2py.cli import main; main(['cache', 'info', '--cache-dir', 'x']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert {name for name in COMMANDS if f"wasm2py.cli.{name}" in loaded} == {"cache"}
    assert not loaded & {"rich", "astor", "black", "wasm2py.transpile"}


def test_wat2wasm_assembles(tmp_path: Path) -> None:
    out = tmp_path / "add.wasm"
    assert main(["wat2wasm", str(EXAMPLES / "add.wat"), "-o", str(out)]) == 0
    assert out.read_bytes() == (EXAMPLES / "add.wasm").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"(module (func i32.nonsense))", ":1:15: unknown operator"),
        (b"(module\n \xff)", ":2:2: malformed UTF-8 encoding"),
        (b"(module (func (result i32)))", ": type mismatch"),
    ],
)
def test_wat2wasm_refuses_bad_text(
    tmp_path: Path, text: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "m.wat", tmp_path / "m.wasm"
    source.write_bytes(text)
    assert main(["wat2wasm", str(source), "-o", str(out)]) == 1
    err = capsys.readouterr().err
    assert f"{source}{message}" in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_wat2wasm_can_leave_validity_unchecked(tmp_path: Path) -> None:
    source, out = tmp_path / "m.wat", tmp_path / "m.wasm"
    source.write_text("(module (func (result i32)))")
    assert main(["wat2wasm", "--no-check", str(source), "-o", str(out)]) == 0
    assert out.read_bytes()[:4] == b"\0asm"


def test_cache_info_and_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "cache"
    engine = wasm2py.Engine(wasm2py.Config(cache=directory))
    wasm2py.load(EXAMPLES / "add.wasm", engine=engine).exports.add(1, 2)
    assert main(["cache", "info", "--cache-dir", str(directory)]) == 0
    info = capsys.readouterr().out
    assert f"directory: {directory}\nmodules:   1\nfiles:     2\n" in info
    assert main(["cache", "clear", "--cache-dir", str(directory)]) == 0
    assert capsys.readouterr().out == f"removed 2 files from {directory}\n"
    assert not list(directory.glob("*.cache"))


def test_the_cache_directory_can_be_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WASM2PY_CACHE_DIR", "/somewhere/else")
    assert main(["cache", "info"]) == 0
    assert capsys.readouterr().out.startswith("directory: /somewhere/else\nmodules:   0\n")


def test_a_closed_pipe_is_no_traceback() -> None:
    command = [sys.executable, "-m", "wasm2py", "dump", "--format", "none", str(EXAMPLES / "text.wasm")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_memory_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **_named: object) -> None:
        raise MemoryError

    monkeypatch.setattr(wasm2py.Memory, "__init__", refuse)
    source = tmp_path / "m.wat"
    source.write_text('(module (memory 65536) (func (export "f")))')
    assert main(["run", "--no-cache", "--invoke", "f", str(source)]) == 1
    assert capsys.readouterr().err == "wasm2py: error: not enough memory\n"


def test_text_on_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = b'(func (export "f") (result i32) i32.const 7)'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["run", "--no-cache", "--invoke", "f", "-"]) == 0
    assert capsys.readouterr().out == "7\n"


def test_names_in_errors_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "m.wat"
    source.write_text('(module (import "\\1b[2J" "\\0a\\e2\\80\\aex" (func)))')
    assert main(["run", "--no-cache", "--invoke", "f", str(source)]) == 1
    err = capsys.readouterr().err
    assert 'unknown import: "\\x1b[2J" "\\n\\u202ex"' in err
    assert err.count("\n") == 1
    assert err.strip().isprintable()
