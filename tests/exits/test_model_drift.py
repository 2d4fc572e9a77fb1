"""P9: what a carry costs; P13: what rounding does over very many operations."""

from __future__ import annotations

import contextlib
import os
import random

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.exits.stage import WHOLE, Plan, Stage
from tests.model import capital
from tests.model.arithmetic import Refused, Undo
from tests.model.exit_queue import THIN
from tests.model.vault import VAULT

DEEP = os.environ.get("GANGLION_HYPOTHESIS_PROFILE") == "deep"
OPERATIONS = 100_000 if DEEP else 20_000
CARRY_LOSS = 2**26
LARGE = 2**26  # units of a slice, above which a unit is less than what a carry may cost


@given(
    leaving=st.lists(st.integers(1, WHOLE // 2), min_size=3, max_size=3),
    decimals=st.sampled_from((6, 8, 18)),
    left=st.integers(0, 2**70),
)
def test_p9__carry__costs_a_slice_next_to_nothing(leaving, decimals, left):
    stage = Stage(Plan(decimals, (10**6,) * 4, (WHOLE // 2,)))
    stage.scarce([0])
    early, late = stage.holders[:3], stage.holders[3]
    for holder, part in zip(early, leaving, strict=True):
        stage.exit(holder, stage.vault.shares[holder] * part // WHOLE)
    position, queue, market = stage.positions[0], stage.queue, stage.markets[0]
    keep = 1 + left % max(1, position.runoff // THIN)
    # Liquidity for all runoff but `keep`: covered stayers have theirs already.
    position.coverage, market.liquid = position.units, position.units + position.runoff - keep
    stage.unwind(0)
    assume(0 < position.runoff * THIN < queue.generations[1][-1].points)
    market.liquid = 0
    slices = [queue.records[number].slices[0] for number in (1, 2, 3)]
    before = [queue.walked(part) for part in slices]
    held = [(part.points * position.runoff, queue.generations[1][-1].points) for part in slices]
    stage.exit(late, stage.vault.shares[late] // 2)
    assert len(queue.generations[1]) == 2
    assert queue.generations[1][0].carry > 0
    current = queue.generations[1][-1]
    for part, old, (above, below) in zip(slices, before, held, strict=True):
        new = queue.walked(part)
        assert new.cash == old.cash
        # Units before the carry are above / below, after it new.points * X / U; both without rounding.
        lost = above * current.points - new.points * position.runoff * below
        assert lost <= below * current.points, "more than a unit"
        if part.joined >= LARGE:
            assert lost * CARRY_LOSS <= part.joined * below * current.points
    stage.pay_out()
    assert all(asked.claimed == asked.shares for asked in queue.requests.values())


def _move(stage: Stage, number: int, part: int, inwards: int) -> None:
    """An agent's move, which may be refused; it never touches the queue's own tables."""
    undo = Undo([*stage.vault.parts(), *stage.markets])
    with contextlib.suppress(Refused):
        if inwards:
            capital.allocate(stage.vault, number + 1, stage.vault.idle * part // WHOLE // 10, 0)
        else:
            capital.deallocate(stage.vault, number + 1, stage.positions[number].coverage * part // WHOLE, 0)
        return
    undo.restore()


def _operate(stage: Stage, source: random.Random, base: list[int]) -> None:
    """One operation of a long life; none but an agent's move can be refused."""
    number, kind = source.randrange(stage.size), source.randrange(10)
    holder, shares = source.choice(stage.holders[1:]), 0
    if kind == 0:
        stage.arrive(number, source.randrange(base[number] // 500))
    elif kind == 1:
        stage.drain(number, source.randrange(base[number] // 500))
    elif kind == 2:
        stage.unwind(number)
    elif kind == 3:
        stage.pay_in(holder, source.randrange(1, 1_000 * stage.unit))
    elif kind == 4:
        shares = stage.vault.shares[holder] * source.randrange(1, 50_000) // WHOLE
    elif kind == 5:
        _move(stage, number, source.randrange(WHOLE), source.randrange(2))
    elif kind == 6:
        stage.vault.now += source.randrange(20_000)
    else:
        holder = stage.holders[0]
        shares = min(source.randrange(1, 3_000) * stage.vault.virtual, stage.vault.shares[holder])
    if shares:
        identifier, _ = stage.exit(holder, shares)
        if identifier and source.randrange(2):
            stage.unwind_all()
            stage.queue.claim(holder, identifier, holder, holder)


def test_p13__very_many_operations__invariants_hold_and_tiny_exits_gain_nothing():
    source = random.Random(13)
    stage = Stage(Plan(6, (1_000, *(10**6,) * 9), (300_000, 200_000, 250_000)))
    base = stage.scarce([WHOLE // 3] * 3)
    for done in range(OPERATIONS):
        _operate(stage, source, base)
        vault = stage.vault
        assert stage.token.balances[VAULT] == vault.idle + vault.owed
        for market, position in zip(stage.markets, stage.positions, strict=True):
            assert 0 <= position.coverage <= position.units
            assert position.units + position.runoff == market.units_of[VAULT]
        if done % 100 == 0:
            stage.pass_time(3_600)
    leaver = stage.holders[0]
    if stage.vault.shares[leaver]:
        stage.exit(leaver, stage.vault.shares[leaver])
    stage.pay_out()
    paid_in = 1_000 * stage.unit
    assert paid_in - OPERATIONS * stage.size * 2 <= stage.token.balances[leaver] <= paid_in + 10
    queue = stage.queue
    assert all(asked.claimed == asked.shares for asked in queue.requests.values())
    assert stage.vault.owed <= len(queue.records) * (1 + 2 * stage.size)
