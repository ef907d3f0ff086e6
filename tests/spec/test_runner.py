"""The conformance runner itself: that it notices what is wrong, and skips only for a reason."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from wasm2py.cli import main
from wasm2py.conformance import Failure, run_script
from wasm2py.conformance_values import HostReference, mismatch
from wasm2py.runtime.access import f32_from_bits, f64_from_bits
from wasm2py.runtime.types import ValType
from wasm2py.transpile.text.script import Value

MODULE = """
(module $m
  (memory 1)
  (func (export "one") (result i32) (i32.const 1))
  (func (export "trap") (unreachable))
  (func $loop (export "loop") (call $loop))
  (global (export "g") i64 (i64.const -1)))
"""


def failures(text: str) -> list[Failure]:
    return run_script(MODULE + text).failures


@pytest.mark.parametrize(
    "text",
    [
        '(assert_return (invoke "one") (i32.const 1))',
        '(assert_return (invoke $m "one") (i32.const 1))',
        '(assert_return (get "g") (i64.const 0xffff_ffff_ffff_ffff))',
        '(assert_return (invoke "one") (either (i32.const 0) (i32.const 1)))',
        '(assert_trap (invoke "trap") "unreachable")',
        '(assert_exhaustion (invoke "loop") "call stack exhausted")',
        '(assert_trap (module (func $f unreachable) (start $f)) "unreachable")',
        '(assert_invalid (module (func (result i32))) "type mismatch")',
        '(assert_malformed (module quote "(func") "unexpected token")',
        '(assert_malformed (module binary "") "unexpected end")',
        '(assert_unlinkable (module (import "a" "b" (func))) "unknown import")',
        '(register "m") (module (import "m" "one" (func (result i32)))) (register "n")',
        '(module (import "spectest" "print_i32" (func $p (param i32))) (func $f (call $p (i32.const 1))) (start $f))',
        "(module definition $d) (module instance $i $d)",
    ],
)
def test_passes(text: str) -> None:
    report = run_script(MODULE + text)
    assert report.failures == []
    assert report.passed >= 2
    assert report.skipped == 0


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ('(assert_return (invoke "one") (i32.const 2))', "assert_return", "expected (i32.const 2), got (i32 1)"),
        ('(assert_return (invoke "one") (i64.const 1))', "assert_return", "expected (i64.const 1), got (i32 1)"),
        ('(assert_return (invoke "one"))', "assert_return", "expected (), got (i32 1)"),
        ('(assert_return (invoke "trap"))', "assert_return", "Trap: unreachable"),
        ('(assert_return (invoke "none"))', "assert_return", "no such export: 'none'"),
        ('(invoke "trap")', "invoke", "Trap: unreachable"),
        ('(assert_trap (invoke "one") "unreachable")', "assert_trap", "expected 'unreachable', but nothing was wrong"),
        (
            '(assert_trap (invoke "trap") "integer overflow")',
            "assert_trap",
            "expected 'integer overflow', got 'unreachable'",
        ),
        ('(assert_invalid (module) "x")', "assert_invalid", "expected 'x', but nothing was wrong"),
        (
            '(assert_malformed (module quote "(func (result i32))") "type mismatch")',
            "assert_malformed",
            "expected 'type mismatch', but nothing was wrong",
        ),
        (
            '(assert_unlinkable (module) "unknown import")',
            "assert_unlinkable",
            "expected 'unknown import', but nothing was wrong",
        ),
        ("(module (func (f16.add)))", "module", "TextError: 8:16: unknown operator f16.add"),
        ("(frobnicate)", "frobnicate", "unknown command"),
    ],
)
def test_fails(text: str, kind: str, message: str) -> None:
    assert failures(text) == [Failure(8, kind, message)]


def test_what_works_on_a_failed_module_fails() -> None:
    found = failures('(module $x (func (f16.add)))\n(invoke "one")\n(invoke $x "one")\n(invoke $m "one")')
    assert [(failure.line, failure.message) for failure in found[1:]] == [
        (9, "the module of line 8 failed"),
        (10, "the module of line 8 failed"),
    ]


def test_what_works_on_a_skipped_module_is_skipped() -> None:
    report = run_script(
        MODULE
        + """(module $v (func (export "f") (param (ref exact 0))))
        (register "v" $v)
        (module $user (import "v" "f" (func)))
        (assert_return (invoke "f"))
        (assert_unlinkable (module (import "v" "f" (func))) "incompatible import type")
        (assert_return (invoke $m "one") (i32.const 1))
        (assert_return (invoke $m "one" (ref.get_desc 0)))"""
    )
    assert report.failures == []
    assert (report.passed, dict(report.skips)) == (2, {"custom-descriptors": 6})


def test_binary_modules_name_their_features_too() -> None:
    text = r'(module binary "\00asm\01\00\00\00" "\02\05\01\00\00\20\00")'
    assert dict(run_script(text).skips) == {"custom-descriptors": 1}


def test_a_malformed_script_is_a_failure() -> None:
    assert run_script("(module)\n(").failures == [Failure(2, "script", "unexpected token")]


@pytest.mark.parametrize(
    ("kind", "value", "valtype", "good", "bad"),
    [
        ("i32.const", 0xFFFFFFFF, "i32", -1, 1),
        ("f32.const", 0x7FA00000, "f32", f32_from_bits(0x7FA00000), math.nan),
        ("f32.const", 0x80000000, "f32", -0.0, 0.0),
        ("f32.const", "nan:canonical", "f32", -math.nan, f32_from_bits(0x7FC00001)),
        ("f32.const", "nan:arithmetic", "f32", f32_from_bits(0x7FC00001), f32_from_bits(0x7FA00000)),
        ("f64.const", "nan:canonical", "f64", math.nan, f64_from_bits(0x7FF8000000000001)),
        ("f64.const", "nan:arithmetic", "f64", f64_from_bits(0xFFF8000000000001), math.inf),
        ("v128.const", ("i8x16", tuple(range(16))), "v128", 0x0F0E0D0C0B0A09080706050403020100, 0),
        ("v128.const", ("i64x2", (1, 2)), "v128", 2 << 64 | 1, 2 << 64),
        ("v128.const", ("f64x2", (0, "nan:canonical")), "v128", 0xFFF8 << 112, 0xFFF8 << 112 | 1 << 64),
        ("v128.const", ("f64x2", ("nan:arithmetic", 0)), "v128", 0xFFF8 << 48 | 1, 0x7FF4 << 48),
        ("ref.null", None, "externref", None, 1),
        ("ref.null", "extern", "externref", None, HostReference(0)),
        ("ref.extern", 1, "externref", HostReference(1), HostReference(2)),
        ("ref.extern", None, "externref", HostReference(1), None),
    ],
)
def test_patterns(kind: str, value: object, valtype: ValType, good: object, bad: object) -> None:
    assert mismatch([Value(kind, value)], [valtype], [good]) is None
    assert mismatch([Value(kind, value)], [valtype], [bad]) is not None


def test_null_patterns_look_at_the_type() -> None:
    assert mismatch([Value("ref.null", "func")], ["externref"], [None]) is not None


THREADS = """(module $m (memory (export "m") 1 1 shared))
(thread $a (shared (module $m))
    (register "m" $m)
    (module (import "m" "m" (memory 1 1 shared))
        (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
    (assert_return (invoke "wait") (i32.const 0))
    (invoke "none"))
(thread $b (module (func (export "f"))) (invoke $m "f"))
(register "m" $m)
(module (import "m" "m" (memory 1 1 shared))
    (func (export "wake") (loop (br_if 0 (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const 1)))))))
