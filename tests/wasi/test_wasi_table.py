"""All functions of preview 1: their types, and how they fail on bad arguments whatever they do."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from wasi.guest import TestGuest, errno
from wasm2py.runtime.errors import Trap, WasiExit
from wasm2py.runtime.memory import Memory
from wasm2py.runtime.wasi import Errno, Wasi

SIGNATURES = {
    "args_get": "ii",
    "args_sizes_get": "ii",
    "environ_get": "ii",
    "environ_sizes_get": "ii",
    "clock_res_get": "ii",
    "clock_time_get": "iIi",
    "fd_advise": "iIIi",
    "fd_allocate": "iII",
    "fd_close": "i",
    "fd_datasync": "i",
    "fd_fdstat_get": "ii",
    "fd_fdstat_set_flags": "ii",
    "fd_fdstat_set_rights": "iII",
    "fd_filestat_get": "ii",
    "fd_filestat_set_size": "iI",
    "fd_filestat_set_times": "iIIi",
    "fd_pread": "iiiIi",
    "fd_prestat_dir_name": "iii",
    "fd_prestat_get": "ii",
    "fd_pwrite": "iiiIi",
    "fd_read": "iiii",
    "fd_readdir": "iiiIi",
    "fd_renumber": "ii",
    "fd_seek": "iIii",
    "fd_sync": "i",
    "fd_tell": "ii",
    "fd_write": "iiii",
    "path_create_directory": "iii",
    "path_filestat_get": "iiiii",
    "path_filestat_set_times": "iiiiIIi",
    "path_link": "iiiiiii",
    "path_open": "iiiiiIIii",
    "path_readlink": "iiiiii",
    "path_remove_directory": "iii",
    "path_rename": "iiiiii",
    "path_symlink": "iiiii",
    "path_unlink_file": "iii",
    "poll_oneoff": "iiii",
    "proc_exit": "i",
    "proc_raise": "i",
    "random_get": "ii",
    "sched_yield": "",
    "sock_accept": "iii",
    "sock_recv": "iiiiii",
    "sock_send": "iiiii",
    "sock_shutdown": "ii",
}
_VALTYPES = {"i": "i32", "I": "i64"}


def test_every_function_has_the_type_of_the_specification() -> None:
    functions = Wasi().functions()
    assert {name: type_.params for name, (type_, _) in functions.items()} == {
        name: tuple(_VALTYPES[letter] for letter in letters) for name, letters in SIGNATURES.items()
    }
    results = {name: type_.results for name, (type_, _) in functions.items()}
    assert results.pop("proc_exit") == ()
    assert set(results.values()) == {("i32",)}


def test_unstable_has_the_same_but_one() -> None:
    unstable = Wasi().functions("wasi_unstable")
    assert set(SIGNATURES) - set(unstable) == {"sock_accept"}
    assert all(type_ == Wasi().functions()[name][0] for name, (type_, _) in unstable.items())


def test_other_modules_are_unknown() -> None:
    with pytest.raises(KeyError):
        Wasi().functions("env")


@pytest.mark.parametrize("name", [name for name in SIGNATURES if name.startswith(("fd_", "sock_"))])
def test_a_descriptor_that_is_not_open(name: str) -> None:
    """Other arguments are all valid where they are looked at first."""
    with TestGuest() as guest:
        assert guest.call(name, 99, *[0] * (len(SIGNATURES[name]) - 1)) == Errno.BADF


@pytest.mark.parametrize("name", [name for name in SIGNATURES if name.startswith("path_") and name != "path_symlink"])
def test_a_directory_that_is_not_open(name: str) -> None:
    with TestGuest() as guest:
        assert guest.call(name, 99, *[0] * (len(SIGNATURES[name]) - 1)) == Errno.BADF


@pytest.mark.parametrize("name", sorted(set(SIGNATURES) - {"proc_exit"}))
@pytest.mark.parametrize("value", [-1, 0, 1, 3, 0x7FFFFFFF, 0xFFFFFFFF, 65535, 65528])
def test_no_arguments_lead_to_another_exception(name: str, value: int, root: Path) -> None:
    """Anything is an errno or a trap, whichever descriptor it is tried on."""
    for fd in (0, 1, 3, 4, value):
        streams = {"stdin": b"", "stdout": io.BytesIO(), "stderr": io.BytesIO()}
        with TestGuest(["prog"], {"A": "B"}, preopens={"/": root}, sleep=lambda seconds: None, **streams) as guest:
            guest.open("file", oflags=1, rights=66)
            values = [fd, *[value] * len(SIGNATURES[name])][: len(SIGNATURES[name])]
            try:
                result = guest.call(name, *values)
            except Trap as trap:
                assert trap.kind in ("out of bounds memory access", "misaligned pointer")
            else:
                assert isinstance(result, int)


def test_host_values_may_be_signed_and_raw_values_are_not() -> None:
    with TestGuest() as guest:
        guest.memory.write_u64(8, 0)
        raw = {name: function for name, (_, function) in guest.wasi.raw_functions().items()}
        assert guest.call("fd_close", -1) == raw["fd_close"](0xFFFFFFFF) == Errno.BADF
        assert guest.call("clock_time_get", 1, -1, 8) == raw["clock_time_get"](1, 2**64 - 1, 8) == 0
        assert guest.memory.read_u64(8) > 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("args_sizes_get", (65536, 0)),
        ("args_sizes_get", (0, 65533)),
        ("clock_time_get", (0, 0, 65536)),
        ("fd_prestat_get", (3, -8)),
        ("fd_fdstat_get", (1, 65520)),
        ("fd_filestat_get", (3, 65480)),
        ("fd_write", (1, 65532, 1, 16)),
        ("fd_write", (1, 8, -1, 16)),
        ("path_create_directory", (3, 65536, 1)),
        ("path_open", (3, 0, 0, 65537, 0, 0, 0, 0, 0)),
        ("poll_oneoff", (65496, 0, 1, 0)),
        ("random_get", (0, 65537)),
        ("random_get", (-1, 2)),
    ],
)
def test_a_pointer_out_of_bounds_traps(name: str, values: tuple[int, ...], root: Path) -> None:
    with TestGuest(preopens={"/": root}, stdout=io.BytesIO()) as guest, pytest.raises(Trap) as caught:
        guest.call(name, *values)
    assert caught.value.kind in ("out of bounds memory access", "misaligned pointer")


@pytest.mark.parametrize(
    ("name", "values"),
    [("fd_tell", (3, 12)), ("clock_time_get", (0, 0, 12)), ("fd_write", (1, 2, 0, 16)), ("args_sizes_get", (0, 6))],
)
def test_a_misaligned_pointer_traps(name: str, values: tuple[int, ...], root: Path) -> None:
    (root / "file").touch()
    with TestGuest(preopens={"/": root}, stdout=io.BytesIO()) as guest, pytest.raises(Trap) as caught:
        guest.open("file")
        guest.call("fd_renumber", 4, 3)
        guest.call(name, *values)
    assert caught.value.kind == "misaligned pointer"


def test_without_a_memory() -> None:
    function = Wasi().functions()["args_sizes_get"][1]
    with pytest.raises(Trap, match="exports no memory"):
        function(0, 4)


def test_bind_again() -> None:
    wasi = Wasi(["a"])
    first, second = Memory(1), Memory(1)
    function = wasi.functions()["args_sizes_get"][1]
    for memory in (first, second):
        wasi.bind(memory)
        assert function(0, 4) == 0
        assert memory.read_u32(0) == 1


def test_a_memory_that_grows_between_calls() -> None:
    with TestGuest(["a"]) as guest:
        assert guest.call("args_sizes_get", 0, 4) == 0
        guest.memory.grow(1)
        assert guest.call("args_sizes_get", 65536, 65540) == 0
        assert guest.memory.read_u32(65540) == 2


@pytest.mark.parametrize("code", [0, 1, 126, 255, 256, 0xFFFFFFFF])
def test_proc_exit(code: int) -> None:
    with TestGuest() as guest, pytest.raises(WasiExit) as caught:
        guest.call("proc_exit", code)
    assert caught.value.code == code


def test_process_functions_that_do_nothing() -> None:
    with TestGuest() as guest:
        assert guest.call("sched_yield") == 0
        assert guest.call("proc_raise", 6) == Errno.NOTSUP
        assert guest.call("proc_raise", 31) == Errno.INVAL


@pytest.mark.parametrize("name", ["sock_accept", "sock_recv", "sock_send", "sock_shutdown"])
def test_nothing_is_a_socket(name: str, root: Path) -> None:
    with TestGuest(preopens={"/": root}) as guest:
        for fd in (0, 1, 3):
            assert guest.call(name, fd, *[0] * (len(SIGNATURES[name]) - 1)) == Errno.NOTSOCK


def test_random_bytes_come_from_the_hook() -> None:
    with TestGuest(random=lambda size: bytes(range(size))) as guest:
        assert guest.call("random_get", 100, 5) == 0
        assert guest.memory.read(99, 7) == b"\0\0\1\2\3\4\0"
        assert guest.call("random_get", 65536, 0) == 0


def test_random_bytes_of_the_host() -> None:
    with TestGuest() as guest:
        assert guest.call("random_get", 0, 32) == 0
        assert guest.memory.read(0, 32) != bytes(32)


def test_flags_that_do_not_exist(root: Path) -> None:
    (root / "file").touch()
    with TestGuest(preopens={"/": root}) as guest:
        assert errno(guest.open, "file", oflags=16) == "INVAL"
        assert errno(guest.open, "file", fdflags=32) == "INVAL"
        assert errno(guest.open, "file", flags=2) == "INVAL"
        fd = guest.open("file")
        assert guest.call("fd_fdstat_set_flags", fd, 32) == Errno.INVAL
        assert guest.call("fd_filestat_set_times", fd, 0, 0, 16) == Errno.INVAL
        assert guest.call("fd_seek", fd, 0, 3, 16) == Errno.INVAL
        assert guest.call("fd_advise", fd, 0, 0, 6) == Errno.INVAL
        assert errno(guest.link, "file", "other", flags=1) == "INVAL"
