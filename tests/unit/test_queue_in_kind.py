"""detach and in_kind: a record of one's own, and the units themselves where cash does not come."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, LEAVER, STRANGER
from tests.unit.bed import STRESS, WINDDOWN
from tests.unit.events import event
from tests.unit.leavers import DETACH, HOLDERS, IN_KIND, OPERATOR, SECOND, THIRD, Leavers, Stake
from tests.unit.refusals import Refusal

NONE = Stake(0, 0, 0, 0, 0, 0)


def in_hand(bed: Leavers, owner: str) -> int:
    """Units of the first strategy that an account holds itself."""
    return bed.rpc.read(bed.strategies[0], "units_of(address)", owner)


@pytest.fixture
def waiting(leavers: Leavers) -> Leavers:
    """Three have left together; the first strategy pays nothing."""
    leavers.drain(1)
    leavers.settled(*HOLDERS)
    return leavers


@pytest.fixture
def ripe(waiting: Leavers) -> Leavers:
    """As ``waiting``, an epoch later."""
    waiting.ripen()
    return waiting


# ------------------------------------------------------------------ detach


def test_detach__settled__moves_the_part_to_a_record_of_its_own(waiting: Leavers) -> None:
    before, other = waiting.of(1, LEAVER), waiting.of(1, SECOND)
    assert waiting.promised(LEAVER, DETACH, 1, LEAVER) == 2
    receipt = waiting.line(LEAVER, DETACH, 1, LEAVER)
    assert waiting.events(receipt) == [
        event(waiting.queue, "Detached", id=1, controller=LEAVER, private_id=2)
    ]
    after = waiting.of(2, LEAVER)
    assert (waiting.of(1, LEAVER), waiting.of(1, SECOND)) == (NONE, other)
    assert after.shares == before.shares
    assert after.claimable == pytest.approx(before.claimable, rel=1e-9)
    assert after.assets == pytest.approx(before.assets, abs=1)
    assert waiting.ask("requests_of(address)", LEAVER, returns="uint256[]") == (2,)


def test_detach__claimed_before__takes_the_claims_along(waiting: Leavers) -> None:
    waiting.claim(LEAVER, 1)
    before = waiting.of(1, LEAVER)
    waiting.line(LEAVER, DETACH, 1, LEAVER)
    after = waiting.of(2, LEAVER)
    assert (after.claimed, after.paid) == (before.claimed, before.paid)
    assert after.assets <= 1
    waiting.refill(1)
    waiting.unwind(1)
    waiting.claim(LEAVER, 2)
    waiting.claim(SECOND, 1)
    assert waiting.assets(LEAVER) == pytest.approx(waiting.assets(SECOND), abs=3)
    assert waiting.of(2, LEAVER) == NONE


def test_detach__private_already__stays(waiting: Leavers) -> None:
    waiting.line(LEAVER, DETACH, 1, LEAVER)
    before = waiting.of(2, LEAVER)
    assert waiting.promised(LEAVER, DETACH, 2, LEAVER) == 2
    assert waiting.events(waiting.line(LEAVER, DETACH, 2, LEAVER)) == []
    assert waiting.of(2, LEAVER) == before


def test_detach__record_of_an_exit_now__stays(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.exit_now(LEAVER, leavers.shares(LEAVER))
    assert leavers.promised(LEAVER, DETACH, 1, LEAVER) == 1


def test_detach__nothing_waits__passes_all_the_same(leavers: Leavers) -> None:
    leavers.settled()
    cash = leavers.of(1, LEAVER).assets
    leavers.line(LEAVER, DETACH, 1, LEAVER)
    leavers.claim(LEAVER, 2)
    assert leavers.assets(LEAVER) == cash


def test_detach__not_settled__is_refused(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    with leavers.refused("queue: not settled"):
        leavers.line(LEAVER, DETACH, 1, LEAVER)


@pytest.mark.parametrize("identifier", [0, 2, 2**40])
def test_detach__no_such_request__is_refused(waiting: Leavers, identifier: int) -> None:
    with waiting.refused("queue: no such request"):
        waiting.line(LEAVER, DETACH, identifier, LEAVER)
    with waiting.refused("queue: no such request"):
        waiting.line(DEPOSITOR, DETACH, 1, DEPOSITOR)


def test_detach__anyone_else__is_refused_and_an_operator_passes(waiting: Leavers) -> None:
    for other in (STRANGER, SECOND, OPERATOR):
        with waiting.refused("queue: not the controller"):
            waiting.line(other, DETACH, 1, LEAVER)
    waiting.operate(LEAVER)
    waiting.line(OPERATOR, DETACH, 1, LEAVER)
    assert waiting.of(2, LEAVER).shares > 0


def test_detach__everyone__leaves_no_more_than_dust(waiting: Leavers) -> None:
    for holder in HOLDERS:
        waiting.line(holder, DETACH, 1, holder)
    waiting.refill(1)
    waiting.unwind(1)
    for identifier, holder in enumerate(HOLDERS, 2):
        assert waiting.of(identifier, holder).pending == 0
        waiting.claim(holder, identifier)
    assert waiting.owed() <= 6


# ------------------------------------------------------------------ in kind


def test_in_kind__an_epoch_old__hands_the_units_out(ripe: Leavers) -> None:
    bed, waiting = ripe, ripe.waiting(1)
    units, cash = waiting // 3, bed.of(1, LEAVER).assets
    others = [bed.of(1, holder) for holder in (SECOND, THIRD)]
    found = bed.promised(LEAVER, IN_KIND, 1, LEAVER, 1, STRANGER)
    assert found == pytest.approx(units, abs=2)
    receipt = bed.line(LEAVER, IN_KIND, 1, LEAVER, 1, STRANGER)
    assert bed.events(receipt) == [
        event(bed.queue, "Detached", id=1, controller=LEAVER, private_id=2),
        event(bed.vault, "HandedOut", id=1, receiver=STRANGER, units=found),
        event(bed.queue, "TakenInKind", id=2, strategy=1, receiver=STRANGER, units=found),
    ]
    assert in_hand(bed, STRANGER) == found
    assert bed.waiting(1) == waiting - found
    own = bed.of(2, LEAVER)
    assert (own.pending, own.claimable) == (0, own.shares)
    assert own.assets == pytest.approx(cash, abs=1)
    for before, holder in zip(others, (SECOND, THIRD), strict=True):
        assert bed.of(1, holder).pending == pytest.approx(before.pending, rel=1e-9)
        assert bed.of(1, holder).assets == before.assets
    assert bed.is_solvent()


def test_in_kind__one_second_before_an_epoch__is_refused(waiting: Leavers) -> None:
    settled = waiting.now()
    waiting.at(settled + DAY - 1)
    with waiting.refused("queue: not yet in kind"):
        waiting.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    waiting.at(settled + DAY)
    waiting.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert in_hand(waiting, LEAVER) > 0


def test_in_kind__detached_meanwhile__counts_from_the_settlement(waiting: Leavers) -> None:
    settled = waiting.now()
    waiting.rpc.warp(DAY // 2)
    waiting.line(LEAVER, DETACH, 1, LEAVER)
    waiting.at(settled + DAY)
    waiting.line(LEAVER, IN_KIND, 2, LEAVER, 1, LEAVER)
    assert in_hand(waiting, LEAVER) > 0


def test_in_kind__exit_now__counts_from_the_exit(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.exit_now(LEAVER, leavers.shares(LEAVER))
    left = leavers.now()
    leavers.at(left + DAY - 1)
    with leavers.refused("queue: not yet in kind"):
        leavers.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    leavers.at(left + DAY)
    receipt = leavers.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert [entry.name for entry in leavers.events(receipt)] == ["HandedOut", "TakenInKind"]
    assert leavers.runoff(1) == (0, 0)


def test_in_kind__quarantined__needs_no_wait(leavers: Leavers) -> None:
    leavers.quarantine(1)
    leavers.settled()
    leavers.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert in_hand(leavers, LEAVER) > 0


def test_in_kind__another_strategy_quarantined__waits(waiting: Leavers) -> None:
    waiting.quarantine(2)
    with waiting.refused("queue: not yet in kind"):
        waiting.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)


def test_in_kind__winddown__needs_no_wait_and_stress_does(waiting: Leavers) -> None:
    waiting.latch(STRESS)
    with waiting.refused("queue: not yet in kind"):
        waiting.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    waiting.latch(WINDDOWN)
    waiting.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert in_hand(waiting, LEAVER) > 0


def test_in_kind__some_came_before__banks_the_cash(ripe: Leavers) -> None:
    ripe.liquid(1, 90_000 * ripe.unit)
    ripe.unwind(1)
    before = ripe.of(1, LEAVER)
    ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    after = ripe.of(2, LEAVER)
    assert after.assets == pytest.approx(before.assets, abs=2)
    assert after.claimable == after.shares
    ripe.claim(LEAVER, 2)
    assert ripe.assets(LEAVER) + in_hand(ripe, LEAVER) == pytest.approx(100_000 * ripe.unit, abs=8)
    assert ripe.of(2, LEAVER) == NONE


def test_in_kind__proceeds_of_the_vault_s_own_unwind__are_credited_first(ripe: Leavers) -> None:
    ripe.liquid(1, 90_000 * ripe.unit)
    ripe.deallocate(1, 10_000 * ripe.unit)
    unsynced = ripe.runoff(1)[1]
    assert unsynced
    before = ripe.of(1, LEAVER), ripe.of(1, SECOND)
    receipt = ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    credited = event(ripe.queue, "Credited", strategy=1, generation=1, assets=unsynced)
    assert credited in ripe.events(receipt)
    assert ripe.runoff(1)[1] == 0
    assert ripe.of(2, LEAVER).assets == pytest.approx(before[0].assets, abs=2)
    assert ripe.of(1, SECOND).assets == pytest.approx(before[1].assets, abs=1)


def test_in_kind__everyone__empties_the_runoff_but_for_dust(ripe: Leavers) -> None:
    for holder in HOLDERS:
        ripe.line(holder, IN_KIND, 1, holder, 1, holder)
    assert ripe.waiting(1) <= 6
    hands = [in_hand(ripe, holder) for holder in HOLDERS]
    assert max(hands) - min(hands) <= 2
    assert ripe.is_solvent()
    for identifier, holder in enumerate(HOLDERS, 2):
        ripe.claim(holder, identifier)
        assert ripe.of(identifier, holder) == NONE


def test_in_kind__afterwards__the_others_are_paid_in_full(ripe: Leavers) -> None:
    ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    ripe.refill(1)
    ripe.unwind(1)
    for holder in (SECOND, THIRD):
        ripe.claim(holder, 1)
        assert ripe.assets(holder) == pytest.approx(100_000 * ripe.unit, abs=5)
        assert ripe.of(1, holder) == NONE


def test_in_kind__nothing_waits_there__is_refused(ripe: Leavers) -> None:
    for strategy in (2, 4, 255, 0):
        with ripe.refused("queue: nothing waits"):
            ripe.line(LEAVER, IN_KIND, 1, LEAVER, strategy, LEAVER)
    ripe.refill(1)
    ripe.unwind(1)
    with ripe.refused("queue: nothing waits"):
        ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)


def test_in_kind__twice__is_refused(ripe: Leavers) -> None:
    ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    with ripe.refused("queue: no such request"):
        ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    with ripe.refused("queue: nothing waits"):
        ripe.line(LEAVER, IN_KIND, 2, LEAVER, 1, LEAVER)


def test_in_kind__not_settled__is_refused(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.latch(WINDDOWN)
    with leavers.refused("queue: not settled"):
        leavers.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)


def test_in_kind__anyone_else__is_refused_and_an_operator_passes(ripe: Leavers) -> None:
    for other in (STRANGER, SECOND, OPERATOR):
        with ripe.refused("queue: not the controller"):
            ripe.line(other, IN_KIND, 1, LEAVER, 1, other)
    ripe.operate(LEAVER)
    ripe.line(OPERATOR, IN_KIND, 1, LEAVER, 1, OPERATOR)
    assert in_hand(ripe, OPERATOR) > 0


@pytest.mark.parametrize(
    ("group", "mode"),
    [
        (Group.TRANSFER, Mode.REVERT_REASON),
        (Group.TRANSFER, Mode.BURN_LOOP),
        (Group.TRANSFER, Mode.NO_OP),
        (Group.BALANCE, Mode.REVERT_REASON),
        (Group.BALANCE, Mode.RETURN_MAX),
    ],
    ids=lambda value: value.name,
)
def test_in_kind__units_do_not_move__is_refused_and_they_wait_on(
    ripe: Leavers, group: Group, mode: Mode
) -> None:
    ripe.dial(1, group, mode)
    before = ripe.of(1, LEAVER)
    with ripe.refused(Refusal.STRATEGY_CALL_FAILED):
        ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert ripe.of(1, LEAVER) == before
    ripe.dial(1, group, Mode.HONEST)
    ripe.refill(1)
    ripe.unwind(1)
    assert ripe.of(1, LEAVER).pending == 0


def test_in_kind__written_off__hands_out_what_is_left(ripe: Leavers) -> None:
    ripe.quarantine(1)
    ripe.govern("write_down(uint256)", 1)
    ripe.line(STRANGER, "write_off(uint256)", 1)
    ripe.claim(LEAVER, 1)
    ripe.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert in_hand(ripe, LEAVER) == pytest.approx(20_000 * ripe.unit, rel=1e-6)


def test_in_kind__of_two_strategies__leaves_the_cash(leavers: Leavers) -> None:
    bed = leavers.drain(1, 2)
    bed.settled()
    bed.ripen()
    cash = bed.of(1, LEAVER).assets
    bed.line(LEAVER, IN_KIND, 1, LEAVER, 2, LEAVER)
    assert bed.of(2, LEAVER).pending > 0
    bed.line(LEAVER, IN_KIND, 2, LEAVER, 1, LEAVER)
    own = bed.of(2, LEAVER)
    assert (own.pending, own.assets) == (0, cash)
    bed.claim(LEAVER, 2)
    assert bed.assets(LEAVER) == cash
