"""What a poke that saw too little liquidity closes until the next one, and what stays open."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DEPOSITOR, EPOCH, HOUR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import DEPOSIT, MINT, PLACED, REDEEM, SLICE, STRESS, WITHDRAW, Bed
from tests.unit.leavers import SECOND, Leavers, open_leavers
from tests.unit.refusals import Refusal
from tests.unit.watch import dry_up, is_dry, least_liquid, payable

LIMITS = ("maxDeposit(address)", "maxMint(address)", "maxWithdraw(address)", "maxRedeem(address)")


@pytest.fixture
def parched(bed: Bed) -> Bed:
    """Petty cash has a base, a stranger has money, and exactly 8% is liquid."""
    dry_up(bed)
    payable(bed, least_liquid(bed, 800))
    bed.mint(STRANGER, 1_000 * bed.unit)
    for _ in range(2):
        bed.poke()
        bed.rpc.warp(bed.word(EPOCH))
    return bed


def parch(bed: Bed) -> None:
    """Poke while one wei too little is liquid."""
    payable(bed, least_liquid(bed, 800) - 1)
    bed.poke()
    assert is_dry(bed)


ENTRY: dict[str, tuple[Any, ...]] = {DEPOSIT: (10**6, STRANGER), MINT: (10**18, STRANGER)}
PETTY: dict[str, tuple[Any, ...]] = {
    WITHDRAW: (10**5, DEPOSITOR, DEPOSITOR),
    REDEEM: (10**17, DEPOSITOR, DEPOSITOR),
}


@pytest.mark.parametrize("signature", ENTRY)
def test_dry__entry__is_refused_until_a_poke_sees_enough(parched: Bed, signature: str) -> None:
    parched.act(STRANGER, signature, *ENTRY[signature])
    parch(parched)
    with parched.refused(Refusal.VETO):
        parched.act(STRANGER, signature, *ENTRY[signature])
    payable(parched, least_liquid(parched, 800))
    with parched.refused(Refusal.VETO):
        parched.act(STRANGER, signature, *ENTRY[signature])
    parched.poke()
    parched.act(STRANGER, signature, *ENTRY[signature])


@pytest.mark.parametrize("signature", PETTY)
def test_dry__petty_cash__is_refused_until_a_poke_sees_enough(parched: Bed, signature: str) -> None:
    parched.act(DEPOSITOR, signature, *PETTY[signature])
    parch(parched)
    with parched.refused(Refusal.VETO):
        parched.act(DEPOSITOR, signature, *PETTY[signature])
    payable(parched, least_liquid(parched, 800))
    parched.poke()
    parched.act(DEPOSITOR, signature, *PETTY[signature])


def test_dry__allocation__is_refused_until_a_poke_sees_enough(parched: Bed) -> None:
    parched.allocate(2, 10**6)
    parched.dial(2, Group.LIQUIDITY, Mode.LIMITED, 0)
    parch(parched)
    with parched.refused(Refusal.VETO):
        parched.allocate(2, 10**6)
    payable(parched, least_liquid(parched, 800))
    parched.poke()
    parched.allocate(2, 10**6)


def test_dry__limits__are_zero(parched: Bed) -> None:
    assert all(parched.view(limit, DEPOSITOR) > 0 for limit in LIMITS)
    parch(parched)
    assert [parched.view(limit, DEPOSITOR) for limit in LIMITS] == [0, 0, 0, 0]
    payable(parched, least_liquid(parched, 800))
    parched.poke()
    assert all(parched.view(limit, DEPOSITOR) > 0 for limit in LIMITS)


def test_dry__previews_and_prices__are_as_before(parched: Bed) -> None:
    views = ("previewDeposit", "previewMint", "previewWithdraw", "previewRedeem", "convertToShares")
    before = [parched.view(f"{name}(uint256)", 10**18) for name in views]
    totals = parched.totals()
    parch(parched)
    assert [parched.view(f"{name}(uint256)", 10**18) for name in views] == before
    assert parched.totals() == (*totals[:2], True)


# ------------------------------------------------------------------ which reason comes first


def test_dry__entry_while_paused_or_in_stress__tells_that_first(parched: Bed) -> None:
    parch(parched)
    parched.govern("set_entry_paused(bool)", True)
    for signature, arguments in ENTRY.items():
        with parched.refused(Refusal.ENTRY_PAUSED):
            parched.act(STRANGER, signature, *arguments)
    parched.latch(STRESS)
    for signature, arguments in ENTRY.items():
        with parched.refused(Refusal.NOT_CALM):
            parched.act(STRANGER, signature, *arguments)


def test_dry__petty_cash_and_allocation_in_stress__tell_that_first(parched: Bed) -> None:
    parch(parched)
    parched.latch(STRESS)
    for signature, arguments in PETTY.items():
        with parched.refused(Refusal.NOT_CALM):
            parched.act(DEPOSITOR, signature, *arguments)
    with parched.refused(Refusal.NOT_CALM):
        parched.allocate(2, parched.idle())


def test_dry__not_sealed__tells_that_first(rpc: Rpc) -> None:
    bed = Bed.make(rpc)
    bed.mint(STRANGER, bed.unit)
    bed.list_hostile()
    bed.rpc.warp(bed.epoch)
    bed.allocate(1, bed.idle())
    payable(bed, 0)
    parch(bed)
    with bed.refused(Refusal.WRONG_PHASE):
        bed.act(STRANGER, DEPOSIT, bed.unit, STRANGER)


# ------------------------------------------------------------------ what stays open


@pytest.fixture
def drained(rpc: Rpc) -> Leavers:
    """A tenth of everything waits, hardly anything is liquid, and a poke has seen it."""
    bed = open_leavers(rpc)
    for identifier in (1, 2):
        bed.allocate(identifier, bed.idle() // 2)
    bed.allocate(3, bed.idle() - bed.unit)
    bed.drain()
    bed.settled(LEAVER)
    bed.poke()
    assert is_dry(bed)
    return bed


def test_dry__deallocation__passes(drained: Leavers) -> None:
    drained.liquid(2, 1_000 * drained.unit)
    idle = drained.idle()
    drained.unwind(2)
    drained.deallocate(2, 10 * drained.unit)
    assert drained.idle() == idle + 10 * drained.unit


def test_dry__unwind_and_claim__pass(drained: Leavers) -> None:
    drained.refill(1)
    before = drained.of(1, LEAVER).assets
    drained.unwind(1)
    assert drained.of(1, LEAVER).assets > before
    drained.claim(LEAVER, 1)
    assert drained.assets(LEAVER) > before
    assert is_dry(drained)


def test_dry__exit_now_and_settle__pass_and_pay_as_before(drained: Leavers) -> None:
    shares = drained.shares(SECOND)
    cash = drained.fair(shares)[0]
    drained.exit_now(SECOND, shares)
    assert drained.assets(SECOND) == cash
    drained.settled(DEPOSITOR)
    assert drained.open_epoch() == (0, 0, 0)
    assert is_dry(drained)


def test_dry__slice__passes_where_every_strategy_pays(rpc: Rpc) -> None:
    bed = Bed.make(rpc)
    bed.list_hostile(3)
    bed.fund().invest()
    bed.act(bed.executor, "allocate(uint256,uint256,uint256)", 1, bed.idle() - bed.unit, 0)
    for identifier in (1, 2, 3):
        bed.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, 0)
    bed.poke()
    assert is_dry(bed)
    for identifier in (1, 2, 3):
        bed.dial(identifier, Group.LIQUIDITY, Mode.HONEST)
    shares = bed.shares(DEPOSITOR)
    bed.act(DEPOSITOR, SLICE, shares, DEPOSITOR, DEPOSITOR, 3 * PLACED * bed.unit)
    assert is_dry(bed)
    assert bed.shares(DEPOSITOR) == 0


def test_dry__evacuate__passes(drained: Leavers) -> None:
    drained.liquid(1, 50_000 * drained.unit)
    idle = drained.idle()
    drained.act(STRANGER, "evacuate(uint256,uint256)", 1, MAX_UINT)
    assert drained.idle() > idle


def test_dry__in_kind__passes(drained: Leavers) -> None:
    drained.rpc.warp(drained.epoch + HOUR)
    drained.line(LEAVER, "in_kind(uint256,address,uint256,address)", 1, LEAVER, 1, LEAVER)
    assert drained.rpc.read(drained.strategies[0], "units_of(address)", LEAVER) > 0
