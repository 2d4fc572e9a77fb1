"""Goals on the command line, and the plan to one."""

from __future__ import annotations

import re
from decimal import Decimal

from ganglion.agent import Snapshot
from ganglion.agent.structs import BPS
from ganglion.planning import Goal, Plan, Problem, Targets, Yields, plan
from ganglion.planning.goals import WAD

from .output import CommandFailed

_TARGET = re.compile(r"(\d{1,3})=(\d{1,3}(?:\.\d{1,2})?)")
_RATE = re.compile(r"(\d{1,3})=(\d{1,6}(?:\.\d{1,16})?)")


def planned(snapshot: Snapshot, goal: Goal, slippage: int | None) -> Plan:
    """Return the best moves to a goal; ``slippage`` is the loss assumed of each, bps."""
    return plan(Problem.of(snapshot, slippage=slippage), goal)


def goal_of(targets: tuple[str, ...], rates: tuple[str, ...], min_idle: int, min_move: int | None) -> Goal:
    """Return the goal that options ask for; raises CommandFailed, which names the option."""
    if bool(targets) == bool(rates):
        raise CommandFailed("--target: give either --target or --rate, once for each strategy")
    if targets:
        weights = _parts("--target", targets, _TARGET, "2=62.5", BPS)
        return Targets(weights, min_idle=min_idle, min_move=min_move)
    return Yields(_parts("--rate", rates, _RATE, "2=5.25", WAD), min_idle=min_idle, min_move=min_move)


def _parts(
    option: str, given: tuple[str, ...], form: re.Pattern[str], example: str, whole: int
) -> dict[int, int]:
    """Return what each strategy is given, in parts of ``whole``, exactly."""
    found: dict[int, int] = {}
    for text in given:
        match = form.fullmatch(text)
        if match is None or int(match[1]) in found:
            raise CommandFailed(f"{option} {text}: not understood, or twice; write {option} {example}")
        found[int(match[1])] = int(Decimal(match[2]) * whole / 100)
    return found
