"""The binary format (spec: Binary Format): bytes in, a `Module` out.

`decode_module` reads everything but the instructions of functions; `decode_body` reads those, one function at a time,
and `check_bodies` all of them.  Whatever is malformed is a `DecodeError`.  Validation reads each body too, so whoever
validates a module has no need of `check_bodies`.
"""

from __future__ import annotations

from wasm2py.transpile.decode.instructions import check_bodies, decode_body
from wasm2py.transpile.decode.sections import decode_module

__all__ = ["check_bodies", "decode_body", "decode_module"]
