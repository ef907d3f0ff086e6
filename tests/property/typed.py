"""Steps of bodies with typed references (spec: Validation / Instructions)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from property.scope import REFERENCES
from wasm2py.runtime.references import heap_of, reference
from wasm2py.runtime.types import FuncType

if TYPE_CHECKING:
    from property.bodies import Body


def call_ref(body: Body) -> None:
    _, type_ = body.choices.pick(body.scope.functions)
    body.arguments(type_)
    index = function_reference(body, type_)
    body.take(1 + len(type_.params))
    body.emit("call_ref", index)
    body.put(*type_.results)


def function_reference(body: Body, type_: FuncType) -> int:
    """Push a reference to a function of a type, mostly not null; the type's index."""
    index = body.called_as(type_)
    _WAYS[body.choices.below(len(_WAYS))](body, index)
    return index


def _perhaps_null(body: Body, index: int) -> None:
    body.push(reference(str(index), nullable=True))


def _sure(body: Body, index: int) -> None:
    body.push(reference(str(index), nullable=False))


def _asserted(body: Body, index: int) -> None:
    _perhaps_null(body, index)
    body.take(1)
    body.emit("ref.as_non_null")
    body.put(reference(str(index), nullable=False))


def _replaced(body: Body, index: int) -> None:
    """A block that is left with what is not null, or else gives a function."""
    type_ = reference(str(index), nullable=False)
    body.open("block", (), (type_,))
    _perhaps_null(body, index)
    body.take(1)
    body.emit("br_on_non_null", body.depth(0))
    body.push(type_)
    body.close()


_WAYS = (_sure, _perhaps_null, _asserted, _replaced)


def br_on_null(body: Body) -> None:
    """A branch on null; what is not goes to a local, or nowhere."""
    label = body.label()
    types = body.frames[-1 - label].label
    body.want(*types)
    body.settle(len(types))
    valtype = body.choices.pick((*REFERENCES, *body.scope.typed, *body.scope.objects))
    body.push(valtype)
    body.take(1)
    body.emit("br_on_null", body.depth(label))
    body.take(len(types))
    body.put(*types, reference(heap_of(valtype), nullable=False))
    body.sink()
