"""Instantiation: imports, exports, segments, globals, the start function."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from contract.fake import BASIC, FakeModule, FakeTranslator, func_type, make_module
from wasm2py.runtime.errors import LinkError, Trap
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.link import Extern, resolve_imports
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.program import (
    CallView,
    ConstExpr,
    DataInfo,
    ElemInfo,
    ExportInfo,
    GlobalInfo,
    ImportInfo,
    Options,
)
from wasm2py.runtime.table import Table
from wasm2py.runtime.types import ExternType, FuncType, GlobalType, Limits, MemoryType, TableType

NOTHING = FuncType()
ONE_PAGE = MemoryType(Limits(1))


def const(value: int) -> ConstExpr:
    return (("i32.const", value),)


def refs(*indices: int) -> tuple[ConstExpr, ...]:
    return tuple((("ref.func", index),) for index in indices)


def make(module: FakeModule, *imports: Extern, options: Options | None = None) -> Instance:
    translator = FakeTranslator()
    program = translator.program(module, options or Options())
    return instantiate(program, lambda unit: translator.unit(module, program, unit), imports)


def described(functions: dict[str, tuple[str, str]] | None = None, **fields: Any) -> FakeModule:
    return make_module(functions or {}, **fields)


class TestNamespace:
    def test_holds_what_generated_code_needs(self) -> None:
        module = described(
            BASIC,
            memories=(ONE_PAGE, MemoryType(Limits(2))),
            tables=(TableType("funcref", Limits(1)), TableType("externref", Limits(2))),
            call_views=(CallView("view", 0, func_type("i32,i32->i32")),),
        )
        instance = make(module)
        names = instance.namespace.__dict__
        assert names["__wasm__"] is instance
        assert (names["memory"], names["memory1"]) == tuple(instance.memories)
        assert (names["table"], names["table1"]) == tuple(instance.tables)
        assert (len(names["mem_u8"]), len(names["mem1_u32"])) == (65536, 131069)
        assert names["funcrefs"][0] is instance.exports["add"]
        assert callable(names["i32_clz"])

    def test_a_view_is_made_when_code_that_uses_it_is_loaded(self) -> None:
        module = described(
            {"through": ("i32->i32", "def through(a):\n    return view[0](a)")},
            tables=(TableType("funcref", Limits(1)),),
            call_views=(CallView("view", 0, func_type("i32->i32")), CallView("unused", 0, func_type("->"))),
        )
        instance = make(module)
        names = instance.namespace.__dict__
        assert "view" not in names
        instance.load(0)
        assert names["view"] is instance.tables[0].view(func_type("i32->i32"), "cpython")
        assert "unused" not in names

    def test_portable_dialect_has_the_bytes(self) -> None:
        names = make(described(memories=(ONE_PAGE,)), options=Options("portable")).namespace.__dict__
        assert len(names["mem"]) == 65536
        assert "mem_u8" not in names

    def test_growth_is_seen_in_every_attached_namespace(self) -> None:
        owner = make(described(memories=(ONE_PAGE,), exports=(ExportInfo("m", "memory", 0),)))
        imports = (ImportInfo("a", "m", ONE_PAGE),)
        user = make(
            described(imports=imports, imported={"memory": 1}, memories=(ONE_PAGE,)),
            owner.exports["m"],
        )
        assert owner.memories[0].grow(1) == 1
        assert len(user.namespace.__dict__["mem_u8"]) == 2 * 65536

    def test_every_reference_to_a_function_gets_its_code_when_that_is_loaded(self) -> None:
        instance = make(make_module(BASIC))
        names = instance.namespace.__dict__
        before = names["divide"]
        assert names["outer"](7, 2) == 3
        assert names["divide"].__code__ is before.__code__
        assert before(7, 2) == names["divide"](7, 2) == 3
        assert before.__qualname__ == "divide"
        assert before.__code__.co_filename == "<wasm fake>"

    def test_can_be_given(self) -> None:
        given = ModuleType("given")
        translator = FakeTranslator()
        module = make_module(BASIC)
        program = translator.program(module, Options())
        instance = instantiate(program, lambda unit: translator.unit(module, program, unit), module_namespace=given)
        assert instance.namespace is given
        assert vars(given)["add"](1, 2) == 3


class TestFunctions:
    def test_the_same_function_is_the_same_object(self) -> None:
        module = described(
            BASIC,
            tables=(TableType("funcref", Limits(2)),),
            elems=(ElemInfo("active", "funcref", refs(0, 0), 0, const(0)),),
            exports=(ExportInfo("one", "func", 0), ExportInfo("two", "func", 0)),
        )
        instance = make(module)
        func = instance.exports["one"]
        assert instance.exports["two"] is func
        assert instance.functions[0] is func
        assert list(instance.tables[0]) == [func, func]
        assert isinstance(func, Func)
        assert (func.name, func.instance, func.index, func.type) == ("add", instance, 0, func_type("i32,i32->i32"))

    def test_index_space(self) -> None:
        functions = make(make_module(BASIC)).functions
        assert len(functions) == len(BASIC)
        assert [func.name for func in functions] == list(BASIC)
        assert functions[-1] is functions[6]
        assert functions[1:3] == [functions[1], functions[2]]
        with pytest.raises(IndexError):
            functions[7]

    def test_reexported_imports_keep_their_identity(self) -> None:
        types: tuple[ExternType, ...] = (NOTHING, TableType("funcref", Limits(0)), ONE_PAGE, GlobalType("i32"))
        imports = tuple(ImportInfo("a", str(type_), type_) for type_ in types)
        module = described(
            imports=imports,
            imported={"func": 1, "table": 1, "memory": 1, "global": 1},
            tables=(TableType("funcref", Limits(0)),),
            memories=(ONE_PAGE,),
            globals=(GlobalInfo(GlobalType("i32"), "g"),),
            exports=tuple(ExportInfo(kind, kind, 0) for kind in ("func", "table", "memory", "global")),
        )
        given = (Func(NOTHING, lambda: None), Table("funcref", 0), Memory(1), Global("i32", 1))
        instance = make(module, *given)
        assert tuple(instance.exports.values()) == given

    def test_imports_of_other_instances_are_called_directly(self) -> None:
        owner = make(make_module(BASIC))
        imports = (ImportInfo("a", "add", func_type("i32,i32->i32")),)
        user = make(
            make_module({"f": ("->i32", "def f():\n    return add(40, 2)")}, imports=imports, imported={"func": 1}),
            owner.exports["add"],
        )
        assert user.exports["f"]() == 42
        assert user.namespace.__dict__["add"].__code__ is owner.namespace.__dict__["add"].__code__


class TestGlobals:
    def test_values_and_their_order(self) -> None:
        infos = (
            GlobalInfo(GlobalType("i32"), "given"),
            GlobalInfo(GlobalType("i32"), "a", (("global.get", 0), ("i32.const", 1), ("i32.sub", None))),
            GlobalInfo(GlobalType("i32"), "b", (("global.get", 1), ("i32.const", 3), ("i32.mul", None))),
            GlobalInfo(GlobalType("i64"), "c", (("i64.const", 2**64 - 1), ("i64.const", 2), ("i64.add", None))),
            GlobalInfo(GlobalType("f32"), "d", (("f32.const", 0x7FA00001),)),
            GlobalInfo(GlobalType("f64"), "e", (("f64.const", 0x3FF8000000000000),)),
            GlobalInfo(GlobalType("funcref"), "f", (("ref.func", 0),)),
            GlobalInfo(GlobalType("externref"), "g", (("ref.null", "externref"),)),
        )
        module = make_module(
            BASIC, imports=(ImportInfo("m", "given", GlobalType("i32")),), imported={"global": 1}, globals=infos
        )
        instance = make(module, Global("i32", 0))
        names = instance.namespace.__dict__
        assert (names["given"], names["a"], names["b"], names["c"]) == (0, 0xFFFFFFFF, 0xFFFFFFFD, 1)
        assert names["d"] != names["d"]
        assert (names["e"], names["f"], names["g"]) == (1.5, instance.functions[0], None)
        assert [global_.value for global_ in instance.globals[:4]] == [0, -1, -3, 1]

    def test_mutable_globals_are_shared(self) -> None:
        mutable = GlobalType("i32", True)
        owner = make(
            described(
                {"get": ("->i32", "def get():\n    return counter")},
                globals=(GlobalInfo(mutable, "counter", const(5)),),
                exports=(ExportInfo("counter", "global", 0), ExportInfo("get", "func", 0)),
            )
        )
        user = make(
            described(
                {"bump": ("->", "def bump():\n    counter.raw = counter.raw + 1")},
                imports=(ImportInfo("a", "counter", mutable),),
                imported={"global": 1},
                globals=(GlobalInfo(mutable, "counter", boxed=True),),
                exports=(ExportInfo("counter", "global", 0), ExportInfo("bump", "func", 0)),
            ),
            owner.exports["counter"],
        )
        exported = owner.exports["counter"]
        assert user.exports["counter"] is exported
        user.exports["bump"]()
        assert owner.exports["get"]() == 6
        assert isinstance(exported, Global)
        exported.value = -1
        assert owner.exports["get"]() == -1

    def test_a_boxed_global_of_ones_own(self) -> None:
        info = GlobalInfo(GlobalType("i32", True), "g", const(3), boxed=True)
        instance = make(described(globals=(info,)))
        assert instance.namespace.__dict__["g"] is instance.globals[0]
        assert instance.globals[0].value == 3


class TestSegments:
    def test_are_applied_in_order(self) -> None:
        datas = (DataInfo("active", b"abcd", 0, const(0)), DataInfo("active", b"XY", 0, const(1)))
        assert make(described(memories=(ONE_PAGE,), datas=datas)).memories[0].read(0, 5) == b"aXYd\0"

    def test_active_and_declared_ones_are_dropped(self) -> None:
        elems = (
            ElemInfo("active", "funcref", refs(0), 0, const(0)),
            ElemInfo("passive", "funcref", refs(1)),
            ElemInfo("declarative", "funcref", refs(2)),
        )
        datas = (DataInfo("active", b"a", 0, const(0)), DataInfo("passive", b"b"))
        tables = (TableType("funcref", Limits(1)),)
        instance = make(make_module(BASIC, tables=tables, memories=(ONE_PAGE,), elems=elems, datas=datas))
        names = instance.namespace.__dict__
        assert [list(items) for items in names["elem_segments"]] == [[], [instance.functions[1]], []]
        assert names["data_segments"] == [b"", b"b"]
        assert instance.tables[0][0] is instance.functions[0]

    def test_offsets_may_be_globals(self) -> None:
        datas = (DataInfo("active", b"x", 0, (("global.get", 0),)),)
        imports = (ImportInfo("a", "base", GlobalType("i32")),)
        module = described(
            imports=imports,
            imported={"global": 1},
            globals=(GlobalInfo(GlobalType("i32"), "base"),),
            memories=(ONE_PAGE,),
            datas=datas,
        )
        assert make(module, Global("i32", 7)).memories[0][7] == ord("x")

    def test_out_of_bounds_data_traps_and_earlier_ones_stay(self) -> None:
        memory = Memory(1)
        datas = (
            DataInfo("active", b"stays", 0, const(0)),
            DataInfo("active", b"xx", 0, const(65535)),
            DataInfo("active", b"never", 0, const(0)),
        )
        module = described(
            imports=(ImportInfo("a", "m", ONE_PAGE),), imported={"memory": 1}, memories=(ONE_PAGE,), datas=datas
        )
        with pytest.raises(Trap) as caught:
            make(module, memory)
        assert caught.value.kind == "out of bounds memory access"
        assert memory.read(0, 5) == b"stays"
        assert memory[65535] == 0

    def test_out_of_bounds_elements_trap_before_any_data_is_written(self) -> None:
        memory, table = Memory(1), Table("funcref", 1)
        table_type = TableType("funcref", Limits(1))
        module = make_module(
            BASIC,
            imports=(ImportInfo("a", "t", table_type), ImportInfo("a", "m", ONE_PAGE)),
            imported={"memory": 1, "table": 1},
            memories=(ONE_PAGE,),
            tables=(table_type,),
            elems=(
                ElemInfo("active", "funcref", refs(0), 0, const(0)),
                ElemInfo("active", "funcref", refs(0, 1), 0, const(0)),
            ),
            datas=(DataInfo("active", b"x", 0, const(0)),),
        )
        with pytest.raises(Trap) as caught:
            make(module, table, memory)
        assert caught.value.kind == "out of bounds table access"
        assert memory[0] == 0
        assert table[0](2, 3) == 5, "what an instance that failed has left in a table can be called"

    def test_empty_ones_at_the_end_fit(self) -> None:
        make(described(memories=(ONE_PAGE,), datas=(DataInfo("active", b"", 0, const(65536)),)))
        with pytest.raises(Trap):
            make(described(memories=(ONE_PAGE,), datas=(DataInfo("active", b"", 0, const(65537)),)))


class TestStart:
    def test_runs_after_the_segments(self) -> None:
        module = described(
            {"start": ("->", "def start():\n    mem_u8[1] = mem_u8[0] + 1")},
            memories=(ONE_PAGE,),
            datas=(DataInfo("active", b"a", 0, const(0)),),
            start=0,
        )
        assert make(module).memories[0].read(0, 2) == b"ab"

    def test_may_trap(self) -> None:
        module = described({"start": ("->", "def start():\n    1 // 0")}, start=0)
        with pytest.raises(Trap) as caught:
            make(module)
        assert (caught.value.kind, caught.value.frames[0].function) == ("integer divide by zero", "start")

    def test_may_be_an_import(self) -> None:
        called: list[bool] = []
        module = described(imports=(ImportInfo("a", "f", NOTHING),), imported={"func": 1}, start=0)
        make(module, Func(NOTHING, lambda: called.append(True)))
        assert called == [True]


TABLE = TableType("funcref", Limits(2, 4))


class TestMatching:
    @pytest.mark.parametrize(
        ("expected", "given"),
        [
            (NOTHING, Func(NOTHING, print)),
            (TableType("funcref", Limits(1)), Table("funcref", 2)),
            (TableType("funcref", Limits(2, 5)), Table("funcref", 2, 5)),
            (TableType("externref", Limits(0, 9)), Table("externref", 0, 3)),
            (MemoryType(Limits(0)), Memory(1, 2)),
            (MemoryType(Limits(1, 2)), Memory(1, 2)),
            (GlobalType("i64"), Global("i64")),
            (GlobalType("f32", True), Global("f32", mutable=True)),
        ],
        ids=str,
    )
    def test_fits(self, expected: ExternType, given: Extern) -> None:
        make(self.importing(expected), given)

    @pytest.mark.parametrize(
        ("expected", "given", "words"),
        [
            (NOTHING, Func(func_type("i32->"), print), "expected func () -> (), got func (i32) -> ()"),
            (NOTHING, Memory(1), "expected func () -> (), got memory 1"),
            (NOTHING, "x", "expected func () -> (), got a Python object of type str"),
            (TABLE, Table("funcref", 1, 4), "expected table 2..4 funcref, got table 1..4 funcref"),
            (TABLE, Table("funcref", 2), "expected table 2..4 funcref, got table 2 funcref"),
            (TABLE, Table("funcref", 2, 5), "expected table 2..4 funcref, got table 2..5 funcref"),
            (TABLE, Table("externref", 2, 4), "expected table 2..4 funcref, got table 2..4 externref"),
            (MemoryType(Limits(2)), Memory(1), "expected memory 2, got memory 1"),
            (GlobalType("i32"), Global("i64"), "expected global i32, got global i64"),
            (GlobalType("i32"), Global("i32", mutable=True), "expected global i32, got global (mut i32)"),
            (GlobalType("i32", True), Global("i32"), "expected global (mut i32), got global i32"),
        ],
    )
    def test_does_not_fit(self, expected: ExternType, given: Any, words: str) -> None:
        with pytest.raises(LinkError) as caught:
            make(self.importing(expected), given)
        assert str(caught.value) == f'incompatible import type: "mod" "item", {words}'

    def test_a_grown_memory_fits_by_its_current_size(self) -> None:
        memory = Memory(1)
        memory.grow(1)
        make(self.importing(MemoryType(Limits(2))), memory)

    def test_unknown(self) -> None:
        module = self.importing(ONE_PAGE)
        with pytest.raises(LinkError, match=r'^unknown import: "mod" "item", expected memory 1$'):
            resolve_imports(module.described, lambda module, name: None)

    def test_resolved_in_order(self) -> None:
        module = self.importing(ONE_PAGE)
        memory = Memory(1)
        known: dict[tuple[str, str], Extern] = {("mod", "item"): memory}
        assert resolve_imports(module.described, lambda *key: known.get(key)) == [memory]

    def test_number_of_imports(self) -> None:
        with pytest.raises(LinkError, match="expected 1 imports, got 0"):
            make(self.importing(ONE_PAGE))

    @staticmethod
    def importing(type_: ExternType) -> FakeModule:
        fields: dict[type, dict[str, Any]] = {
            FuncType: {"imported": {"func": 1}},
            TableType: {"imported": {"table": 1}, "tables": (type_,)},
            MemoryType: {"imported": {"memory": 1}, "memories": (type_,)},
            GlobalType: {"imported": {"global": 1}, "globals": (GlobalInfo(type_, "g"),)},  # type: ignore[arg-type]
        }
        return described(imports=(ImportInfo("mod", "item", type_),), **fields[type(type_)])
