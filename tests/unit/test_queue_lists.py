"""Many requests of one controller: the oldest first, eight at a time, the others by their id."""

from __future__ import annotations

import random

import pytest

from tests.treasury import LEAVER, STRANGER
from tests.unit.leavers import (
    DETACH,
    HOLDERS,
    REDEEM,
    SECOND,
    THIRD,
    WITHDRAW,
    Leavers,
    Stake,
)

NONE = Stake(0, 0, 0, 0, 0, 0)
OLDEST = 8


def epochs(bed: Leavers, count: int, controller: str = LEAVER) -> list[int]:
    """Have an account leave in ``count`` epochs, one after the other."""
    made = []
    for size in range(1, count + 1):
        made.append(bed.request(controller, size * bed.least))
        bed.mature()
        bed.settle()
    return made


def test_redeem__several_requests__takes_the_oldest_first(leavers: Leavers) -> None:
    bed = leavers
    first, second, third = epochs(bed, 3)
    cash = [bed.of(i, LEAVER).assets for i in (first, second, third)]
    part = bed.least + bed.least // 2
    expected = cash[0] + cash[1] // 4
    assert bed.promised(LEAVER, REDEEM, part, LEAVER, LEAVER) == expected
    bed.line(LEAVER, REDEEM, part, LEAVER, LEAVER)
    assert bed.listed(LEAVER) == [second, third]
    assert bed.of(first, LEAVER) == NONE
    assert bed.of(second, LEAVER).claimed == bed.least // 2
    assert bed.of(third, LEAVER).claimed == 0
    bed.line(LEAVER, WITHDRAW, bed.limits_of(LEAVER)[1], LEAVER, LEAVER)
    assert bed.assets(LEAVER) == sum(cash)
    assert bed.listed(LEAVER) == []


def test_redeem__oldest_still_waits__goes_on_to_the_next(leavers: Leavers) -> None:
    bed = leavers.drain()
    first, second = epochs(bed, 2)
    bed.claim(LEAVER, first)
    stake = bed.of(second, LEAVER)
    assert bed.of(first, LEAVER).pending > 0
    assert bed.limits_of(LEAVER) == (stake.claimable, stake.assets)
    bed.line(LEAVER, REDEEM, stake.claimable, LEAVER, LEAVER)
    assert bed.of(second, LEAVER).claimed == stake.claimable
    assert bed.listed(LEAVER) == [first, second]


def test_claims__more_than_eight_requests__reach_the_oldest_eight(leavers: Leavers) -> None:
    bed = leavers
    ids = epochs(bed, OLDEST + 2)
    stakes = [bed.of(i, LEAVER) for i in ids]
    assert bed.listed(LEAVER) == ids[:OLDEST]
    assert bed.limits_of(LEAVER) == (
        sum(stake.claimable for stake in stakes[:OLDEST]),
        sum(stake.assets for stake in stakes[:OLDEST]),
    )
    with bed.refused("queue: over maxRedeem"):
        bed.line(LEAVER, REDEEM, bed.limits_of(LEAVER)[0] + 1, LEAVER, LEAVER)
    bed.claim(LEAVER, ids[-1])
    assert bed.assets(LEAVER) == stakes[-1].assets
    bed.line(LEAVER, REDEEM, bed.limits_of(LEAVER)[0], LEAVER, LEAVER)
    assert bed.listed(LEAVER) == [ids[OLDEST]]
    bed.line(LEAVER, WITHDRAW, bed.limits_of(LEAVER)[1], LEAVER, LEAVER)
    assert bed.assets(LEAVER) == sum(stake.assets for stake in stakes)
    assert bed.listed(LEAVER) == []


@pytest.mark.parametrize("seed", range(4))
def test_requests_of__any_order_of_claims__lists_what_is_left_by_age(leavers: Leavers, seed: int) -> None:
    bed, choice = leavers, random.Random(seed)
    left: list[int] = []
    for _ in range(40):
        if not left or choice.random() < 0.5:
            left.append(bed.request(LEAVER, bed.least))
            bed.mature()
            bed.settle()
        elif choice.random() < 0.7:
            bed.claim(LEAVER, left.pop(choice.randrange(len(left))))
        else:
            old = left.pop(choice.randrange(len(left)))
            left.append(bed.promised(LEAVER, DETACH, old, LEAVER))
            bed.line(LEAVER, DETACH, old, LEAVER)
        assert bed.listed(LEAVER) == left[:OLDEST]
        assert all(bed.of(i, LEAVER).claimable == bed.least for i in left)
    for identifier in left:
        bed.claim(LEAVER, identifier)
    assert bed.listed(LEAVER) == []
    assert bed.request(LEAVER, bed.least) == bed.open_epoch()[0]
    assert bed.listed(LEAVER) == [bed.open_epoch()[0]]


@pytest.mark.parametrize("seed", range(3))
def test_requests_of__finished_ones_that_still_may_pay__leave_the_list(leavers: Leavers, seed: int) -> None:
    bed, choice = leavers.drain(1), random.Random(seed)
    left: list[int] = []
    done: list[int] = []
    for _ in range(12):
        left.append(bed.request(LEAVER, bed.least))
        bed.mature()
        bed.settle()
    bed.quarantine(1)
    bed.govern("write_down(uint256)", 1)
    bed.line(STRANGER, "write_off(uint256)", 1)
    choice.shuffle(left)
    for identifier in left[:9]:
        bed.claim(LEAVER, identifier)
        done.append(identifier)
        assert bed.listed(LEAVER) == sorted(set(left) - set(done))[:OLDEST]
    bed.revive(1)
    bed.unwind(1)
    for identifier in done:
        stake = bed.of(identifier, LEAVER)
        assert (stake.claimed, stake.pending) == (bed.least, 0)
        assert stake.assets > 0
        bed.claim(LEAVER, identifier)
        assert bed.of(identifier, LEAVER) == NONE
    assert bed.listed(LEAVER) == sorted(set(left) - set(done))[:OLDEST]


def test_claims__two_controllers__do_not_mix(leavers: Leavers) -> None:
    leavers.settled(*HOLDERS)
    stakes = [leavers.of(1, holder) for holder in HOLDERS]
    leavers.line(SECOND, REDEEM, leavers.limits_of(SECOND)[0], SECOND, SECOND)
    assert leavers.of(1, LEAVER) == stakes[0]
    assert leavers.of(1, THIRD) == stakes[2]
    assert leavers.assets(SECOND) == stakes[1].assets
