"""The pipeline of one module: what the engine calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import cached_property
from types import CodeType
from typing import Any

from wasm2py.runtime.program import (
    CallView,
    ClassInfo,
    ConstExpr,
    DataInfo,
    EachFunction,
    ElemInfo,
    ExportInfo,
    FunctionInfo,
    GlobalInfo,
    ImportInfo,
    Options,
    Program,
    UnitCode,
)
from wasm2py.runtime.references import is_function_reference
from wasm2py.runtime.types import CompositeType, ExternKind, FuncType, StructType, TableType
from wasm2py.transpile import names as naming
from wasm2py.transpile.closing import Closing
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.emit import emit_function
from wasm2py.transpile.emit.forget import forget
from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.ir.verify import verify
from wasm2py.transpile.lift import lift_function
from wasm2py.transpile.lift.context import LiftContext
from wasm2py.transpile.module import FINAL, Expression, Module
from wasm2py.transpile.names import Names
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.optimise import optimise
from wasm2py.transpile.optimise.aligned_globals import aligned_globals
from wasm2py.transpile.pause import collector_paused
from wasm2py.transpile.version import VERSION

#: A unit that is a file takes functions until it holds so many bytes of wasm code, or so many functions.
UNIT_BYTES = 32 * 1024
UNIT_FUNCTIONS = 128


_REF_NULL = OPS["ref.null"]

#: How many modules' preparations a translator keeps.
_MOST_RECENT = 8


class _Prepared:
    """What all functions of one module share."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.names = Names(module)

    @cached_property
    def trusting(self) -> LiftContext:
        """The context with what is known of globals: asks every body that sets one, so made only when code is."""
        return LiftContext(self.module, aligned_globals(self.module))

    @cached_property
    def plain(self) -> LiftContext:
        return LiftContext(self.module)


class PythonTranslator:
    """Translates validated modules to Python (see `runtime.program.Translator`)."""

    version = VERSION

    def __init__(self, check: bool = False) -> None:
        self.check = check
        self._recent: dict[int, tuple[Module, _Prepared]] = {}

    def program(self, module: Module, options: Options) -> Program:
        """The module's description; no function body is read."""
        return describe(module, options, self._prepare(module).names)

    def unit(self, module: Module, program: Program, index: int) -> UnitCode:
        """Translate and compile the functions of one unit."""
        first, past = program.units[index]
        return tuple(self.function_code(module, program, i) for i in range(first, past))

    def ahead(self, module: Module, program: Program, units: Sequence[int]) -> Iterable[tuple[int, UnitCode]]:
        """Nothing: this translates one unit after the other."""
        return ()

    @collector_paused()
    def function_code(self, module: Module, program: Program, index: int) -> CodeType:
        """One function's code object."""
        tree = ast.Module([self.function_ast(module, program, index)], [])
        code = compile(tree, f"<wasm {program.name}>", "exec", dont_inherit=True, optimize=0)
        return next(const for const in code.co_consts if isinstance(const, CodeType))

    @collector_paused()
    def function_ast(self, module: Module, program: Program, index: int) -> ast.FunctionDef:
        """One function as a Python definition whose line numbers are offsets in the module."""
        function = self.function_ir(module, program.options, index)
        definition = emit_function(function, program, self._prepare(module).names)
        if program.options.dialect == "portable" and "forget" not in program.options.disabled_passes:
            forget(definition)
        function.take_apart()
        return definition

    def function_ir(self, module: Module, options: Options, index: int) -> FunctionIR:
        """One function as optimised IR."""
        prepared = self._prepare(module)
        context = prepared.plain if "aligned_globals" in options.disabled_passes else prepared.trusting
        body = decode_body(module, context.functions[index - context.imported_functions])
        function = lift_function(context, index, body)
        check = verify if self.check else None
        if check is not None:
            check(function)
        optimise(function, options.disabled_passes, check, options.dialect)
        return function

    def _prepare(self, module: Module) -> _Prepared:
        """What was prepared for this very module object, which an entry keeps alive, so that its id stays its own."""
        entry = self._recent.get(id(module))
        if entry is None:
            while len(self._recent) >= _MOST_RECENT:
                self._recent.pop(next(iter(self._recent)), None)
            entry = self._recent[id(module)] = (module, _Prepared(module))
        return entry[1]


