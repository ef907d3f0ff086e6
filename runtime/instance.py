"""Instances (spec: Execution / Modules / Instantiation)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import RLock
from types import CodeType, FunctionType, ModuleType
from typing import Any

from wasm2py.runtime.constants import evaluate
from wasm2py.runtime.dialects import DIFFERING
from wasm2py.runtime.errors import StackExhausted
from wasm2py.runtime.exports import Exports
from wasm2py.runtime.function import Func
from wasm2py.runtime.globals import Global, NamespaceGlobal, PortableGlobal
from wasm2py.runtime.link import Extern, match_imports
from wasm2py.runtime.listeners import Listeners, listen
from wasm2py.runtime.memory import Memory, parts_named
from wasm2py.runtime.numerics import AGGREGATE_HELPERS, HELPERS, vector_helpers
from wasm2py.runtime.program import ConstExpr, Dialect, GlobalInfo, Program, UnitLoader, unit_of
from wasm2py.runtime.stack import GUARD
from wasm2py.runtime.stubs import make_stub, stub_code, take_over
from wasm2py.runtime.table import Table
from wasm2py.runtime.tag import Tag
from wasm2py.runtime.types import CompositeType, ExternKind, FuncType


def instantiate(
    program: Program,
    load_unit: UnitLoader,
    imports: Sequence[Extern] = (),
    listeners: Listeners | None = None,
    module_namespace: ModuleType | None = None,
) -> Instance:
    """Make an instance of a program; its code is fetched with `load_unit` when it is first called.

    `imports` are what the module's imports refer to, in order.  `listeners` holds a listener or None for each defined
    function. `module_namespace` is filled in instead of a new module object.

    Raises LinkError if an import does not fit.  Traps if an active segment is out of bounds, or if the start function
    traps; what was written to imported memories and tables before that stays.
    """
    match_imports(program, imports)
    instance = Instance(program, load_unit, imports, listeners or (), module_namespace)
    instance._initialise()
    return instance


class Instance:
    """A module's instance.

    `namespace` is the module object whose `__dict__` generated code runs in; `functions`, `tables`, `memories`,
    `globals` and `tags` are the index spaces, imports first; `exports` maps names to what is exported.
    """

    __slots__ = (
        "__weakref__",
        "_classes",
        "_display_names",
        "_funcrefs",
        "_known_types",
        "_load_unit",
        "_loaded",
        "_lock",
        "_stubs",
        "_views",
        "exports",
        "functions",
        "globals",
        "memories",
        "namespace",
        "program",
        "tables",
        "tags",
    )

    def __init__(
        self,
        program: Program,
        load_unit: UnitLoader,
        imports: Sequence[Extern],
        listeners: Listeners,
        namespace: ModuleType | None,
    ) -> None:
        """Allocate everything, with imports that match; `instantiate` is what to call."""
        self.program = program
        self.namespace = ModuleType(program.name) if namespace is None else namespace
        self._load_unit = load_unit
        self._loaded: set[int] = set()
        self._lock = RLock()
        self._display_names: dict[str, str] | None = None
        self._classes = {info.identifier: index for index, info in enumerate(program.classes) if info is not None}
        self._known_types: dict[str, CompositeType] | None = None
        names = self.namespace.__dict__
        names.update(HELPERS)
        names["single"] = memoryview(bytearray(64)).cast("f")
        names["__wasm__"] = self
        self._set_up_functions([extern for extern in imports if isinstance(extern, Func)], listeners)
        self._set_up_memories([extern for extern in imports if isinstance(extern, Memory)])
        self._set_up_tags([extern for extern in imports if isinstance(extern, Tag)])
        self._set_up_globals([extern for extern in imports if isinstance(extern, Global)])
        self._set_up_tables([extern for extern in imports if isinstance(extern, Table)])
        self.exports = Exports(
            program.name, {item.name: self._extern(item.kind, item.index) for item in program.exports}
        )

    @property
    def dialect(self) -> Dialect:
        """The dialect of the code, and so the form of the raw values that it works with."""
        return self.program.options.dialect

    @property
    def name(self) -> str:
        """The module's name, for messages."""
        return self.program.name

    def display_name(self, identifier: str) -> str:
        """The name to show for the function that has this identifier in the namespace."""
        if self._display_names is None:
            self._display_names = {info.identifier: info.name for info in self.program.functions}
        return self._display_names.get(identifier, identifier)

    # Functions

    def _set_up_functions(self, imports: Sequence[Func], listeners: Listeners) -> None:
        names = self.namespace.__dict__
        infos = self.program.functions
        self._funcrefs = _FuncRefs(self)
        self._funcrefs.update(enumerate(imports))
        self._stubs: list[FunctionType] = []
        for info, func in zip(infos, imports, strict=False):
            names[info.identifier] = func.raw(self.dialect)
        code = stub_code()
        for index in range(len(imports), len(infos)):
            identifier = infos[index].identifier
            stub = names[identifier] = make_stub(code, names, identifier, index)
            self._stubs.append(stub)
        names["funcrefs"] = self._funcrefs
        names["types"] = self.program.types
        self.functions: Sequence[Func] = _Functions(self)
        self._set_up_listeners(listeners, len(imports))

    def _set_up_listeners(self, listeners: Listeners, first: int) -> None:
        for index, listener in enumerate(listeners, first):
            if listener is not None:
                func = self.function(index)
                listened = listen(func, self._stubs[index - first], listener)
                func.replace_raw(listened)
                self.namespace.__dict__[self.program.functions[index].identifier] = listened

    def function(self, index: int) -> Func:
        """The function at a funcidx; always the same object."""
        return self._funcrefs[index]

    def _make_func(self, index: int) -> Func:
        info = self.program.functions[index]
        stub = self._stubs[index - self.program.imported_count("func")]
        return Func.of_instance(info.type, stub, info.name, self, index)

    def load(self, index: int) -> FunctionType:
        """See to it that a defined function's code is there; the Python function, which takes raw values.

        Loading gives code to all functions of its unit.  Several threads may call this at once.
        """
        unit = unit_of(self.program.units, index)
        if unit not in self._loaded:
            with self._lock:
                if unit not in self._loaded:
                    self._load(unit)
        return self._stubs[index - self.program.imported_count("func")]

    def _load(self, unit: int) -> None:
        try:
            with GUARD:
                codes = self._load_unit(unit)
        except RecursionError:
            raise StackExhausted from None
        first, past = self.program.units[unit]
        imported = self.program.imported_count("func")
        self._set_up_names(codes)
        names = self.namespace.__dict__
        for index, code in zip(range(first, past), codes, strict=True):
            info = self.program.functions[index]
            stub = self._stubs[index - imported]
            function = self._stubs[index - imported] = take_over(stub, code, len(info.type.params))
            if names[info.identifier] is stub:
                names[info.identifier] = function
        self._loaded.add(unit)

    # Memories, tables, tags, globals

    def _set_up_memories(self, imports: Sequence[Memory]) -> None:
        types = self.program.memories[len(imports) :]
        self.memories = [*imports, *map(Memory.from_type, types)]
        for index, memory in enumerate(self.memories):
            self.namespace.__dict__[f"memory{index or ''}"] = memory
            memory.attach(self.namespace, index, self.dialect)

    def _set_up_tables(self, imports: Sequence[Table]) -> None:
        names = self.namespace.__dict__
        types = self.program.tables[len(imports) :]
        values = {index: evaluate(value, self) for index, value in self.program.table_values}
        made = (Table.from_type(type_, values.get(index)) for index, type_ in enumerate(types, len(imports)))
        self.tables = [*imports, *made]
        for index, table in enumerate(self.tables):
            names[f"table{index or ''}"] = table
        self._views = {view.identifier: view for view in self.program.call_views}

    def _set_up_names(self, codes: Sequence[CodeType]) -> None:
        """Make what this code uses of the many that other code might: views of tables and memories, classes, helpers
        for vectors and for aggregates.
        """
        names = self.namespace.__dict__
        new = {name for code in codes for name in code.co_names if name not in names}
        for identifier in self._views.keys() & new:
            view = self._views.pop(identifier)
            names[identifier] = self.tables[view.table].view(view.type, self.dialect)
        for index, parts in parts_named(new).items():
            self.memories[index].show_parts(self.namespace, parts)
        names.update(vector_helpers(new, self.dialect))
        for identifier in self._classes.keys() & new:
            names[identifier] = self.aggregate(self._classes[identifier])
        for identifier in AGGREGATE_HELPERS & new:
            names[identifier] = _aggregate_helper(identifier)

    def aggregate(self, index: int) -> Any:
        """The class of a type of structures or arrays, by typeidx."""
        from wasm2py.runtime.aggregates import class_of, types_by_name

        program = self.program
        if self._known_types is None:
            self._known_types = types_by_name(program.types)
        info, type_ = program.classes[index], program.types[index]
        assert info is not None and not isinstance(type_, FuncType)
        return class_of(type_, info.identifier, info.fields, self._known_types)

    def _set_up_tags(self, imports: Sequence[Tag]) -> None:
        types = self.program.tags[len(imports) :]
        self.tags = [*imports, *map(Tag.from_type, types)]
        for index, tag in enumerate(self.tags):
            self.namespace.__dict__[f"tag{index}"] = tag

    def _set_up_globals(self, imports: Sequence[Global]) -> None:
        names = self.namespace.__dict__
        infos = self.program.globals
        self.globals: list[Global] = []
        for info, imported in zip(infos, imports, strict=False):
            names[info.identifier] = imported if info.boxed else imported.held(self.dialect)
            self.globals.append(imported)
        for info in infos[len(imports) :]:
            self.globals.append(self._make_global(info, names))

    def _make_global(self, info: GlobalInfo, names: dict[str, Any]) -> Global:
        raw = evaluate(info.init, self)
        if info.boxed:
            boxed = names[info.identifier] = Global.from_raw(info.type, raw)
            return boxed
        differs = info.type.valtype in DIFFERING and self.dialect == "portable"
        made = (PortableGlobal if differs else NamespaceGlobal)(info.type, names, info.identifier)
        made.raw = raw
        return made

    def global_raw(self, index: int) -> Any:
        """The raw value of a global, an i64 unsigned as in all constant expressions."""
        return self.globals[index].raw

    def _extern(self, kind: ExternKind, index: int) -> Extern:
        if kind == "func":
            return self.function(index)
        spaces: dict[ExternKind, Sequence[Extern]] = {
            "table": self.tables,
            "memory": self.memories,
            "global": self.globals,
            "tag": self.tags,
        }
        return spaces[kind][index]

    # Initialisation

    def _initialise(self) -> None:
        """Apply the active segments in order, and run the start function."""
        program = self.program
        elems: list[Sequence[Any]] = [[self._reference(item) for item in elem.items] for elem in program.elems]
        datas = [data.data for data in program.datas]
        self.namespace.__dict__.update(elem_segments=elems, data_segments=datas)
        self._apply_elems(elems)
        self._apply_datas(datas)
        if program.start is not None:
            self.function(program.start)()

    def _apply_elems(self, segments: list[Sequence[Any]]) -> None:
        for index, elem in enumerate(self.program.elems):
            if elem.mode == "active":
                items = segments[index]
                self.tables[elem.table].init(items, evaluate(elem.offset, self), 0, len(items))
            if elem.mode != "passive":
                segments[index] = ()

    def _apply_datas(self, segments: list[bytes]) -> None:
        for index, data in enumerate(self.program.datas):
            if data.mode == "active":
                self.memories[data.memory].init(data.data, evaluate(data.offset, self), 0, len(data.data))
                segments[index] = b""

    def _reference(self, expression: ConstExpr) -> Any:
        mnemonic, immediate = expression[0]
        if mnemonic == "ref.func":
            return self._funcrefs[immediate]
        return evaluate(expression, self)

    def __repr__(self) -> str:
        return f"<Instance of {self.program.name}>"


def _aggregate_helper(name: str) -> Any:
    from wasm2py.runtime.aggregates import HELPERS as AGGREGATES

    return AGGREGATES[name]


class _FuncRefs(dict[int, Func]):
    """Function index → its `Func`, made when it is first asked for."""

    __slots__ = ("_instance",)

    def __init__(self, instance: Instance) -> None:
        super().__init__()
        self._instance = instance

    def __missing__(self, index: int) -> Func:
        return self.setdefault(index, self._instance._make_func(index))


class _Functions(Sequence[Func]):
    """The function index space of an instance."""

    __slots__ = ("_instance",)

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def __len__(self) -> int:
        return len(self._instance.program.functions)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"function {index} is outside the index space of {len(self)}")
        return self._instance.function(index % len(self))

    def __iter__(self) -> Iterator[Func]:
        return map(self._instance.function, range(len(self)))
