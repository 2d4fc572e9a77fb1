"""Runs lists: one ``eth_simulateV1`` request each, nothing mined, every list on the same world."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from hostile import wire
from hostile.families import Family, plan
from hostile.judge import ASIDE, Broken, Judge, Verdict, require
from hostile.steps import COUNT, Digits, Plan, Step, dial
from hostile.surroundings import poke
from hostile.view import View
from hostile.world import HONEST, TREASURY, World
from tests import treasury as t
from tests.modes import Group, Mode

BLOCK_GAS = hex(2**40)
PART = TREASURY // 10 * 10**12  # shares of the honest holder's last slice
SLICE = "redeem_slice(uint256,address,address,uint256)"


def _ended(made: Plan) -> None:
    """Put every dial back, let shares season, and have an honest holder leave."""
    groups = (Group.READ, Group.DEPOSIT, Group.REDEEM, Group.FEE, Group.LIQUIDITY)
    numbers = range(1, COUNT + 1)
    calls = [(made.strategy(number), dial(group, Mode.HONEST, 0)) for group in groups for number in numbers]
    made.now += 2 * t.HOUR
    made.add("honest", t.STRANGER, made.world.market, wire.multi(calls), lied=True)
    made.told.clear()
    poke(made, Digits(0))
    made.add(
        "slice", HONEST, made.world.treasury.vault, wire.call(SLICE, PART, HONEST, HONEST, 0), traded=True
    )


def request(world: World, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The blocks of one request: each call, and the reader after it."""
    reading = {"to": world.reader, "data": world.question, "gas": "0xf42400"}
    blocks = []
    for time, group in groupby(steps, key=lambda step: step.time):
        calls = [call for step in group for call in (step.call, reading)]
        blocks.append({"blockOverrides": {"time": hex(time), "gasLimit": BLOCK_GAS}, "calls": calls})
    return blocks


def run(world: World, family: Family, numbers: Sequence[int], paired: bool = False) -> Verdict:
    """Run a list and judge it.

    Args:
        world: where; it is left as it was.
        family: what the numbers mean.
        numbers: below ``steps.LIMIT``.
        paired: also run it without the agents' intents, and compare what the honest holder gets at the end.

    Raises:
        Broken: with the property that does not hold and the list that broke it.
    """
    made = plan(world, family, numbers)
    _ended(made)
    try:
        verdict = judged(world, made, family)
        if paired and family.still and verdict.slice is not None:
            _compared(world, made, verdict)
    except Broken as broken:
        broken.add_note(listing(made))
        raise
    return verdict


def judged(world: World, made: Plan, family: Family) -> Verdict:
    """Simulate a plan and judge every call."""
    answers = [call for block in world.rpc.simulate_v1(request(world, made.steps)) for call in block["calls"]]
    judge, before = Judge(world, made, family), world.start
    for at, step in enumerate(made.steps):
        result, read = answers[2 * at], answers[2 * at + 1]
        after = world.view(read["returnData"])
        judge.step(at, step, result, before, after)
        if step.kind == "slice":
            judge.verdict.slice = _sliced(result, before)
        before = after
    for meter in judge.meters:
        judge.verdict.flow = max(judge.verdict.flow, meter.share)
    judge.verdict.inflow = max(meter.share for meter in judge.entering)
    return judge.verdict


def _sliced(result: dict[str, Any], before: View) -> int | None:
    """What the slice paid, which is its part of everything; None where a strategy could not pay at once."""
    if result["status"] != "0x1":
        return None
    paid = int(result["returnData"], 16)
    fair = PART * before.fair // (before.supply + 10**12)
    require(paid + ASIDE * COUNT >= fair, "a slice pays its part of everything", f"{paid} {fair}")
    return paid


def _compared(world: World, made: Plan, verdict: Verdict) -> None:
    """Without the agents' intents a slice pays at most what was extracted more."""
    steps = [step for step in made.steps if step.agent is None]
    answers = [call for block in world.rpc.simulate_v1(request(world, steps)) for call in block["calls"]]
    paid = _sliced(answers[-2], world.view(answers[-3]["returnData"]))
    rounding = ASIDE * COUNT + 500 * verdict.moves
    if paid is not None and verdict.slice is not None:
        least = paid - verdict.extracted - rounding
        require(verdict.slice >= least, "exits pay as if no agent had acted", f"{verdict.slice} {paid}")


def listing(made: Plan) -> str:
    """The calls of a list, one a line."""
    return "\n".join(
        f"{at:3}. +{step.time - made.world.begins:<8} {step.kind} {step.sender} -> {step.target} {step.data}"
        for at, step in enumerate(made.steps)
    )
