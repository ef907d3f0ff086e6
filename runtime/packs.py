"""Code as the cache keeps it: units in memory, and several to a file in the directory, a *pack*.

Units are small, so that nothing is translated that is not called; a file for each would cost more than it saves.  A
pack is written anew when it has twice as many units as its file, and at the end: so all that is written is not much
more than what there is, and whatever ends a process, half of its work is kept.  What other processes have added to
the file meanwhile stays in it.
"""

from __future__ import annotations

from threading import RLock

from wasm2py.runtime import codec
from wasm2py.runtime.program import Program, UnitCode
from wasm2py.runtime.storage import Storage

#: How many units a pack has.
PACK = 64


class Packs:
    """The units of one module that are known.  Whoever uses it holds its `lock`."""

    def __init__(self, key: str, program: Program, storage: Storage | None) -> None:
        self.lock = RLock()
        self._key = key
        self._program = program
        self._storage = storage
        self._units: dict[int, UnitCode] = {}
        #: For each pack, how many of its units its file holds, and how many are only in memory.
        self._stored: dict[int, int] = {}
        self._new: dict[int, int] = {}

    def known(self, index: int) -> UnitCode | None:
        """A unit that is in memory; needs no lock."""
        return self._units.get(index)

    def find(self, index: int) -> UnitCode | None:
        """A unit, from memory or from the directory."""
        pack = index // PACK
        if index not in self._units and pack not in self._stored:
            self._read(pack)
        return self._units.get(index)

    def add(self, index: int, unit: UnitCode) -> None:
        """Keep a unit that was translated."""
        self._units[index] = unit
        pack = index // PACK
        self._new[pack] = self._new.get(pack, 0) + 1
        if self._new[pack] >= self._stored.get(pack, 0):
            self._write(pack)

    def flush(self) -> None:
        """Write what is not in the directory yet."""
        with self.lock:
            for pack, count in self._new.items():
                if count:
                    self._write(pack)

    def _read(self, pack: int) -> None:
        content = self._storage and self._storage.read(f"{self._key}-{pack}")
        units = codec.load_units(content, self._program.units) if content else {}
        self._stored[pack] = len(units)
        for index, unit in units.items():
            self._units.setdefault(index, unit)

    def _write(self, pack: int) -> None:
        self._new[pack] = 0
        if self._storage is not None:
            self._read(pack)
            members = range(pack * PACK, (pack + 1) * PACK)
            units = {index: self._units[index] for index in members if index in self._units}
            self._storage.write(f"{self._key}-{pack}", codec.dump_units(units))
            self._stored[pack] = len(units)
