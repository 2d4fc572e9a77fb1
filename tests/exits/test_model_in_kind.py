"""P15: who takes waiting units in kind gets the own ones, and nobody else notices."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.histories import attempt, events, plans
from tests.exits.stage import EPOCH, WHOLE, Plan, Stage
from tests.model.arithmetic import HOUR, Undo
from tests.model.exit_queue import LEAST_REQUEST
from tests.model.vault import State

PARTS = st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)


def wait_together(plan: Plan, liquid: list[int], leaving: list[int]) -> tuple[Stage, list[int]]:
    """All holders leave parts with one epoch, and one leaves more at once."""
    stage = Stage(plan)
    base = stage.scarce(liquid)
    for holder, part in zip(stage.holders, leaving, strict=False):
        shares = stage.vault.shares[holder] * part // (2 * WHOLE)
        stage.request(holder, max(shares, LEAST_REQUEST * stage.vault.virtual))
    stage.settle()
    stage.exit(stage.holders[-1], stage.vault.shares[stage.holders[-1]] // 3)
    return stage, base


def fair(stage: Stage, holder: str, record: int, strategy: int) -> Fraction:
    """Units that wait for a holder's part of a record, without any rounding."""
    part = next(part for part in stage.queue.records[record].slices if part.strategy == strategy)
    asked, line = stage.queue.requests[holder, record], stage.queue.generations[strategy]
    assert part.generation == len(line) - 1
    units = Fraction(part.points * stage.positions[strategy - 1].runoff, line[-1].points)
    return units * asked.shares / stage.queue.records[record].shares


@given(
    plan=plans(),
    liquid=PARTS,
    leaving=st.lists(st.integers(1, WHOLE), min_size=4, max_size=4),
    between=events("arrive", "unwind", "exit", "settle", most=6),
    later=events("arrive", "unwind", "exit", "settle", most=6),
    number=st.integers(0, 3),
)
def test_p15__in_kind__own_units_and_nobody_else_notices(plan, liquid, leaving, between, later, number):
    stage, base = wait_together(plan, liquid, leaving)
    number %= stage.size
    for event in between:
        attempt(stage, base, event)
    stage.vault.now += EPOCH
    holder, others, market = stage.holders[0], stage.holders[1:], stage.markets[number]
    assume(stage.waiting(holder, number + 1) > 0)
    start, paid = Undo(stage.parts()), []
    for takes in (False, True):
        start.restore()
        if takes:
            expected = fair(stage, holder, 1, number + 1)
            before = market.units_of[holder]
            answer = stage.attempt(lambda: stage.queue.in_kind(holder, 1, holder, number + 1, holder))
            assume(isinstance(answer, int))
            assert abs(market.units_of[holder] - before - expected) <= 2
        for event in later:
            attempt(stage, base, event)
        stage.pay_out()
        paid.append([stage.cash(name) for name in others])
    for without, with_kind in zip(*paid, strict=True):
        assert abs(without - with_kind) <= stage.size + 2


def _waiter() -> Stage:
    return wait_together(Plan(6, (10**5,) * 3, (600_000, 300_000)), [0, 0], [WHOLE // 2] * 3)[0]


def _take(stage: Stage, strategy: int = 1) -> object:
    holder = stage.holders[0]
    return stage.attempt(lambda: stage.queue.in_kind(holder, 1, holder, strategy, holder))


def test_p15__too_early__is_refused():
    stage = _waiter()
    stage.vault.now += EPOCH - 1
    assert _take(stage) == "queue: not yet in kind"
    stage.vault.now += 1
    assert isinstance(_take(stage), int)


@pytest.mark.parametrize("why", ["quarantine", "winddown"])
def test_p15__quarantine_or_winddown__does_not_wait(why):
    stage = _waiter()
    if why == "winddown":
        stage.vault.latch(State.WINDDOWN)
    else:
        stage.markets[0].reads = False
        for _ in range(2):
            stage.pass_time(HOUR)
    assert isinstance(_take(stage), int)


def test_p15__one_strategy_in_quarantine__the_others_still_wait():
    stage = _waiter()
    stage.markets[0].reads = False
    for _ in range(2):
        stage.pass_time(HOUR)
    assert _take(stage, 2) == "queue: not yet in kind"


def test_p15__asked_again__nothing_waits():
    stage = _waiter()
    stage.vault.now += EPOCH
    units = _take(stage)
    assert units == stage.markets[0].units_of[stage.holders[0]]
    own = stage.queue.last_id
    holder = stage.holders[0]
    again = stage.attempt(lambda: stage.queue.in_kind(holder, own, holder, 1, holder))
    assert again == "queue: nothing waits"
    assert _take(stage) == "queue: no such request"
