"""`wasm2py run`, in the process of the test, and as the process that users start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from wasm2py.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"

GUEST = """
(module $guest
  (memory 1)
  (func $boom (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
  (func (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 call $boom)
  (func (export "swap") (param f32 i64) (result i64 f32) local.get 1 local.get 0)
  (func (export "double") (param f64) (result f64) local.get 0 local.get 0 f64.add)
  (func (export "is_null") (param externref) (result i32) local.get 0 ref.is_null)
  (func (export "not") (param v128) (result v128) local.get 0 v128.not)
  (func (export "nothing")))
"""

EXPORTS = ("div", "swap", "double", "is_null", "not", "nothing")

EXIT = """
(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (func (export "_start") i32.const {code} call $exit))
"""


@pytest.fixture
def guest(tmp_path: Path) -> str:
    path = tmp_path / "guest.wat"
    path.write_text(GUEST)
    return str(path)


def run(*args: str) -> int:
    return main(["run", "--no-cache", *args])


@pytest.mark.parametrize(
    ("args", "printed"),
    [
        (("div", "7", "-2"), "-3\n"),
        (("div", "0xFFFFFFFF", "1"), "-1\n"),
        (("div", "007", "0b111"), "1\n"),
        (("swap", "0x1.8p1", "-9223372036854775808"), "-9223372036854775808\n3.0\n"),
        (("double", "1e3"), "2000.0\n"),
        (("double", "nan"), "nan\n"),
        (("double", "-inf"), "-inf\n"),
        (("is_null", "null"), "1\n"),
        (("not", "0x10"), "0xffffffffffffffffffffffffffffffef\n"),
        (("not", str(2**128 - 1)), "0x00000000000000000000000000000000\n"),
        (("nothing",), ""),
    ],
)
def test_invoke_prints_results(
    guest: str, args: tuple[str, ...], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *values = args
    assert run("--invoke", name, guest, *values) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("div", "7"), "div is (i32, i32) -> (i32): expected 2 arguments, got 1"),
        (("div", "7", "x"), "expected i32, got 'x'"),
        (("div", "7", "1.5"), "expected i32, got '1.5'"),
        (("div", "7", "4294967296"), "i32 out of range: 4294967296"),
        (("double", "one"), "expected f64, got 'one'"),
        (("not", "1.5"), "expected v128, got '1.5'"),
        (("not", "-1"), "v128 out of range: -1"),
        (("is_null", "1"), "expected null for externref, got '1'"),
        (
            ("div2",),
            "there is no exported function 'div2'; there are 'div', 'swap', 'double', 'is_null', 'not', 'nothing'",
        ),
    ],
)
def test_invoke_names_what_is_wrong(
    guest: str, args: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *values = args
    assert run("--invoke", name, guest, *values) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith(f"{message}\n")
    assert printed.err.count("\n") == 1


def test_a_trap_is_134_and_shows_the_wasm_stack(guest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--invoke", "div", guest, "1", "0") == 134
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"wasm2py: {guest}: trap: integer divide by zero"
    assert [line.partition(" at ")[0].strip() for line in lines[2:]] == ["guest!div", "guest!boom"]


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_the_guest_decides_the_exit_code(tmp_path: Path, code: int) -> None:
    path = tmp_path / "exit.wat"
    path.write_text(EXIT.format(code=code))
    assert run(str(path)) == code


def test_a_module_that_is_no_command_says_so(guest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(guest) == 1
    assert "guest is not a command: it exports no function '_start'" in capsys.readouterr().err


def test_names_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "guest.wat"
    path.write_text('(module (func (export "\\1b[2J\\0a") unreachable))')
    assert run("--invoke", "\x1b[2J\n", str(path)) == 134
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "\\x1b[2J\\n at 0x" in err


@pytest.mark.parametrize("name", ["missing.wasm", "README.md", "build.py"])
def test_bad_files_are_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(EXAMPLES / name)) == 1
    err = capsys.readouterr().err
    assert err.startswith("wasm2py: error: ")
    assert name in err
    assert err.count("\n") == 1


def test_bad_settings_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--env", "NAME", str(EXAMPLES / "hello.wasm")) == 1
    assert "--env 'NAME': expected K=V" in capsys.readouterr().err
    assert run("--dir", str(EXAMPLES / "nowhere"), str(EXAMPLES / "hello.wasm")) == 1
    assert "nowhere: No such file or directory" in capsys.readouterr().err


def process(*args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "wasm2py", "run", "--no-cache", *args]
    return subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, **environment}, input=b"one two\n"
    )


def test_arguments_and_environment_reach_the_guest() -> None:
    done = process("--env", "A=1", str(EXAMPLES / "hello.wasm"), "x", "--env", "-y", SECRET="2")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == [
        b"argument 1: x",
        b"argument 2: --env",
        b"argument 3: -y",
        b"environment: A=1",
    ]
    inherited = process("--env-inherit", "--env", "A=1", str(EXAMPLES / "hello.wasm"), SECRET="2")
    assert b"environment: SECRET=2\n" in inherited.stdout


def test_directories_and_standard_input_reach_the_guest(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"three words here\n")
    wc = str(EXAMPLES / "wc.wasm")
    assert process(wc).stdout.split() == [b"1", b"2", b"8"]
    assert process("--dir", f"{tmp_path}::/data:ro", wc, "/data/a.txt").stdout.split()[:3] == [b"1", b"3", b"17"]
    hidden = process(wc, str(tmp_path / "a.txt"))
    assert hidden.returncode != 0
    assert b"three" not in hidden.stdout


def test_translations_are_cached(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wasm2py", "run", "--cache-dir", str(tmp_path), str(EXAMPLES / "hello.wasm")]
    first, second = (subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second
    assert list(tmp_path.glob("*.cache"))


def test_exports_can_be_called_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.wat"
    path.write_text('(module (func (export "get") (result i32) i32.const 1) (func (export "keys")))')
    assert run("--invoke", "get", str(path)) == 0
    assert capsys.readouterr().out == "1\n"
