"""Nothing is allocated on prices that nobody has poked for two epochs; everything else goes on."""

from __future__ import annotations

import pytest

from tests.treasury import DEPOSITOR, LEAVER, STRANGER
from tests.unit.bed import DEPOSIT, M112, STRESS, Bed, Refusal
from tests.unit.leavers import Leavers
from tests.unit.watch import poked_at


def stale_from(bed: Bed) -> int:
    """The first second in which nothing is allocated any more."""
    return poked_at(bed) + 2 * bed.epoch + 1


def test_allocate__two_epochs_after_a_poke__passes_and_a_second_later_is_refused(bed: Bed) -> None:
    bed.poke()
    bed.at(stale_from(bed))
    with bed.refused(Refusal.VETO):
        bed.allocate(1, bed.unit)
    bed.at(bed.now() + 1)
    with bed.refused(Refusal.VETO):
        bed.allocate(1, bed.unit)


def test_allocate__exactly_two_epochs_after_a_poke__passes(bed: Bed) -> None:
    bed.poke()
    bed.at(stale_from(bed) - 1)
    bed.allocate(1, bed.unit)
    assert bed.position(1)[0] == bed.unit


def test_allocate__after_the_next_poke__passes_again(bed: Bed) -> None:
    bed.poke()
    bed.at(stale_from(bed))
    bed.poke()
    bed.allocate(1, bed.unit)
    assert bed.position(1)[0] == bed.unit


@pytest.mark.parametrize("late", [0, 1])
def test_allocate__never_poked__counts_from_the_first_listing(unsealed: Bed, late: int) -> None:
    bed = unsealed
    bed.list_hostile(2)
    bed.seal()
    bed.deposit(DEPOSITOR, 100 * bed.unit)
    bed.at(stale_from(bed) - 1 + late)
    if late:
        with bed.refused(Refusal.VETO):
            bed.allocate(1, bed.unit)
    else:
        bed.allocate(1, bed.unit)


def test_allocate__stale_and_in_stress__tells_the_state(bed: Bed) -> None:
    bed.rpc.warp(3 * bed.epoch)
    bed.latch(STRESS)
    with bed.refused(Refusal.NOT_CALM):
        bed.allocate(1, bed.unit)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda bed: bed.govern("set_ceiling(uint256,uint256)", 1, 1), Refusal.OVER_CEILING),
        (lambda bed: bed.quarantine(1), Refusal.STRATEGY_NOT_OK),
    ],
    ids=["ceiling", "quarantine"],
)
def test_allocate__stale__tells_what_is_wrong_with_the_strategy_first(
    bed: Bed, trouble: object, reason: Refusal
) -> None:
    trouble(bed)  # type: ignore[operator]
    bed.rpc.warp(3 * bed.epoch)
    with bed.refused(reason):
        bed.allocate(1, bed.unit)


def test_allocate__stale_with_leavers__is_refused(dry: Leavers) -> None:
    dry.liquid(1, 100_000 * dry.unit)
    dry.poke()
    dry.at(stale_from(dry))
    with dry.refused(Refusal.VETO):
        dry.allocate(2, dry.unit)
    dry.refill(1)
    dry.at(dry.now() + 1)
    with dry.refused(Refusal.VETO):
        dry.allocate(1, dry.unit)
    dry.poke()
    dry.allocate(1, dry.unit)


def test_stale__deallocation_entry_and_exits__pass(invested: Bed) -> None:
    bed = invested
    bed.rpc.warp(10 * bed.epoch)
    assert bed.totals()[2] is False
    bed.deallocate(1, bed.unit)
    bed.deallocate(2, M112)
    bed.mint(STRANGER, bed.unit)
    bed.act(STRANGER, DEPOSIT, bed.unit, STRANGER)
    shares = bed.shares(DEPOSITOR) // 2
    bed.exit_now(DEPOSITOR, shares)
    bed.act(DEPOSITOR, "transfer(address,uint256)", LEAVER, 1)
    assert bed.assets(DEPOSITOR) > 0
