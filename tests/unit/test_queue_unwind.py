"""unwind: how what waits becomes cash, in equal parts with those who stay."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import OK, QUARANTINED, STRESS, WINDDOWN, ZERO, ceil_div
from tests.unit.events import event
from tests.unit.leavers import SECOND, STRATEGY_DUST, THIRD, UNWIND, Leavers

SIGMA = 50  # bps, the strategies' tolerance


def waits(bed: Leavers) -> tuple[int, int]:
    """Units of the stayers and of leavers in the first strategy."""
    return bed.units(1), bed.waiting(1)


# ------------------------------------------------------------------ equal parts of new liquidity


def test_unwind__new_liquidity__is_shared_by_those_who_wait_and_those_who_stay(any_leavers: Leavers) -> None:
    bed = any_leavers.drain(1)
    bed.settled()
    held, waiting = waits(bed)
    liquid = 70_001 * bed.unit + 1
    part = ceil_div(liquid * waiting, held + waiting)
    owed, before = bed.owed(), bed.of(1, LEAVER)
    bed.liquid(1, liquid)
    assert bed.promised(STRANGER, UNWIND, 1, MAX_UINT) == part
    receipt = bed.unwind(1)
    assert bed.events(receipt) == [
        event(bed.vault, "Unwound", id=1, units=part, assets=part),
        event(bed.queue, "Credited", strategy=1, generation=1, assets=part),
    ]
    assert waits(bed) == (held, waiting - part)
    assert bed.coverage(1) == (liquid - part, 0, 0)
    assert bed.runoff(1) == (waiting - part, 0)
    assert bed.owed() == owed + part
    after = bed.of(1, LEAVER)
    assert after.assets == pytest.approx(before.assets + part, abs=1)
    assert before.pending > after.pending > 0
    assert after.shares == after.pending + after.claimable
    assert bed.is_solvent()


def test_unwind__again_without_new_liquidity__moves_nothing(dry: Leavers) -> None:
    dry.liquid(1, 50_000 * dry.unit)
    dry.unwind(1)
    before = dry.fingerprint()
    assert dry.promised(STRANGER, UNWIND, 1, MAX_UINT) == 0
    for _ in range(3):
        assert dry.events(dry.unwind(1)) == []
    assert dry.fingerprint() == before


def test_unwind__everything_liquid__pays_all_that_waits(dry: Leavers) -> None:
    dry.refill(1)
    dry.unwind(1)
    assert (dry.runoff(1), dry.waiting(1)) == ((0, 0), 0)
    assert dry.of(1, LEAVER).pending == 0
    assert dry.position(1)[2] == OK


def test_unwind__what_is_covered__is_the_stayers(dry: Leavers) -> None:
    dry.liquid(1, 60_000 * dry.unit)
    dry.unwind(1)
    held, waiting = waits(dry)
    covered = dry.coverage(1)[0]
    dry.liquid(1, covered + 10_000 * dry.unit)
    part = ceil_div(10_000 * dry.unit * waiting, held + waiting - covered)
    dry.unwind(1)
    assert waits(dry) == (held, waiting - part)
    assert dry.coverage(1)[0] == covered + 10_000 * dry.unit - part


def test_unwind__loss_before__is_shared_in_units(dry: Leavers) -> None:
    dry.lose(1, 50_000 * dry.unit)
    for _ in range(3):
        dry.ripen()
        dry.poke()
    held, waiting = waits(dry)
    worth, before = dry.worth(1), dry.of(1, LEAVER).assets
    dry.refill(1)
    dry.unwind(1)
    assert dry.worth(1) == pytest.approx(worth * held // (held + waiting), abs=2)
    assert dry.of(1, LEAVER).assets == pytest.approx(before + worth * waiting // (held + waiting), abs=2)


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_unwind__state_not_calm__passes(dry: Leavers, state: int) -> None:
    dry.latch(state)
    dry.govern("set_executor(address)", ZERO)
    dry.refill(1)
    dry.unwind(1)
    assert dry.waiting(1) == 0


@pytest.mark.parametrize("identifier", [0, 2, 4, 255])
def test_unwind__nothing_waits__does_nothing_and_calls_nobody(dry: Leavers, identifier: int) -> None:
    dry.dial(2, Group.MAX, Mode.BURN_LOOP)
    before = dry.words(identifier)
    assert dry.promised(STRANGER, UNWIND, identifier, MAX_UINT) == 0
    receipt = dry.unwind(identifier)
    assert (dry.events(receipt), dry.words(identifier)) == ([], before)
    assert int(receipt["gasUsed"], 16) < 60_000


def test_unwind__no_such_id__is_refused(dry: Leavers) -> None:
    with dry.refused(None):
        dry.unwind(256)


# ------------------------------------------------------------------ part by part


def test_unwind__at_most__moves_that_much_and_covers_in_proportion(dry: Leavers) -> None:
    held, waiting = waits(dry)
    liquid = 80_000 * dry.unit
    part = ceil_div(liquid * waiting, held + waiting)
    limit = part // 3
    dry.liquid(1, liquid)
    dry.unwind(1, limit)
    assert waits(dry) == (held, waiting - limit)
    assert dry.coverage(1)[0] == (liquid - part) * limit // part


def test_unwind__in_many_parts__moves_what_one_does(dry: Leavers) -> None:
    liquid = 80_000 * dry.unit
    dry.liquid(1, liquid)
    part = ceil_div(liquid * dry.waiting(1), sum(waits(dry)))
    before = dry.waiting(1)
    for _ in range(10):
        dry.unwind(1, part // 7)
    dry.unwind(1)
    assert before - dry.waiting(1) == pytest.approx(part, abs=12)


def test_unwind__at_most_nothing__moves_nothing(dry: Leavers) -> None:
    dry.refill(1)
    before = dry.fingerprint()
    dry.unwind(1, 0)
    assert dry.fingerprint() == before


def test_unwind__at_most_less_than_is_worth_a_call__moves_nothing(dry: Leavers) -> None:
    dry.refill(1)
    waiting = dry.waiting(1)
    dry.unwind(1, STRATEGY_DUST - 1)
    assert (dry.waiting(1), dry.coverage(1)[0]) == (waiting, 0)
    dry.unwind(1, STRATEGY_DUST)
    assert dry.waiting(1) == waiting - STRATEGY_DUST


def test_unwind__dust_that_is_all_there_is__is_paid(dry: Leavers) -> None:
    waiting = dry.waiting(1)
    dry.refill(1)
    dry.unwind(1, waiting - 5)
    assert dry.waiting(1) == 5
    dry.unwind(1)
    assert dry.waiting(1) == 0
    assert dry.of(1, LEAVER).pending == 0


# ------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    ("group", "mode", "param"),
    [
        (Group.REDEEM, Mode.REVERT_REASON, 0),
        (Group.REDEEM, Mode.BURN_LOOP, 0),
        (Group.REDEEM, Mode.NO_OP, 0),
        (Group.REDEEM, Mode.SHORT, SIGMA + 10),
        (Group.MAX, Mode.REVERT_REASON, 0),
        (Group.MAX, Mode.RETURN_MAX, 0),
        (Group.MAX, Mode.BURN_INVALID, 0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_unwind__strategy_fails__changes_nothing_but_the_window(
    covered: Leavers, group: Group, mode: Mode, param: int
) -> None:
    before = waits(covered), covered.owed(), covered.coverage(1)[0]
    covered.refill(1)
    covered.dial(1, group, mode, param)
    assert covered.promised(STRANGER, UNWIND, 1, MAX_UINT) == 0
    receipt = covered.unwind(1)
    assert (waits(covered), covered.owed(), covered.coverage(1)[0]) == before
    assert covered.coverage(1)[1:] == (0, covered.now())
    assert [entry.name for entry in covered.events(receipt)] == ["Dipped"]
    covered.dial(1, group, Mode.HONEST)
    covered.unwind(1)
    assert covered.waiting(1) == 0


def test_unwind__dust_fails__is_no_dip(covered: Leavers) -> None:
    covered.refill(1)
    covered.unwind(1, covered.waiting(1) - 5)
    covered.dial(1, Group.REDEEM, Mode.SHORT, 10_000)
    # Five units of a strategy that was listed at a price of 1 are let go rather than kept waiting for ever.
    covered.unwind(1)
    assert covered.waiting(1) == 0
    assert covered.coverage(1)[2] == 0


def test_unwind__quarantined__moves_nothing(dry: Leavers) -> None:
    dry.refill(1)
    dry.quarantine(1)
    dry.fail(1, False)
    waiting = dry.waiting(1)
    dry.unwind(1)
    assert (dry.waiting(1), dry.status(1)) == (waiting, QUARANTINED)


# ------------------------------------------------------------------ generations


def test_generation__nothing_waits_any_more__a_new_one_begins(dry: Leavers) -> None:
    dry.refill(1)
    dry.unwind(1)
    dry.drain(1)
    first = dry.of(1, LEAVER)
    dry.request(SECOND, dry.shares(SECOND))
    dry.mature()
    joined = [entry for entry in dry.events(dry.settle()) if entry.name == "Joined"]
    assert [entry.fields["generation"] for entry in joined] == [2]
    dry.refill(1)
    dry.unwind(1)
    assert dry.of(1, LEAVER) == first
    assert dry.of(2, SECOND).pending == 0


@pytest.mark.parametrize("carries", [1, 3])
def test_generation__hardly_anything_waits__is_carried_and_still_paid(dry: Leavers, carries: int) -> None:
    bed = dry
    for generation in range(2, carries + 2):
        bed.refill(1)
        bed.unwind(1, bed.waiting(1) - 10)
        bed.drain(1)
        assert bed.waiting(1) == 10
        bed.request(SECOND, bed.shares(SECOND) // 2)
        bed.mature()
        joined = [entry for entry in bed.events(bed.settle()) if entry.name == "Joined"]
        assert [entry.fields["generation"] for entry in joined] == [generation]
        assert bed.of(1, LEAVER).pending > 0 or generation > 2
    assert bed.is_solvent()
    bed.refill(1)
    bed.unwind(1)
    for holder, ids in ((LEAVER, [1]), (SECOND, range(2, carries + 2))):
        for identifier in ids:
            assert bed.of(identifier, holder).pending == 0
            bed.claim(holder, identifier)
    assert bed.owed() <= 2 * carries + 4


def test_generation__joined_late_and_carried__is_paid_from_the_new_one_alone(dry: Leavers) -> None:
    bed = dry
    bed.refill(1)
    bed.unwind(1, bed.waiting(1) // 2)
    bed.drain(1)
    bed.settled(SECOND)
    bed.refill(1)
    bed.unwind(1, bed.waiting(1) - 40)
    seen = bed.of(2, SECOND).assets
    bed.drain(1)
    bed.request(THIRD, bed.shares(THIRD))
    bed.mature()
    joined = [entry for entry in bed.events(bed.settle()) if entry.name == "Joined"]
    assert [entry.fields["generation"] for entry in joined] == [2]
    assert bed.of(2, SECOND).assets == seen
    bed.refill(1)
    bed.unwind(1)
    assert bed.of(2, SECOND).pending == 0
    assert seen + 25 <= bed.of(2, SECOND).assets <= seen + 28
