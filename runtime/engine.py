"""The engine: compiles modules, and makes what calls their functions.

`Engine` knows modules, `ModuleEngine` the functions of one instance, `CallEngine` runs one function.  The translator
is handed in; the engine asks nothing of a module but its hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from wasm2py.runtime.cache import Cache, CompiledModule
from wasm2py.runtime.errors import Trap, WasmError
from wasm2py.runtime.function import Func
from wasm2py.runtime.instance import Instance, instantiate
from wasm2py.runtime.link import Extern
from wasm2py.runtime.listeners import Listeners
from wasm2py.runtime.program import ModuleSource, Options, Program, Translator
from wasm2py.runtime.references import functions_match, is_function_reference
from wasm2py.runtime.table import Table
from wasm2py.runtime.types import FuncType


class Engine:
    """Compiles modules with one translator and one set of options.

    Compiled modules are kept in the cache: the one given, which may be shared and is not closed with the engine, or one
    of the engine's own.
    """

    def __init__(self, translator: Translator, cache: Cache | None = None, options: Options | None = None) -> None:
        self._translator = translator
        self._cache = Cache() if cache is None else cache
        self._owns_cache = cache is None
        self._options = replace(options or Options(), listeners=False)
        self._listeners: dict[bytes, Listeners] = {}
        self._closed = False

    def compile_module(self, module: ModuleSource, listeners: Listeners = (), eager: bool = False) -> Program:
        """Make a module known, unless it is already (by its hash); its program.

        What is not in memory is taken from the cache's directory, else translated: units when they are first called,
        or all of them now if `eager`.  `listeners` are those of the instances made from now on, one or None for each
        defined function.

        Raises ValueError if the number of listeners is wrong, WasmError if the engine is closed.
        """
        self._check_open()
        heard = any(listener is not None for listener in listeners)
        compiled = self._cache.compiled(module, self._translator, self._variant(heard))
        defined = len(compiled.program.functions) - compiled.program.imported_count("func")
        if listeners and len(listeners) != defined:
            raise ValueError(f"{compiled.program.name}: expected {defined} listeners, got {len(listeners)}")
        self._listeners.pop(module.hash, None)
        if heard:
            self._listeners[module.hash] = tuple(listeners)
        if eager:
            compiled.load_all()
        return compiled.program

    def compiled_module_count(self) -> int:
        """How many modules this engine knows; those that others compiled in the same way into a shared cache count."""
        if self._closed:
            return 0
        mine = (self._translator.version, self._options)
        entries = self._cache.in_memory()
        return sum((entry.version, replace(entry.options, listeners=False)) == mine for entry in entries)

    def delete_compiled_module(self, module: ModuleSource) -> None:
        """Forget a module, in memory only; instances of it, also such as are being called, go on."""
        self._listeners.pop(module.hash, None)
        for heard in (False, True):
            self._cache.discard(module, self._translator, self._variant(heard))

    def instantiate(
        self, module: ModuleSource, imports: Sequence[Extern] = (), namespace: ModuleType | None = None
    ) -> Instance:
        """Make an instance of a compiled module; see `runtime.instance.instantiate` for the parameters and errors."""
        compiled = self._compiled(module, "the instance")
        return instantiate(compiled.program, compiled.unit, imports, self._listeners.get(module.hash), namespace)

    def new_module_engine(self, name: str, module: ModuleSource, functions: Sequence[Func]) -> ModuleEngine:
        """The module engine `name` of a compiled module, whose function index space `functions` is, imports first.

        Raises WasmError if the module is not compiled, ValueError if `functions` is not its index space.
        """
        program = self._compiled(module, name).program
        if [func.type for func in functions] != [info.type for info in program.functions]:
            raise ValueError(f"{name}: the functions given are not those of the module's index space")
        return ModuleEngine(name, program, functions)

    def close(self) -> None:
        """Release everything; instances that exist go on.  A cache that the engine was given stays open."""
        self._closed = True
        self._listeners.clear()
        if self._owns_cache:
            self._cache.close()

    def _variant(self, listeners: bool) -> Options:
        return replace(self._options, listeners=listeners)

    def _compiled(self, module: ModuleSource, name: str) -> CompiledModule:
        self._check_open()
        options = self._variant(module.hash in self._listeners)
        compiled = self._cache.find(module, self._translator, options)
        if compiled is None:
            raise WasmError(f"source module for {name} must be compiled before instantiation")
        return compiled

    def _check_open(self) -> None:
        if self._closed:
            raise WasmError("the engine is closed")


class ModuleEngine:
    """The functions of one instance."""

    def __init__(self, name: str, program: Program, functions: Sequence[Func]) -> None:
        self.name = name
        self._program = program
        self._functions = functions

    def new_call_engine(self, function: Func) -> CallEngine:
        """What calls `function`; several may be made, also of the same function."""
        return CallEngine(function)

    def lookup_function(self, table: Table, type_id: FuncType | int, offset: int) -> Func:
        """The function at `offset` of a table; `type_id` is its type, or the type's index in this module.

        Traps with "invalid table access" if the offset is past the end, the entry is null, or the table is not of
        functions, and with "indirect call type mismatch" if the function's type is another.
        """
        if not is_function_reference(table.element) or not 0 <= offset < table.size:
            raise Trap("invalid table access")
        function: Func | None = table.get(offset)
        if function is None:
            raise Trap("invalid table access")
        expected = self._program.types[type_id] if isinstance(type_id, int) else type_id
        if not isinstance(expected, FuncType) or not functions_match(function.type, expected):
            raise Trap("indirect call type mismatch")
        return function

    def create_func_element_instance(self, indexes: Iterable[int | None]) -> list[Func | None]:
        """The references of an element segment of these functions; None gives the null reference."""
        return [None if index is None else self._functions[index] for index in indexes]

    def function_instance_reference(self, index: int) -> Func:
        """The reference of a function of the index space, imports included."""
        return self._functions[index]


class CallEngine:
    """Calls one function; not for concurrent use."""

    def __init__(self, function: Func) -> None:
        self._function = function

    def call(self, params: Sequence[Any] = ()) -> list[Any]:
        """Call with host values; the results in a new list.

        Raises what calling a `Func` raises; "expected N params, but passed M" is a TypeError.  After an error it can
        be used again.
        """
        results = self._function(*params)
        count = len(self._function.type.results)
        return [results] if count == 1 else list(results or ())
