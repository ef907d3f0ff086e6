"""Operations on paths (specification: path_*).

Paths are relative to an open directory and cannot leave it: see `resolve`.
"""

from __future__ import annotations

import os
import stat

from wasm2py.runtime.wasi.context import Context
from wasm2py.runtime.wasi.descriptors import Descriptor, Filestat, filestat
from wasm2py.runtime.wasi.directories import Directory
from wasm2py.runtime.wasi.errno import Errno, WasiError
from wasm2py.runtime.wasi.fds import check_flags, times_to_set
from wasm2py.runtime.wasi.files import File, host_flags, merged_times
from wasm2py.runtime.wasi.registry import function
from wasm2py.runtime.wasi.resolve import Location, is_absolute
from wasm2py.runtime.wasi.types import (
    FILESTAT,
    LOOKUP_SYMLINK_FOLLOW,
    OFLAGS_CREAT,
    OFLAGS_DIRECTORY,
    OFLAGS_EXCL,
    OFLAGS_TRUNC,
    RIGHTS_FD_READ,
    RIGHTS_FD_WRITE,
)

_HOST_OFLAGS = {
    OFLAGS_CREAT: os.O_CREAT,
    OFLAGS_DIRECTORY: getattr(os, "O_DIRECTORY", 0),
    OFLAGS_EXCL: os.O_EXCL,
    OFLAGS_TRUNC: os.O_TRUNC,
}


def _follows(flags: int, path: bytes) -> bool:
    """Whether a symbolic link at the end is followed: if asked for, and always where a slash comes after it."""
    check_flags(flags, LOOKUP_SYMLINK_FOLLOW)
    return bool(flags & LOOKUP_SYMLINK_FOLLOW) or path.endswith(b"/")


@function("i32 i32 i32")
def path_create_directory(context: Context, fd: int, path: int, size: int) -> None:
    name = context.guest.path(path, size)
    with context.directory(fd).resolve_for_change(name) as location:
        location.parent.mkdir(location.name)


def path_status(context: Context, fd: int, flags: int, path: int, size: int) -> Filestat:
    """The attributes of what a path leads to."""
    name = context.guest.path(path, size)
    with context.directory(fd).resolve(name, _follows(flags, name)) as location:
        location.require_type()
        return filestat(location.parent.stat(location.name))


@function("i32 i32 i32 i32 i32")
def path_filestat_get(context: Context, fd: int, flags: int, path: int, size: int, result: int) -> None:
    context.guest.pack(FILESTAT, result, *path_status(context, fd, flags, path, size))


@function("i32 i32 i32 i32 i64 i64 i32")
def path_filestat_set_times(
    context: Context, fd: int, flags: int, path: int, size: int, atim: int, mtim: int, fst_flags: int
) -> None:
    times = times_to_set(context, atim, mtim, fst_flags)
    name = context.guest.path(path, size)
    with context.directory(fd).resolve_for_change(name, _follows(flags, name)) as location:
        location.require_type()
        status = location.parent.stat(location.name)
        location.parent.utime(location.name, merged_times(status, *times))


@function("i32 i32 i32 i32 i32 i32 i32")
def path_link(
    context: Context,
    old_fd: int,
    old_flags: int,
    old_path: int,
    old_size: int,
    new_fd: int,
    new_path: int,
    new_size: int,
) -> None:
    """A link to what a symbolic link points to is refused (INVAL), as in wasmtime."""
    check_flags(old_flags, 0)
    source, target = context.directory(old_fd), context.directory(new_fd)
    old_name, new_name = context.guest.path(old_path, old_size), context.guest.path(new_path, new_size)
    with source.resolve_for_change(old_name) as old, target.resolve_for_change(new_name) as new:
        old.require_type()
        _require_no_slash(new)
        old.parent.link(old.name, new.parent, new.name)


def _require_no_slash(location: Location) -> None:
    """A new name that is not a directory's cannot end in a slash: NOENT, or EXIST where there is something."""
    if location.must_be_dir:
        location.parent.stat(location.name)
        raise WasiError(Errno.EXIST)


@function("i32 i32 i32 i32 i32 i64 i64 i32 i32")
def path_open(
    context: Context,
    fd: int,
    dirflags: int,
    path: int,
    size: int,
    oflags: int,
    rights: int,
    inheriting: int,
    fdflags: int,
    result: int,
) -> None:
    """The rights to read and to write choose the mode; without either, a file is opened for reading."""
    check_flags(oflags, 15)
    check_flags(fdflags, 31)
    name = context.guest.path(path, size)
    directory = context.directory(fd, Errno.NOTDIR)
    descriptor = _open(directory, name, _follows(dirflags, name), oflags, rights, fdflags)
    context.guest.set_u32(result, context.descriptors.add(descriptor))


