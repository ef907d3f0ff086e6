"""The rules for instructions: what is valid, and each way of not being so (spec: Validation / Instructions)."""

from __future__ import annotations

import pytest
from unit.wasm_builder import world
from wasm2py.runtime.errors import DecodeError, ValidationError
from wasm2py.transpile.decode import decode_module
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.validate import check_module, validate, validate_function
from wasm2py.transpile.validate.instructions import IMMEDIATE_RULES, INSTRUCTION_RULES

I32, I64, F32, F64 = "4100", "4200", "4300000000", "440000000000000000"
FUNC, EXTERN = "d070", "d06f"
DROP = "1a"

#: Bodies that are valid, with their type.
VALID: list[tuple[str, str]] = [
    ("", "->"),
    (f"{I32}", "-> i32"),
    (f"{I32} {I64}", "-> i32 i64"),
    ("2000", "i32 -> i32"),
    ("2000 2101 2001", "i32 i32 -> i32"),
    ("2000 2200", "f64 -> f64"),
    ("2300 2400", "->"),
    (f"{I32} {I32} 6a", "-> i32"),
    ("00", "-> i32 i64 f32"),
    ("00 6a", "-> i32"),
    (f"00 {I64} 7c", "-> i64"),
    ("00 1b", "-> i32"),
    (f"00 {I32} 1b", "-> f32"),
    ("00 1a 1a 1a", "->"),
    ("00 d1", "-> i32"),
    (f"{I64} 0f", "-> i64"),
    (f"{I32} {I64} 0f", "-> i64"),
    ("0240 0b", "->"),
    (f"027f {I32} 0b", "-> i32"),
    ("0240 0c00 0b", "->"),
    (f"027f {I32} 0c00 0b", "-> i32"),
    ("0340 0c00 0b", "->"),
    (f"{I32} 0302 0b", "-> i32"),
    (f"{I32} 0302 0c00 0b", "-> i32"),
    (f"{I32} 0440 0b", "->"),
    (f"{I32} 0440 05 0b", "->"),
    (f"{I32} 047f {I32} 05 {I32} 0b", "-> i32"),
    (f"{I32} {I32} 0402 0b", "-> i32"),
    (f"{I32} 0d00", "->"),
    (f"{I32} {I32} 0d00", "-> i32"),
    (f"0240 {I32} 0e0100 01 0b", "->"),
    (f"00 027f 0240 00 0e0100 00 0b {I32} 0b", "-> i32"),
    (f"{I32} 1000", "-> i32"),
    (f"{I32} {I32} 110200", "-> i32"),
    (f"{I32} 1200", "-> i32"),
    (f"{I32} {I32} 130200", "-> i32"),
    (f"{I32} {I64} {I32} 130300", "->"),
    (f"{I32} {I32} {I32} 1b", "-> i32"),
    (f"{F64} {F64} {I32} 1b", "-> f64"),
    (f"{FUNC} {FUNC} {I32} 1c0170", "-> funcref"),
    (f"{I32} 280200", "-> i32"),
    (f"{I32} 2a00ffffffff0f", "-> f32"),
    (f"{I32} {I64} 370300", "->"),
    ("3f00", "-> i32"),
    (f"{I32} 4000", "-> i32"),
    (f"{I32} {I32} {I32} fc080000", "->"),
    ("fc0900", "->"),
    (f"{I32} {I32} {I32} fc0a0000", "->"),
    (f"{I32} {I32} {I32} fc0b00", "->"),
    (f"{I32} 2500", "-> funcref"),
    (f"{I32} {EXTERN} 2601", "->"),
    (f"{I32} {I32} {I32} fc0c0000", "->"),
    (f"{I32} {I32} {I32} fc0c0101", "->"),
    ("fc0d00", "->"),
    (f"{I32} {I32} {I32} fc0e0000", "->"),
    (f"{FUNC} {I32} fc0f00", "-> i32"),
    ("fc1001", "-> i32"),
    (f"{I32} {EXTERN} {I32} fc1101", "->"),
    (f"{FUNC} d1", "-> i32"),
    ("d201", "-> funcref"),
]  # fmt: skip


@pytest.mark.parametrize(("instructions", "signature"), VALID)
def test_valid(instructions: str, signature: str) -> None:
    validate(decode_module(world(instructions, signature)))


