"""Validation of function bodies and constant expressions (spec: Validation / Modules, Validation / Instructions)."""

from __future__ import annotations

from collections.abc import Sequence

from wasm2py.runtime.errors import ValidationError
from wasm2py.runtime.references import reference
from wasm2py.runtime.types import FuncType, ValType
from wasm2py.transpile.decode import decode_body
from wasm2py.transpile.decode.types import VALUE_TYPES
from wasm2py.transpile.module import Expression, Function, Instr, Module
from wasm2py.transpile.opcodes import OPS
from wasm2py.transpile.pause import collector_paused
from wasm2py.transpile.validate.context import Context
from wasm2py.transpile.validate.errors import InvalidError
from wasm2py.transpile.validate.instructions import FIXED, FIXED_WIDE, RULES, RULES_WIDE, SETS_LOCAL
from wasm2py.transpile.validate.stacks import Stacks, TrackingStacks
from wasm2py.transpile.validate.subtyping import check_valid

#: Limits of this implementation (spec: Appendix / Implementation Limitations); those of other engines are the same.
MAX_LOCALS = 50_000

_CONSTANT_MNEMONICS = (
    "i32.const", "i64.const", "f32.const", "f64.const", "v128.const", "ref.null", "ref.func", "global.get",
    "i32.add", "i32.sub", "i32.mul", "i64.add", "i64.sub", "i64.mul",
    "struct.new", "struct.new_default", "array.new", "array.new_default", "array.new_fixed", "ref.i31",
    "any.convert_extern", "extern.convert_any",
)  # fmt: skip
_CONSTANT = frozenset(OPS[mnemonic] for mnemonic in _CONSTANT_MNEMONICS)
_GLOBAL_GET = OPS["global.get"]
_LOCAL_GET = OPS["local.get"]
_REF_FUNC = OPS["ref.func"]
#: The types that every function is of.
_FUNCTIONS = frozenset({reference("func", nullable=True), reference("func", nullable=False)})
_END = OPS["end"]
#: The types of locals that need no tracking.
_USUAL = frozenset(VALUE_TYPES.values())


@collector_paused()
def validate_function(module: Module, context: Context, index: int) -> list[Instr]:
    """Decode and check one function, by funcidx, in the context that `check_module` gave; returns its instructions.

    Raises `ValidationError`, or `DecodeError` where the body is malformed.
    """
    function = module.functions[index - (len(context.functions) - len(module.functions))]
    instructions = decode_body(module, function)
    type_ = context.functions[index]
    context.bottoms.begin(function.end - function.start)
    locals_ = _locals(type_, function, index)
    stacks = Stacks(context, locals_, type_.results)
    if not (_USUAL.issuperset(type_.params) and all(valtype in _USUAL for _, valtype in function.locals)):
        stacks = _tracking(context, type_, function, locals_, index)
    _check(stacks, instructions, index)
    return instructions


def _tracking(
    context: Context, type_: FuncType, function: Function, locals_: Sequence[ValType], index: int
) -> TrackingStacks:
    """The stacks of a function that has locals of types which refer to others, or which have no default."""
    try:
        for _, valtype in function.locals:
            check_valid(valtype, len(context.types))
    except InvalidError as invalid:
        raise ValidationError(invalid.message, index, function.start) from None
    return TrackingStacks(context, locals_, type_.results, len(type_.params))


def _locals(type_: FuncType, function: Function, index: int) -> Sequence[ValType]:
    """The type of each local, parameters first."""
    count = sum(count for count, _ in function.locals)
    if count > MAX_LOCALS:
        message = f"too many locals: {count} exceed the limit of {MAX_LOCALS}"
        raise ValidationError(message, index, function.start)
    locals_ = list(type_.params)
    for count, valtype in function.locals:
        locals_ += [valtype] * count
    return locals_


def validate_constant(context: Context, expression: Expression, type_: ValType, offset: int, visible: int) -> None:
    """Check that an expression is constant, and of that type (spec: Validation / Constant Expressions).

    It can use the first `visible` globals; `offset` is where its owner stands, for errors at its end.
    """
    if len(expression) == 1 and _is_plain(context, expression[0], type_):
        return
    for instruction in expression:
        _check_constant(context, instruction, visible)
    end = expression[-1][2] if expression else offset
    _check(Stacks(context, (), (type_,)), (*expression, (_END, None, end)), None)


def _is_plain(context: Context, instruction: Instr, type_: ValType) -> bool:
    """Whether an instruction is a constant of a type, or a function where any will do: so are most."""
    op, immediate, _ = instruction
    if op is _REF_FUNC:
        return type_ in _FUNCTIONS and immediate < len(context.functions) and immediate in context.references
    return op.family == "const" and op.results == (type_,)


def _check_constant(context: Context, instruction: Instr, visible: int) -> None:
    op, immediate, offset = instruction
    constant = op in _CONSTANT
    if op is _GLOBAL_GET:
        if immediate >= visible:
            raise ValidationError(f"unknown global {immediate}", None, offset)
        constant = not context.globals[immediate].mutable
    if not constant:
        raise ValidationError("constant expression required", None, offset)


def _check(stacks: Stacks, instructions: Sequence[Instr], function: int | None) -> None:
    """Run the algorithm over an expression that ends in `end`.

    What most instructions do, replacing operands on top of the stack by a result, the stack knows by itself.
    """
    fixed, rules = (FIXED_WIDE, RULES_WIDE) if stacks.context.wide else (FIXED, RULES)
    operands, locals_ = stacks.operands, stacks.locals
    # what is known of locals that are tracked only their rules know
    declared = 0 if isinstance(stacks, TrackingStacks) else len(locals_)
    op, offset = _END, 0
    try:
        for op, immediate, offset in instructions:  # noqa: B007 - the handler below tells them
            if op is _LOCAL_GET and immediate < declared:
                operands = operands[locals_[immediate]]
            elif op in fixed:
                rule = fixed[op]
                if rule is not None:
                    rule(stacks, op, immediate)
                operands = operands[op]
            elif op in SETS_LOCAL and immediate < declared:
                operands = operands[SETS_LOCAL[op][locals_[immediate]]]
            else:
                stacks.operands = operands
                rules[op](stacks, op, immediate)
                operands = stacks.operands
    except InvalidError as invalid:
        raise ValidationError(invalid.at(op.mnemonic), function, offset) from None
