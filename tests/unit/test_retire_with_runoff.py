"""A retired strategy still pays those who wait in it, and is not listed again before they are paid."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import DAY, DEPOSITOR, LEAVER, POSITION, STRANGER, TERMS, Terms
from tests.unit.bed import M112, OK, PROBE
from tests.unit.events import event
from tests.unit.leavers import HOLDERS, IN_KIND, SECOND, WRITE_OFF, Leavers
from tests.unit.refusals import Refusal

LIST = f"list_strategy(address,{TERMS},uint256)"
EVACUATE = "evacuate(uint256,uint256)"
RETIRE = 8
PLACED = 500  # whole tokens; what the dead shares have of them is not worth a call
EVERYBODY = (*HOLDERS, DEPOSITOR)
MONTH = 30 * DAY
WAITS = 1 << 232


def offer(bed: Leavers) -> Any:
    """List the first strategy again."""
    return bed.govern(LIST, bed.strategies[0], Terms().tuple(), M112)


@pytest.fixture
def left(leavers: Leavers) -> Leavers:
    """All but nobody's shares have left; the little that they had in the first strategy waits there."""
    bed = leavers
    bed.share_strategy(1)
    bed.deallocate(1, 200_000 * bed.unit - PLACED * bed.unit)
    bed.drain(1)
    bed.settled(*EVERYBODY)
    assert bed.units(1) == 0
    assert bed.waiting(1) == pytest.approx(PLACED * bed.unit, abs=1_000)
    return bed


@pytest.fixture
def retired(left: Leavers) -> Leavers:
    """As ``left``, and the first strategy is retired."""
    left.govern("retire(uint256)", 1)
    return left


def test_retire__leavers_wait__keeps_what_is_theirs_and_its_price(left: Leavers) -> None:
    waiting, book = left.waiting(1), left.position(1)[1]
    receipt = left.govern("retire(uint256)", 1)
    assert left.events(receipt) == [
        event(left.vault, "Configured", key=RETIRE, id=1, word=0),
        event(left.steward, "StrategyRetired", id=1),
    ]
    assert (left.waiting(1), left.position(1)) == (waiting, (0, book, 0, 0))
    assert left.word(POSITION, 1) & WAITS
    assert book == PROBE


