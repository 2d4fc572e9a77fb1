"""deallocate: open in every state and status; its loss counts against the higher of mark and guard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, GUARDIAN, HOUR, STRANGER
from tests.unit.bed import (
    BPS,
    DEALLOCATE,
    EVERYONE,
    M112,
    PLACED,
    PROBE,
    STRESS,
    WINDDOWN,
    Bed,
    ceil_div,
)
from tests.unit.events import event
from tests.unit.refusals import Refusal

DUST = 1_000  # asset wei
TOLERANCE = 50  # bps, of the default terms


def placed(bed: Bed) -> int:
    """What stands in each strategy."""
    return PLACED * bed.unit


# ------------------------------------------------------------------ who, when


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"executor"}))
def test_deallocate__other_role__is_refused(invested: Bed, role: str) -> None:
    with invested.refused(Refusal.UNAUTHORISED):
        invested.act(EVERYONE[role], DEALLOCATE, 1, 1, 0)


ANY_TIME = {
    "stress": lambda bed: bed.latch(STRESS),
    "winddown": lambda bed: bed.latch(WINDDOWN),
    "paused": lambda bed: bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True),
    "ceiling": lambda bed: bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 0),
    "idle floor": lambda bed: bed.limits(idle_floor=BPS),
    "failing": lambda bed: bed.fail(1),
    "suspect": lambda bed: (bed.fail(1), bed.poke()),
    "quarantined": lambda bed: bed.quarantine(1),
    "another fails": lambda bed: bed.fail(2),
    "absurd price": lambda bed: bed.dial(1, Group.READ, Mode.RETURN_MAX),
    "price of zero": lambda bed: bed.mark(1, 0),
    "max is zero": lambda bed: bed.dial(1, Group.MAX, Mode.RETURN_VALUE, 0),
    "absurd answer": lambda bed: bed.dial(1, Group.REDEEM, Mode.RETURN_BOMB),
}


@pytest.mark.parametrize("trouble", ANY_TIME.values(), ids=ANY_TIME.keys())
def test_deallocate__any_trouble__pays(invested: Bed, trouble: Any) -> None:
    trouble(invested)
    idle, wanted = invested.idle(), placed(invested) // 4
    invested.deallocate(1, wanted, wanted)
    assert invested.idle() == idle + wanted
    assert invested.position(1)[:2] == (placed(invested) - wanted, placed(invested) - wanted)


# ------------------------------------------------------------------ what it does


def test_deallocate__any_asset__is_measured_and_told(any_invested: Bed) -> None:
    bed = any_invested
    bed.gain(1, bed.unit)
    wanted, units, mark = 1_234 * bed.unit + 5, placed(bed), bed.worth(1)
    released = ceil_div(wanted * units, mark)
    got = bed.rpc.read(bed.strategies[0], "previewRedeem(uint256)", released)
    idle = bed.idle()
    assert got >= wanted
    assert bed.moved(DEALLOCATE, 1, wanted, got) == (got, released, 0, 0, 0)
    receipt = bed.deallocate(1, wanted, got)
    told = event(bed.vault, "Deallocated", id=1, assets=got, units=released, loss=0)
    assert bed.events(receipt) == [told]
    assert bed.idle() == bed.assets(bed.vault) == idle + got
    assert bed.position(1)[:2] == (units - released, units - ceil_div(units * released, units))


@pytest.mark.parametrize("over", [0, 1, M112])
def test_deallocate__all_or_more__redeems_every_unit(invested: Bed, over: int) -> None:
    invested.deallocate(1, placed(invested) + over)
    assert invested.position(1)[:2] == (0, PROBE)
    assert invested.rpc.read(invested.strategies[0], "units_of(address)", invested.vault) == 0


def test_deallocate__one_wei__rounds_units_up(invested: Bed) -> None:
    invested.gain(1, placed(invested))
    assert invested.moved(DEALLOCATE, 1, 1, 0)[:2] == (1, 1)
    assert invested.moved(DEALLOCATE, 1, 3, 0)[1] == 2


def test_deallocate__price_unknown__goes_by_the_book(invested: Bed) -> None:
    invested.lose(1, placed(invested) // 500)
    invested.poke()
    units, book, *_ = invested.position(1)
    assert book < units
    invested.fail(1)
    assert invested.moved(DEALLOCATE, 1, 10_000, 0)[1] == ceil_div(10_000 * units, book)
    invested.mark(1, 0)
    assert invested.moved(DEALLOCATE, 1, 10_000, 0)[1] == ceil_div(10_000 * units, book)


def test_deallocate__donated_units__are_not_redeemed(invested: Bed) -> None:
    bed = invested
    bed.share_strategy(1)
    bed.rpc.transact(STRANGER, bed.strategies[0], "transfer(address,uint256)", bed.vault, bed.unit)
    bed.deallocate(1, M112)
    assert bed.rpc.read(bed.strategies[0], "units_of(address)", bed.vault) == bed.unit


# ------------------------------------------------------------------ refusals


def test_deallocate__no_units__is_refused(bed: Bed) -> None:
    for identifier in (0, 1, 255):
        with bed.refused(Refusal.ZERO_AMOUNT):
            bed.deallocate(identifier, 1)


def test_deallocate__zero__is_refused(invested: Bed) -> None:
    with invested.refused(Refusal.ZERO_AMOUNT):
        invested.deallocate(1, 0)


@pytest.mark.parametrize("mode", [Mode.REVERT_REASON, Mode.REVERT_BOMB, Mode.BURN_INVALID, Mode.BURN_LOOP])
def test_deallocate__redeem_fails__is_refused(invested: Bed, mode: Mode) -> None:
    invested.dial(1, Group.REDEEM, mode)
    with invested.refused(Refusal.STRATEGY_CALL_FAILED):
        invested.deallocate(1, placed(invested))


def test_deallocate__below_the_caller_s_limit__is_refused(invested: Bed) -> None:
    with invested.refused(Refusal.BELOW_LIMIT):
        invested.deallocate(1, placed(invested), placed(invested) + 1)
    invested.deallocate(1, placed(invested), placed(invested))


def test_deallocate__below_tolerance__is_refused_and_at_it_passes(invested: Bed) -> None:
    least = ceil_div(placed(invested) * (BPS - TOLERANCE) - BPS, BPS)
    invested.dial(1, Group.LIQUIDITY, Mode.PARTIAL, least - 1)
    with invested.refused(Refusal.SLIPPAGE):
        invested.deallocate(1, placed(invested))
    invested.dial(1, Group.LIQUIDITY, Mode.PARTIAL, least)
    receipt = invested.deallocate(1, placed(invested))
    assert invested.events(receipt)[0].fields["loss"] == placed(invested) - least


def test_deallocate__strategy_does_nothing__is_refused(invested: Bed) -> None:
    invested.dial(1, Group.REDEEM, Mode.NO_OP)
    with invested.refused(Refusal.SLIPPAGE):
        invested.deallocate(1, placed(invested))


def test_deallocate__more_than_idle_can_hold__is_refused(invested: Bed) -> None:
    invested.gain(1, M112 + M112 // 10**9)
    with invested.refused(Refusal.TOO_LARGE):
        invested.deallocate(1, M112)
    invested.lose(1, M112 // 10**8)
    invested.deallocate(1, M112)
    assert M112 > invested.idle() == pytest.approx(M112, rel=1e-7)


# ------------------------------------------------------------------ loss


def test_deallocate__price_fell_inside_tolerance__is_charged_against_the_guard(invested: Bed) -> None:
    invested.lose(1, placed(invested) * 30 // BPS)
    got = invested.worth(1)
    assert invested.moved(DEALLOCATE, 1, M112, 0)[:3] == (got, placed(invested), placed(invested) - got)


def test_deallocate__price_rose__is_charged_against_the_mark(invested: Bed) -> None:
    invested.gain(1, placed(invested) // 100)
    mark = invested.worth(1)
    invested.dial(1, Group.REDEEM, Mode.SHORT, 40)
    got = mark - ceil_div(mark * 40, BPS)
    assert invested.moved(DEALLOCATE, 1, M112, 0)[:3] == (got, placed(invested), mark - got)


def test_deallocate__strategy_pays_too_much__is_no_gain_for_a_budget(invested: Bed) -> None:
    invested.gain(1, placed(invested) // 100)
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 500)
    assert invested.moved(DEALLOCATE, 1, M112, 0)[2] == 0


# ------------------------------------------------------------------ release


def test_deallocate__rest_at_dust__stays(invested: Bed) -> None:
    assert invested.moved(DEALLOCATE, 1, placed(invested) - DUST, 0)[2] == 0
    invested.deallocate(1, placed(invested) - DUST)
    assert invested.position(1)[:2] == (DUST, DUST)


def test_deallocate__rest_below_dust__is_let_go_as_a_loss(invested: Bed) -> None:
    receipt = invested.deallocate(1, placed(invested) - DUST + 1)
    told = event(
        invested.vault,
        "Deallocated",
        id=1,
        assets=placed(invested) - DUST + 1,
        units=placed(invested) - DUST + 1,
        loss=DUST - 1,
    )
    assert invested.events(receipt) == [told]
    assert invested.position(1)[:2] == (0, PROBE)


def test_deallocate__book_off_par__leaves_its_price_behind(invested: Bed) -> None:
    invested.gain(1, placed(invested) // 100)
    invested.rpc.warp(DAY)
    invested.poke()
    units, book, *_ = invested.position(1)
    assert units < book < invested.worth(1)
    invested.deallocate(1, M112)
    assert invested.position(1)[:2] == (0, book * PROBE // units)


def test_deallocate__part__takes_its_book_rounded_up(invested: Bed) -> None:
    invested.gain(1, placed(invested) // 100)
    invested.rpc.warp(DAY)
    invested.poke()
    units, book, *_ = invested.position(1)
    released = invested.moved(DEALLOCATE, 1, 777_777, 0)[1]
    invested.deallocate(1, 777_777)
    assert invested.position(1)[:2] == (units - released, book - ceil_div(book * released, units))


def test_deallocate__book_pushed_down__keeps_the_rest(invested: Bed) -> None:
    invested.mark(1, 10)
    invested.poke()
    invested.deallocate(1, 1)
    assert invested.position(1)[0] == placed(invested) * 9 // 10


def test_deallocate__written_down__keeps_the_rest(invested: Bed) -> None:
    invested.quarantine(1)
    invested.govern("write_down(uint256)", 1)
    invested.fail(1, False)
    invested.deallocate(1, placed(invested) // 4)
    assert invested.position(1)[:2] == (placed(invested) * 3 // 4, 0)


# ------------------------------------------------------------------ guard


def fallen(bed: Bed) -> None:
    """A tenth of the first strategy is lost."""
    bed.lose(1, placed(bed) // 10)


def test_guard__loss_not_seen__is_refused(invested: Bed) -> None:
    fallen(invested)
    with invested.refused(Refusal.SLIPPAGE):
        invested.deallocate(1, M112)


def test_guard__loss_seen_twice_an_hour_apart__passes(invested: Bed) -> None:
    fallen(invested)
    invested.poke()
    first = invested.now()
    with invested.refused(Refusal.SLIPPAGE):
        invested.deallocate(1, M112)
    invested.at(first + HOUR - 1)
    invested.poke()
    with invested.refused(Refusal.SLIPPAGE):
        invested.deallocate(1, M112)
    invested.at(first + HOUR)
    invested.poke()
    got = invested.worth(1)
    loss = invested.moved(DEALLOCATE, 1, M112, got)[2]
    assert loss <= 1
    invested.deallocate(1, M112, got)


def test_guard__one_manipulated_read__lowers_nothing(invested: Bed) -> None:
    invested.dial(1, Group.READ, Mode.LIE_DOWN, 2_000)
    invested.poke()
    invested.dial(1, Group.READ, Mode.HONEST)
    invested.rpc.warp(HOUR)
    invested.poke()
    invested.dial(1, Group.REDEEM, Mode.SHORT, TOLERANCE + 2)
    with invested.refused(Refusal.SLIPPAGE):
        invested.deallocate(1, M112)


def test_guard__quarantined__still_learns_the_price(invested: Bed) -> None:
    invested.quarantine(1)
    invested.fail(1, False)
    fallen(invested)
    for _ in range(2):
        invested.poke()
        invested.rpc.warp(HOUR)
    invested.deallocate(1, M112, invested.worth(1))
