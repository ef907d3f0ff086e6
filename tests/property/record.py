"""What a run of a generated case shows, whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

#: What a call gave: its results as raw values, or the kind of its trap, or `EXCEPTION`.
Outcome: TypeAlias = tuple[int, ...] | str

#: wasmtime has one trap for *undefined element* in `call_indirect` and *out of bounds table access* elsewhere, and one
#: for every null where there must be none.
SAME_KIND = {"out of bounds table access": "undefined element"} | dict.fromkeys(
    (f"null {what} reference" for what in ("function", "exception", "structure", "array", "i31")), "null reference"
)
#: The outcome of a call that was left with an exception.
EXCEPTION = "exception"


@dataclass
class Record:
    """All that can be seen of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    host_calls: list[int] = field(default_factory=list)
    state: list[Outcome] = field(default_factory=list)
    memories: list[bytes] = field(default_factory=list)

    def comparable(self) -> dict[str, object]:
        """The run in a form in which two implementations agree exactly."""
        outcomes = [SAME_KIND.get(o, o) if isinstance(o, str) else o for o in self.outcomes]
        return {
            "outcomes": outcomes,
            "host calls": self.host_calls,
            "state": self.state,
            "memory sizes": [len(memory) for memory in self.memories],
            "memories": [
                {at: byte for at, byte in enumerate(memory.rstrip(b"\0")) if byte} for memory in self.memories
            ],
        }


def host_result(argument: int) -> int:
    """What the imported host function answers, raw to raw."""
    return (argument * 3 + 1) & 0xFFFFFFFF
