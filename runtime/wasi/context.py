"""What the functions of preview 1 work on: everything that one guest may see of its host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wasm2py.runtime.wasi.descriptors import DescriptorTable
from wasm2py.runtime.wasi.directories import Directory
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.guest import Guest


@dataclass(slots=True)
class Context:
    """State of one guest.

    `args` and `environ` are without their final zero bytes; `clocks` gives nanoseconds by clock id, `sleep` takes
    seconds, `random` a number of bytes to make.
    """

    args: Sequence[bytes]
    environ: Sequence[bytes]
    clocks: Mapping[int, Callable[[], int]]
    sleep: Callable[[float], None]
    random: Callable[[int], bytes]
    descriptors: DescriptorTable = field(default_factory=DescriptorTable)
    guest: Guest = field(default_factory=Guest)

    def directory(self, fd: int, otherwise: Errno = Errno.BADF) -> Directory:
        """The open directory `fd`; `otherwise` is the errno for a file."""
        descriptor = self.descriptors[fd]
        if not isinstance(descriptor, Directory):
            raise WasiError(otherwise)
        return descriptor
