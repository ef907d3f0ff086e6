"""The engine's contract (DESIGN: The seed's contract), clause by clause."""

from __future__ import annotations

import gc
import weakref

import pytest
from contract.fake import BASIC, FakeModule, FakeTranslator, func_type, make_module
from wasm2py.runtime.engine import Engine, ModuleEngine
from wasm2py.runtime.errors import Trap, WasmError
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance
from wasm2py.runtime.program import ImportInfo, Options
from wasm2py.runtime.table import Table

I32_I32 = func_type("i32,i32->i32")


@pytest.fixture
def translator() -> FakeTranslator:
    return FakeTranslator()


@pytest.fixture
def engine(translator: FakeTranslator) -> Engine:
    return Engine(translator)


@pytest.fixture
def module() -> FakeModule:
    return make_module(BASIC)


def instance_of(engine: Engine, module: FakeModule) -> Instance:
    engine.compile_module(module)
    return engine.instantiate(module)


def module_engine_of(engine: Engine, module: FakeModule) -> ModuleEngine:
    return engine.new_module_engine("m", module, instance_of(engine, module).functions)


class TestCompileModule:
    def test_is_idempotent_by_hash(self, engine: Engine, translator: FakeTranslator) -> None:
        first, same = make_module(BASIC), make_module(BASIC)
        assert first is not same
        assert engine.compile_module(first) is engine.compile_module(same)
        assert (translator.programs, engine.compiled_module_count()) == (1, 1)

    def test_translates_no_unit_before_it_is_called(
        self, engine: Engine, translator: FakeTranslator, module: FakeModule
    ) -> None:
        exports = instance_of(engine, module).exports
        assert translator.units == []
        assert exports["outer"](7, 2) == 3
        assert translator.units == [2, 1]

    def test_loads_a_unit_once_for_all_its_functions(self, engine: Engine, translator: FakeTranslator) -> None:
        module = make_module(BASIC, unit_size=4)
        exports = instance_of(engine, module).exports
        assert (exports["add"](1, 2), exports["divide"](9, 3)) == (3, 3)
        assert translator.units == [0]

    def test_shares_units_between_instances(
        self, engine: Engine, translator: FakeTranslator, module: FakeModule
    ) -> None:
        first, second = instance_of(engine, module), instance_of(engine, module)
        assert first.exports["add"](1, 2) == second.exports["add"](1, 2) == 3
        assert translator.units == [0]
        assert first.functions[0].raw("cpython").__code__ is second.functions[0].raw("cpython").__code__

    def test_translates_everything_if_eager(
        self, engine: Engine, translator: FakeTranslator, module: FakeModule
    ) -> None:
        engine.compile_module(module, eager=True)
        assert translator.units == list(range(len(BASIC)))

    def test_different_modules_count_separately(self, engine: Engine) -> None:
        engine.compile_module(make_module(BASIC, name="one"))
        engine.compile_module(make_module(BASIC, name="two"))
        assert engine.compiled_module_count() == 2

    def test_hands_the_options_to_the_translator(self, translator: FakeTranslator, module: FakeModule) -> None:
        engine = Engine(translator, options=Options(dialect="portable", disabled_passes=("p",)))
        program = engine.compile_module(module)
        assert program.options == Options(dialect="portable", disabled_passes=("p",))

    def test_refuses_a_wrong_number_of_listeners(self, engine: Engine, module: FakeModule) -> None:
        with pytest.raises(ValueError, match="expected 7 listeners, got 1"):
            engine.compile_module(module, [None])


class TestDelete:
    def test_drops_the_entry(self, engine: Engine, translator: FakeTranslator, module: FakeModule) -> None:
        engine.compile_module(module)
        engine.delete_compiled_module(module)
        assert engine.compiled_module_count() == 0
        engine.compile_module(module)
        assert translator.programs == 2

    def test_of_an_unknown_module_does_nothing(self, engine: Engine, module: FakeModule) -> None:
        engine.delete_compiled_module(module)
        assert engine.compiled_module_count() == 0

    def test_with_a_call_outstanding(self, engine: Engine) -> None:
        imports = (ImportInfo("env", "hook", func_type("->")),)
        functions = {
            "run": ("i32->i32", "def run(n):\n    hook()\n    return later(n)"),
            "later": ("i32->i32", "def later(n):\n    return n + 1"),
        }
        module = make_module(functions, imports=imports, imported={"func": 1})

        def hook() -> None:
            engine.delete_compiled_module(module)
            gc.collect()

        engine.compile_module(module)
        instance = engine.instantiate(module, [Func(func_type("->"), hook)])
        assert instance.exports["run"](41) == 42
        assert engine.compiled_module_count() == 0


class TestNewModuleEngine:
    def test_needs_a_compiled_module(self, engine: Engine, module: FakeModule) -> None:
        functions = instance_of(engine, module).functions
        engine.delete_compiled_module(module)
        with pytest.raises(WasmError, match=r"^source module for NAME must be compiled before instantiation$"):
            engine.new_module_engine("NAME", module, functions)

    def test_has_its_name(self, engine: Engine, module: FakeModule) -> None:
        assert module_engine_of(engine, module).name == "m"

    def test_needs_every_function_of_the_index_space(self, engine: Engine, module: FakeModule) -> None:
        functions = instance_of(engine, module).functions
        with pytest.raises(ValueError, match="m: the functions given are not those of the module's index space"):
            engine.new_module_engine("m", module, functions[1:])


