"""What commands show to people: tables and short lines. Amounts in whole tokens, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table

from ganglion.agent import Snapshot
from ganglion.agent.explain import amount
from ganglion.agent.snapshot import State, Status
from ganglion.journal import Change, Entry, Finding, Report, change_name, kind_name
from ganglion.untrusted import clean

if TYPE_CHECKING:
    from ganglion.planning import Plan


def moment(time: int) -> str:
    """Return unix seconds as UTC; the number itself beyond what a calendar knows."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(time)


def part(bps: int) -> str:
    """Return bps as a percentage."""
    return f"{bps // 100}.{bps % 100:02d}%"


def _table(title: str, *columns: str) -> Table:
    made = [Column(name, justify="left" if index == 0 else "right") for index, name in enumerate(columns)]
    return Table(*made, title=title, title_justify="left", box=None)


def _name(names: type[State] | type[Status], value: int) -> str:
    return names(value).name if value in set(names) else str(value)


def show_snapshot(console: Console, snapshot: Snapshot) -> None:
    """Print a treasury as the agent sees it."""
    unit = snapshot.decimals
    totals, stress, agent = snapshot.totals, snapshot.stress, snapshot.agent
    console.print(f"block {snapshot.number}, {moment(snapshot.time)}: {_name(State, stress.state)}")
    closed = [name for name in ("veto", "stale") if getattr(totals, name)]
    line = f"total {amount(totals.lo, unit)}, idle {amount(totals.idle, unit)}"
    line += f", liquid {part(totals.liquid_part)}"
    console.print(line + (f"; allocation closed: {', '.join(closed)}" if closed else ""))
    table = _table("strategies", "id", "status", "book", "mark", "liquid", "share", "room")
    for each in snapshot.strategies:
        status = _name(Status, each.status)
        amounts = (amount(value, unit) for value in (each.book, each.mark, each.liquid))
        share = part(each.concentration)
        table.add_row(str(each.id), status, *amounts, share, amount(each.room, unit))
    console.print(table)
    if snapshot.groups:
        table = _table("groups", "id", "exposure", "room")
        for risk in snapshot.groups:
            table.add_row(str(risk.id), amount(risk.exposure, unit), amount(risk.room, unit))
        console.print(table)
    if agent.mandate.permissions:
        silent = ", silent" if agent.standing.silent else ""
        until = moment(agent.mandate.expiry)
        console.print(
            f"agent {agent.agent}: mandate until {until}, {agent.standing.sequence} intents{silent}"
        )
        for name, budget in (("flow", agent.flow), ("loss", agent.loss)):
            console.print(f"  {name}: {amount(budget.left, unit)} of {amount(budget.limit, unit)} left")
    console.print(f"journal: {snapshot.sequence} entries, head 0x{snapshot.head.hex()}")


def show_plan(console: Console, plan: Plan, snapshot: Snapshot) -> None:
    """Print a plan: moves, and where the treasury stands before and after them."""
    unit = snapshot.decimals
    for index, move in enumerate(plan.moves, 1):
        verb = "allocate" if move.assets > 0 else "deallocate"
        size = "everything" if move.assets == -(2**255) else amount(abs(move.assets), unit)
        console.print(f"{index}. {verb} {size}, strategy {move.id}")
    if not plan.moves:
        console.print("nothing to move")
    table = _table("", "", "before", "after")
    before, after = dict(plan.before.values), dict(plan.after.values)
    for identifier in before:
        table.add_row(f"strategy {identifier}", *(amount(each[identifier], unit) for each in (before, after)))
    table.add_row("idle", amount(plan.before.idle, unit), amount(plan.after.idle, unit))
    console.print(table)
    if plan.limits:
        console.print("short of the goal; what binds: " + "; ".join(str(limit) for limit in plan.limits))


def entry_line(entry: Entry) -> str:
    """Return one line for an entry of the journal; amounts in asset wei."""
    moves = ", ".join(f"{done.assets:+,} strategy {done.id}" for done in entry.moves)
    told = f"{entry.sequence}  {moment(entry.time)}  {kind_name(entry.kind)}  {entry.agent}"
    return told + (f"  {moves} wei" if moves else "") + (f", lost {entry.loss:,}" if entry.loss else "")


def change_line(change: Change) -> str:
    """Return one line for a change of state or health."""
    who = f"strategy {change.id}" if change.id else "the Vault"
    return f"-  {moment(change.time)}  {who} is {change_name(change)}"


def finding_line(finding: Finding) -> str:
    """Return one line for a finding."""
    return f"{finding.sequence}: {finding.problem}: {clean(finding.detail, 500)}"


def show_report(console: Console, report: Report) -> None:
    """Print what each agent did under each mandate; amounts in asset wei."""
    console.print(f"at block {report.block}, {moment(report.time)}; amounts in asset wei")
    table = _table("", "agent", "mandate", "entries", "moves", "turnover", "lost", "gain")
    for each in report.outcomes:
        gain = "unknown" if each.gain is None else f"{each.gain:+,}"
        counts = (str(sum(each.kinds.values())), str(each.moves))
        mandate = f"0x{each.mandate.hex()[:8]}…" if any(each.mandate) else "none"
        table.add_row(each.agent, mandate, *counts, f"{each.turnover:,}", f"{each.loss:,}", gain)
    console.print(table)
    console.print("gain: over a treasury in which the agent had made none of these moves")
    for each in report.outcomes:
        if each.unpriced:
            named = ", ".join(map(str, each.unpriced))
            console.print(f"{each.agent}: no gain, because strategy {named} gives no price")


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print findings, one a line."""
    for finding in findings:
        console.print(finding_line(finding))
