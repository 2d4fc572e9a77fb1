"""allocate: measured on both sides, and every bound on it at and one over."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, STRANGER, deploy_solmate
from tests.unit.bed import (
    ALLOCATE,
    BPS,
    EVERYONE,
    FUNDS,
    M112,
    PLACED,
    SUSPECT,
    Bed,
)
from tests.unit.events import event
from tests.unit.refusals import Refusal

MIN_POSITION = 10**6  # asset wei
TOLERANCE = 50  # bps, of the default terms
PAR = 2**31  # the remembered price of one asset wei per unit


def amount(bed: Bed) -> int:
    """A fifth of the capital."""
    return PLACED * bed.unit


# ------------------------------------------------------------------ who


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"executor"}))
def test_allocate__other_role__is_refused(bed: Bed, role: str) -> None:
    with bed.refused(Refusal.UNAUTHORISED):
        bed.act(EVERYONE[role], ALLOCATE, 1, amount(bed), 0)


def test_allocate__executor_replaced__obeys_the_new_one(bed: Bed) -> None:
    bed.govern("set_executor(address)", STRANGER)
    with bed.refused(Refusal.UNAUTHORISED):
        bed.allocate(1, amount(bed))
    bed.act(STRANGER, ALLOCATE, 1, amount(bed), 0)


# ------------------------------------------------------------------ what it does


def test_allocate__any_asset__is_measured_and_told(any_bed: Bed) -> None:
    bed = any_bed
    paid, totals, idle = amount(bed), bed.totals(), bed.idle()
    assert bed.moved(ALLOCATE, 1, paid, paid) == (paid, paid, 0, paid, totals[0])
    receipt = bed.allocate(1, paid, paid)
    assert bed.events(receipt) == [event(bed.vault, "Allocated", id=1, assets=paid, units=paid, loss=0)]
    assert bed.position(1) == (paid, paid, 1, 0)
    assert bed.idle() == idle - paid
    assert bed.totals() == totals
    assert bed.assets(bed.vault) == idle - paid
    assert bed.rpc.read(bed.strategies[0], "units_of(address)", bed.vault) == paid


def test_allocate__twice__adds_units_and_book(bed: Bed) -> None:
    for _ in range(2):
        bed.allocate(1, amount(bed))
    assert bed.position(1)[:2] == (2 * amount(bed), 2 * amount(bed))


def test_allocate__dearer_than_remembered__counts_at_the_reference(bed: Bed) -> None:
    bed.allocate(1, amount(bed))
    bed.gain(1, amount(bed) * 40 // BPS)
    units, book, *_ = bed.position(1)
    receipt = bed.allocate(1, amount(bed))
    got = bed.position(1)[0] - units
    assert got < amount(bed) < bed.worth(1) * got // (units + got) + 2
    worth = got * (PAR + 1) >> 31
    assert bed.position(1)[:2] == (units + got, book + worth)
    counted = min(worth, got * (book + 1) // units)
    fields = {"id": 1, "assets": amount(bed), "units": got, "loss": amount(bed) - counted}
    assert bed.events(receipt) == [event(bed.vault, "Allocated", **fields)]


def test_allocate__small_dear_purchases__make_no_room_for_a_large_one(bed: Bed) -> None:
    bed.allocate(1, MIN_POSITION)
    bed.gain(1, MIN_POSITION * (TOLERANCE - 1) // BPS)
    for _ in range(20):
        bed.allocate(1, MIN_POSITION)
    bed.gain(1, bed.worth(1) * TOLERANCE // BPS)
    with bed.refused(Refusal.SLIPPAGE):
        bed.allocate(1, amount(bed))


def test_allocate__third_party_vault__works_both_ways(rpc: Rpc) -> None:
    bed = Bed.make(rpc, 18)
    bed.list(deploy_solmate(rpc, bed.asset))
    bed.fund()
    bed.allocate(1, amount(bed))
    rpc.transact(STRANGER, bed.asset, "mint(address,uint256)", bed.strategies[0], bed.unit)
    bed.allocate(1, amount(bed))
    bed.deallocate(1, M112)
    assert bed.position(1)[0] == 0
    assert bed.idle() == pytest.approx(FUNDS * bed.unit, abs=2 * bed.unit)


def test_allocate__strategy_takes_less__books_what_left_and_ends_the_approval(bed: Bed) -> None:
    bed.terms(1, band=BPS)
    bed.dial(1, Group.DEPOSIT, Mode.FREE_MINT, 5_000)
    half, idle = amount(bed) // 2, bed.idle()
    receipt = bed.allocate(1, amount(bed))
    told = event(bed.vault, "Allocated", id=1, assets=half, units=amount(bed), loss=0)
    assert bed.events(receipt) == [told]
    assert bed.idle() == idle - half
    assert bed.position(1)[:2] == (amount(bed), half)
    assert bed.rpc.read(bed.asset, "allowance(address,address)", bed.vault, bed.strategies[0]) == 0


def test_allocate__strategy_reaches_for_more__gets_no_more(bed: Bed) -> None:
    bed.dial(1, Group.DEPOSIT, Mode.OVERTAKE, 5_000)
    bed.allocate(1, amount(bed))
    assert bed.assets(bed.vault) == bed.idle()
    assert bed.rpc.read(bed.asset, "allowance(address,address)", bed.vault, bed.strategies[0]) == 0


@pytest.mark.parametrize("mode", [Mode.RETURN_NOTHING, Mode.RETURN_BOMB, Mode.RETURN_MAX, Mode.LIE_UP])
def test_allocate__absurd_answer__counts_for_nothing(bed: Bed, mode: Mode) -> None:
    bed.dial(1, Group.DEPOSIT, mode, 9_999 if mode == Mode.LIE_UP else 0)
    bed.allocate(1, amount(bed))
    assert bed.position(1)[:2] == (amount(bed), amount(bed))


def test_allocate__fee_inside_tolerance__is_the_loss(bed: Bed) -> None:
    bed.dial(1, Group.DEPOSIT, Mode.SHORT, 20)
    got = amount(bed) - amount(bed) * 20 // BPS
    receipt = bed.allocate(1, amount(bed))
    told = event(bed.vault, "Allocated", id=1, assets=amount(bed), units=got, loss=amount(bed) - got)
    assert bed.events(receipt) == [told]
    assert bed.position(1)[:2] == (got, got)


def test_allocate__donated_units__are_not_ours(bed: Bed) -> None:
    bed.share_strategy(1)
    bed.rpc.transact(STRANGER, bed.strategies[0], "transfer(address,uint256)", bed.vault, bed.unit)
    bed.allocate(1, amount(bed))
    assert bed.position(1)[0] == amount(bed)


# ------------------------------------------------------------------ before the strategy is called


def test_allocate__an_epoch_after_listing__opens(unsealed: Bed) -> None:
    bed = unsealed
    bed.seal()
    bed.deposit(DEPOSITOR, FUNDS * bed.unit)
    bed.list_hostile()
    opens = bed.now() + DAY
    bed.at(opens - 1)
    with bed.refused(Refusal.TOO_EARLY):
        bed.allocate(1, amount(bed))
    bed.at(opens)
    bed.allocate(1, amount(bed))


@pytest.mark.parametrize("identifier", [0, 4, 255])
def test_allocate__not_listed__is_refused(bed: Bed, identifier: int) -> None:
    with bed.refused(Refusal.STRATEGY_NOT_OK):
        bed.allocate(identifier, amount(bed))


def test_allocate__retired__is_refused(bed: Bed) -> None:
    bed.govern("retire(uint256)", 2)
    with bed.refused(Refusal.STRATEGY_NOT_OK):
        bed.allocate(2, amount(bed))


def test_allocate__suspect_or_quarantined__is_refused(bed: Bed) -> None:
    bed.fail(1)
    bed.poke()
    assert bed.status(1) == SUSPECT
    with bed.refused(Refusal.STRATEGY_NOT_OK):
        bed.allocate(1, amount(bed))
    bed.quarantine(1)
    with bed.refused(Refusal.STRATEGY_NOT_OK):
        bed.allocate(1, amount(bed))


def test_allocate__over_idle__is_refused_and_all_of_it_passes(bed: Bed) -> None:
    with bed.refused(Refusal.IDLE_SHORT):
        bed.allocate(1, bed.idle() + 1)
    bed.allocate(1, bed.idle())
    assert bed.idle() == bed.assets(bed.vault) == 0


def test_allocate__donated_cash__is_not_idle(bed: Bed) -> None:
    bed.rpc.transact(STRANGER, bed.asset, "mint(address,uint256)", bed.vault, bed.unit)
    with bed.refused(Refusal.IDLE_SHORT):
        bed.allocate(1, bed.idle() + 1)


# ------------------------------------------------------------------ what came back


@pytest.mark.parametrize(
    ("group", "mode", "param"),
    [
        (Group.DEPOSIT, Mode.REVERT_REASON, 0),
        (Group.DEPOSIT, Mode.REVERT_BOMB, 0),
        (Group.DEPOSIT, Mode.BURN_LOOP, 0),
        (Group.DEPOSIT, Mode.NO_OP, 0),
        (Group.DEPOSIT, Mode.FREE_MINT, 0),
        (Group.DEPOSIT, Mode.SHORT, BPS),
        (Group.BALANCE, Mode.REVERT_REASON, 0),
        (Group.BALANCE, Mode.RETURN_31, 0),
        (Group.BALANCE, Mode.RETURN_VALUE, 5),
        (Group.READ, Mode.REVERT_REASON, 0),
        (Group.READ, Mode.RETURN_MAX, 0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_allocate__call_fails_or_moves_nothing__is_refused(
    bed: Bed, group: Group, mode: Mode, param: int
) -> None:
    bed.dial(1, group, mode, param)
    with bed.refused(Refusal.STRATEGY_CALL_FAILED):
        bed.allocate(1, amount(bed))


def test_allocate__fewer_units_than_the_limit__is_refused(bed: Bed) -> None:
    with bed.refused(Refusal.BELOW_LIMIT):
        bed.allocate(1, amount(bed), amount(bed) + 1)
    bed.allocate(1, amount(bed), amount(bed))


def test_allocate__below_the_least_position__is_refused(bed: Bed) -> None:
    with bed.refused(Refusal.ZERO_AMOUNT):
        bed.allocate(1, MIN_POSITION - 1)
    bed.allocate(1, MIN_POSITION)
    assert bed.position(1)[1] == MIN_POSITION
    bed.allocate(1, 1)


def test_allocate__zero__is_refused(bed: Bed) -> None:
    with bed.refused(Refusal.STRATEGY_CALL_FAILED):
        bed.allocate(1, 0)


@pytest.mark.parametrize("loss", ["fall", "quarantine"])
def test_allocate__another_strategy_lies_up__is_refused_all_the_same(invested: Bed, loss: str) -> None:
    """A millionth of the total that claims to be worth more than everything hides no trouble elsewhere."""
    bed = invested
    bed.deallocate(1, PLACED * bed.unit - bed.unit)
    bed.poke()
    bed.allocate(3, bed.unit)
    bed.mark(1, 2**111)
    bed.allocate(3, bed.unit)
    if loss == "fall":
        bed.lose(2, PLACED * bed.unit // 2)
    else:
        bed.quarantine(2)
    with bed.refused(Refusal.VETO):
        bed.allocate(3, bed.unit)
    bed.poke()
    with bed.refused(Refusal.VETO):
        bed.allocate(3, bed.unit)
