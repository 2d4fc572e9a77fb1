"""The bucket of petty cash: its size, its base, its refill, and that nobody can fill it by depositing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import DAY, DEPOSITOR, HOUR, LEAVER, PETTY, SNAPSHOT
from tests.unit.bed import BPS, FUNDS, WITHDRAW, Bed
from tests.unit.refusals import Refusal

M96 = 2**96 - 1
M112 = 2**112 - 1


def take(bed: Bed, assets: int) -> Any:
    """Withdraw of the depositor's money."""
    return bed.act(DEPOSITOR, WITHDRAW, assets, LEAVER, DEPOSITOR)


def base(bed: Bed) -> int:
    """The lower of the last two noted totals, as stored."""
    return (bed.word(PETTY) >> 96) & M96


def spent(bed: Bed) -> tuple[int, int]:
    """What was spent at the last payment, and when that was."""
    return bed.word(PETTY) & M96, (bed.word(PETTY) >> 192) & (2**32 - 1)


def room(bed: Bed) -> int:
    """What petty cash would pay the depositor."""
    return bed.view("maxWithdraw(address)", DEPOSITOR)


@pytest.fixture
def petty(bed: Bed) -> Bed:
    """All capital idle, petty cash open with a bucket of one hundredth."""
    bed.poke()
    bed.rpc.warp(DAY)
    bed.poke()
    return bed


# ------------------------------------------------------------------ base


def test_base__first_poke__keeps_it_closed(bed: Bed) -> None:
    assert room(bed) == base(bed) == 0
    bed.poke()
    assert room(bed) == base(bed) == 0
    with bed.refused(Refusal.PETTY_CASH_SPENT):
        take(bed, 1)


def test_base__second_poke_an_epoch_later__opens(bed: Bed) -> None:
    bed.poke()
    first = bed.now()
    bed.at(first + DAY - 1)
    bed.poke()
    assert base(bed) == 0
    bed.at(first + DAY)
    bed.poke()
    total = bed.totals()[0]
    assert base(bed) == total
    assert room(bed) == total // 100
    assert bed.word(SNAPSHOT) == (first + DAY) << 224 | total << 112 | total


@pytest.mark.parametrize("change", [-1, 1])
def test_base__two_totals__is_the_lower(petty: Bed, change: int) -> None:
    before = petty.totals()[0]
    if change > 0:
        petty.deposit(LEAVER, petty.unit)
    else:
        take(petty, petty.unit)
    petty.rpc.warp(DAY)
    petty.poke()
    after = before + change * petty.unit
    assert petty.totals()[0] == after
    assert base(petty) == min(before, after)
    assert (petty.word(SNAPSHOT) >> 112) & M112 == after
    petty.rpc.warp(DAY)
    petty.poke()
    assert base(petty) == after


def test_base__poke_within_the_epoch__stays(petty: Bed) -> None:
    petty.deposit(LEAVER, petty.unit)
    noted = petty.word(SNAPSHOT)
    petty.rpc.warp(DAY - 10)
    petty.poke()
    assert petty.word(SNAPSHOT) == noted


def test_base__poke__leaves_spent_and_limits(petty: Bed) -> None:
    take(petty, petty.unit)
    before = petty.word(PETTY)
    petty.rpc.warp(DAY)
    petty.poke()
    assert petty.word(PETTY) ^ before == (base(petty) ^ ((before >> 96) & M96)) << 96
    assert before >> 240 == 5
    assert (before >> 224) & 0xFFFF == 100


def test_base__total_beyond_96_bits__saturates(bed: Bed) -> None:
    bed.limits(deposit_cap=2**112 - 1)
    bed.deposit(LEAVER, 2**100)
    bed.poke()
    bed.rpc.warp(DAY)
    bed.poke()
    assert base(bed) == M96


# ------------------------------------------------------------------ size


@pytest.mark.parametrize("share", [1, 250, 1_000])
def test_bucket__any_share__is_that_part_of_the_base(petty: Bed, share: int) -> None:
    petty.limits(petty_share=share)
    bucket = petty.totals()[0] * share // BPS
    with petty.refused(Refusal.PETTY_CASH_SPENT):
        take(petty, bucket + 1)
    take(petty, bucket)
    assert spent(petty) == (bucket, petty.now())


