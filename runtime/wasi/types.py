"""Constants and memory layouts of WASI preview 1 (specification: preview1/witx/typenames.witx).

Flags are plain integers: they are tested on every call, and `enum.IntFlag` makes an object for each test.
"""

from __future__ import annotations

import stat
from enum import IntEnum
from struct import Struct
from typing import Final


class Filetype(IntEnum):
    UNKNOWN = 0
    BLOCK_DEVICE = 1
    CHARACTER_DEVICE = 2
    DIRECTORY = 3
    REGULAR_FILE = 4
    SOCKET_DGRAM = 5
    SOCKET_STREAM = 6
    SYMBOLIC_LINK = 7


class ClockId(IntEnum):
    REALTIME = 0
    MONOTONIC = 1
    PROCESS_CPUTIME_ID = 2
    THREAD_CPUTIME_ID = 3


class EventType(IntEnum):
    CLOCK = 0
    FD_READ = 1
    FD_WRITE = 2


class Whence(IntEnum):
    SET = 0
    CUR = 1
    END = 2


LOOKUP_SYMLINK_FOLLOW: Final = 1

OFLAGS_CREAT: Final = 1
OFLAGS_DIRECTORY: Final = 2
OFLAGS_EXCL: Final = 4
OFLAGS_TRUNC: Final = 8

FDFLAGS_APPEND: Final = 1
FDFLAGS_DSYNC: Final = 2
FDFLAGS_NONBLOCK: Final = 4
FDFLAGS_RSYNC: Final = 8
FDFLAGS_SYNC: Final = 16

FSTFLAGS_ATIM: Final = 1
FSTFLAGS_ATIM_NOW: Final = 2
FSTFLAGS_MTIM: Final = 4
FSTFLAGS_MTIM_NOW: Final = 8

SUBCLOCK_ABSTIME: Final = 1
EVENT_HANGUP: Final = 1
PREOPEN_DIR: Final = 0

MAX_ADVICE: Final = 5
MAX_SIGNAL: Final = 30
#: Offsets and sizes are signed in every host interface; larger ones are refused.
MAX_OFFSET: Final = 2**63 - 1

RIGHTS_FD_READ: Final = 1 << 1
RIGHTS_FD_SEEK: Final = 1 << 2
RIGHTS_FD_TELL: Final = 1 << 5
RIGHTS_FD_WRITE: Final = 1 << 6
RIGHTS_FD_ALLOCATE: Final = 1 << 8
RIGHTS_FD_READDIR: Final = 1 << 14
RIGHTS_FD_FILESTAT_SET_SIZE: Final = 1 << 22
RIGHTS_POLL_FD_READWRITE: Final = 1 << 27

#: What can be done with a regular file: datasync, read, seek, fdstat_set_flags, sync, tell, write, advise, allocate,
#: filestat_get, filestat_set_size, filestat_set_times, poll.
RIGHTS_FILE: Final = 0x1FF | 0x7 << 21 | RIGHTS_POLL_FD_READWRITE
#: What can be done with a directory: create_directory, create_file, link_source, link_target, open, readdir, readlink,
#: rename_source, rename_target, path_filestat_get, path_filestat_set_times, fd_filestat_get, fd_filestat_set_times,
#: symlink, remove_directory, unlink_file.
RIGHTS_DIRECTORY: Final = 0x3FF << 9 | 1 << 20 | 1 << 21 | 0xF << 23


class Layout:
    """A record in guest memory: a little-endian `struct` format with explicit padding, and its alignment in bytes."""

    __slots__ = ("alignment", "struct")

    def __init__(self, format_: str) -> None:
        self.struct = Struct("<" + format_)
        self.alignment = 8 if "Q" in format_ else 4


PRESTAT: Final = Layout("B3xI")  # tag, pr_name_len
FDSTAT: Final = Layout("BxH4xQQ")  # fs_filetype, fs_flags, fs_rights_base, fs_rights_inheriting
FILESTAT: Final = Layout("QQB7xQQQQQ")  # dev, ino, filetype, nlink, size, atim, mtim, ctim (times in ns)
SUBSCRIPTION: Final = Layout("QB7x32s")  # userdata, tag, union
EVENT: Final = Layout("QHB5xQH6x")  # userdata, error, type, nbytes, flags
DIRENT: Final = Struct("<QQIB3x")  # d_next, d_ino, d_namlen, d_type; packed one after the other, unaligned
SUBSCRIPTION_CLOCK: Final = Struct("<I4xQQH6x")  # id, timeout (ns), precision (ns), flags
SUBSCRIPTION_FD: Final = Struct("<I28x")  # file_descriptor

_FILETYPES = {
    stat.S_IFREG: Filetype.REGULAR_FILE,
    stat.S_IFDIR: Filetype.DIRECTORY,
    stat.S_IFLNK: Filetype.SYMBOLIC_LINK,
    stat.S_IFCHR: Filetype.CHARACTER_DEVICE,
    stat.S_IFBLK: Filetype.BLOCK_DEVICE,
    stat.S_IFSOCK: Filetype.SOCKET_STREAM,
}


def filetype_of(mode: int) -> Filetype:
    """The file type in a host `st_mode`; preview 1 has no code for FIFOs."""
    return _FILETYPES.get(stat.S_IFMT(mode), Filetype.UNKNOWN)
