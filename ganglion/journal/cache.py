"""What was fetched, in a file: an interrupted or repeated fetch goes on where the last one stopped.

JSON lines: the journal that it is of, then one line for each range of blocks with its logs as the node sent
them. Lines are only appended, so that an interruption tears at most the last one, which is then dropped. A
range whose last block is no longer on the chain is dropped, too. Nothing in the file is trusted more than the
node: a journal read from it is verified like any other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CacheInvalid

FORMAT = 1


@dataclass(frozen=True)
class Range:
    """Blocks ``first`` to ``last``, both included, the hash of the last, and the raw logs in them."""

    first: int
    last: int
    last_hash: str
    logs: list[dict[str, Any]]


class Cache:
    """The ranges fetched so far, which follow one another without a gap."""

    def __init__(self, path: Path, ranges: list[Range], header: dict[str, Any]) -> None:
        """Use ``open_cache``."""
        self.path = path
        self.ranges = ranges
        self._header = header

    def append(self, fetched: Range) -> None:
        """Add the next range to the file."""
        self.ranges.append(fetched)
        self._write("a", [_line(fetched)])

    def drop_last(self) -> None:
        """Take the last range back: its blocks were replaced."""
        self.ranges.pop()
        self.rewrite()

    def rewrite(self) -> None:
        """Write the whole file, in one rename."""
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        lines = [json.dumps(self._header), *(_line(each) for each in self.ranges)]
        temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        temporary.replace(self.path)

    def _write(self, mode: str, lines: Sequence[str]) -> None:
        with self.path.open(mode, encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())


def open_cache(path: Path, chain_id: int, executor: str, vault: str, first_block: int) -> Cache:
    """Return the cache in a file, which is made if it is missing.

    Raises:
        CacheInvalid: it is not a cache, or one of another journal, or cannot be written.
    """
    header = {
        "format": FORMAT,
        "chain_id": chain_id,
        "executor": executor,
        "vault": vault,
        "first_block": first_block,
    }
    try:
        ranges, torn = _read(path, header) if path.exists() else ([], True)
        cache = Cache(path, ranges, header)
        if torn:
            path.parent.mkdir(parents=True, exist_ok=True)
            cache.rewrite()
    except OSError as error:
        raise CacheInvalid(f"cache {path}: {error.strerror}; give another --cache") from None
    return cache


def _read(path: Path, header: dict[str, Any]) -> tuple[list[Range], bool]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    found = _parsed(lines[0]) if lines else None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CacheInvalid(f"{path} is no cache of this version; delete it, or give another --cache")
    for name, value in header.items():
        if found.get(name) != value:
            text = f"{path} is of another journal: {name} is {found.get(name)!r} there and {value!r} here"
            raise CacheInvalid(f"{text}; give another --cache")
    ranges: list[Range] = []
    expected = header["first_block"]
    for line in lines[1:]:
        entry = _parsed(line)
        if entry is None or not _fits(entry, expected):
            return ranges, True
        ranges.append(Range(entry["first"], entry["last"], entry["last_hash"], entry["logs"]))
        expected = entry["last"] + 1
    return ranges, False


def _parsed(line: str) -> Any:
    try:
        return json.loads(line) if line.endswith("\n") else None
    except ValueError:
        return None


def _fits(entry: Any, first: int) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("first") == first
        and isinstance(entry.get("last"), int)
        and entry["last"] >= first
        and isinstance(entry.get("last_hash"), str)
        and isinstance(entry.get("logs"), list)
    )


def _line(fetched: Range) -> str:
    body = {"first": fetched.first, "last": fetched.last, "last_hash": fetched.last_hash}
    return json.dumps({**body, "logs": fetched.logs}, separators=(",", ":"))