class TestModuleEngine:
    def test_lookup_function(self, engine: Engine, module: FakeModule) -> None:
        instance = instance_of(engine, module)
        made = engine.new_module_engine("m", module, instance.functions)
        table = Table("funcref", 2)
        table[1] = instance.functions[0]
        assert made.lookup_function(table, I32_I32, 1) is instance.functions[0]

    def test_lookup_function_takes_an_index_of_the_types(self, engine: Engine) -> None:
        module = make_module(BASIC, types=(func_type("->"), I32_I32))
        instance = instance_of(engine, module)
        made = engine.new_module_engine("m", module, instance.functions)
        table = Table("funcref", 1, None, instance.functions[0])
        assert made.lookup_function(table, 1, 0) is instance.functions[0]
        with pytest.raises(Trap, match=r"^indirect call type mismatch$"):
            made.lookup_function(table, 0, 0)

    @pytest.mark.parametrize("offset", [2, 0, -1], ids=["past the end", "null", "negative"])
    def test_lookup_function_of_nothing(self, engine: Engine, module: FakeModule, offset: int) -> None:
        with pytest.raises(Trap) as caught:
            module_engine_of(engine, module).lookup_function(Table("funcref", 2), I32_I32, offset)
        assert caught.value.kind == "invalid table access"

    def test_lookup_function_in_a_table_of_others(self, engine: Engine, module: FakeModule) -> None:
        with pytest.raises(Trap) as caught:
            module_engine_of(engine, module).lookup_function(Table("externref", 1, None, "x"), I32_I32, 0)
        assert caught.value.kind == "invalid table access"

    def test_lookup_function_of_another_type(self, engine: Engine, module: FakeModule) -> None:
        instance = instance_of(engine, module)
        made = engine.new_module_engine("m", module, instance.functions)
        with pytest.raises(Trap) as caught:
            made.lookup_function(Table("funcref", 1, None, instance.functions[0]), func_type("->i32"), 0)
        assert caught.value.kind == "indirect call type mismatch"

    def test_references(self, engine: Engine) -> None:
        imports = (ImportInfo("env", "host", func_type("->")),)
        module = make_module(BASIC, imports=imports, imported={"func": 1})
        host = Func(func_type("->"), lambda: None)
        engine.compile_module(module)
        instance = engine.instantiate(module, [host])
        made = engine.new_module_engine("m", module, instance.functions)
        add = instance.exports["add"]
        assert made.function_instance_reference(0) is host
        assert made.function_instance_reference(1) is add
        assert made.create_func_element_instance([1, None, 0]) == [add, None, host]


class TestCallEngine:
    def test_takes_and_gives_lists(self, engine: Engine, module: FakeModule) -> None:
        made = module_engine_of(engine, module)
        calls = [made.new_call_engine(made.function_instance_reference(index)) for index in (0, 5, 6)]
        assert calls[0].call([-3, 1]) == [-2]
        assert calls[1].call([]) == []
        assert calls[2].call([1, 2.5]) == [2.5, 1]

    def test_wrong_arity(self, engine: Engine, module: FakeModule) -> None:
        made = module_engine_of(engine, module)
        call = made.new_call_engine(made.function_instance_reference(0))
        with pytest.raises(TypeError, match="expected 2 params, but passed 1"):
            call.call([1])
        with pytest.raises(TypeError, match="expected 2 params, but passed 3"):
            call.call([1, 2, 3])

    def test_results_are_fresh(self, engine: Engine, module: FakeModule) -> None:
        made = module_engine_of(engine, module)
        call = made.new_call_engine(made.function_instance_reference(0))
        first = call.call([1, 2])
        assert call.call([3, 4]) == [7]
        assert first == [3]

    def test_can_be_used_after_an_error(self, engine: Engine, module: FakeModule) -> None:
        made = module_engine_of(engine, module)
        call = made.new_call_engine(made.function_instance_reference(1))
        with pytest.raises(Trap, match="integer divide by zero"):
            call.call([1, 0])
        with pytest.raises(TypeError):
            call.call(["x", 1])
        assert call.call([6, 3]) == [2]


class TestClose:
    def test_releases_compiled_modules(self, translator: FakeTranslator, module: FakeModule) -> None:
        engine = Engine(translator)
        instance = instance_of(engine, module)
        engine.close()
        engine.close()
        assert engine.compiled_module_count() == 0
        assert instance.exports["add"](1, 2) == 3, "instances go on"
        with pytest.raises(WasmError, match="the engine is closed"):
            engine.compile_module(module)

    def test_instances_are_collected(self, engine: Engine, module: FakeModule) -> None:
        instance = instance_of(engine, module)
        instance.exports["add"](1, 2)
        watcher = weakref.ref(instance)
        engine.close()  # on PyPy, code keeps the first globals that it ran with
        del instance
        for _ in range(3):
            gc.collect()
        assert watcher() is None
