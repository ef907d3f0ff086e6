"""Operations on open descriptors (specification: fd_*)."""

from __future__ import annotations

from wasm2py.runtime.wasi.clocks import now
from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.directories import Directory
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.registry import function
from wasm2py.runtime.wasi.types import (
    FDSTAT,
    FILESTAT,
    FSTFLAGS_ATIM,
    FSTFLAGS_ATIM_NOW,
    FSTFLAGS_MTIM,
    FSTFLAGS_MTIM_NOW,
    MAX_ADVICE,
    PREOPEN_DIR,
    PRESTAT,
    ClockId,
    Whence,
)

_SIGN = 1 << 63


def check_flags(flags: int, known: int) -> None:
    """Refuse bits that the specification gives no meaning."""
    if flags & ~known:
        raise WasiError(Errno.INVAL)


def times_to_set(context: Context, atim: int, mtim: int, flags: int) -> tuple[int | None, int | None]:
    """Access and modification time in ns as `fstflags` choose them; None for one to leave alone."""
    check_flags(flags, 15)
    chosen: list[int | None] = []
    for time, given, current in ((atim, FSTFLAGS_ATIM, FSTFLAGS_ATIM_NOW), (mtim, FSTFLAGS_MTIM, FSTFLAGS_MTIM_NOW)):
        if flags & given and flags & current:
            raise WasiError(Errno.INVAL)
        chosen.append(time if flags & given else now(context, ClockId.REALTIME) if flags & current else None)
    return chosen[0], chosen[1]


@function("i32 i64 i64 i32")
def fd_advise(context: Context, fd: int, offset: int, size: int, advice: int) -> None:
    if advice > MAX_ADVICE:
        raise WasiError(Errno.INVAL)
    context.descriptors[fd].advise(offset, size, advice)


@function("i32 i64 i64")
def fd_allocate(context: Context, fd: int, offset: int, size: int) -> None:
    context.descriptors[fd].allocate(offset, size)


@function("i32")
def fd_close(context: Context, fd: int) -> None:
    context.descriptors.remove(fd).close()


@function("i32")
def fd_datasync(context: Context, fd: int) -> None:
    context.descriptors[fd].sync(data_only=True)


@function("i32 i32")
def fd_fdstat_get(context: Context, fd: int, result: int) -> None:
    descriptor = context.descriptors[fd]
    rights = descriptor.rights_base, descriptor.rights_inheriting
    context.guest.pack(FDSTAT, result, descriptor.filetype, descriptor.flags, *rights)


@function("i32 i32")
def fd_fdstat_set_flags(context: Context, fd: int, flags: int) -> None:
    check_flags(flags, 31)
    context.descriptors[fd].set_flags(flags)


@function("i32 i64 i64")
def fd_fdstat_set_rights(context: Context, fd: int, base: int, inheriting: int) -> None:
    """Rights are shown, but not kept account of: the specification has given them up, and hosts with it."""
    context.descriptors[fd]
    raise WasiError(Errno.NOTSUP)


@function("i32 i32")
def fd_filestat_get(context: Context, fd: int, result: int) -> None:
    context.guest.pack(FILESTAT, result, *context.descriptors[fd].stat())


@function("i32 i64")
def fd_filestat_set_size(context: Context, fd: int, size: int) -> None:
    context.descriptors[fd].set_size(size)


@function("i32 i64 i64 i32")
def fd_filestat_set_times(context: Context, fd: int, atim: int, mtim: int, flags: int) -> None:
    times = times_to_set(context, atim, mtim, flags)
    context.descriptors[fd].set_times(*times)


@function("i32 i32 i32 i32")
def fd_read(context: Context, fd: int, iovs: int, count: int, result: int) -> None:
    guest = context.guest
    guest.set_u32(result, context.descriptors[fd].read(guest.iovecs(iovs, count)))


@function("i32 i32 i32 i64 i32")
def fd_pread(context: Context, fd: int, iovs: int, count: int, offset: int, result: int) -> None:
    guest = context.guest
    guest.set_u32(result, context.descriptors[fd].pread(guest.iovecs(iovs, count), offset))


@function("i32 i32 i32 i32")
def fd_write(context: Context, fd: int, iovs: int, count: int, result: int) -> None:
    guest = context.guest
    guest.set_u32(result, context.descriptors[fd].write(guest.iovecs(iovs, count)))


@function("i32 i32 i32 i64 i32")
def fd_pwrite(context: Context, fd: int, iovs: int, count: int, offset: int, result: int) -> None:
    guest = context.guest
    guest.set_u32(result, context.descriptors[fd].pwrite(guest.iovecs(iovs, count), offset))


@function("i32 i32")
def fd_prestat_get(context: Context, fd: int, result: int) -> None:
    """BADF ends the search for preopened directories that every C library begins with."""
    context.guest.pack(PRESTAT, result, PREOPEN_DIR, len(_preopen(context, fd, Errno.BADF)))


@function("i32 i32 i32")
def fd_prestat_dir_name(context: Context, fd: int, buffer: int, size: int) -> None:
    name = _preopen(context, fd, Errno.NOTDIR)
    if len(name) > size:
        raise WasiError(Errno.NAMETOOLONG)
    context.guest.write(buffer, name)


def _preopen(context: Context, fd: int, otherwise: Errno) -> bytes:
    descriptor = context.descriptors[fd]
    if not isinstance(descriptor, Directory) or descriptor.preopen is None:
        raise WasiError(otherwise)
    return descriptor.preopen


@function("i32 i32 i32 i64 i32")
def fd_readdir(context: Context, fd: int, buffer: int, size: int, cookie: int, result: int) -> None:
    """A result smaller than `size` says that the directory's end is reached."""
    data = context.directory(fd).list_from(cookie, size)
    context.guest.write(buffer, data)
    context.guest.set_u32(result, len(data))


@function("i32 i32")
def fd_renumber(context: Context, fd: int, to: int) -> None:
    context.descriptors.renumber(fd, to)


@function("i32 i64 i32 i32")
def fd_seek(context: Context, fd: int, offset: int, whence: int, result: int) -> None:
    if whence > Whence.END:
        raise WasiError(Errno.INVAL)
    signed = (offset ^ _SIGN) - _SIGN
    context.guest.set_u64(result, context.descriptors[fd].seek(signed, whence))


@function("i32")
def fd_sync(context: Context, fd: int) -> None:
    context.descriptors[fd].sync(data_only=False)


@function("i32 i32")
def fd_tell(context: Context, fd: int, result: int) -> None:
    context.guest.set_u64(result, context.descriptors[fd].seek(0, Whence.CUR))