def test_bucket__no_share__is_closed(petty: Bed) -> None:
    petty.limits(petty_share=0)
    assert room(petty) == 0
    with petty.refused(Refusal.PETTY_CASH_SPENT):
        take(petty, 1)


def test_bucket__total_below_the_base__shrinks_with_it(petty: Bed) -> None:
    petty.invest()
    petty.mark(1, petty.position(1)[1] - petty.totals()[1] // 1_000)
    lo = petty.totals()[0]
    assert lo < base(petty)
    assert room(petty) == lo // 100


def test_bucket__lower_share__leaves_nothing_after_spending(petty: Bed) -> None:
    take(petty, petty.totals()[0] // 100)
    petty.limits(petty_share=50)
    assert room(petty) == 0


# ------------------------------------------------------------------ refill


def test_bucket__two_payments__add_up(petty: Bed) -> None:
    bucket = petty.totals()[0] // 100
    start = petty.now() + 10
    petty.at(start)
    take(petty, bucket // 2)
    size = min(base(petty), petty.totals()[0]) // 100
    left = size - (bucket // 2 - min(bucket // 2, size * 5 // DAY))
    petty.at(start + 5)
    with petty.refused(Refusal.PETTY_CASH_SPENT):
        take(petty, left + 1)
    left = size - (bucket // 2 - size * 6 // DAY)
    take(petty, left)
    assert spent(petty) == (size, start + 6)


@pytest.mark.parametrize("seconds", [1, HOUR, 12 * HOUR, DAY - 1, DAY, 3 * DAY])
def test_bucket__after_a_while__is_refilled_evenly(petty: Bed, seconds: int) -> None:
    take(petty, petty.totals()[0] // 100)
    size = min(base(petty), petty.totals()[0]) // 100
    used = spent(petty)[0]
    petty.rpc.warp(seconds)
    assert room(petty) == max(size - max(used - size * seconds // DAY, 0), 0)
    a_second_later = max(size - max(used - size * (seconds + 1) // DAY, 0), 0)
    with petty.refused(Refusal.PETTY_CASH_SPENT):
        take(petty, a_second_later + 1)


def test_bucket__any_epoch__pays_at_most_twice_its_size(petty: Bed) -> None:
    bucket, paid = petty.totals()[0] // 100, 0
    start = petty.now() + 1
    petty.at(start)
    take(petty, bucket)
    paid += bucket
    for hour in range(1, 25):
        petty.at(start + hour * HOUR - 1)
        petty.rpc.mine()
        amount = room(petty)
        petty.at(start + hour * HOUR)
        take(petty, amount)
        paid += amount
    assert 1.9 * bucket < paid <= 2 * bucket


# ------------------------------------------------------------------ deposits


def test_deposit__bucket_spent__does_not_refill_it(petty: Bed) -> None:
    bucket = petty.totals()[0] // 100
    take(petty, bucket)
    before = room(petty), base(petty)
    petty.deposit(LEAVER, 50 * FUNDS * petty.unit)
    refilled = (petty.now() - spent(petty)[1]) * bucket // DAY
    assert room(petty) <= before[0] + refilled + 1
    assert base(petty) == before[1]


def test_deposit__next_epoch__raises_the_bucket_only_after_two(petty: Bed) -> None:
    before = base(petty)
    petty.deposit(LEAVER, 50 * FUNDS * petty.unit)
    petty.rpc.warp(DAY)
    petty.poke()
    assert base(petty) == before
    petty.rpc.warp(DAY)
    petty.poke()
    assert base(petty) == before + 50 * FUNDS * petty.unit


def test_donation__asset__raises_neither_base_nor_room(petty: Bed) -> None:
    before = base(petty), room(petty), petty.totals()
    petty.rpc.transact(LEAVER, petty.asset, "mint(address,uint256)", petty.vault, FUNDS * petty.unit)
    petty.rpc.warp(DAY)
    petty.poke()
    petty.rpc.warp(DAY)
    petty.poke()
    assert (base(petty), room(petty), petty.totals()) == before
