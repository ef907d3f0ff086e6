"""The pipeline of one module: its description, its units, and what its code objects say of themselves."""

from __future__ import annotations

import ast
import dis
from dataclasses import replace
from types import CodeType

from unit.translation import instance_of, lifted, module_of, outcome, program_of, python
from wasm2py.runtime.program import Options, unit_of
from wasm2py.runtime.types import FuncType, GlobalType, Limits, MemoryType, TableType
from wasm2py.transpile import translate
from wasm2py.transpile.translate import PythonTranslator

WAT = """(module $demo
    (type $t (func (param i32) (result i32)))
    (import "env" "log" (func $log (param i32)))
    (import "env" "count" (global $count (mut i32)))
    (import "env" "base" (global $base i32))
    (table $t 3 5 funcref) (table $refs 1 externref)
    (memory 1 2)
    (global $own (mut i64) (i64.const -1))
    (func $twice (export "double") (type $t) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "anonymous"))
    (func $start (call $log (global.get $base)))
    (export "again" (func $twice))
    (start $start)
    (elem (table $t) (offset (i32.const 1)) func $twice)
    (elem declare func $start)
    (data (i32.const 8) "abc") (data "passive"))"""


def test_description() -> None:
    _, _, program = program_of(WAT)
    assert program.name == "demo"
    assert [(item.module, item.name) for item in program.imports] == [("env", "log"), ("env", "count"), ("env", "base")]
    assert program.imports[0].type == FuncType(("i32",), ())
    assert [(info.identifier, info.name) for info in program.functions] == [
        ("log", "log"),
        ("twice", "twice"),
        ("anonymous", "anonymous"),
        ("start", "start"),
    ]
    assert program.functions[0].offset == 0
    assert all(info.offset > 0 for info in program.functions[1:])
    assert [(info.identifier, info.boxed, info.init) for info in program.globals] == [
        ("count", True, ()),
        ("base", False, ()),
        ("own", False, (("i64.const", 0xFFFFFFFFFFFFFFFF),)),
    ]
    assert program.globals[2].type == GlobalType("i64", True)
    assert program.tables == (TableType("funcref", Limits(3, 5)), TableType("externref", Limits(1, None)))
    assert program.memories == (MemoryType(Limits(1, 2)),)
    assert [(item.name, item.kind, item.index) for item in program.exports] == [
        ("double", "func", 1),
        ("anonymous", "func", 2),
        ("again", "func", 1),
    ]
    assert program.start == 3
    assert [(item.mode, item.table, item.offset, item.items) for item in program.elems] == [
        ("active", 0, (("i32.const", 1),), ((("ref.func", 1),),)),
        ("declarative", 0, (), ((("ref.func", 3),),)),
    ]
    assert [(item.mode, item.data, item.offset) for item in program.datas] == [
        ("active", b"abc", (("i32.const", 8),)),
        ("passive", b"passive", ()),
    ]
    assert {(view.table, view.type) for view in program.call_views} >= {(0, program.types[0])}
    assert all(view.table == 0 for view in program.call_views)
    assert program.imported_count("func") == 1
    assert program.imported_count("global") == 2


def test_description_is_the_same_for_the_same_bytes() -> None:
    assert program_of(WAT)[2] == program_of(WAT)[2]


def test_module_without_a_name_is_called_by_its_hash() -> None:
    module = module_of("(module)")
    program = PythonTranslator().program(module, Options())
    assert program.name == module.hash.hex()[:12]
    assert list(program.units) == []


def test_every_function_is_a_unit_where_code_is_translated_as_it_is_called() -> None:
    _, _, program = program_of('(module (import "m" "f" (func)) (func) (func))')
    assert list(program.units) == [(1, 2), (2, 3)]
    assert [unit_of(program.units, index) for index in (1, 2)] == [0, 1]


def test_files_cover_every_function_in_order() -> None:
    functions = " ".join(f'(func (export "f{n}") (result i32) (i32.const {n}))' for n in range(300))
    wat = f'(module (import "m" "f" (func)) {functions})'
    units = translate.file_units(module_of(wat))
    assert units[0] == (1, 1 + translate.UNIT_FUNCTIONS)
    assert [first for first, _ in units[1:]] == [past for _, past in units[:-1]]
    assert units[-1][1] == 301


def test_large_function_ends_its_unit() -> None:
    large = f"(func {'(block) ' * (translate.UNIT_BYTES // 3)})"
    assert translate.file_units(module_of(f"(module (func) {large} (func) (func))")) == ((0, 2), (2, 4))


def test_unit_has_the_code_of_its_functions() -> None:
    translator, module, program = program_of(WAT)
    code = translator.unit(module, replace(program, units=((1, 4),)), 0)
    assert [item.co_name for item in code] == ["twice", "anonymous", "start"]
    assert {item.co_filename for item in code} == {"<wasm demo>"}


def test_lines_are_offsets_in_the_module() -> None:
    translator, module, program = program_of(WAT)
    code = translator.function_code(module, program, 1)
    offset = program.functions[1].offset
    lines = {line for _, line in dis.findlinestarts(code) if line is not None}
    # local.get 0, i32.const 2, i32.mul: two bytes each but the last, and `end`
    assert lines <= set(range(offset, offset + 6))
    assert offset + 4 in lines


def test_every_node_has_a_place() -> None:
    translator, module, program = program_of(WAT)
    for index in range(1, 4):
        for node in ast.walk(translator.function_ast(module, program, index)):
            if isinstance(node, ast.expr | ast.stmt | ast.arg):
                assert node.lineno >= program.functions[index].offset
                assert node.col_offset == 0


def test_code_objects_hold_no_more_than_they_need() -> None:
    translator, module, program = program_of(WAT)
    for code in translator.unit(module, replace(program, units=((1, 4),)), 0):
        assert not any(isinstance(const, CodeType) for const in code.co_consts)
        assert code.co_freevars == code.co_cellvars == ()


def test_boxed_and_plain_globals() -> None:
    body = "(global.set $count (i32.add (global.get $count) (global.get $base))) (global.set $own (i64.const 5))"
    wat = WAT.replace('(func (export "anonymous"))', f'(func (export "anonymous") {body})')
    assert (
        python(wat, 2)
        == "def anonymous():\n    global own\n    count.raw = (count.raw + base) % 4294967296\n    own = 5\n"
    )


def test_translator_remembers_a_few_modules() -> None:
    translator = PythonTranslator()
    modules = [module_of(f'(module (func $f{n} (export "f{n}")))') for n in range(20)]
    for _ in range(2):
        for number, module in enumerate(modules):
            program = translator.program(module, Options())
            assert translator.function_ast(module, program, 0).name == f"f{number}"


def test_dialects_and_passes_agree_where_nothing_is_to_optimise() -> None:
    wat = '(module (func (export "f") (param i32) (result i32) (local.get 0)))'
    assert outcome(instance_of(wat, "portable", ("fold",)), "f", 7) == 7
    assert len(lifted(wat).reverse_postorder()) == 1


def test_imports_shift_every_index() -> None:
    wat = """(module (import "m" "f" (func $f (param i32) (result i32)))
        (func $g (param i32) (result i32) (call $f (call $h (local.get 0))))
        (func $h (param i32) (result i32) (local.get 0)))"""
    assert python(wat, 1) == "def g(p0):\n    return f(h(p0))\n"