#: Bodies that are not: instructions, message, offset of the instruction that is to blame, and their type.
INVALID: list[tuple[str, str, int, str]] = [
    ("", "type mismatch: end expects i32, found nothing", 0, "-> i32"),
    (f"{I64}", "type mismatch: end expects i32, found i64", 2, "-> i32"),
    (f"{I32}", "type mismatch: end leaves 1 too many operands in the body", 2, "->"),
    ("6a", "type mismatch: i32.add expects i32, found nothing", 0, "-> i32"),
    (f"{I32} 6a", "type mismatch: i32.add expects i32, found nothing", 2, "-> i32"),
    (f"{I32} {I64} 6a", "type mismatch: i32.add expects i32, found i64", 4, "-> i32"),
    (f"{I64} {I32} 6a", "type mismatch: i32.add expects i32, found i64", 4, "-> i32"),
    (f"{I32} 0240 {I32} 6a 1a 0b", "type mismatch: i32.add expects i32, found nothing", 6, "->"),
    (f"{I32} 0240 1a 0b", "type mismatch: drop expects an operand, found nothing", 4, "->"),
    (f"00 {I64} 6a", "type mismatch: i32.add expects i32, found i64", 3, "-> i32"),
    (f"0240 00 0b {I32} 6a", "type mismatch: i32.add expects i32, found nothing", 6, "-> i32"),
    ("2002", "unknown local 2", 0, "i32 i64 ->"),
    ("2102", "unknown local 2", 0, "i32 i64 ->"),
    ("2202", "unknown local 2", 0, "i32 i64 ->"),
    (f"{I32} 2101", "type mismatch: local.set expects i64, found i32", 2, "i32 i64 ->"),
    (f"{I32} 2201 1a", "type mismatch: local.tee expects i64, found i32", 2, "i32 i64 ->"),
    ("2303", "unknown global 3", 0, "->"),
    (f"{I32} 2403", "unknown global 3", 2, "->"),
    (f"{I64} 2401", "immutable global", 2, "->"),
    (f"{I64} 2400", "type mismatch: global.set expects i32, found i64", 2, "->"),
    ("0240 0c02 0b", "unknown label 2", 2, "->"),
    (f"{I32} 0d01", "unknown label 1", 2, "->"),
    (f"{I32} 0e0107 00", "unknown label 7", 2, "->"),
    (f"{I32} 0e0100 07", "unknown label 7", 2, "->"),
    ("0205 0b", "unknown type 5", 0, "->"),
    ("0302 0b 1a", "type mismatch: loop expects i32, found nothing", 0, "->"),
    (f"{I64} 0440 0b", "type mismatch: if expects i32, found i64", 2, "->"),
    (f"{I32} 047f {I32} 0b", "type mismatch: end closes an if without else whose type is () -> (i32)", 6, "-> i32"),
    (f"{I32} 047f {I32} 05 {I64} 0b", "type mismatch: end expects i32, found i64", 9, "-> i32"),
    (f"{I32} 047f {I64} 05 {I32} 0b", "type mismatch: else expects i32, found i64", 6, "-> i32"),
    (f"0240 {I32} 0b", "type mismatch: end leaves 1 too many operands in the block", 4, "-> i32"),
    ("027f 0b", "type mismatch: end expects i32, found nothing", 2, "-> i32"),
    ("027f 0c00 0b", "type mismatch: br expects i32, found nothing", 2, "-> i32"),
    ("0d00", "type mismatch: br_if expects i32, found nothing", 0, "->"),
    (f"{I32} 0d00", "type mismatch: br_if expects i32, found nothing", 2, "-> i32"),
    (f"027f 0240 {I32} {I32} 0e0100 01 0b 00 0b", "type mismatch: br_table has labels that take 0 and 1 operands", 8,
     "-> i32"),
    (f"00 027e {I32} {I32} 0e0100 01 0b 1a", "type mismatch: br_table expects i64, found i32", 7, "-> i32"),
    ("0f", "type mismatch: return expects i32, found nothing", 0, "-> i32"),
    ("1003", "unknown function 3", 0, "->"),
    (f"{I64} 1000", "type mismatch: call expects i32, found i64", 2, "-> i32"),
    (f"{I32} 110002", "unknown table 2", 2, "->"),
    (f"{I32} 110700", "unknown type 7", 2, "->"),
    (f"{I32} 110101", "type mismatch: call_indirect needs a table of funcref, found one of externref", 2, "->"),
    (f"{I64} 110100", "type mismatch: call_indirect expects i32, found i64", 2, "->"),
    (f"{I32} 1200", "type mismatch: return_call calls a function of type (i32) -> (i32) from one with results ()", 2,
     "->"),
    (f"{I32} 130200", "type mismatch: return_call_indirect expects i32, found nothing", 2, "-> i32"),
    (f"{I32} {I64} {I32} 1b", "type mismatch: select expects two operands of one type, found i32 and i64", 6, "-> i32"),
    (f"{FUNC} {FUNC} {I32} 1b", "type mismatch: select without a type expects numbers, found funcref", 6, "-> funcref"),
    (f"{I32} {I32} {I32} 1c00", "invalid result arity", 6, "-> i32"),
    (f"{I32} {I32} {I32} 1c027f7f", "invalid result arity", 6, "-> i32"),
    (f"{I32} {I64} {I32} 1c017f", "type mismatch: select_t expects i32, found i64", 6, "-> i32"),
    (f"{I32} 280300", "alignment must not be larger than natural", 2, "-> i32"),
    (f"{I32} 283f00", "alignment must not be larger than natural", 2, "-> i32"),
    (f"{I32} {I32} 3a0100", "alignment must not be larger than natural", 4, "->"),
    (f"{I32} 28008080808010", "offset out of range", 2, "-> i32"),
    (f"{I32} 28420100", "unknown memory 1", 2, "-> i32"),
    ("3f01", "unknown memory 1", 0, "-> i32"),
    (f"{I32} {I32} {I32} fc080100", "unknown data segment 1", 6, "->"),
    (f"{I32} {I32} {I32} fc080001", "unknown memory 1", 6, "->"),
    ("fc0901", "unknown data segment 1", 0, "->"),
    (f"{I32} {I32} {I32} fc0a0001", "unknown memory 1", 6, "->"),
    (f"{I32} {I64} {I32} fc0b00", "type mismatch: memory.fill expects i32, found i64", 6, "->"),
    (f"{I32} 2502 1a", "unknown table 2", 2, "->"),
    (f"{I32} {EXTERN} 2600", "type mismatch: table.set expects funcref, found externref", 4, "->"),
    (f"{I32} {I32} {I32} fc0c0200", "unknown elem segment 2", 6, "->"),
    (f"{I32} {I32} {I32} fc0c0002", "unknown table 2", 6, "->"),
    (f"{I32} {I32} {I32} fc0c0001", "type mismatch: table.init copies (ref func) to a table of externref", 6, "->"),
    ("fc0d02", "unknown elem segment 2", 0, "->"),
    (f"{I32} {I32} {I32} fc0e0001", "type mismatch: table.copy copies externref to a table of funcref", 6, "->"),
    (f"{EXTERN} {I32} fc0f00", "type mismatch: table.grow expects funcref, found externref", 4, "-> i32"),
    ("fc1002", "unknown table 2", 0, "-> i32"),
    (f"{I32} {FUNC} {I32} fc1101", "type mismatch: table.fill expects externref, found funcref", 6, "->"),
    (f"{I32} d1", "type mismatch: ref.is_null expects a reference, found i32", 2, "-> i32"),
    ("d203", "unknown function 3", 0, "-> funcref"),
    ("d202", "undeclared function reference", 0, "-> funcref"),
    (f"{FUNC}", "type mismatch: end expects externref, found funcref", 2, "-> externref"),
]  # fmt: skip


