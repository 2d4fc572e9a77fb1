"""When fees are not charged, and whom they never reach: holders who have left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, HOUR, LEAVER
from tests.unit.bed import BPS, CALM, PLACED, STRESS, WINDDOWN, YEAR, Bed
from tests.unit.leavers import SECOND, Leavers
from tests.unit.toll import COLLECTOR, MOST, charged, frozen, mark_of, set_fees
from tests.unit.watch import is_dry, poked_at, seen


@pytest.fixture
def paying(invested: Bed) -> Bed:
    """As ``invested``, with the highest fees, and a gain that is due for them."""
    set_fees(invested, *MOST)
    charged(invested)
    invested.gain(2, 100 * invested.unit)
    return invested


def parch(bed: Bed) -> None:
    """Let next to nothing be liquid."""
    bed.allocate(3, bed.idle() - bed.unit)
    for identifier in (1, 2, 3):
        bed.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, 0)


def water(bed: Bed) -> None:
    """Let everything be liquid."""
    for identifier in (1, 2, 3):
        bed.dial(identifier, Group.LIQUIDITY, Mode.HONEST)


TROUBLES: dict[str, tuple[Callable[[Bed], None], Callable[[Bed], None]]] = {
    "stress": (lambda bed: bed.latch(STRESS), lambda bed: bed.latch(CALM)),
    "fall": (
        lambda bed: bed.mark(1, PLACED * bed.unit * 8 // 10),
        lambda bed: bed.dial(1, Group.READ, Mode.HONEST),
    ),
    "dry": (parch, water),
}


@pytest.mark.parametrize(("trouble", "relief"), TROUBLES.values(), ids=TROUBLES.keys())
def test_fees__trouble__freezes_them_and_its_time_is_never_charged(
    paying: Bed, trouble: Callable[[Bed], None], relief: Callable[[Bed], None]
) -> None:
    bed = paying
    trouble(bed)
    for seconds in (1, HOUR, DAY):
        frozen(bed, seconds)
    relief(bed)
    # The first poke without trouble charges the time since the poke before it, not since the trouble.
    lo, then = seen(bed).lo, poked_at(bed)
    bill = charged(bed, 60)
    assert 60 <= bed.now() - then <= 63
    assert bill.management == lo * 200 * (bed.now() - then) // (BPS * YEAR)
    assert bill.performance == pytest.approx(20 * bed.unit, rel=0.05)


def test_fees__failing_read__freezes_them(paying: Bed) -> None:
    paying.fail(1)
    for seconds in (1, HOUR - 2):
        frozen(paying, seconds)
    paying.fail(1, False)
    assert charged(paying).management > 0


def test_fees__trouble_ends_in_stress__waits_for_calm(paying: Bed) -> None:
    paying.latch(STRESS)
    frozen(paying, DAY)
    paying.latch(CALM)
    assert charged(paying, 1).shares > 0


def test_fees__quarantine__freezes_them_while_it_is_large(paying: Bed) -> None:
    paying.quarantine(1)
    assert seen(paying).dark > 500
    frozen(paying, DAY)
    paying.govern("write_down(uint256)", 1)
    bill = charged(paying, 60)
    assert bill.management > 0
    assert bill.performance == 0


def test_fees__small_quarantine__are_charged_of_what_is_left(bed: Bed) -> None:
    bed.allocate(1, 40_000 * bed.unit)
    set_fees(bed, *MOST)
    charged(bed)
    bed.quarantine(1)
    lo = bed.totals()[0]
    assert lo == bed.idle()
    assert charged(bed, DAY).management == lo * 200 * DAY // (BPS * YEAR)


def test_fees__winddown__are_never_charged_again(paying: Bed) -> None:
    paying.latch(WINDDOWN)
    for seconds in (1, HOUR, DAY, 30 * DAY):
        frozen(paying, seconds)


def test_fees__in_the_poke_that_latches__are_charged_in_calm(paying: Bed) -> None:
    """The state before the poke counts; the veto freezes what it sees itself."""
    receipt = paying.watch()
    assert "FeesCharged" in [entry.name for entry in paying.events(receipt)]
    paying.latch(STRESS)
    held = paying.shares(COLLECTOR)
    paying.watch()
    assert paying.shares(COLLECTOR) == held


def test_fees__dry_until_this_poke__are_charged_by_it(paying: Bed) -> None:
    parch(paying)
    frozen(paying, 1)
    assert is_dry(paying)
    water(paying)
    assert charged(paying, 1).shares > 0
    assert not is_dry(paying)


# ------------------------------------------------------------------ those who have left


@pytest.fixture
def left(leavers: Leavers) -> Leavers:
    """One has left with nothing paid but idle, and fees are the highest."""
    set_fees(leavers, *MOST)
    leavers.drain(1)
    leavers.settled(LEAVER)
    leavers.poke()
    return leavers


def test_fees__holders_who_left__pay_none(left: Leavers) -> None:
    before = left.of(1, LEAVER), left.owed(), left.runoff(1), left.coverage(1), left.units(1), left.idle()
    for _ in range(5):
        left.gain(2, 10 * left.unit)
        assert charged(left, DAY).shares > 0
    after = left.of(1, LEAVER), left.owed(), left.runoff(1), left.coverage(1), left.units(1), left.idle()
    assert after == before


def test_fees__holders_who_left__are_paid_what_they_are_without(left: Leavers) -> None:
    snapshot, paid, held = left.rpc.call("evm_snapshot"), [], left.shares(COLLECTOR)
    for charges in (True, False):
        if not charges:
            left.rpc.call("evm_revert", snapshot)
            set_fees(left, 0, 0)
        for _ in range(3):
            left.rpc.warp(DAY)
            left.poke()
        left.refill(1)
        left.unwind(1)
        left.claim(LEAVER, 1)
        paid.append((left.assets(LEAVER), left.shares(COLLECTOR) > held))
    assert paid[0][0] == paid[1][0]
    assert (paid[0][1], paid[1][1]) == (True, False)


def test_fees__total__counts_no_cash_that_is_owed(left: Leavers) -> None:
    assert left.owed() > 0
    lo = left.idle() + sum(left.units(i) for i in (1, 2, 3))
    assert left.totals()[0] == lo
    assert charged(left, DAY).management == lo * 200 * DAY // (BPS * YEAR)


def test_fees__shares_in_the_queue__pay_until_they_are_settled(leavers: Leavers) -> None:
    """A request leaves with its epoch: until then its shares are diluted like any other."""
    set_fees(leavers, 200, 0)
    leavers.poke()
    shares = leavers.shares(SECOND)
    leavers.request(SECOND, shares)
    supply = leavers.supply()
    bill = charged(leavers, HOUR)
    leavers.mature()
    leavers.settle()
    assert leavers.supply() == supply + bill.shares - shares
    assert mark_of(leavers) == 0
    total = (leavers.totals()[0] + leavers.owed()) * shares // (supply + bill.shares)
    assert leavers.of(1, SECOND).assets == pytest.approx(total, abs=10)
