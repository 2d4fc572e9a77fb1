"""``ganglion journal verify`` and ``journal report``: what agents did, held against the chain."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from web3 import Web3

from ganglion import journal as library
from ganglion.journal import Anchor, Finding, Journal, Report
from ganglion.journal.fetch import CHUNK

from . import values
from .connection import Connection, connected
from .output import NOT_GENUINE, CommandFailed, console, emit, reported
from .tables import show_findings, show_report

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def journal() -> None:
    """Verify and report what agents ever did, from the Executor's events and the head on chain."""


@dataclass(frozen=True)
class Audited:
    """A journal, what is wrong with it, and the node that told it."""

    w3: Web3
    told: Journal
    findings: tuple[Finding, ...]

    def tell(self, as_json: bool) -> None:
        """Say whether it is the chain's own; ends with exit code 4 if it is not."""
        if as_json:
            found = [values.finding_of(each) for each in self.findings]
            emit({"ok": not found, "journal": values.journal_of(self.told), "findings": found})
        else:
            screen = console()
            show_findings(screen, self.findings)
            told = self.told
            span = f"blocks {told.first_block} to {told.last_block}, {len(told.entries)} entries"
            count = f"{len(self.findings)} findings" if self.findings else "every hash is the chain's own"
            screen.print(f"{span}: {count}; head 0x{told.end.head.hex()}")
        if self.findings:
            sys.exit(NOT_GENUINE)


def fetching(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a fetch; it gets an ``Audited``."""

    @reported
    @connected
    @click.option(
        "--from-block",
        type=click.IntRange(min=0),
        help="First block. Default: the deployment's, or 0. A later one needs a node that keeps its state.",
    )
    @click.option(
        "--to-block", default="latest", show_default=True, help="Number, or latest, safe, finalized."
    )
    @click.option(
        "--chunk", type=click.IntRange(min=1), default=CHUNK, show_default=True, help="Blocks in one request."
    )
    @click.option(
        "--cache", type=_FILE, help="File that keeps what was fetched; the next run goes on from there."
    )
    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        connection: Connection,
        from_block: int | None,
        to_block: str,
        chunk: int,
        cache: Path | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        told = _fetch(connection, from_block, to_block, chunk, cache, as_json)
        audited = Audited(connection.w3, told, library.audit(connection.w3, told))
        command(*arguments, audited=audited, as_json=as_json, **options)

    return wrapped


def _fetch(
    connection: Connection, first: int | None, last: str, chunk: int, cache: Path | None, as_json: bool
) -> Journal:
    request = library.Request(
        connection.treasury.executor,
        connection.first_block if first is None else first,
        _last(last),
        base=Anchor() if first is None and connection.known_start else None,
        chunk=chunk,
        cache=cache,
    )
    with Progress(
        console=Console(stderr=True), transient=True, disable=as_json or not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("blocks", total=None)
        watched = functools.partial(_advance, progress, task)
        return library.fetch(connection.w3, library.Request(**{**vars(request), "progress": watched}))


def _advance(progress: Progress, task: Any, done: int, total: int) -> None:
    progress.update(task, completed=done, total=total)


def _last(text: str) -> int | str:
    if text in ("latest", "safe", "finalized"):
        return text
    if text.isdecimal():
        return int(text)
    raise CommandFailed(f"--to-block {text}: give a number, or latest, safe or finalized")


@journal.command()
@fetching
def verify(audited: Audited, as_json: bool) -> None:
    """Replay every entry and compare heads with the chain's own; exit code 4 if anything is wrong.

    A missing, altered, reordered, duplicated or forged entry is told at its sequence.
    """
    audited.tell(as_json)


@journal.command()
@fetching
@click.option(
    "--at", type=click.IntRange(min=0), help="Block whose prices count. Default: the last one fetched."
)
@click.option("--entries", type=_FILE, help="Write all entries to a .csv or .parquet file.")
@click.option("--moves", type=_FILE, help="Write all moves to a .csv or .parquet file.")
@click.option("--outcomes", type=_FILE, help="Write the report to a .csv or .parquet file.")
def report(
    audited: Audited,
    at: int | None,
    entries: Path | None,
    moves: Path | None,
    outcomes: Path | None,
    as_json: bool,
) -> None:
    """Account for every agent and mandate: moves, turnover, losses, gain over doing nothing.

    Had a move not been made, the treasury would hold the assets that it spent and lack the units that it
    bought, or the other way round. So over the moves of one agent under one mandate until the block --at,

    \b
    gain = assets that came home - assets that went out
           + value of (units that came - units that left) at the strategies' own prices in that block

    A price is what the strategy gives for all units that ever moved (convertToAssets, or previewRedeem where
    its terms say that it charges on exit). Values are rounded down to asset wei. Where a strategy gives no
    price the gain is unknown. `lost` is what the Vault measured at each move, turnover all that moved.

    The journal is verified first; one that is not the chain's is not reported (exit code 4).
    """
    if audited.findings:
        audited.tell(as_json)
    told = audited.told
    made = library.report(audited.w3, told, at)
    _export(told, made, entries, moves, outcomes)
    if as_json:
        emit({"ok": True, "journal": values.journal_of(told), **values.report_of(made)})
    else:
        show_report(console(), made)


def _export(
    told: Journal, made: Report, entries: Path | None, moves: Path | None, outcomes: Path | None
) -> None:
    if entries is moves is outcomes is None:
        return
    from ganglion.journal import frames  # loads pandas, which takes longer than most commands

    made_of = {
        entries: lambda: frames.entries_frame(told),
        moves: lambda: frames.moves_frame(told, made.prices),
        outcomes: lambda: frames.outcomes_frame(made),
    }
    for path, frame in made_of.items():
        if path is not None:
            frames.write(frame(), path)
