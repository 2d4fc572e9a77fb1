"""settle: when, for whom, what everyone of an epoch gets, and what waits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modes import Group, Mode
from tests.treasury import (
    DAY,
    DEPOSITOR,
    HOT,
    HOUR,
    LEAVER,
    MAX_UINT,
    STRANGER,
)
from tests.unit.bed import TRANSFER, ZERO, ceil_div
from tests.unit.events import event
from tests.unit.leavers import HOLDERS, REQUEST, SECOND, SETTLE, STRATEGY_DUST, THIRD, Leavers, Stake

OWED_FLAG = 1 << (192 + 4)
IDS = (1, 2, 3)


def settle(bed: Leavers, shares: int) -> dict[str, Any]:
    """Have the leaver request shares and settle them when due."""
    bed.request(LEAVER, shares)
    bed.mature()
    return bed.settle()


# ------------------------------------------------------------------ when and by whom


def test_settle__exactly_due__passes_and_one_second_before_is_refused(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    due = leavers.now() + DAY
    leavers.at(due - 1)
    with leavers.refused("queue: not due"):
        leavers.settle()
    leavers.at(due)
    assert leavers.promised(STRANGER, SETTLE) == 1
    leavers.settle()
    assert leavers.now() == due


def test_settle__nothing_requested__is_refused(leavers: Leavers) -> None:
    with leavers.refused("queue: not due"):
        leavers.settle()


def test_settle__twice__is_refused(leavers: Leavers) -> None:
    leavers.settled()
    leavers.ripen()
    with leavers.refused("queue: not due"):
        leavers.settle()


def test_settle__long_overdue__passes(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    leavers.rpc.warp(1_000 * DAY)
    leavers.settle()
    assert leavers.of(1, LEAVER).claimable == leavers.least


def test_settle__afterwards__no_epoch_is_open(leavers: Leavers) -> None:
    leavers.settled()
    assert leavers.open_epoch() == (0, 0, 0)
    assert leavers.request(SECOND, leavers.least) == 2


# ------------------------------------------------------------------ what it pays


@pytest.mark.parametrize("part", [1, 7])
def test_settle__all_liquid__pays_the_slice_to_the_wei(any_leavers: Leavers, part: int) -> None:
    bed = any_leavers
    bed.gain(1, 3 * bed.unit + 1)
    bed.lose(2, 5 * bed.unit + 1)
    shares = bed.shares(LEAVER) // part
    cash, units = bed.fair(shares)
    idle, before, supply = bed.idle(), [bed.position(i) for i in IDS], bed.supply()
    total = cash + sum(
        bed.rpc.read(s, "previewRedeem(uint256)", units[i]) for i, s in enumerate(bed.strategies, 1)
    )
    promised = cash + sum(book * units[i] // held for i, (held, book, _, _) in zip(IDS, before, strict=True))
    receipt, due = settle(bed, shares), bed.now()
    assert bed.owed() == total == bed.of(1, LEAVER).assets
    assert bed.word(HOT) & OWED_FLAG
    assert bed.idle() == idle - cash
    assert bed.supply() == supply - shares
    assert bed.assets(LEAVER) == 0
    for i, (held, book, status, _) in zip(IDS, before, strict=True):
        left = book - ceil_div(book * units[i], held)
        assert bed.position(i)[:3] == (held - units[i], left, status)
        assert (bed.runoff(i), bed.coverage(i)) == ((0, 0), (0, 0, 0))
    assert bed.events(receipt) == [
        bed.handed(bed.queue, ZERO, shares),
        event(bed.queue, "Settled", id=1, shares=shares, cash=total, promised=promised, due=due),
    ]
    assert bed.of(1, LEAVER) == Stake(shares, 0, shares, total, 0, 0)


def test_settle__several__pays_each_its_part_of_one_record(leavers: Leavers) -> None:
    bed = leavers
    amounts = dict(zip(HOLDERS, (bed.shares(LEAVER), bed.least, 3 * bed.least), strict=True))
    for holder, shares in amounts.items():
        bed.request(holder, shares)
    bed.mature()
    bed.settle()
    cash, whole = bed.owed(), sum(amounts.values())
    for holder, shares in amounts.items():
        assert bed.of(1, holder) == Stake(shares, 0, shares, shares * cash // whole, 0, 0)


def test_settle__as_a_slice__pays_the_same(leavers: Leavers) -> None:
    bed = leavers
    bed.gain(2, 777_777)
    shares = bed.shares(LEAVER)
    sliced = bed.foreseen(LEAVER, "redeem_slice(uint256,address,address,uint256)", shares, LEAVER, LEAVER, 0)
    settle(bed, shares)
    assert bed.owed() == sliced


def test_settle__stayers__have_at_least_as_much_a_share(leavers: Leavers) -> None:
    bed = leavers
    before = (bed.totals()[0] + 1, bed.supply())
    settle(bed, bed.shares(LEAVER))
    after = (bed.totals()[0] + 1, bed.supply())
    assert after[0] * before[1] >= before[0] * after[1]


# ------------------------------------------------------------------ what waits


def test_settle__nothing_liquid__pays_idle_and_lets_the_rest_wait(any_leavers: Leavers) -> None:
    bed = any_leavers.drain()
    shares = bed.shares(LEAVER)
    cash, units = bed.fair(shares)
    books = {i: bed.position(i)[1] * units[i] // bed.units(i) for i in IDS}
    receipt, due = settle(bed, shares), bed.now()
    assert bed.owed() == cash
    assert {i: bed.runoff(i) for i in IDS} == {i: (units[i], 0) for i in IDS}
    assert {i: bed.coverage(i) for i in IDS} == dict.fromkeys(IDS, (0, 0, 0))
    joined = [
        event(bed.queue, "Joined", id=1, strategy=i, generation=1, points=units[i], units=units[i])
        for i in reversed(IDS)
    ]
    promised = cash + sum(books.values())
    settled = event(bed.queue, "Settled", id=1, shares=shares, cash=cash, promised=promised, due=due)
    assert bed.events(receipt) == [bed.handed(bed.queue, ZERO, shares), *joined, settled]
    worth = cash + sum(books.values())
    standing = sum(shares * book // worth for book in books.values())
    assert bed.of(1, LEAVER) == Stake(shares, standing, shares - standing, cash, 0, 0)
    assert bed.is_solvent()


def test_settle__partly_liquid__takes_the_leaver_s_part_of_what_is(leavers: Leavers) -> None:
    bed = leavers
    bed.liquid(1, 70_000 * bed.unit)
    shares, supply = bed.shares(LEAVER), bed.supply()
    cash, units = bed.fair(shares)
    now = 70_000 * bed.unit * shares // supply
    settle(bed, shares)
    assert bed.owed() == cash + now + units[2] + units[3]
    assert bed.waiting(1) == units[1] - now
    assert bed.coverage(1) == (70_000 * bed.unit - now, 0, 0)
    assert (bed.waiting(2), bed.waiting(3)) == (0, 0)


def test_settle__liquid_but_for_one_unit__lets_nothing_wait_that_is_covered(leavers: Leavers) -> None:
    bed = leavers
    bed.dial(1, Group.MAX, Mode.RETURN_VALUE, bed.units(1) - 1)
    shares, supply = bed.shares(LEAVER), bed.supply()
    units, now = bed.units(1) * shares // supply, (bed.units(1) - 1) * shares // supply
    settle(bed, shares)
    assert bed.waiting(1) == units - now


def test_settle__while_others_wait__pays_both_by_one_redeem(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    settle(bed, bed.shares(LEAVER))
    waiting, held = bed.waiting(1), bed.units(1)
    bed.liquid(1, 90_000 * bed.unit)
    liquid, shares, supply = 90_000 * bed.unit, bed.shares(SECOND), bed.supply()
    cash, units = bed.fair(shares)
    theirs = ceil_div(liquid * waiting, held + waiting)
    own = (liquid - theirs) * shares // supply
    owed = bed.owed()
    bed.request(SECOND, shares)
    bed.mature()
    receipt = bed.settle()
    assert bed.owed() == owed + cash + theirs + own + units[2] + units[3]
    assert bed.waiting(1) == waiting - theirs + units[1] - own
    covered = liquid - theirs
    assert bed.coverage(1) == (covered - covered * shares // supply, 0, 0)
    credited, joined, settled = bed.events(receipt)[1:]
    assert credited == event(bed.queue, "Credited", strategy=1, generation=1, assets=theirs)
    assert joined.fields["id"] == 2
    assert settled.fields["cash"] == cash + own + units[2] + units[3]
    assert bed.of(1, LEAVER).assets == pytest.approx(
        owed + theirs, abs=1
    )  # its own cash, and all that was credited


def test_settle__units_without_a_whole_point__return_to_the_stayers(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    settle(bed, bed.shares(LEAVER))
    bed.refill(1)
    bed.unwind(1, 3_333_333_337)
    odd = 0
    for holder in (SECOND, THIRD, DEPOSITOR):
        held = bed.units(1) + bed.waiting(1)
        bed.drain(1)
        shares = bed.shares(holder) // 3 + 10**13
        part = bed.units(1) * shares // bed.supply()
        waiting = bed.waiting(1)
        bed.request(holder, shares)
        bed.mature()
        bed.settle()
        assert bed.units(1) + bed.waiting(1) == held
        assert 0 <= waiting + part - bed.waiting(1) <= 1
        odd += waiting + part - bed.waiting(1)
    assert odd


def test_settle__strategy_without_units__is_left_alone(leavers: Leavers) -> None:
    leavers.deallocate(2, MAX_UINT)
    leavers.dial(2, Group.MAX, Mode.BURN_LOOP)
    leavers.dial(2, Group.READ, Mode.BURN_LOOP)
    before = leavers.position(2)
    settle(leavers, leavers.shares(LEAVER))
    assert leavers.position(2) == before
    assert leavers.of(1, LEAVER).pending == 0


def test_settle__part_worth_less_than_a_call__waits(leavers: Leavers) -> None:
    bed, supply = leavers, leavers.supply()
    shares = ceil_div(STRATEGY_DUST * supply, bed.position(1)[1])
    bed.act(LEAVER, TRANSFER, STRANGER, shares - 1)
    bed.request(STRANGER, shares - 1)
    bed.mature()
    bed.settle()
    assert [bed.waiting(i) for i in IDS] == [STRATEGY_DUST - 1] * 3
    assert bed.of(1, STRANGER).pending > 0
    bed.unwind(1)
    assert bed.waiting(1) == 0


def test_settle__part_just_worth_a_call__is_paid(leavers: Leavers) -> None:
    bed, supply = leavers, leavers.supply()
    shares = ceil_div(STRATEGY_DUST * supply, bed.position(1)[1])
    bed.act(LEAVER, TRANSFER, STRANGER, shares)
    bed.request(STRANGER, shares)
    bed.mature()
    bed.settle()
    assert [bed.waiting(i) for i in IDS] == [0] * 3


# ------------------------------------------------------------------ cost


def test_settle__many_requests__costs_what_one_costs(leavers: Leavers) -> None:
    bed = leavers
    spent = []
    for requests in (1, 12):
        for _ in range(requests):
            bed.line(LEAVER, REQUEST, 120 * bed.least // requests, LEAVER, LEAVER)
        bed.mature()
        spent.append(int(bed.settle()["gasUsed"], 16))
    # The first settlement pays for slots that are written for the first time.
    assert spent[1] <= spent[0]


def test_settle__everyone_leaves__only_the_dead_shares_stay(leavers: Leavers) -> None:
    bed = leavers
    for holder in (*HOLDERS, DEPOSITOR):
        bed.request(holder, bed.shares(holder))
    bed.mature()
    bed.settle()
    assert bed.supply() == 10**6 * bed.virtual + bed.virtual
    assert bed.totals()[0] == pytest.approx(10**6, abs=10)
    for holder in (*HOLDERS, DEPOSITOR):
        bed.claim(holder, 1)
    assert sum(bed.assets(h) for h in (*HOLDERS, DEPOSITOR)) == pytest.approx(10**6 * bed.unit, abs=10)
    assert bed.owed() <= 4
    bed.rpc.warp(HOUR)
    assert bed.deposit(STRANGER, 100 * bed.unit) == pytest.approx(100 * bed.unit * bed.virtual, rel=1e-4)