def describe(module: Module, options: Options, names: Names) -> Program:
    """The program of a module, without code."""
    imported: dict[ExternKind, int] = {
        kind: len(module.imported(kind)) for kind in ("func", "table", "memory", "global", "tag")
    }
    closing = Closing(module)
    types = closing.types
    tables = (*_types(module, "table", closing), *(closing.extern(item.type) for item in module.tables))
    return Program(
        name=module.names.module or module.hash.hex()[:12],
        options=options,
        types=types,
        imports=tuple(ImportInfo(item.module, item.name, closing.extern(item.type)) for item in module.imports),
        functions=_functions(module, names, closing),
        tables=tables,
        memories=(*_types(module, "memory", closing), *(item.type for item in module.memories)),
        globals=_globals(module, names, closing),
        exports=tuple(ExportInfo(item.name, item.kind, item.index) for item in module.exports),
        start=module.start,
        elems=_elems(module, closing),
        datas=_datas(module),
        call_views=_call_views(tables, types),
        units=EachFunction(imported["func"], imported["func"] + len(module.functions)),
        imported=imported,
        tags=(*_types(module, "tag", closing), *map(closing.tag, module.tags)),
        table_values=tuple(
            (index, const_expr(item.init))
            for index, item in enumerate(module.tables, imported["table"])
            if item.init is not None
        ),
        classes=_classes(module, names),
    )


def _classes(module: Module, names: Names) -> tuple[ClassInfo | None, ...]:
    """What there is to know of the classes of structures and arrays, if there are any."""
    if not any(names.types):
        return ()
    return tuple(
        None if identifier is None else ClassInfo(identifier, _field_names(module, index), _is_final(module, index))
        for index, identifier in enumerate(names.types)
    )


def _field_names(module: Module, index: int) -> tuple[str | None, ...]:
    """The names of a structure's fields; none where none has one."""
    type_, names = module.types[index], module.names.fields.get(index)
    if not names or not isinstance(type_, StructType):
        return ()
    return tuple(names.get(place) for place in range(len(type_.fields)))


def _is_final(module: Module, index: int) -> bool:
    return module.subtypes.get(index, FINAL).final


def _types(module: Module, kind: ExternKind, closing: Closing) -> tuple[Any, ...]:
    return tuple(closing.extern(item.type) for item in module.imported(kind))


def _functions(module: Module, names: Names, closing: Closing) -> tuple[FunctionInfo, ...]:
    types = [(type_, 0) for type_ in _types(module, "func", closing)]
    types += [(closing.function(function.type_index), function.start) for function in module.functions]
    return tuple(
        FunctionInfo(type_, names.functions[i], names.display[i], offset) for i, (type_, offset) in enumerate(types)
    )


def _globals(module: Module, names: Names, closing: Closing) -> tuple[GlobalInfo, ...]:
    imports = _types(module, "global", closing)
    return tuple(
        GlobalInfo(type_, names.globals[i], (), boxed=type_.mutable) for i, type_ in enumerate(imports)
    ) + tuple(
        GlobalInfo(closing.extern(item.type), names.globals[len(imports) + i], const_expr(item.init))
        for i, item in enumerate(module.globals)
    )


def const_expr(expression: Expression) -> ConstExpr:
    """A constant expression as the runtime evaluates it, for which a null is a null."""
    return tuple((op.mnemonic, None if op is _REF_NULL else imm) for op, imm, _ in expression)


def _elems(module: Module, closing: Closing) -> tuple[ElemInfo, ...]:
    return tuple(
        ElemInfo(
            item.mode,
            closing.value(item.type),
            tuple(map(const_expr, item.items)),
            item.table,
            const_expr(item.table_offset),
        )
        for item in module.elems
    )


def _datas(module: Module) -> tuple[DataInfo, ...]:
    return tuple(DataInfo(item.mode, item.data, item.memory, const_expr(item.memory_offset)) for item in module.datas)


def _call_views(tables: Sequence[TableType], types: Sequence[CompositeType]) -> tuple[CallView, ...]:
    """A view of each function table for each type: views that no code indexes cost nothing."""
    return tuple(
        CallView(naming.call_view_name(table, index), table, type_)
        for table, table_type in enumerate(tables)
        if is_function_reference(table_type.element)
        for index, type_ in enumerate(types)
        if isinstance(type_, FuncType)
    )


def file_units(module: Module) -> tuple[tuple[int, int], ...]:
    """Defined functions in groups of bounded size, where a unit is a file that people may look at."""
    base = len(module.imported("func"))
    units: list[tuple[int, int]] = []
    first = size = 0
    for position, function in enumerate(module.functions):
        size += function.end - function.start
        if size >= UNIT_BYTES or position + 1 - first >= UNIT_FUNCTIONS:
            units.append((base + first, base + position + 1))
            first, size = position + 1, 0
    if first < len(module.functions):
        units.append((base + first, base + len(module.functions)))
    return tuple(units)
