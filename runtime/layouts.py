"""How values lie in memory (spec: Execution / Numerics / Storage): little-endian on every host, without padding."""

from __future__ import annotations

from struct import Struct

U8 = Struct("<B")
I8 = Struct("<b")
U16 = Struct("<H")
I16 = Struct("<h")
U32 = Struct("<I")
I32 = Struct("<i")
U64 = Struct("<Q")
I64 = Struct("<q")
F32 = Struct("<f")
F64 = Struct("<d")
