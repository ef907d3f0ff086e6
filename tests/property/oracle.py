"""Runs a generated case and records all that can be seen of it: in wasmtime here, in wasm2py in `subject`."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import wasmtime
from property.modules import Case
from property.record import EXCEPTION, Outcome, Record, host_result

#: wasmtime's trap codes in the spec's words.
TRAP_KINDS = {
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: "out of bounds memory access",
    wasmtime.TrapCode.HEAP_MISALIGNED: "unaligned atomic",
    wasmtime.TrapCode.ATOMIC_WAIT_NON_SHARED_MEMORY: "expected shared memory",
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: "undefined element",
    wasmtime.TrapCode.INDIRECT_CALL_TO_NULL: "uninitialized element",
    wasmtime.TrapCode.BAD_SIGNATURE: "indirect call type mismatch",
    wasmtime.TrapCode.INTEGER_OVERFLOW: "integer overflow",
    wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO: "integer divide by zero",
    wasmtime.TrapCode.BAD_CONVERSION_TO_INTEGER: "invalid conversion to integer",
    wasmtime.TrapCode.UNREACHABLE: "unreachable",
    wasmtime.TrapCode.STACK_OVERFLOW: "call stack exhausted",
    wasmtime.TrapCode.NULL_REFERENCE: "null reference",
    wasmtime.TrapCode.ARRAY_OUT_OF_BOUNDS: "out of bounds array access",
    wasmtime.TrapCode.ALLOCATION_TOO_LARGE: "allocation size too large",
    wasmtime.TrapCode.ALLOCATION_TOO_LARGE: "allocation size too large",
    wasmtime.TrapCode.CAST_FAILURE: "cast failure",
}


def enable(config: wasmtime.Config) -> None:
    """Switch on all that we have; legacy exceptions wasmtime has not."""
    config.wasm_multi_memory = config.wasm_memory64 = config.wasm_tail_call = True
    config.wasm_exceptions = config.wasm_function_references = config.wasm_gc = True
    config.wasm_relaxed_simd = config.wasm_relaxed_simd_deterministic = True
    config.wasm_threads = config.shared_memory = True
    config.wasm_wide_arithmetic = config.wasm_custom_page_sizes = True


@cache
def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.parallel_compilation = False
    config.cranelift_opt_level = "none"
    enable(config)
    return wasmtime.Engine(config)


def validate(binary: bytes) -> None:
    """Raise WasmtimeError unless wasmtime accepts the module."""
    wasmtime.Module.validate(_engine(), binary)


def run(case: Case) -> Record:
    """Run a case in wasmtime."""
    record = Record()
    store = wasmtime.Store(_engine())

    def host(argument: int) -> int:
        record.host_calls.append(argument & 0xFFFFFFFF)
        return _signed32(host_result(argument))

    i32 = wasmtime.ValType.i32()
    imports = [
        wasmtime.Func(store, wasmtime.FuncType([i32], [i32]), host),
        wasmtime.Global(store, wasmtime.GlobalType(i32, True), wasmtime.Val.i32(5)),
    ]
    exports = wasmtime.Instance(store, wasmtime.Module(_engine(), case.binary), imports).exports(store)
    for call in case.calls:
        record.outcomes.append(_call(store, exports[call.export], call.arguments))
    record.state = [_call(store, exports[name], ()) for name in case.observers]
    record.memories = [_content(store, exports[name]) for name in case.memories]
    return record


def _content(store: wasmtime.Store, memory: wasmtime.Memory | wasmtime.SharedMemory) -> bytes:
    if isinstance(memory, wasmtime.SharedMemory):
        return ctypes.string_at(memory.data_ptr(), memory.data_len())
    return bytes(memory.read(store, 0, memory.data_len(store)))


def _call(store: wasmtime.Store, function: Any, arguments: tuple[int, ...]) -> Outcome:
    types = function.type(store)
    values = [_argument(value, str(type_)) for value, type_ in zip(arguments, types.params, strict=True)]
    try:
        results = function(store, *values)
    except wasmtime.Trap as trap:
        return EXCEPTION if trap.trap_code is None else TRAP_KINDS[trap.trap_code]
    values = results if isinstance(results, list) else [] if results is None else [results]
    return tuple(value & _mask(str(type_)) for value, type_ in zip(values, types.results, strict=True))


def _argument(value: int, valtype: str) -> int:
    half = (_mask(valtype) + 1) >> 1
    return value - 2 * half if value >= half else value


def _signed32(value: int) -> int:
    return _argument(value, "i32")


def _mask(valtype: str) -> int:
    return 0xFFFFFFFF if valtype == "i32" else 0xFFFFFFFFFFFFFFFF
