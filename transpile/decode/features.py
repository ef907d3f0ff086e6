"""What belongs to later versions of WebAssembly, so that an error can say which feature a module needs.

Each table maps an encoding that WebAssembly 2.0 does not have to (what it is, the feature that brings it).
"""

from __future__ import annotations

from typing import TypeAlias

Later: TypeAlias = tuple[str, str]

CUSTOM_DESCRIPTORS = "custom-descriptors"
GC = "gc"

#: Opcode bytes: single instructions, and the prefixes of whole families.
OPCODES: dict[int, Later] = {
    0xD3: ("ref.eq", GC),
}
#: Prefix bytes, and the feature of their instructions; those of the others are all there.
PREFIXES: dict[int, str | None] = {0xFB: GC, 0xFC: None, 0xFD: None, 0xFE: None}

#: The bytes of value, reference and heap types.
TYPES: dict[int, Later] = {
    0x74: ("noexn", GC),
    0x73: ("nofunc", GC),
    0x72: ("noextern", GC),
    0x71: ("none", GC),
    0x6E: ("any", GC),
    0x6D: ("eq", GC),
    0x6C: ("i31", GC),
    0x6B: ("struct", GC),
    0x6A: ("array", GC),
}
#: The bytes that begin a type definition.
DEFINITIONS: dict[int, Later] = {
    0x5F: ("struct", GC),
    0x5E: ("array", GC),
    0x50: ("sub", GC),
    0x4F: ("sub final", GC),
    0x4E: ("rec", GC),
}
#: The kinds of imports and exports.
EXTERNS: dict[int, Later] = {0x20: ("an exact function", CUSTOM_DESCRIPTORS)}


def describe(later: dict[int, Later], byte: int, message: str) -> str:
    """`message` with the byte in hexadecimal, and the feature that the byte belongs to if it is a known one."""
    if byte not in later:
        return f"{message} {byte:02x}"
    what, feature = later[byte]
    return f"{message} {byte:02x}: {what} needs the {feature} feature"


def describe_prefixed(prefix: int, sub: int) -> str:
    """The message for an instruction of two parts that is not in the opcode table."""
    message = f"illegal opcode {prefix:02x} {sub:02x}"
    feature = PREFIXES[prefix]
    return f"{message}: needs the {feature} feature" if feature else message
