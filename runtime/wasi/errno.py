"""Error codes of WASI preview 1 (`errno`), and how the host's errors become them."""

from __future__ import annotations

import errno as host_errno
from enum import IntEnum

#: All errors by number: the host's name for each is the same with an E before it.
_NAMES = """
    SUCCESS 2BIG ACCES ADDRINUSE ADDRNOTAVAIL AFNOSUPPORT AGAIN ALREADY BADF BADMSG BUSY CANCELED CHILD CONNABORTED
    CONNREFUSED CONNRESET DEADLK DESTADDRREQ DOM DQUOT EXIST FAULT FBIG HOSTUNREACH IDRM ILSEQ INPROGRESS INTR INVAL
    IO ISCONN ISDIR LOOP MFILE MLINK MSGSIZE MULTIHOP NAMETOOLONG NETDOWN NETRESET NETUNREACH NFILE NOBUFS NODEV
    NOENT NOEXEC NOLCK NOLINK NOMEM NOMSG NOPROTOOPT NOSPC NOSYS NOTCONN NOTDIR NOTEMPTY NOTRECOVERABLE NOTSOCK
    NOTSUP NOTTY NXIO OVERFLOW OWNERDEAD PERM PIPE PROTO PROTONOSUPPORT PROTOTYPE RANGE ROFS SPIPE SRCH STALE
    TIMEDOUT TXTBSY XDEV NOTCAPABLE
"""


class Errno(IntEnum):
    """The codes that guests meet; the numbers are the specification's, not the host's."""

    SUCCESS = 0
    ACCES = 2
    AGAIN = 6
    BADF = 8
    EXIST = 20
    FBIG = 22
    ILSEQ = 25
    INVAL = 28
    IO = 29
    ISDIR = 31
    LOOP = 32
    NAMETOOLONG = 37
    NOENT = 44
    NOMEM = 48
    NOSYS = 52
    NOTDIR = 54
    NOTSOCK = 57
    NOTSUP = 58
    PERM = 63
    PIPE = 64
    ROFS = 69
    SPIPE = 70


class WasiError(Exception):
    """A function of preview 1 fails with `errno`; it reaches the guest as that number and never the host."""

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno


def _host_codes() -> dict[int, int]:
    codes = {getattr(host_errno, f"E{name}", 0): number for number, name in enumerate(_NAMES.split())}
    codes[host_errno.EOPNOTSUPP] = Errno.NOTSUP
    codes[host_errno.EWOULDBLOCK] = Errno.AGAIN
    codes.pop(0, None)
    return codes


_FROM_HOST = _host_codes()


def from_os_error(error: OSError) -> int:
    """The errno for an error of the host's operating system; IO where the specification has none for it."""
    return _FROM_HOST.get(error.errno or 0, Errno.IO)
