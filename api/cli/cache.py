"""`wasm2py cache`: show or clear the cache of translated code."""

from __future__ import annotations

import argparse
from typing import Any

from wasm2py.config import user_cache_directory


def add_parser(subparsers: Any) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("cache", help="show or clear the cache of translated code", description=__doc__)
    parser.add_argument("action", choices=list(_ACTIONS), help="info: where it is and what it holds; clear: empty it")
    parser.add_argument("--cache-dir", metavar="D", help="the cache's directory, if not the user's")


def run(args: argparse.Namespace) -> int:
    """Carry out one action."""
    from wasm2py.runtime.cache import Cache

    directory = args.cache_dir or user_cache_directory()
    if directory is None:
        print("there is no cache directory: the user has no home")
        return 0
    return _ACTIONS[args.action](Cache(directory))


def _info(cache: Any) -> int:
    info = cache.info()
    print(f"directory: {info.directory}")
    print(f"modules:   {info.modules}")
    print(f"files:     {info.entries}")
    print(f"size:      {info.bytes / 1024:.1f} KiB")
    if info.problem:
        print(f"not used:  {info.problem}")
    return 0


def _clear(cache: Any) -> int:
    removed = cache.clear()
    print(f"removed {removed} {'file' if removed == 1 else 'files'} from {cache.directory}")
    return 0


_ACTIONS = {"info": _info, "clear": _clear}
