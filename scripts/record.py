"""``ape run record``: what was promised to those who left, what they got, and why the state changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand, network_option
from rich.console import Console
from rich.table import Table

from ganglion.deployment import Record, Site, record
from ganglion.deployment.quantities import show_amount, show_instant, show_seconds
from scripts._lib.cli import JSON, MANIFEST, finish, opened, reported


@click.command(cls=ConnectedProviderCommand)
@network_option()
@MANIFEST
@JSON
@reported
def cli(manifest_path: Path, as_json: bool) -> None:
    """Print the promise record, from the chain alone.

    For each settled epoch: when it was due and settled, what it was promised, what came at once, what it has
    brought so far and whether more may come. For each change of the state: its cause and how old that was.
    """
    manifest, site = opened(manifest_path)
    found = record(site, manifest.first_block)
    if not as_json:
        _show(found, site)
    counts = f"{len(found.promises)} epochs settled, {len(found.changes)} changes of the state"
    finish(asdict(found), as_json, counts)


def _show(found: Record, site: Site) -> None:
    asset = site.treasury.asset

    def money(amount: int) -> str:
        return show_amount(amount, asset.symbol, asset.decimals)

    columns = ("epoch", "due", "settled", "late by", "promised", "at once", "so far", "open")
    table = Table(*columns, title="Promises", title_justify="left")
    for promise in found.promises:
        times = (show_instant(promise.due), show_instant(promise.settled), show_seconds(promise.late))
        amounts = (money(amount) for amount in (promise.promised, promise.at_once, promise.brought))
        table.add_row(str(promise.id), *times, *amounts, "yes" if promise.still_open else "no")
    if found.unsettled is not None:
        waiting = found.unsettled
        late = show_seconds(waiting.late)
        table.add_row(str(waiting.id), show_instant(waiting.due), "not settled", late, "", "", "", "")
    Console().print(table)
    columns = ("number", "at", "from", "to", "cause", "first seen", "age")
    table = Table(*columns, title="Changes of the state", title_justify="left")
    for change in found.changes:
        moved = (change.before, change.state, change.cause)
        times = (show_instant(change.since), show_seconds(change.age))
        table.add_row(str(change.number), show_instant(change.at), *moved, *times)
    Console().print(table)
