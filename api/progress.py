"""Reporting progress: whoever works long tells what it begins, and each step of it.

Functions that may take long accept a `Progress`; by default it is `silent`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: What is called after each step.
Step: TypeAlias = Callable[[], object]
#: Is told what is being done and how many steps that takes (None: nobody knows); gives what to call after each.
Progress: TypeAlias = Callable[[str, int | None], Step]


def silent(what: str, total: int | None) -> Step:
    """Progress that nobody looks at."""
    return _nothing


def _nothing() -> None:
    return None
