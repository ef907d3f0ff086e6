"""Error codes of WASI preview 1 (`errno`), and how the host's errors become them."""

from __future__ import annotations

import errno as host_errno
from enum import IntEnum


class Errno(IntEnum):
    """The codes that guests meet: named as in the specification (but for `2big`), and its numbers, not the host's."""

    SUCCESS = 0
    TOOBIG = 1
    ACCES = 2
    ADDRINUSE = 3
    ADDRNOTAVAIL = 4
    AFNOSUPPORT = 5
    AGAIN = 6
    ALREADY = 7
    BADF = 8
    BADMSG = 9
    BUSY = 10
    CANCELED = 11
    CHILD = 12
    CONNABORTED = 13
    CONNREFUSED = 14
    CONNRESET = 15
    DEADLK = 16
    DESTADDRREQ = 17
    DOM = 18
    DQUOT = 19
    EXIST = 20
    FAULT = 21
    FBIG = 22
    HOSTUNREACH = 23
    IDRM = 24
    ILSEQ = 25
    INPROGRESS = 26
    INTR = 27
    INVAL = 28
    IO = 29
    ISCONN = 30
    ISDIR = 31
    LOOP = 32
    MFILE = 33
    MLINK = 34
    MSGSIZE = 35
    MULTIHOP = 36
    NAMETOOLONG = 37
    NETDOWN = 38
    NETRESET = 39
    NETUNREACH = 40
    NFILE = 41
    NOBUFS = 42
    NODEV = 43
    NOENT = 44
    NOEXEC = 45
    NOLCK = 46
    NOLINK = 47
    NOMEM = 48
    NOMSG = 49
    NOPROTOOPT = 50
    NOSPC = 51
    NOSYS = 52
    NOTCONN = 53
    NOTDIR = 54
    NOTEMPTY = 55
    NOTRECOVERABLE = 56
    NOTSOCK = 57
    NOTSUP = 58
    NOTTY = 59
    NXIO = 60
    OVERFLOW = 61
    OWNERDEAD = 62
    PERM = 63
    PIPE = 64
    PROTO = 65
    PROTONOSUPPORT = 66
    PROTOTYPE = 67
    RANGE = 68
    ROFS = 69
    SPIPE = 70
    SRCH = 71
    STALE = 72
    TIMEDOUT = 73
    TXTBSY = 74
    XDEV = 75
    NOTCAPABLE = 76


class WasiError(Exception):
    """A function of preview 1 fails with `errno`; it reaches the guest as that number and never the host."""

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno


def _host_codes() -> dict[int, int]:
    codes: dict[int, int] = {getattr(host_errno, f"E{code.name}", 0): code for code in Errno}
    codes[host_errno.E2BIG] = Errno.TOOBIG
    codes[host_errno.EOPNOTSUPP] = Errno.NOTSUP
    codes[host_errno.EWOULDBLOCK] = Errno.AGAIN
    codes.pop(0, None)
    return codes


_FROM_HOST = _host_codes()


def from_os_error(error: OSError) -> int:
    """The errno for an error of the host's operating system; IO where the specification has none for it."""
    return _FROM_HOST.get(error.errno or 0, Errno.IO)
