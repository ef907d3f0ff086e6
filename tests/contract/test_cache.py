"""The cache's contract: sharing, keys, and a directory that can never fail a run."""

from __future__ import annotations

import errno
import functools
import multiprocessing
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contract.fake import BASIC, FakeModule, FakeTranslator, func_type, make_module
from wasm2py.runtime import cache as cache_module
from wasm2py.runtime.cache import Cache, cache_key
from wasm2py.runtime.engine import Engine
from wasm2py.runtime.errors import WasmError
from wasm2py.runtime.function import Func
from wasm2py.runtime.packs import PACK
from wasm2py.runtime.program import ImportInfo, Options
from wasm2py.runtime.storage import Storage

needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners on this platform")


@pytest.fixture
def module() -> FakeModule:
    return make_module(BASIC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(directory: Path | None, module: FakeModule, **changes: Any) -> FakeTranslator:
    """Compile and call once, in a new engine with a new cache; the translator shows what it had to do."""
    translator = FakeTranslator(changes.pop("version", "fake 1"))
    engine = Engine(translator, Cache(directory), replace(Options(), **changes))
    engine.compile_module(module)
    assert engine.instantiate(module).exports["add"](2, 3) == 5
    return translator


def work_done(translator: FakeTranslator) -> tuple[int, list[int]]:
    return translator.programs, translator.units


ALL: tuple[int, list[int]] = (1, [0])
NONE: tuple[int, list[int]] = (0, [])


def many(count: int) -> FakeModule:
    """A module of so many functions, each of which is a unit."""
    return make_module({f"f{i}": ("->", f"def f{i}():\n    pass") for i in range(count)})


def call_all(translator: FakeTranslator, directory: Path, module: FakeModule, calls: Iterable[int]) -> None:
    """Call some functions of such a module, and close the cache."""
    with Cache(directory) as cache:
        engine = Engine(translator, cache)
        engine.compile_module(module)
        instance = engine.instantiate(module)
        for index in calls:
            instance.exports[f"f{index}"]()


def _call_some(directory: Path) -> None:
    engine = Engine(FakeTranslator(), Cache(directory))
    engine.compile_module(many(10))
    instance = engine.instantiate(many(10))
    for index in range(7):
        instance.exports[f"f{index}"]()


def files(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


class TestSharing:
    def test_two_engines_compile_once(self, module: FakeModule) -> None:
        cache, translator = Cache(), FakeTranslator()
        one, two = Engine(translator, cache), Engine(translator, cache)
        assert one.compile_module(module) is two.compile_module(module)
        assert translator.programs == 1
        assert (one.compiled_module_count(), two.compiled_module_count()) == (1, 1)

    def test_closing_an_engine_leaves_the_cache(self, module: FakeModule) -> None:
        cache, translator = Cache(), FakeTranslator()
        one, two = Engine(translator, cache), Engine(translator, cache)
        one.compile_module(module)
        one.close()
        assert (one.compiled_module_count(), two.compiled_module_count()) == (0, 1)
        assert two.instantiate(module).exports["add"](1, 1) == 2

    def test_closing_the_cache_releases_every_engines_modules(self, module: FakeModule) -> None:
        cache, translator = Cache(), FakeTranslator()
        one, two = Engine(translator, cache), Engine(translator, cache)
        one.compile_module(module)
        instance = two.instantiate(module)
        with cache:
            pass
        assert (one.compiled_module_count(), two.compiled_module_count()) == (0, 0)
        with pytest.raises(WasmError, match="source module for m must be compiled before instantiation"):
            one.new_module_engine("m", module, instance.functions)
        assert instance.exports["add"](1, 1) == 2, "instances go on"

    def test_engines_with_other_options_or_translators_do_not_mix(self, module: FakeModule) -> None:
        cache = Cache()
        engines = [
            Engine(FakeTranslator(), cache),
            Engine(FakeTranslator(), cache, Options(dialect="portable")),
            Engine(FakeTranslator("fake 2"), cache),
        ]
        for engine in engines:
            engine.compile_module(module)
        assert [engine.compiled_module_count() for engine in engines] == [1, 1, 1]
        engines[0].delete_compiled_module(module)
        assert [engine.compiled_module_count() for engine in engines] == [0, 1, 1]

    def test_host_functions_are_never_shared(self) -> None:
        imports = (ImportInfo("env", "host", func_type("->i32")),)
        functions = {"f": ("->i32", "def f():\n    return host()")}
        module, cache = make_module(functions, imports=imports, imported={"func": 1}), Cache()
        instances = []
        for value in (1, 2):
            engine = Engine(FakeTranslator(), cache)
            engine.compile_module(module)
            host = Func(func_type("->i32"), functools.partial(int, value), "host")
            instances.append(engine.instantiate(module, [host]))
        assert [instance.exports["f"]() for instance in instances] == [1, 2]

    def test_threads_translate_each_unit_once(self, module: FakeModule) -> None:
        cache, translator = Cache(), FakeTranslator()
        start = threading.Barrier(8)
        results: list[int] = []

        def work() -> None:
            engine = Engine(translator, cache)
            start.wait()
            engine.compile_module(module)
            results.append(engine.instantiate(module).exports["outer"](8, 2))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [4] * 8
        assert sorted(translator.units) == [1, 2]


class TestDirectory:
    def test_a_second_run_translates_nothing(self, directory: Path, module: FakeModule) -> None:
        assert work_done(run(directory, module)) == ALL
        assert work_done(run(directory, module)) == NONE

    def test_deleting_in_memory_leaves_the_directory(self, directory: Path, module: FakeModule) -> None:
        cache, translator = Cache(directory), FakeTranslator()
        engine = Engine(translator, cache)
        engine.compile_module(module)
        engine.delete_compiled_module(module)
        engine.compile_module(module)
        assert translator.programs == 1

    def test_is_made_private(self, directory: Path, module: FakeModule) -> None:
        previous = os.umask(0)
        try:
            run(directory, module)
        finally:
            os.umask(previous)
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in files(directory)} == {0o600}

    def test_is_not_made_before_it_is_needed(self, directory: Path) -> None:
        cache = Cache(directory)
        assert cache.info().entries == 0
        assert cache.info().problem is None
        assert not directory.exists()

    def test_info_and_clear(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        (directory / "notes.txt").write_text("mine")
        leftover = directory / f".{'0' * 64}-1.cache.1_ab.tmp"
        leftover.write_bytes(b"left behind")
        cache = Cache(str(directory))
        info = cache.info()
        assert (info.directory, info.modules, info.entries, info.problem) == (directory, 1, 2, None)
        assert info.bytes == sum(file.stat().st_size for file in files(directory) if file.suffix == ".cache")
        assert cache.clear() == 2
        assert cache.info().entries == 0
        assert files(directory) == [directory / "notes.txt"]

    def test_in_memory_info_and_clear(self, module: FakeModule) -> None:
        cache = Cache()
        Engine(FakeTranslator(), cache).compile_module(module)
        assert (cache.directory, cache.info().modules, cache.info().bytes) == (None, 1, 0)
        assert cache.clear() == 0
        assert cache.info().modules == 0

    def test_holds_several_units_in_a_file(self, directory: Path) -> None:
        engine = Engine(FakeTranslator(), Cache(directory))
        engine.compile_module(many(200), eager=True)
        assert len(files(directory)) == -(-200 // PACK) + 1

    def test_keeps_half_of_what_was_translated_whatever_happens(self, directory: Path) -> None:
        module, count = many(PACK), 21
        engine = Engine(FakeTranslator(), Cache(directory))
        engine.compile_module(module)
        instance = engine.instantiate(module)
        for index in range(count):
            instance.exports[f"f{index}"]()
        again = FakeTranslator()
        call_all(again, directory, module, range(count))
        assert len(again.units) <= count // 2

    def test_keeps_all_of_it_in_the_end(self, directory: Path) -> None:
        module, calls = many(3 * PACK), range(5, 150, 7)
        call_all(first := FakeTranslator(), directory, module, calls)
        assert first.units == [*calls]
        call_all(second := FakeTranslator(), directory, module, calls)
        assert second.units == []
        call_all(third := FakeTranslator(), directory, module, range(150))
        assert third.units == [index for index in range(150) if index not in calls]

    def test_keeps_what_others_have_added_meanwhile(self, directory: Path) -> None:
        module = many(10)
        engines = [Engine(FakeTranslator(), Cache(directory)) for _ in range(2)]
        instances = []
        for engine in engines:
            engine.compile_module(module)
            instances.append(engine.instantiate(module))
        for index in range(10):
            instances[index % 2].exports[f"f{index}"]()
        for engine in engines:
            engine.delete_compiled_module(module)
        call_all(again := FakeTranslator(), directory, module, range(10))
        assert again.units == []

    def test_keeps_all_of_it_at_the_end_of_a_process(self, directory: Path) -> None:
        worker = multiprocessing.get_context("spawn").Process(target=_call_some, args=(directory,))
        worker.start()
        worker.join()
        call_all(again := FakeTranslator(), directory, many(10), range(7))
        assert again.units == []

    def test_no_temporary_file_stays(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        assert all(file.suffix == ".cache" for file in files(directory))


class TestKey:
    @pytest.mark.parametrize(
        "changes",
        [{"version": "fake 2"}, {"dialect": "portable"}, {"disabled_passes": ("fold",)}],
        ids=["version", "dialect", "passes"],
    )
    def test_covers_translator_and_options(self, directory: Path, module: FakeModule, changes: dict[str, Any]) -> None:
        run(directory, module)
        assert work_done(run(directory, module, **changes)) == ALL
        assert work_done(run(directory, module)) == NONE

    def test_covers_every_option(self) -> None:
        others: dict[str, Any] = {
            "dialect": "portable",
            "listeners": True,
            "disabled_passes": ("x",),
            "lazy_validation": True,
            "disabled_features": ("x",),
        }
        assert set(others) == set(Options.__dataclass_fields__), "a new option needs a value here"
        keys = {cache_key(b"m", "v", replace(Options(), **{name: value})) for name, value in others.items()}
        assert len(keys | {cache_key(b"m", "v", Options())}) == len(others) + 1

    def test_covers_the_module(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        changed = replace(module, sources=("def add(a, b):\n    return 5", *module.sources[1:]))
        assert work_done(run(directory, changed)) == ALL

    @pytest.mark.parametrize("what", ["cache_tag", "magic", "optimize"])
    def test_covers_the_python(
        self, directory: Path, module: FakeModule, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        run(directory, module)
        if what == "cache_tag":
            monkeypatch.setattr(sys.implementation, "cache_tag", "other-1")
        elif what == "magic":
            monkeypatch.setattr("importlib.util.MAGIC_NUMBER", b"\0\0\0\0")
        else:
            real = cache_module.python_identity()
            monkeypatch.setattr(cache_module, "python_identity", lambda: real + "-O")
        assert work_done(run(directory, module)) == ALL


def truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def older_format(data: bytes) -> bytes:
    return data[:7] + b"\0" + data[8:]


class TestDamage:
    @pytest.mark.parametrize("harm", [truncate, flip, older_format, lambda data: b"", lambda data: data + b"x"])
    def test_is_a_miss_and_is_mended(self, directory: Path, module: FakeModule, harm: Callable[[bytes], bytes]) -> None:
        run(directory, module)
        for file in files(directory):
            file.write_bytes(harm(file.read_bytes()))
        assert work_done(run(directory, module)) == ALL
        assert work_done(run(directory, module)) == NONE

    def test_an_entry_under_another_name_is_a_miss(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        for file in files(directory):
            file.rename(file.with_name(file.name.replace("-0.", "-1.")))
        engine = Engine(translator := FakeTranslator(), Cache(directory))
        engine.compile_module(module)
        assert engine.instantiate(module).exports["divide"](6, 3) == 2
        assert work_done(translator) == (0, [1])

    def test_valid_entries_of_the_wrong_kind_are_a_miss(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        storage = Storage(directory)
        for file in files(directory):
            storage.write(file.stem, b"\xe9\x01\x00\x00\x00")
        assert work_done(run(directory, module)) == ALL

    def test_directories_and_pipes_in_their_place_are_a_miss(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        for file in files(directory):
            file.unlink()
            if file.name.endswith("-0.cache") and hasattr(os, "mkfifo"):
                os.mkfifo(file, 0o600)
            else:
                file.mkdir()
        assert work_done(run(directory, module)) == ALL


class TestUnusableDirectory:
    def test_a_file_in_its_place(self, directory: Path, module: FakeModule) -> None:
        directory.write_text("not a directory")
        assert work_done(run(directory, module)) == ALL
        assert Cache(directory).info().problem == "it is not a directory"
        assert Cache(directory).clear() == 0

    def test_below_a_file(self, directory: Path, module: FakeModule) -> None:
        directory.write_text("not a directory")
        assert work_done(run(directory / "deeper", module)) == ALL

    @needs_owners
    def test_read_only(self, directory: Path, module: FakeModule) -> None:
        directory.mkdir(mode=0o500)
        assert work_done(run(directory, module)) == ALL

    @pytest.mark.parametrize("call", ["mkdir", "replace", "open", "unlink"])
    def test_read_only_even_for_root(
        self, directory: Path, module: FakeModule, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        def refuse(*_args: Any, **_options: Any) -> Any:
            raise OSError(errno.EROFS, "Read-only file system")

        with monkeypatch.context() as patch:
            patch.setattr(os, call, refuse)
            assert work_done(run(directory, module)) == ALL

    def test_full(self, directory: Path, module: FakeModule) -> None:
        resource = pytest.importorskip("resource", reason="no resource limits on this platform")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            translator = run(directory, module)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert work_done(translator) == ALL
        assert files(directory) == [], "no half-written file is left"


@needs_owners
class TestTrust:
    def test_entries_that_others_can_write(self, directory: Path, module: FakeModule) -> None:
        run(directory, module)
        for file in files(directory):
            file.chmod(0o620)
        assert work_done(run(directory, module)) == ALL
        assert work_done(run(directory, module)) == NONE, "they were replaced"

    @pytest.mark.parametrize("mode", [0o770, 0o707])
    def test_a_directory_that_others_can_write(self, directory: Path, module: FakeModule, mode: int) -> None:
        run(directory, module)
        directory.chmod(mode)
        assert work_done(run(directory, module)) == ALL
        assert Cache(directory).info().problem == "other users can write to it"

    def test_another_users(self, directory: Path, module: FakeModule, monkeypatch: pytest.MonkeyPatch) -> None:
        run(directory, module)
        other = os.geteuid() + 1
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda: other)
            assert work_done(run(directory, module)) == ALL
            assert Cache(directory).info().problem == "another user owns it"

    def test_entries_of_another_user_in_my_directory(self, directory: Path, module: FakeModule) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give files away")
        run(directory, module)
        for file in files(directory):
            os.chown(file, 12345, 12345)
        assert work_done(run(directory, module)) == ALL

    def test_entries_that_are_symbolic_links(self, directory: Path, module: FakeModule, tmp_path: Path) -> None:
        run(directory, module)
        for file in files(directory):
            target = file.rename(tmp_path / file.name)
            file.symlink_to(target)
        assert work_done(run(directory, module)) == ALL

    def test_my_own_symbolic_link_to_the_directory(self, directory: Path, module: FakeModule, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to(directory)
        run(directory, module)
        assert work_done(run(link, module)) == NONE

    def test_another_users_symbolic_link_to_the_directory(
        self, directory: Path, module: FakeModule, tmp_path: Path
    ) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give links away")
        run(directory, module)
        link = tmp_path / "link"
        link.symlink_to(directory)
        os.chown(link, 12345, 12345, follow_symlinks=False)
        assert work_done(run(link, module)) == ALL


def _compile_in_process(directory: str, gate: Any, results: Any) -> None:
    module = make_module(BASIC)
    gate.wait()
    for _ in range(20):
        engine = Engine(FakeTranslator(), Cache(directory))
        engine.compile_module(module, eager=True)
        results.put(engine.instantiate(module).exports["outer"](9, 3))
        Cache(directory).clear()


class TestProcesses:
    @pytest.fixture
    def spawn(self) -> Iterator[Any]:
        yield multiprocessing.get_context("spawn")

    def test_two_compile_the_same_module_at_once(self, directory: Path, spawn: Any) -> None:
        gate, results = spawn.Barrier(2), spawn.Queue()
        workers = [spawn.Process(target=_compile_in_process, args=(str(directory), gate, results)) for _ in range(2)]
        for worker in workers:
            worker.start()
        values = [results.get(timeout=120) for _ in range(40)]
        for worker in workers:
            worker.join()
        assert values == [3] * 40
        assert [worker.exitcode for worker in workers] == [0, 0]

    def test_another_process_finds_what_one_wrote(self, directory: Path, spawn: Any, module: FakeModule) -> None:
        worker = spawn.Process(target=run, args=(directory, module))
        worker.start()
        worker.join()
        assert worker.exitcode == 0
        assert work_done(run(directory, module)) == NONE