@pytest.mark.parametrize(("instructions", "message", "offset", "signature"), INVALID)
def test_invalid(instructions: str, message: str, offset: int, signature: str) -> None:
    module = decode_module(world(instructions, signature))
    with pytest.raises(ValidationError) as caught:
        validate(module)
    assert (caught.value.message, caught.value.function) == (message, 1)
    assert caught.value.offset == module.functions[0].start + offset


def test_without_a_memory() -> None:
    with pytest.raises(ValidationError, match="unknown memory 0 in function 1"):
        validate(decode_module(world(f"{I32} 280200 1a", memories=0)))


def test_several_memories() -> None:
    validate(decode_module(world(f"{I32} 28420200 {I32} 3f02 fc0a0201", memories=3)))


def test_too_many_locals_for_this_implementation() -> None:
    validate(decode_module(world("", locals_=b"\1\xd0\x86\3\x7f")))
    with pytest.raises(ValidationError, match="too many locals: 50001 exceed the limit of 50000"):
        validate(decode_module(world("", locals_=b"\2\xd0\x86\3\x7f\1\x7e")))


def test_locals_follow_the_parameters() -> None:
    validate(decode_module(world("2002 2103 2001 1a", "i64 f32 ->", locals_=b"\2\2\x7f\1\x7e")))


def test_one_function() -> None:
    module = decode_module(world(f"{I32} {DROP}"))
    context = check_module(module)
    instructions = validate_function(module, context, 1)
    assert [op.mnemonic for op, _, _ in instructions] == ["i32.const", "drop", "end"]
    assert [op.mnemonic for op, _, _ in validate_function(module, context, 2)] == ["end"]


def test_a_malformed_body() -> None:
    with pytest.raises(DecodeError, match="illegal opcode ff"):
        validate(decode_module(world("ff")))


def test_deep_nesting() -> None:
    depth = 20_000
    validate(decode_module(world("0240" * depth + "0b" * depth)))


@pytest.mark.parametrize("start", ["00", "41 00 " * 1000])
def test_wide_types(start: str) -> None:
    """A thousand operands are taken and given by each of many branches, from a full and from a polymorphic stack."""
    instructions = start + "41 00 0d 00 " * 2000
    validate(decode_module(world(instructions, "-> " + "i32 " * 1000)))


def test_every_instruction_has_its_rule() -> None:
    for op in OPS.values():
        assert (op.params is None) == (op.mnemonic in INSTRUCTION_RULES)
        if op.params is not None and op.immediate not in (None, "zero", "i32", "i64", "f32", "f64", "v128"):
            assert op.immediate in IMMEDIATE_RULES
