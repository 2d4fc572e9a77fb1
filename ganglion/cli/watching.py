"""``ganglion watch``: journal entries and changes of state as blocks bring them."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import click

from ganglion.agent import ConnectionLost
from ganglion.agent.errors import NodeError
from ganglion.journal import Change, Entry, Follower, News, follow

from . import values
from .connection import Connection, connected
from .output import INTERRUPTED, NOT_GENUINE, console, emit, reported, say
from .tables import change_line, entry_line, finding_line

LONGEST_WAIT = 30.0  # seconds between two tries while a node does not answer


@click.command()
@reported
@connected
@click.option("--from-block", type=click.IntRange(min=0), help="First block told. Default: the next one.")
@click.option("--blocks", type=click.IntRange(min=1), help="End after so many blocks. Default: never.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.01),
    default=2.0,
    show_default=True,
    help="Seconds between looks.",
)
def watch(
    connection: Connection, from_block: int | None, blocks: int | None, interval: float, as_json: bool
) -> None:
    """Print journal entries and changes of state as they come, each verified against the chain.

    A lost connection is tried again, and nothing in between is missed. Ends with Ctrl-C (exit code 130), or
    after --blocks; then exit code 4 if anything was not the chain's own.
    """
    after = None if from_block is None else max(from_block - 1, 0)
    watcher = Watcher(follow(connection.w3, connection.treasury.executor, after), connection, interval)
    first = watcher.follower.block
    found = 0
    with _ended_by_sigterm():
        say(f"following {watcher.follower.executor} after block {first}; Ctrl-C ends it")
        for news in watcher.news(None if blocks is None else first + blocks):
            found += len(news.findings)
            for line in _told(news):
                emit(line, indent=None) if as_json else console().print(_text(line, news))
            sys.stdout.flush()
    if as_json:
        emit({"ok": not found, "event": "end", "block": watcher.follower.block}, indent=None)
    if found:
        sys.exit(NOT_GENUINE)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    sys.exit(INTERRUPTED)


@dataclass
class Watcher:
    """Polls a follower, and waits longer while the node does not answer."""

    follower: Follower
    connection: Connection
    interval: float

    def news(self, last: int | None) -> Iterator[News]:
        """Yield what blocks up to ``last`` bring; for ever if None."""
        wait = self.interval
        while last is None or self.follower.block < last:
            most = 1_000 if last is None else min(1_000, last - self.follower.block)
            try:
                news = self.follower.poll(self.connection.w3, most)
            except (ConnectionLost, NodeError) as error:
                say(f"{error}; trying again in {wait:g} s")
                time.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            wait = self.interval
            if news is None:
                time.sleep(wait)
            else:
                yield news


Line = dict[str, Any]


def _told(news: News) -> Iterator[Line]:
    if news.undone_from is not None:
        yield {"event": "undone", "from_block": news.undone_from}
    items: list[Entry | Change] = [*news.journal.entries, *news.journal.changes]
    for item in sorted(items, key=lambda each: each.position):
        if isinstance(item, Entry):
            yield {"event": "entry", **values.entry_of(item)}
        else:
            yield {"event": "change", **values.change_of(item)}
    for finding in news.findings:
        yield {"event": "finding", **values.finding_of(finding)}


def _text(line: Line, news: News) -> str:
    """Return the line for people."""
    if line["event"] == "undone":
        return f"blocks from {line['from_block']} on were replaced: what they told no longer stands"
    if line["event"] == "finding":
        return finding_line(next(each for each in news.findings if each.detail == line["detail"]))
    place = (line["block"], line["log_index"])
    items: list[Entry | Change] = [*news.journal.entries, *news.journal.changes]
    item = next(each for each in items if (each.position.block, each.position.log_index) == place)
    return entry_line(item) if isinstance(item, Entry) else change_line(item)
