"""What belongs to later versions of WebAssembly, so that an error can say which feature a module needs.

Each table maps an encoding that WebAssembly 2.0 does not have to (what it is, the feature that brings it).
"""

from __future__ import annotations

from typing import TypeAlias

Later: TypeAlias = tuple[str, str]

CUSTOM_DESCRIPTORS = "custom-descriptors"

#: Opcode bytes: single instructions, and the prefixes of whole families.
OPCODES: dict[int, Later] = {}
#: Prefix bytes, and the feature of their instructions; all that there are now are all there.
PREFIXES: dict[int, str | None] = {0xFB: None, 0xFC: None, 0xFD: None, 0xFE: None}

#: The bytes of value, reference and heap types.
TYPES: dict[int, Later] = {
    0x62: ("exact", CUSTOM_DESCRIPTORS),
}
#: The bytes that begin a type definition.
DEFINITIONS: dict[int, Later] = {
    0x4D: ("descriptor", CUSTOM_DESCRIPTORS),
    0x4C: ("describes", CUSTOM_DESCRIPTORS),
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
