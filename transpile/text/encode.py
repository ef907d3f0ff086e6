"""Writing the binary format's values (spec: Binary Format / Values)."""

from __future__ import annotations

from collections.abc import Sequence


def unsigned(value: int) -> bytes:
    """LEB128 of an unsigned integer."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """LEB128 of a signed integer."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def sized(content: bytes) -> bytes:
    """A byte string after its length: a name, or the body of a section or function."""
    return unsigned(len(content)) + content


def vector(items: Sequence[bytes]) -> bytes:
    """Encoded items after their count."""
    return unsigned(len(items)) + b"".join(items)


def section(code: int, content: bytes) -> bytes:
    """A section with its id and size."""
    return bytes((code,)) + sized(content)
