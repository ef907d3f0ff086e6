"""How npm's quickjs-wasi is driven: a JavaScript engine (QuickJS-NG) of 637 KB and 1,700 functions."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from programs.downloads import QUICKJS_WASI
from programs.guests import Guest, Host, Loader


@cache
def quickjs_module() -> bytes:
    """The package's module."""
    return QUICKJS_WASI.read("package/quickjs.wasm")


class JavaScriptError(Exception):
    """What a program threw, as text."""


class JavaScript:
    """A JavaScript engine; `functions` are callable from its programs by name, on strings."""

    def __init__(self, load: Loader, functions: dict[str, Callable[..., str]] | None = None) -> None:
        self._functions = functions or {}
        self.guest = load(quickjs_module(), self._host())
        self.guest.call("_initialize")
        if self.guest.call("qjs_init"):
            raise RuntimeError("QuickJS does not start")
        for name in self._functions:
            self._install(name)

    def evaluate(self, program: str) -> str:
        """The program's value as text; raises JavaScriptError with what it throws."""
        with self._text(program) as (code, length), self._text("<test>") as (name, _):
            value = self.guest.call("qjs_eval", code, length, name, 0)
        if self.guest.call("qjs_is_exception", value):
            raise JavaScriptError(self._string(self.guest.call("qjs_get_exception")))
        return self._string(value)

    def limit_stack(self, size: int) -> None:
        """Lets the engine refuse recursion beyond this many bytes of its own stack."""
        self.guest.call("qjs_set_max_stack_size", size)

    def run_jobs(self) -> None:
        """Lets promises that can be settled run."""
        while self.guest.call("qjs_is_job_pending"):
            self.guest.call("qjs_execute_pending_job")

    @contextmanager
    def _text(self, text: str) -> Iterator[tuple[int, int]]:
        data = text.encode()
        address = self.guest.call("wasm_malloc", len(data) + 1)
        self.guest.write(address, data + b"\0")
        yield address, len(data)
        self.guest.call("wasm_free", address)

    def _string(self, value: int) -> str:
        size = self.guest.call("wasm_malloc", 4)
        text = self.guest.call("qjs_get_string_len", value, size)
        (length,) = struct.unpack("<I", self.guest.read(size, 4))
        result = self.guest.read(text, length).decode()
        self.guest.call("qjs_free_cstring", text)
        self.guest.call("wasm_free", size)
        self.guest.call("qjs_free_value", value)
        return result

    def _install(self, name: str) -> None:
        with self._text(name) as (address, length):
            function = self.guest.call("qjs_new_host_function", address, length, 0)
            self.guest.call("qjs_set_prop_string", self.guest.call("qjs_get_global"), address, function)

    def _host_call(self, guest: Guest, name: int, length: int, this: int, count: int, arguments: int) -> int:
        function = self._functions[guest.read(name, length).decode()]
        values = struct.unpack(f"<{count}I", guest.read(arguments, 4 * count))
        result = function(*(self._string(guest.call("qjs_dup_value", value)) for value in values))
        with self._text(result) as (address, size):
            return int(guest.call("qjs_new_string", address, size))

    def _host(self) -> Host:
        def nothing(guest: Guest, *args: Any) -> int:
            return 0

        return {
            ("env", "host_get_timezone_offset"): nothing,
            ("env", "host_interrupt"): nothing,
            ("env", "host_promise_rejection"): lambda guest, *args: None,
            ("env", "host_module_normalize"): nothing,
            ("env", "host_module_load"): nothing,
            ("env", "host_call"): self._host_call,
        }
