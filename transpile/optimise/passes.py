"""The passes in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wasm2py.runtime.program import Dialect
from wasm2py.transpile.ir.cfg import FunctionIR
from wasm2py.transpile.optimise.alignments import find_alignments
from wasm2py.transpile.optimise.bulk import make_bulk
from wasm2py.transpile.optimise.choices import choose_lazily
from wasm2py.transpile.optimise.cleanup import cleanup
from wasm2py.transpile.optimise.companions import work_out_companions
from wasm2py.transpile.optimise.conditions import short_circuit
from wasm2py.transpile.optimise.copies import propagate_copies
from wasm2py.transpile.optimise.counting import count_loops
from wasm2py.transpile.optimise.dead import remove_dead
from wasm2py.transpile.optimise.displacing import displace
from wasm2py.transpile.optimise.fold import fold
from wasm2py.transpile.optimise.halves import divide_by_parity
from wasm2py.transpile.optimise.inline import inline_uses
from wasm2py.transpile.optimise.lanes import take_lanes_apart
from wasm2py.transpile.optimise.latches import step_at_latches
from wasm2py.transpile.optimise.membership import find_membership
from wasm2py.transpile.optimise.mixing import find_mixed
from wasm2py.transpile.optimise.narrowing import narrow
from wasm2py.transpile.optimise.pointers import step_pointers
from wasm2py.transpile.optimise.ranges import find_ranges
from wasm2py.transpile.optimise.restarts import carry_over
from wasm2py.transpile.optimise.signs import choose_signs
from wasm2py.transpile.optimise.sinking import sink
from wasm2py.transpile.optimise.splitting import split_at_loops
from wasm2py.transpile.optimise.unwrapped import leave_unwrapped
from wasm2py.transpile.optimise.webs import split_webs

#: A pass says whether it changed the function, if there is any that it would give work.
Pass: TypeAlias = Callable[[FunctionIR], "bool | None"]

#: Every pass by name.
PASSES: dict[str, Pass] = {
    "cleanup": cleanup,
    "copies": propagate_copies,
    "fold": fold,
    "dead": remove_dead,
    "inline": inline_uses,
    "bulk": make_bulk,
    "conditions": short_circuit,
    "membership": find_membership,
    "choices": choose_lazily,
    "sinking": sink,
    "pointers": step_pointers,
    "restarts": carry_over,
    "latches": step_at_latches,
    "companions": work_out_companions,
    "splitting": split_at_loops,
    "ranges": find_ranges,
    "counting": count_loops,
    "narrowing": narrow,
    "unwrapped": leave_unwrapped,
    "signs": choose_signs,
    "mixing": find_mixed,
    "displacing": displace,
    "webs": split_webs,
    "lanes": take_lanes_apart,
    "halves": divide_by_parity,
    "alignments": find_alignments,
}

#: What can be left out: the passes, and what is found out of a whole module or done to syntax trees.
NAMES = (
    *PASSES,
    "aligned_globals", "streams", "rereads", "accumulators", "hoisting", "leading", "offsets", "late", "forget",
)  # fmt: skip

_ORDER = (
    "cleanup", "copies", "fold", "dead", "webs", "lanes", "inline", "bulk", "fold", "cleanup", "copies", "dead",
    "inline", "halves", "conditions", "membership", "cleanup", "pointers", "restarts", "latches", "companions",
    "copies", "fold", "cleanup", "dead", "inline", "fold", "choices", "sinking", "splitting", "alignments", "ranges",
    "counting", "narrowing", "unwrapped", "signs", "mixing", "displacing",
)  # fmt: skip


#: The passes that run more than once, and what gives them work: one runs again only if any of these has changed the
#: function since.
_WORK = {
    "cleanup": ("copies", "fold", "dead", "bulk", "membership", "pointers", "restarts", "latches"),
    "copies": ("cleanup", "webs", "lanes", "bulk", "pointers", "restarts", "latches", "companions"),
    "fold": ("copies", "lanes", "inline", "bulk", "conditions", "pointers", "restarts", "latches", "companions"),
    "dead": ("cleanup", "copies", "fold", "lanes", "bulk", "pointers", "restarts", "latches", "companions"),
    "inline": (
        "cleanup", "copies", "fold", "dead", "bulk", "conditions", "membership", "pointers", "restarts", "latches",
        "companions",
    ),
}  # fmt: skip

#: What does not pay: PyPy's compiler makes the turns of a loop as fast as a slice, and a few turns much faster. Where
#: the trace of a `for` loop begins as its range is used up, it is one of the loop around, and each further turn leaves
#: it; a `while` loop with its test at the end goes back to nothing but a turn (matmul 2.1 times, nbody 1.3 times as
#: fast).
_NOT_FOR: dict[Dialect, tuple[str, ...]] = {
    "cpython": (),
    "portable": (
        "bulk", "choices", "splitting", "counting", "narrowing", "unwrapped", "signs", "mixing", "displacing",
        "latches",
    ),
}  # fmt: skip


#: A function of more blocks is vast, and these are not for it: they go round its loops until nothing changes, or serve
#: those that do.
_VAST = 250
_NOT_FOR_VAST = (
    "webs", "pointers", "restarts", "latches", "companions", "splitting", "alignments", "ranges", "counting",
    "narrowing", "mixing", "displacing",
)  # fmt: skip


def optimise(
    function: FunctionIR,
    disabled: tuple[str, ...] = (),
    check: Callable[[FunctionIR], None] | None = None,
    dialect: Dialect = "cpython",
) -> None:
    """Run every pass for the dialect that is not `disabled` and has work; `check` (the verifier) runs after each."""
    skipped = disabled + _NOT_FOR[dialect]
    function.words = dialect == "portable"
    ran: dict[str, int] = {}
    changed: dict[str, int] = {}
    for time, name in enumerate(_ORDER):
        if name == "webs" and len(function.reverse_postorder()) > _VAST:
            skipped += _NOT_FOR_VAST
        if name in skipped or (name in ran and all(changed.get(cause, -1) < ran[name] for cause in _WORK[name])):
            continue
        ran[name] = time
        if PASSES[name](function):
            changed[name] = time
        if check is not None:
            check(function)