(invoke "wake")
(wait $a)
(wait $a)"""


def test_threads() -> None:
    report = run_script(THREADS)
    messages = [(failure.line, failure.message) for failure in report.failures]
    assert messages[:2] == [(7, "no such export: 'none'"), (14, "no such thread")]
    assert [line for line, _ in messages[2:]] == [8]
    assert report.passed == 11


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.wast", tmp_path / "bad.wast"
    good.write_text("(module)(module (func (param (ref exact 0))))")
    bad.write_text('(module)\n(invoke "f")')
    assert main(["wast", str(good)]) == 0
    assert capsys.readouterr().out == f"{good}: 1 passed, 0 failed, 1 skipped (custom-descriptors: 1)\n"
    assert main(["wast", str(good), str(bad)]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{bad}:2: invoke: no such export: 'f'",
        f"{bad}: 1 passed, 1 failed, 0 skipped",
        "2 scripts: 2 passed, 1 failed, 1 skipped",
    ]


def test_command_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "bad.wast"
    script.write_text('(module)\n(invoke "f")(module (func (param (ref exact 0))))')
    assert main(["wast", "--json", "-j", "2", str(script)]) == 1
    failure = {"line": 2, "kind": "invoke", "message": "no such export: 'f'"}
    counts = {"passed": 1, "failed": 1, "skipped": 1}
    entry = {"file": str(script), **counts, "reasons": ["custom-descriptors: 1"], "failures": [failure]}
    assert json.loads(capsys.readouterr().out) == {**counts, "files": [entry]}
