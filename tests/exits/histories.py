"""Histories that are lived twice: with the exits of others, and without them.

Anybody may unwind at any time, and a leaver does so in passing. Where it matters when that happened, it has
happened in both lives: before a price moves, and for the eyes of whoever asks what a holder has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.exits.stage import WHOLE, Plan, Stage
from tests.model.arithmetic import BPS, Undo

PRICE_STEPS = (7_000, 9_000, 9_900, 10_000, 10_001, 10_100, 11_000, 13_000)  # bps
EXITS = frozenset({"request", "cancel", "exit"})


@dataclass(frozen=True)
class Event:
    """One thing that happens: to which market or holder, and how large (a part of WHOLE, or an index)."""

    kind: str
    which: int
    part: int


def events(*kinds: str, least: int = 1, most: int = 14) -> st.SearchStrategy[list[Event]]:
    """Lists of events of these kinds."""
    parts = st.one_of(st.integers(0, WHOLE), st.sampled_from([0, 1, 10, 1_000, WHOLE // 2, WHOLE]))
    event = st.builds(Event, st.sampled_from(kinds), st.integers(0, 9), parts)
    return st.lists(event, min_size=least, max_size=most)


@st.composite
def plans(draw: st.DrawFn, markets: int = 4, **fixed: object) -> Plan:
    """Stages of three or four holders."""
    count = draw(st.integers(1, markets))
    weights = [draw(st.integers(1, 10)) for _ in range(count + 1)]
    parts = tuple(WHOLE * weight // sum(weights) for weight in weights[1:])
    deposits = tuple(draw(st.lists(st.integers(100, 10**6), min_size=3, max_size=4)))
    return Plan(draw(st.sampled_from((6, 8, 18))), deposits, parts, **fixed)


@dataclass
class Lived:
    """What the first holder had after each event, in the end, and how each event ended."""

    path: list[int]
    payoff: int
    refused: list[bool]


def live(plan: Plan, liquid: Sequence[int], history: Sequence[Event], others_leave: bool) -> Lived:
    """Live a history; the first holder's exits always happen, the others' only if ``others_leave``.

    ``liquid``: what each market can pay at the beginning, parts of WHOLE of what the Vault holds there.
    """
    stage = Stage(plan)
    base = [position.units for position in stage.positions]
    if plan.in_assets:
        base = [market.to_assets(units) for market, units in zip(stage.markets, base, strict=True)]
    for market, part, units in zip(stage.markets, liquid, base, strict=False):
        market.liquid = units * part // WHOLE
    first, path, refused = stage.holders[0], [], []
    for event in history:
        holder = stage.holders[event.which % len(stage.holders)]
        if event.kind in EXITS and holder != first and not others_leave:
            refused.append(False)
        else:
            answer = attempt(stage, base, event)
            refused.append(isinstance(answer, str) and event.kind not in EXITS)
        path.append(entitled(stage, first))
    shares = stage.vault.shares[first]
    if shares:
        stage.exit(first, shares)
        path.append(entitled(stage, first))
    stage.pay_out()
    return Lived(path, stage.cash(first), refused)


def entitled(stage: Stage, holder: str) -> int:
    """What a holder has, and would have if somebody unwound now, asset wei."""
    undo = Undo(stage.parts())
    stage.unwind_all()
    cash = stage.cash(holder)
    undo.restore()
    return cash


def lived(plan: Plan, parts: Sequence[int], history: Sequence[Event]) -> Stage:
    """A stage whose markets could pay ``parts`` at first, after a history."""
    stage = Stage(plan)
    base = stage.scarce(parts)
    for event in history:
        attempt(stage, base, event)
    return stage


def attempt(stage: Stage, base: Sequence[int], event: Event) -> object:
    """Let one event happen, if it is not refused; its answer, or the reason.

    ``base``: what a market's arrivals and drains are parts of.
    """
    return stage.attempt(lambda: _happen(stage, base, event))


def _happen(stage: Stage, base: Sequence[int], event: Event) -> object:
    number, holder = event.which % stage.size, stage.holders[event.which % len(stage.holders)]
    shares = stage.vault.shares[holder] * event.part // WHOLE
    if event.kind == "arrive":
        return stage.arrive(number, base[number] * event.part // WHOLE)
    if event.kind == "drain":
        return stage.drain(number, base[number] * event.part // WHOLE)
    if event.kind == "price":
        stage.unwind_all()
        return stage.move_price(number, PRICE_STEPS[event.part % len(PRICE_STEPS)])
    if event.kind == "settle":
        return stage.settle()
    if event.kind == "unwind":
        return stage.unwind(number)
    if event.kind == "allocate":
        return stage.allocate(number, event.part)
    if event.kind == "deallocate":
        return stage.deallocate(number, event.part)
    if event.kind == "request":
        return stage.request(holder, shares)
    if event.kind == "cancel":
        return stage.cancel(holder)
    if event.kind == "deposit":
        return stage.pay_in(holder, max(1, event.part) * stage.unit // 100)
    if event.kind == "exit untried":
        return stage.exit(holder, shares, 0)
    assert event.kind == "exit"
    return stage.exit(holder, shares)


def rise(history: Sequence[Event]) -> float:
    """Product of all rises of prices in a history."""
    factor = 1.0
    for event in history:
        if event.kind == "price":
            factor *= max(1.0, PRICE_STEPS[event.part % len(PRICE_STEPS)] / BPS)
    return factor
