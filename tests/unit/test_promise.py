"""What leavers were promised and what came: `Settled`, and `proceeds` of shared and private records."""

from __future__ import annotations

import pytest

from tests.treasury import DAY, LEAVER
from tests.unit.events import Event
from tests.unit.leavers import DETACH, IN_KIND, REQUEST, SECOND, THIRD, WRITE_OFF, Leavers

IDS = (1, 2, 3)
PROCEEDS = "proceeds(uint256)"


def proceeds(bed: Leavers, record: int) -> tuple[int, int, bool]:
    """Shares, asset wei so far, and whether more may come."""
    return bed.ask(PROCEEDS, record, returns=("uint256", "uint256", "bool"))


def worth(bed: Leavers, shares: int) -> int:
    """What a slice stands at: its part of idle and of the books, asset wei."""
    cash, units = bed.fair(shares)
    return cash + sum(bed.position(i)[1] * units[i] // bed.units(i) for i in IDS if units[i])


def settled_event(bed: Leavers, receipt: dict) -> Event:
    """The one event of a settlement."""
    (found,) = [entry for entry in bed.events(receipt) if entry.name == "Settled"]
    return found


def settle(bed: Leavers, *leavers: str) -> Event:
    """Have accounts request all their shares and settle them when due."""
    for leaver in leavers or (LEAVER,):
        bed.request(leaver, bed.shares(leaver))
    bed.mature()
    return settled_event(bed, bed.settle())


# ------------------------------------------------------------------ Settled


@pytest.mark.parametrize("trouble", ["none", "drained", "quarantined", "lost", "gained", "dead"])
def test_promised__idle_and_books__whatever_comes_of_them(any_leavers: Leavers, trouble: str) -> None:
    bed = any_leavers
    if trouble == "drained":
        bed.drain()
    elif trouble == "quarantined":
        bed.quarantine(1)
    elif trouble == "lost":
        bed.lose(1, 50_000 * bed.unit)
    elif trouble == "gained":
        bed.gain(1, 50_000 * bed.unit)
    elif trouble == "dead":
        bed.mark(1, 0)
        bed.poke()
    shares, promised = bed.shares(LEAVER), worth(bed, bed.shares(LEAVER))
    told = settle(bed)
    assert told.fields == {
        "id": 1,
        "shares": shares,
        "cash": bed.owed(),
        "promised": promised,
        "due": bed.now(),
    }


def test_promised__all_liquid_at_par__is_what_came(leavers: Leavers) -> None:
    told = settle(leavers)
    assert told.fields["promised"] == pytest.approx(told.fields["cash"], abs=3)


def test_promised__runoff_of_others__is_not_in_it(dry: Leavers) -> None:
    promised = worth(dry, dry.shares(SECOND))
    assert settle(dry, SECOND).fields["promised"] == promised


def test_promised__unbooked_gain__is_in_the_cash_alone(leavers: Leavers) -> None:
    leavers.gain(1, 100_000 * leavers.unit)
    told = settle(leavers)
    assert told.fields["cash"] > told.fields["promised"] + 1_000 * leavers.unit


@pytest.mark.parametrize("late", [0, 1, 40 * DAY])
def test_due__settled_late__is_an_epoch_after_the_first_request(leavers: Leavers, late: int) -> None:
    leavers.request(LEAVER, leavers.least)
    due = leavers.open_epoch()[2]
    assert due == leavers.now() + DAY
    leavers.rpc.warp(100)
    leavers.request(SECOND, leavers.least)
    leavers.at(due + late)
    assert settled_event(leavers, leavers.settle()).fields["due"] == due
    assert leavers.now() == due + late


def test_due__settled_by_the_next_request__is_told_as_well(leavers: Leavers) -> None:
    leavers.request(LEAVER, leavers.least)
    due = leavers.open_epoch()[2]
    leavers.rpc.warp(3 * DAY)
    receipt = leavers.line(SECOND, REQUEST, leavers.least, SECOND, SECOND)
    assert settled_event(leavers, receipt).fields["due"] == due


# ------------------------------------------------------------------ proceeds


@pytest.mark.parametrize("record", [0, 1, 7, 2**255])
def test_proceeds__no_such_record__is_nothing(leavers: Leavers, record: int) -> None:
    leavers.request(LEAVER, leavers.least)
    assert proceeds(leavers, record) == (0, 0, False)


def test_proceeds__all_paid_at_once__is_the_cash(leavers: Leavers) -> None:
    shares = leavers.shares(LEAVER)
    told = settle(leavers)
    assert proceeds(leavers, 1) == (shares, told.fields["cash"], False)
    leavers.claim(LEAVER, 1)
    assert proceeds(leavers, 1) == (shares, told.fields["cash"], False)


def test_proceeds__unwound_in_parts__grow_to_the_promise(any_leavers: Leavers) -> None:
    bed = any_leavers.drain()
    shares = bed.shares(LEAVER)
    told = settle(bed)
    cash, promised = told.fields["cash"], told.fields["promised"]
    assert proceeds(bed, 1) == (shares, cash, True)
    for identifier in IDS:
        bed.liquid(identifier, 50_000 * bed.unit)
        owed = bed.owed()
        bed.unwind(identifier)
        cash += bed.owed() - owed
        assert proceeds(bed, 1) == (shares, pytest.approx(cash, abs=identifier), True)
    bed.claim(LEAVER, 1)
    bed.refill()
    for identifier in IDS:
        bed.unwind(identifier)
    assert proceeds(bed, 1) == (shares, pytest.approx(promised, abs=6), False)
    bed.claim(LEAVER, 1)
    assert proceeds(bed, 1) == (shares, pytest.approx(bed.assets(LEAVER), abs=6), False)


def test_proceeds__unwound_by_a_move__count_before_the_queue_credits_them(dry: Leavers) -> None:
    before = proceeds(dry, 1)
    dry.refill(1)
    dry.deallocate(1, dry.unit)
    unsynced = dry.runoff(1)[1]
    after = proceeds(dry, 1)
    assert after == (before[0], pytest.approx(before[1] + unsynced, abs=1), False)
    dry.unwind(1)
    assert proceeds(dry, 1) == after


def test_proceeds__loss_while_waiting__stay_below_the_promise(leavers: Leavers) -> None:
    leavers.drain()
    promised = settle(leavers).fields["promised"]
    leavers.lose(1, leavers.worth(1) // 2)
    for _ in range(3):
        leavers.rpc.warp(DAY)
        leavers.poke()
    leavers.refill()
    for identifier in IDS:
        leavers.unwind(identifier)
    _, cash, more = proceeds(leavers, 1)
    assert not more
    assert cash == pytest.approx(promised - 10_000 * leavers.unit, rel=1e-4)


def test_proceeds__written_off__may_still_come(leavers: Leavers) -> None:
    leavers.drain(1)
    settle(leavers)
    cash = proceeds(leavers, 1)[1]
    leavers.quarantine(1)
    leavers.govern("write_down(uint256)", 1)
    leavers.line(SECOND, WRITE_OFF, 1)
    assert proceeds(leavers, 1)[1:] == (cash, True)
    leavers.revive(1)
    leavers.unwind(1)
    assert proceeds(leavers, 1)[1] > cash
    assert proceeds(leavers, 1)[2] is False


# ------------------------------------------------------------------ private records


def test_proceeds__exit_now__include_what_was_paid_at_once(leavers: Leavers) -> None:
    leavers.drain(1)
    shares, promised = leavers.shares(LEAVER), worth(leavers, leavers.shares(LEAVER))
    leavers.exit_now(LEAVER, shares)
    paid = leavers.assets(LEAVER)
    assert paid > 0
    assert proceeds(leavers, 1) == (shares, paid, True)
    leavers.refill(1)
    leavers.unwind(1)
    assert proceeds(leavers, 1) == (shares, pytest.approx(promised, abs=4), False)
    leavers.claim(LEAVER, 1)
    assert leavers.assets(LEAVER) == pytest.approx(promised, abs=4)


def test_proceeds__exit_now_paid_whole__has_no_record(leavers: Leavers) -> None:
    leavers.exit_now(LEAVER, leavers.shares(LEAVER))
    assert proceeds(leavers, 1) == (0, 0, False)


def test_proceeds__detached__is_a_part_and_the_whole_stays(leavers: Leavers) -> None:
    bed = leavers.drain()
    amounts = {LEAVER: bed.shares(LEAVER), SECOND: bed.shares(SECOND) // 3}
    for holder, shares in amounts.items():
        bed.request(holder, shares)
    bed.mature()
    bed.settle()
    whole = proceeds(bed, 1)
    bed.line(SECOND, DETACH, 1, SECOND)
    part = whole[1] * amounts[SECOND] // whole[0]
    assert proceeds(bed, 2) == (amounts[SECOND], part, True)
    assert proceeds(bed, 1) == whole
    bed.liquid(1, 60_000 * bed.unit)
    bed.unwind(1)
    after = proceeds(bed, 1)
    expected = after[1] * amounts[SECOND] // whole[0]
    assert proceeds(bed, 2) == (amounts[SECOND], pytest.approx(expected, abs=2), True)


def test_proceeds__taken_in_kind__end_with_what_was_banked(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    settle(bed, LEAVER, THIRD)
    bed.liquid(1, 30_000 * bed.unit)
    bed.unwind(1)
    shares = bed.of(1, LEAVER).shares
    cash = proceeds(bed, 1)[1] * shares // proceeds(bed, 1)[0]
    bed.ripen()
    bed.line(LEAVER, IN_KIND, 1, LEAVER, 1, LEAVER)
    assert proceeds(bed, 2)[0] == shares
    # Whatever the strategy could still pay was credited to everybody before the units left.
    assert proceeds(bed, 2)[1:] == (pytest.approx(cash, abs=3), False)
    assert proceeds(bed, 1)[2] is True
