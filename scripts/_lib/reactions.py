"""How ``ape run status`` shows what stands now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from ganglion.deployment import Reactions, Site
from ganglion.deployment.quantities import show_amount, show_instant
from ganglion.deployment.standing import Signal, Standing, charged, told

from .cli import folded


def plain(reactions: Reactions, site: Site) -> dict[str, Any]:
    """Return what stands now as JSON values; orders in words as well."""
    content = asdict(reactions)
    for shown, order in zip(content["orders"], reactions.orders, strict=True):
        shown["what"] = told(site, order.words)
    for shown, signal in zip(content["signals"], reactions.signals, strict=True):
        shown["verdict"] = signal.verdict
    return content


def show(reactions: Reactions, site: Site) -> None:
    """Print state, signals, recovery, heartbeat, orders and fees."""
    console = Console()
    veto = ", entry, petty cash and allocations closed" if reactions.veto else ""
    console.print(f"State: {reactions.state}{veto}", markup=False, soft_wrap=True)
    _signals(console, reactions.signals)
    recovery = reactions.recovery
    if reactions.state == "stress":
        since = f" since {show_instant(recovery.first_at)}" if recovery.good else ""
        console.print(
            f"Recovery: {recovery.good} of 3 good observations{since}", markup=False, soft_wrap=True
        )
    beat = reactions.heartbeat
    due = f"{'lapsed at' if beat.lapsed else 'the next counts until'} {show_instant(beat.until)}"
    console.print(f"Heartbeat: {show_instant(beat.last)}, {due}", markup=False, soft_wrap=True)
    _orders(console, reactions.orders, site)
    asset = site.treasury.asset
    budget = show_amount(reactions.budget, asset.symbol, asset.decimals)
    console.print(f"Bounties: {budget} left", markup=False, soft_wrap=True)
    console.print(f"Fees: {charged(reactions.fees)}", markup=False, soft_wrap=True)


def _signals(console: Console, signals: tuple[Signal, ...]) -> None:
    columns = ("signal", "now, bps", "bad", "good", "judged", "held since", "good since")
    table = Table(*columns, title="Signals", title_justify="left")
    for signal in signals:
        sides = ("<", ">") if signal.name == "liquid" else (">", "<")
        limits = (f"{side} {limit}" for side, limit in zip(sides, (signal.bad, signal.good), strict=True))
        held = (_moment(signal.bad_at), _moment(signal.good_at))
        table.add_row(signal.name, str(signal.level), *limits, signal.verdict, *held)
    console.print(table)


def _orders(console: Console, orders: tuple[Standing, ...], site: Site) -> None:
    columns = (folded("id"), folded("order"), folded("what"), "holds", "level", "")
    table = Table(*columns, title="Standing orders", title_justify="left")
    for order in orders:
        row = (str(order.id), order.name, told(site, order.words), "yes" if order.holds else "no")
        table.add_row(*row, str(order.level), _phase(order))
    console.print(table)


def _phase(order: Standing) -> str:
    if order.ready_at is not None:
        return f"fired, again from {_moment(order.ready_at)}"
    return f"armed {_moment(order.armed_at)}" if order.armed_at is not None else ""


def _moment(seconds: int | None) -> str:
    return "" if seconds is None else show_instant(seconds)