def _open(directory: Directory, path: bytes, follow: bool, oflags: int, rights: int, fdflags: int) -> Descriptor:
    write = bool(rights & RIGHTS_FD_WRITE)
    read = bool(rights & RIGHTS_FD_READ) or not write
    changes = write or bool(oflags & (OFLAGS_CREAT | OFLAGS_TRUNC))
    flags = _open_flags(oflags, read, write) | host_flags(fdflags)
    # An exclusive creation does not follow links, since a link is already something.
    follow = follow and not (oflags & OFLAGS_CREAT and oflags & OFLAGS_EXCL)
    with directory.resolve_for_change(path, follow) if changes else directory.resolve(path, follow) as location:
        if location.must_be_dir:
            if oflags & OFLAGS_CREAT:
                raise WasiError(Errno.ISDIR)
            location.require_type()
        opened = location.parent.open(location.name, flags)
    if isinstance(opened, int):
        if oflags & OFLAGS_DIRECTORY:  # on hosts that cannot ask for this when opening
            os.close(opened)
            raise WasiError(Errno.NOTDIR)
        return File(opened, readable=read, writable=write, read_only=directory.read_only, flags=fdflags)
    return Directory(opened, directory.read_only)


def _open_flags(oflags: int, read: bool, write: bool) -> int:
    """The host's flags; truncation needs the file to be open for writing on the host, whatever the guest may do."""
    if oflags & OFLAGS_DIRECTORY and oflags != OFLAGS_DIRECTORY:
        raise WasiError(Errno.INVAL)
    write = write or bool(oflags & OFLAGS_TRUNC)
    flags = (os.O_RDWR if read else os.O_WRONLY) if write else os.O_RDONLY
    for oflag, host in _HOST_OFLAGS.items():
        flags |= host if oflags & oflag else 0
    return flags


@function("i32 i32 i32 i32 i32 i32")
def path_readlink(context: Context, fd: int, path: int, size: int, buffer: int, buffer_size: int, result: int) -> None:
    """Links to absolute paths are not shown (PERM): they would tell of the host's directories."""
    name = context.guest.path(path, size)
    with context.directory(fd).resolve(name) as location:
        target = location.parent.readlink(location.name)
    if is_absolute(target):
        raise WasiError(Errno.PERM)
    target = target[:buffer_size]
    context.guest.write(buffer, target)
    context.guest.set_u32(result, len(target))


@function("i32 i32 i32")
def path_remove_directory(context: Context, fd: int, path: int, size: int) -> None:
    name = context.guest.path(path, size)
    with context.directory(fd).resolve_for_change(name) as location:
        location.parent.rmdir(location.name)


@function("i32 i32 i32 i32 i32 i32")
def path_rename(
    context: Context, old_fd: int, old_path: int, old_size: int, new_fd: int, new_path: int, new_size: int
) -> None:
    source, target = context.directory(old_fd), context.directory(new_fd)
    old_name, new_name = context.guest.path(old_path, old_size), context.guest.path(new_path, new_size)
    with source.resolve_for_change(old_name) as old, target.resolve_for_change(new_name) as new:
        if old.must_be_dir or new.must_be_dir:
            old.parent.child(old.name).close()
        old.parent.rename(old.name, new.parent, new.name)


@function("i32 i32 i32 i32 i32")
def path_symlink(context: Context, old_path: int, old_size: int, fd: int, new_path: int, new_size: int) -> None:
    """A link may point anywhere but to an absolute path (PERM); where it leads is checked when it is followed."""
    target, name = context.guest.path(old_path, old_size), context.guest.path(new_path, new_size)
    with context.directory(fd).resolve_for_change(name) as location:
        if not target:
            raise WasiError(Errno.NOENT)
        if b"\0" in target:
            raise WasiError(Errno.INVAL)
        if is_absolute(target):
            raise WasiError(Errno.PERM)
        _require_no_slash(location)
        location.parent.symlink(target, location.name)


@function("i32 i32 i32")
def path_unlink_file(context: Context, fd: int, path: int, size: int) -> None:
    name = context.guest.path(path, size)
    with context.directory(fd).resolve_for_change(name) as location:
        # Hosts disagree on what unlinking a directory is: EISDIR, EPERM, or permitted.
        if stat.S_ISDIR(location.parent.stat(location.name).st_mode):
            raise WasiError(Errno.ISDIR)
        if location.must_be_dir:
            raise WasiError(Errno.NOTDIR)
        location.parent.unlink(location.name)
