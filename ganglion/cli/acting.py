"""``ganglion observe``, ``plan`` and ``simulate``: what an agent does before it acts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ganglion.agent import AgentError, Intent, Simulation, Snapshot, explain
from ganglion.agent.wire import hexed
from ganglion.untrusted import clean

from . import values
from .connection import AGENT, Connection, agent_or_nobody, connected, required_agent
from .intents import DRAFT_OPTIONS, Wish, drafted, wishing, write_intent
from .output import REFUSED, console, emit, reported
from .tables import show_plan, show_snapshot


@click.command()
@reported
@connected
@AGENT
@click.option("--block", type=click.IntRange(min=0), help="Number of the block. Default: the latest.")
def observe(connection: Connection, agent: str | None, block: int | None, as_json: bool) -> None:
    """Tell how a treasury stands: totals, strategies, room under every limit, an agent's budgets."""
    snapshot = connection.client.observe(agent_or_nobody(agent), "latest" if block is None else block)
    if as_json:
        emit({"ok": True, "snapshot": values.plain(snapshot)})
    else:
        show_snapshot(console(), snapshot)


@click.command()
@reported
@connected
@AGENT
@click.option(
    "--target", "targets", multiple=True, metavar="ID=PERCENT", help="Weight of a strategy; the rest is idle."
)
@click.option("--rate", "rates", multiple=True, metavar="ID=PERCENT", help="Instead: expected yearly yield.")
@click.option("--min-idle", type=click.IntRange(min=0), default=0, help="Idle that comes first, asset wei.")
@click.option(
    "--min-move", type=click.IntRange(min=1), help="Least move, asset wei. Default: 1 bps of the total."
)
@click.option("--slippage", type=click.IntRange(0, 10_000), help="Loss assumed of a move, bps.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the intent to this file.")
@click.pass_context
def plan(
    context: click.Context,
    connection: Connection,
    agent: str | None,
    targets: tuple[str, ...],
    rates: tuple[str, ...],
    min_idle: int,
    min_move: int | None,
    slippage: int | None,
    out: Path | None,
    as_json: bool,
    **draft: object,
) -> None:
    """Find the fewest moves that come nearest to target weights or the most yield, inside every limit.

    Where the goal is out of reach, the limits that bind are named.
    """
    from .goals import goal_of, planned  # loads scipy, which takes longer than most commands

    goal = goal_of(targets, rates, min_idle, min_move)
    snapshot = connection.client.observe(required_agent(agent))
    found = planned(snapshot, goal, slippage)
    if draft["max_loss"] is None:
        draft["max_loss"] = found.loss
    intent = drafted(connection, list(found.moves), snapshot.agent.agent, **draft) if found.moves else None
    if out is not None and intent is not None:
        write_intent(out, intent, connection.treasury)
    if as_json:
        emit({"ok": True, "plan": values.planned(found), "intent": values.plain(intent)})
        return
    show_plan(console(), found, snapshot)
    if out is not None and intent is not None:
        console().print(f"written to {out}; `{context.find_root().info_name} simulate --intent {out}`")


for _option in reversed(DRAFT_OPTIONS):
    plan = _option(plan)


@click.command()
@reported
@connected
@AGENT
@wishing
def simulate(connection: Connection, agent: str | None, wish: Wish, as_json: bool) -> None:
    """Tell what an intent would do as the next transaction, or why it would be refused (exit code 3)."""
    intent = wish.intent(connection, None if agent is None else required_agent(agent))
    simulation = connection.client.simulate(intent)
    if as_json:
        told = {"intent": values.plain(intent), "simulation": values.simulated(simulation)}
        emit({"ok": simulation.passes, **_refusal(simulation), **told})
    else:
        show_simulation(connection, intent, simulation)
    if not simulation.passes:
        sys.exit(REFUSED)


def _refusal(simulation: Simulation) -> dict[str, object]:
    return {} if simulation.denial is None else {"error": values.error_of(simulation.denial)}


def seen(connection: Connection, intent: Intent) -> Snapshot | None:
    """Return the treasury, whose decimals make amounts readable; None where it does not answer."""
    try:
        return connection.client.observe(intent.agent)
    except AgentError:
        return None


def show_simulation(connection: Connection, intent: Intent, simulation: Simulation) -> None:
    """Print an intent and what it would do."""
    screen = console()
    screen.print(f"intent of {intent.agent}, nonce {intent.nonce}, reason {hexed(intent.reason)}")
    for line in str(explain(simulation, seen(connection, intent))).splitlines():
        screen.print(clean(line, 500))
