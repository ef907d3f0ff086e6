"""Text for standard output: names in a module can hold anything, terminals' control sequences among it."""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    """`text` with everything escaped that is not printable, or that standard output cannot encode."""
    escaped = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    encoding = sys.stdout.encoding or "utf-8"
    return escaped.encode(encoding, "backslashreplace").decode(encoding)
