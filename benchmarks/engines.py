"""What runs the kernels: wasm2py, its peers, native code, and Python by hand.

An engine is a function from a kernel to what calls the exports of a fresh instance of its module; it raises ImportError
where its package is not installed (`pip install 'wasm2py[bench]'`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from benchmarks.kernels import Call, Kernel

Engine: TypeAlias = Callable[[Kernel], Call]


def wasm2py(kernel: Kernel) -> Call:
    """This project, through its library, nothing cached on disk."""
    import wasm2py as library

    engine = library.Engine(library.Config(cache=None))
    exports = library.load(kernel.wasm(), engine=engine).exports
    return lambda name, *args: exports[name](*args)


def ppci(kernel: Kernel) -> Call:
    """ppci's translation to Python."""
    package = import_module("ppci.wasm")
    exports = package.instantiate(package.Module(kernel.wasm()), {}, target="python").exports
    return lambda name, *args: getattr(exports, name)(*args)


def pywasm(kernel: Kernel) -> Call:
    """pywasm's interpreter."""
    package = import_module("pywasm.core")
    runtime = package.Runtime()
    instance = runtime.instance(package.ModuleDesc.from_reader(io.BytesIO(kernel.wasm())))

    def call(name: str, *args: int) -> int | None:
        results: list[Any] = runtime.invocate(instance, name, list(args))
        return results[0] if results else None

    return call


def wasmtime(kernel: Kernel) -> Call:
    """Native code by wasmtime."""
    package = import_module("wasmtime")
    store = package.Store(package.Engine())
    exports = package.Instance(store, package.Module(store.engine, kernel.wasm()), []).exports(store)
    return lambda name, *args: exports[name](store, *args)


def python(kernel: Kernel) -> Call:
    """The kernel's twin, written by hand."""
    return lambda name, *args: kernel.twins[name](*args)


ENGINES: Mapping[str, Engine] = {
    "wasm2py": wasm2py,
    "ppci": ppci,
    "pywasm": pywasm,
    "python": python,
    "wasmtime": wasmtime,
}

#: Engines so slow that one run of theirs says enough.
SLOW = frozenset({"pywasm"})