def test_retire__stayers_hold_units__is_refused(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.settled()
    with leavers.refused(Refusal.STILL_HOLDING):
        leavers.govern("retire(uint256)", 1)


def test_retired__liquidity_comes__pays_everybody(retired: Leavers) -> None:
    before = [retired.of(1, holder).assets for holder in EVERYBODY]
    waiting = retired.waiting(1)
    retired.refill(1)
    receipt = retired.unwind(1)
    assert retired.events(receipt) == [
        event(retired.vault, "Unwound", id=1, units=waiting, assets=waiting),
        event(retired.queue, "Credited", strategy=1, generation=1, assets=waiting),
    ]
    assert retired.word(POSITION, 1) & WAITS == 0
    after = [retired.of(1, holder) for holder in EVERYBODY]
    assert all(stake.pending == 0 for stake in after)
    assert sum(s.assets for s in after) - sum(before) == pytest.approx(waiting, abs=8)
    for holder in EVERYBODY:
        retired.claim(holder, 1)
    assert retired.owed() <= 8


def test_retired__part_by_part__pays_until_nothing_waits(retired: Leavers) -> None:
    for limit in (100, 200, 1_000):
        retired.liquid(1, limit * retired.unit)
        retired.unwind(1)
    assert retired.runoff(1) == (0, 0)


def test_retired__pokes_and_prices__do_not_ask_it(retired: Leavers) -> None:
    retired.fail(1)
    lo, hi, veto = retired.totals()
    assert (lo, veto) == (hi, False)
    assert retired.events(retired.poke()) == [event(retired.vault, "Poked", lo=lo, hi=hi)]


def test_retired__others_leave__is_not_asked(retired: Leavers) -> None:
    retired.deposit(STRANGER, 1_000 * retired.unit)
    retired.ripen()
    waiting = retired.waiting(1)
    retired.fail(1)
    retired.exit_now(STRANGER, retired.shares(STRANGER))
    assert retired.assets(STRANGER) == pytest.approx(1_000 * retired.unit, rel=1e-6)
    assert retired.waiting(1) == waiting


def test_retired__loss_afterwards__is_accepted_in_the_course_of_thirty_days(retired: Leavers) -> None:
    retired.lose(1, 300 * retired.unit)
    retired.refill(1)
    retired.unwind(1)
    waiting = retired.waiting(1)
    assert waiting
    retired.rpc.warp(MONTH // 6)
    retired.unwind(1)
    assert retired.waiting(1) == waiting
    retired.rpc.warp(MONTH // 12)
    retired.unwind(1)
    assert retired.waiting(1) == 0
    assert retired.of(1, LEAVER).pending == 0


def test_retired__quarantined_before__pays_again(left: Leavers) -> None:
    left.quarantine(1)
    left.refill(1)
    left.unwind(1)
    assert left.waiting(1)
    left.govern("retire(uint256)", 1)
    left.unwind(1)
    assert left.waiting(1) == 0


def test_retired__units_in_kind__are_handed_out(retired: Leavers) -> None:
    retired.ripen()
    retired.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    held = retired.rpc.read(retired.strategies[0], "units_of(address)", LEAVER)
    assert held == pytest.approx(PLACED * retired.unit // 10, rel=1e-5)


def test_retired__written_down_before__can_be_written_off(left: Leavers) -> None:
    left.quarantine(1)
    left.govern("write_down(uint256)", 1)
    left.govern("retire(uint256)", 1)
    left.line(STRANGER, WRITE_OFF, 1)
    assert left.of(1, LEAVER).pending == 0


def test_retired__worth_something__is_not_written_off(retired: Leavers) -> None:
    with retired.refused("queue: not worthless"):
        retired.line(STRANGER, WRITE_OFF, 1)


def test_evacuate__retired__has_nothing_of_the_stayers(retired: Leavers) -> None:
    retired.liquid(1, 100 * retired.unit)
    with retired.refused(Refusal.NOT_LIQUID):
        retired.act(STRANGER, EVACUATE, 1, M112)


@pytest.mark.parametrize("signature", ["allocate", "deallocate"])
def test_moves__retired__are_refused(retired: Leavers, signature: str) -> None:
    reason = {"allocate": Refusal.STRATEGY_NOT_OK, "deallocate": Refusal.NOT_LIQUID}[signature]
    with retired.refused(reason):
        getattr(retired, signature)(1, retired.unit)


def test_list__leavers_still_wait_there__is_refused(retired: Leavers) -> None:
    with retired.refused(Refusal.STRATEGY_UNFIT):
        offer(retired)
    retired.liquid(1, 100 * retired.unit)
    retired.unwind(1)
    with retired.refused(Refusal.STRATEGY_UNFIT):
        offer(retired)


def test_list__leavers_are_paid__gives_a_new_id_that_owes_nothing(retired: Leavers) -> None:
    bed = retired
    bed.refill(1)
    bed.unwind(1)
    offer(bed)
    assert (bed.status(4), bed.runoff(4), bed.coverage(4)) == (OK, (0, 0), (0, 0, 0))
    bed.deposit(DEPOSITOR, 10_000 * bed.unit)
    bed.ripen()
    bed.poke()
    bed.allocate(4, 2_000 * bed.unit)
    bed.drain(1)
    bed.exit_now(DEPOSITOR, bed.shares(DEPOSITOR))
    assert bed.waiting(4) == pytest.approx(2_000 * bed.unit, rel=1e-3)
    assert (bed.waiting(1), bed.of(1, SECOND).pending) == (0, 0)


def test_list__retired_again_and_again__never_mixes_generations(retired: Leavers) -> None:
    bed = retired
    bed.refill(1)
    bed.unwind(1)
    paid = [bed.of(1, holder).assets for holder in EVERYBODY]
    offer(bed)
    bed.deposit(DEPOSITOR, 10_000 * bed.unit)
    bed.ripen()
    bed.poke()
    bed.allocate(4, 2_000 * bed.unit)
    bed.drain(1)
    bed.exit_now(DEPOSITOR, bed.shares(DEPOSITOR))
    bed.refill(1)
    bed.unwind(4)
    assert [bed.of(1, holder).assets for holder in EVERYBODY] == paid
