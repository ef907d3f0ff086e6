"""What runs the kernels: wasm2py, its peers, native code, and Python by hand.

An engine is a function from a kernel to what calls its export in a fresh instance.  It raises ImportError where its
package is not installed, and anything at all where it cannot run the module.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from benchmarks.kernels import Kernel, Number

Call: TypeAlias = Callable[..., Number]
Engine: TypeAlias = Callable[[Kernel], Call]


def wasm2py(kernel: Kernel) -> Call:
    """This project, through its library, nothing cached on disk."""
    import wasm2py as library

    engine = library.Engine(library.Config(cache=None))
    call: Call = library.load(kernel.wasm(), engine=engine).exports[kernel.export]
    return call


def ppci(kernel: Kernel) -> Call:
    """ppci's translation to Python."""
    package = import_module("ppci.wasm")
    exports = package.instantiate(package.Module(kernel.wasm()), {}, target="python").exports
    call: Call = getattr(exports, kernel.export)
    return call


def pywasm(kernel: Kernel) -> Call:
    """pywasm's interpreter."""
    package = import_module("pywasm.core")
    runtime = package.Runtime()
    instance = runtime.instance(package.ModuleDesc.from_reader(io.BytesIO(kernel.wasm())))

    def call(*args: int) -> Number:
        results: list[Any] = runtime.invocate(instance, kernel.export, list(args))
        number: Number = results[0]
        return number

    return call


def wasmtime(kernel: Kernel) -> Call:
    """Native code by wasmtime."""
    package = import_module("wasmtime")
    store = package.Store(package.Engine())
    export = package.Instance(store, package.Module(store.engine, kernel.wasm()), []).exports(store)[kernel.export]
    return lambda *args: export(store, *args)


def python(kernel: Kernel) -> Call:
    """The kernel's twin, written by hand; it may recurse as deeply as the kernel does."""
    sys.setrecursionlimit(10_000)
    return kernel.twin


ENGINES: Mapping[str, Engine] = {
    "wasm2py": wasm2py,
    "python": python,
    "ppci": ppci,
    "pywasm": pywasm,
    "wasmtime": wasmtime,
}
