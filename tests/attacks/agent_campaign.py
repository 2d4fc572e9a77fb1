"""A stolen agent key over many windows: what it did, and the closed form that it may not pass.

The agent is a contract. In one transaction it moves a strategy's price, has it take a part of what is paid
in or out, pokes, executes an intent and puts everything back. What it extracts stands in the sink to the
wei.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ganglion.devnet.abi import decode, event_topic
from tests import treasury as t
from tests.attacks.stage import EXECUTE, MULTI, SET_MODE, UNIT, Play, Stage, inner, intent
from tests.attacks.timeline import Outcome
from tests.modes import SINK, Group, Mode

FLOW, LOSS, WINDOW = 300_000 * UNIT, 1_000 * UNIT, t.DAY
TOLERANCE = 50  # bps, of every strategy
M112 = 2**112 - 1
# Asset wei a move that nobody is charged for: two, and the precision of remembered prices.
ROUNDING = 2 + 1_000_000 * UNIT // 2**31
DONE = "(uint256,int256,uint256,uint256)[]"
JOURNALED = event_topic(f"Journaled(uint256,uint256,address,bytes32,bytes32,bytes32,{DONE},bytes32)")
INTENT = 1  # the kind of a journal entry
Moves = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Attack:
    """One transaction: price told in bps of the truth, parts taken in bps of what moves,."""

    moves: Moves
    told: int = 10_000
    taken_in: int = 0
    taken_out: int = 0
    pokes: bool = False


@dataclass(frozen=True)
class Work:
    """An honest agent's intent."""

    moves: Moves


@dataclass(frozen=True)
class Wait:
    """Time passes, and perhaps somebody pokes."""

    seconds: int
    pokes: bool = False


Step = Attack | Work | Wait


@dataclass
class Seen:
    """What a run left: times, what was extracted after each step, booked exposure, intents and budgets.

    ``charged`` and ``allocated`` are of the hostile agent; ``worked`` are ``(time, allocated, loss)`` of
    the honest one.
    """

    start: int
    times: list[int] = field(default_factory=list)
    extracted: list[int] = field(default_factory=list)
    exposure: list[int] = field(default_factory=list)
    charged: list[int] = field(default_factory=list)
    allocated: list[int] = field(default_factory=list)
    worked: list[tuple[int, int, int]] = field(default_factory=list)
    honest_flow: tuple[int, int] = (0, 0)
    honest_loss: tuple[int, int] = (0, 0)
    end: int = 0


def perform(stage: Stage, steps: list[Step]) -> Seen:
    """Run the steps and report."""
    play = stage.play()
    seen = Seen(play.timeline.now)
    sink = play.view("balanceOf(address)", SINK, to=stage.asset)
    places = []
    for step in steps:
        place = _add(play, step)
        reads = [play.view("balanceOf(address)", SINK, to=stage.asset), play.position(1), play.position(2)]
        places.append((step, place, play.timeline.now, reads))
    flow = play.view("flow_budget(address)", t.AGENT, to=stage.executor)
    loss = play.view("loss_budget(address)", t.AGENT, to=stage.executor)
    seen.end = play.timeline.now
    outcomes = play.run()
    for step, place, time, reads in places:
        _note(seen, step, outcomes[place] if place is not None else None, time)
        stolen, *words = (outcomes[read].word for read in reads)
        seen.times.append(time)
        seen.extracted.append(stolen - outcomes[sink].word)
        # Without units the word keeps a price in place of a book.
        seen.exposure.append(sum((word >> 112) & M112 for word in words if word & M112))
    seen.honest_flow = outcomes[flow].decoded("uint256", "uint256")
    seen.honest_loss = outcomes[loss].decoded("uint256", "uint256")
    return seen


def _add(play: Play, step: Step) -> int | None:
    if isinstance(step, Wait):
        play.wait(step.seconds)
        return play.poke() if step.pokes else None
    if isinstance(step, Work):
        return play.execute(*step.moves)
    stage = play.stage
    mode, param = (
        (Mode.LIE_UP, step.told - 10_000) if step.told > 10_000 else (Mode.LIE_DOWN, 10_000 - step.told)
    )
    dials = [(Group.READ, mode, param), (Group.DEPOSIT, Mode.SHORT, step.taken_in)]
    dials.append((Group.REDEEM, Mode.SHORT, step.taken_out))
    both = stage.strategies[:2]
    calls = [inner(strategy, SET_MODE, *dial) for dial in dials for strategy in both]
    if step.pokes:
        calls.append(inner(stage.vault, "poke()", must=False))
    calls.append(inner(stage.executor, EXECUTE, intent(*step.moves, agent=stage.caller), must=False))
    groups = (Group.READ, Group.DEPOSIT, Group.REDEEM)
    calls += [inner(strategy, SET_MODE, group, Mode.HONEST, 0) for group in groups for strategy in both]
    return play.call(t.STRANGER, stage.caller, MULTI, calls)


def _note(seen: Seen, step: Step, outcome: Outcome | None, time: int) -> None:
    if outcome is None:
        return
    assert outcome.ok or isinstance(step, Work), outcome.reason
    for log in outcome.logs:
        if log["topics"][0] != JOURNALED or int(log["topics"][2], 16) != INTENT:
            continue
        types = ("bytes32", "bytes32", "bytes32", DONE, "bytes32")
        moves = decode(types, bytes.fromhex(log["data"][2:]))[3]
        allocated = sum(max(assets, 0) for _, assets, _, _ in moves)
        lost = sum(loss for _, _, _, loss in moves)
        if isinstance(step, Work):
            seen.worked.append((time, allocated, lost))
        else:
            seen.allocated.append(allocated)
            seen.charged.append(lost)


def extraction_bound(seen: Seen, moves: int, initial: int) -> int:
    """Λ(1 + t/W) + σ·exposure, and per move what whole numbers round and a rest that is let go: 1,000 wei."""
    elapsed = seen.end - seen.start
    exposure = max([initial, *seen.exposure])
    return LOSS + LOSS * elapsed // WINDOW + exposure * TOLERANCE // 10_000 + (1_000 + ROUNDING) * moves


def flow_bound(seen: Seen) -> int:
    """F(1 + t/W)."""
    return FLOW + FLOW * (seen.end - seen.start) // WINDOW


def spent_by(history: list[tuple[int, int]], limit: int, now: int) -> int:
    """What a bucket that only these ``(time, amount)`` filled still holds."""
    spent = last = 0
    for time, amount in history:
        spent = spent - min(spent, limit * (time - last) // WINDOW) + amount
        last = time
    return spent - min(spent, limit * (now - last) // WINDOW)
