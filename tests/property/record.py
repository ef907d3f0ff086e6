"""What a run of a generated case shows, whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

#: What a call gave: its results as raw values, or the kind of its trap.
Outcome: TypeAlias = tuple[int, ...] | str

#: wasmtime has one trap for *undefined element* in `call_indirect` and *out of bounds table access* elsewhere.
_SAME_KIND = {"out of bounds table access": "undefined element"}


@dataclass
class Record:
    """All that can be seen of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    host_calls: list[int] = field(default_factory=list)
    state: list[Outcome] = field(default_factory=list)
    memory: bytes = b""

    def comparable(self) -> dict[str, object]:
        """The run in a form in which two implementations agree exactly."""
        outcomes = [_SAME_KIND.get(o, o) if isinstance(o, str) else o for o in self.outcomes]
        nonzero = {at: byte for at, byte in enumerate(self.memory.rstrip(b"\0")) if byte}
        return {
            "outcomes": outcomes,
            "host calls": self.host_calls,
            "state": self.state,
            "memory size": len(self.memory),
            "memory": nonzero,
        }


def host_result(argument: int) -> int:
    """What the imported host function answers, raw to raw."""
    return (argument * 3 + 1) & 0xFFFFFFFF
