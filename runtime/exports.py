"""The exports of an instance, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from wasm2py.runtime.link import Extern

#: Names that a message lists at most.
_LISTED = 8


def is_special(name: str) -> bool:
    """Whether Python itself may ask any object for an attribute of that name, as `__class__`; `__heap_base` is none."""
    return name.startswith("__") and name.endswith("__")


class Exports(Mapping[str, Any]):
    """What an instance exports: `exports.add`, `exports["add"]`; iteration gives the names.

    An attribute is the export of that name where there is one, else a method of `Mapping`; names in double underscores,
    as `__class__`, are Python's own.  An unknown name raises AttributeError or KeyError, which tells what there is.
    """

    def __init__(self, module: str, externs: Mapping[str, Extern]) -> None:
        """`module` is the name to use in messages."""
        self.__module = module
        self.__externs = dict(externs)
        # Attribute access then costs one look-up in a dict, with no code of ours in between.
        own = {"_Exports__module", "_Exports__externs"}
        shown = {name: value for name, value in externs.items() if name not in own and not is_special(name)}
        self.__dict__.update(shown)

    def __getitem__(self, name: str) -> Any:
        try:
            return self.__externs[name]
        except KeyError:
            raise KeyError(self.__unknown(name)) from None

    def __getattr__(self, name: str) -> Any:
        if is_special(name) or name in ("_Exports__module", "_Exports__externs"):
            raise AttributeError(name)
        raise AttributeError(self.__unknown(name), name=name, obj=None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__externs)

    def __len__(self) -> int:
        return len(self.__externs)

    def __contains__(self, name: object) -> bool:
        return name in self.__externs

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__externs} - {"_Exports__module", "_Exports__externs"})

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Exports of {self.__module}: {_listed(list(self.__externs))}>"

    def __unknown(self, name: object) -> str:
        close = get_close_matches(str(name), self.__externs, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"{self.__module} has no export {name!r}; {hint}it exports {_listed(list(self.__externs))}"


def _listed(names: list[str]) -> str:
    if not names:
        return "nothing"
    shown = ", ".join(map(repr, names[:_LISTED]))
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
