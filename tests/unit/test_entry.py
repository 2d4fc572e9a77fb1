"""deposit and mint: price, fee, events and every reason against them."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag
from tests.treasury import DAY, DEPOSITOR, GUARDIAN, LEAVER, STRANGER, Terms
from tests.unit.bed import (
    BPS,
    CALM,
    DEPOSIT,
    FUNDS,
    M112,
    MINT,
    STRESS,
    WINDDOWN,
    ZERO,
    Bed,
    ceil_div,
)
from tests.unit.events import event
from tests.unit.refusals import Refusal

ENTRY_GAP = 300  # bps
ENTRIES = pytest.mark.parametrize("signature", [DEPOSIT, MINT])


def enter(bed: Bed, signature: str, amount: int | None = None, receiver: str = LEAVER) -> dict[str, Any]:
    """Deposit or mint about one token's worth, or exactly ``amount`` assets or shares."""
    chosen = amount if amount is not None else bed.unit * (bed.virtual if signature == MINT else 1)
    return bed.act(LEAVER, signature, chosen, receiver)


@pytest.fixture
def entering(bed: Bed) -> Bed:
    """The leaver holds assets and has approved the Vault."""
    bed.mint(LEAVER, 10 * bed.unit)
    return bed


# ------------------------------------------------------------------ price


@pytest.mark.parametrize("fee", [0, 50])
def test_deposit__unbooked_gain__pays_the_higher_price(any_invested: Bed, fee: int) -> None:
    bed = any_invested
    bed.limits(entry_fee=fee)
    bed.gain(1, 7 * bed.unit)
    lo, hi, _ = bed.totals()
    assert hi > lo
    assets = 12_345 * bed.unit + 7
    expected = (assets * (BPS - fee) // BPS) * bed.supply() // (hi + 1)
    idle = bed.idle()
    bed.mint(LEAVER, assets)
    receipt = bed.act(LEAVER, DEPOSIT, assets, STRANGER)
    assert bed.shares(STRANGER) == expected
    assert bed.shares(LEAVER) == bed.assets(LEAVER) == 0
    assert bed.idle() == idle + assets
    assert bed.totals() == (lo + assets, hi + assets, False)
    assert bed.events(receipt) == [
        event(bed.vault, "Transfer", sender=ZERO, receiver=STRANGER, value=expected),
        event(bed.vault, "Deposit", sender=LEAVER, owner=STRANGER, assets=assets, shares=expected),
    ]


@pytest.mark.parametrize("fee", [0, 50])
def test_mint__unbooked_gain__costs_the_higher_price(any_invested: Bed, fee: int) -> None:
    bed = any_invested
    bed.limits(entry_fee=fee)
    bed.gain(1, 7 * bed.unit)
    _, hi, _ = bed.totals()
    shares = 12_345 * bed.unit * bed.virtual + 7
    before_fee = ceil_div(shares * (hi + 1), bed.supply())
    expected = ceil_div(before_fee * BPS, BPS - fee)
    idle = bed.idle()
    bed.mint(LEAVER, expected)
    receipt = bed.act(LEAVER, MINT, shares, STRANGER)
    assert bed.shares(STRANGER) == shares
    assert bed.assets(LEAVER) == 0
    assert bed.idle() == idle + expected
    assert bed.events(receipt) == [
        event(bed.vault, "Transfer", sender=ZERO, receiver=STRANGER, value=shares),
        event(bed.vault, "Deposit", sender=LEAVER, owner=STRANGER, assets=expected, shares=shares),
    ]


@pytest.mark.parametrize(("signature", "returned"), [(DEPOSIT, "shares"), (MINT, "assets")])
def test_entry__return_value__is_the_event_s(entering: Bed, signature: str, returned: str) -> None:
    amount = entering.unit * (entering.virtual if signature == MINT else 1)
    foreseen = entering.foreseen(LEAVER, signature, amount, LEAVER)
    last = entering.events(enter(entering, signature))[-1]
    assert last.fields[returned] == foreseen


def test_deposit__fee__stays_with_the_stayers(entering: Bed) -> None:
    entering.limits(entry_fee=50)
    before = entering.view("convertToAssets(uint256)", entering.shares(DEPOSITOR))
    enter(entering, DEPOSIT, 10 * entering.unit)
    after = entering.view("convertToAssets(uint256)", entering.shares(DEPOSITOR))
    fee = 10 * entering.unit * 50 // BPS
    assert after - before == pytest.approx(fee, rel=1e-4)
    assert entering.view("convertToAssets(uint256)", entering.shares(LEAVER)) < 10 * entering.unit - fee + 2


@ENTRIES
def test_entry__rounding__never_cheapens_the_shares(invested: Bed, signature: str) -> None:
    invested.gain(1, 333_333)
    invested.mint(LEAVER, 100)
    for amount in (1, 2, 3):
        total, supply = invested.totals()[1] + 1, invested.supply()
        enter(invested, signature, amount * (invested.virtual if signature == MINT else 1))
        assert (invested.totals()[1] + 1) * supply >= total * invested.supply()


# ------------------------------------------------------------------ refusals


@ENTRIES
def test_entry__unsealed__is_refused(unsealed: Bed, signature: str) -> None:
    unsealed.mint(LEAVER, 10 * unsealed.unit)
    with unsealed.refused(Refusal.WRONG_PHASE):
        enter(unsealed, signature)


@ENTRIES
@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_entry__not_calm__is_refused(entering: Bed, signature: str, state: int) -> None:
    entering.latch(state)
    with entering.refused(Refusal.NOT_CALM):
        enter(entering, signature)


@ENTRIES
def test_entry__calm_again__is_open(entering: Bed, signature: str) -> None:
    entering.latch(STRESS)
    entering.latch(CALM)
    enter(entering, signature)
    assert entering.shares(LEAVER) > 0


@ENTRIES
def test_entry__paused__is_refused_until_resumed(entering: Bed, signature: str) -> None:
    entering.rpc.transact(GUARDIAN, entering.steward, "set_entry_paused(bool)", True)
    with entering.refused(Refusal.ENTRY_PAUSED):
        enter(entering, signature)
    entering.govern("set_entry_paused(bool)", False)
    enter(entering, signature)


@ENTRIES
def test_entry__failing_read__is_refused_until_it_answers(entering: Bed, signature: str) -> None:
    entering.invest().fail(2)
    with entering.refused(Refusal.VETO):
        enter(entering, signature)
    entering.fail(2, False)
    enter(entering, signature)


def widest_gap(total: int) -> int:
    """The most that the higher total may stand above ``total`` for entry to be open: 300 bps of itself."""
    return total * ENTRY_GAP // (BPS - ENTRY_GAP)


@ENTRIES
def test_entry__unbooked_gain_over_300_bps__is_refused(entering: Bed, signature: str) -> None:
    lo = entering.invest().totals()[0]
    book = entering.position(1)[1]
    entering.mark(1, book + widest_gap(lo) + 1)
    with entering.refused(Refusal.PRICE_GAP):
        enter(entering, signature)
    entering.mark(1, book + widest_gap(lo))
    assert entering.totals() == (lo, lo + widest_gap(lo), False)
    enter(entering, signature)


@pytest.mark.parametrize(("signature", "most"), [(DEPOSIT, M112), (MINT, 2**128)])
def test_entry__amount_too_large__is_refused_before_all_else(
    unsealed: Bed, signature: str, most: int
) -> None:
    with unsealed.refused(Refusal.TOO_LARGE):
        enter(unsealed, signature, most + 1)
    with unsealed.refused(Refusal.WRONG_PHASE):
        enter(unsealed, signature, most)


@ENTRIES
def test_entry__zero__is_refused(entering: Bed, signature: str) -> None:
    with entering.refused(Refusal.ZERO_AMOUNT):
        enter(entering, signature, 0)


def test_deposit__worth_no_share__is_refused(entering: Bed) -> None:
    entering.limits(entry_fee=1)
    with entering.refused(Refusal.ZERO_AMOUNT):
        enter(entering, DEPOSIT, 1)


def test_deposit__over_the_cap__is_refused_and_at_it_passes(entering: Bed) -> None:
    cap = (FUNDS + 10) * entering.unit
    entering.limits(deposit_cap=cap)
    room = cap - entering.totals()[1]
    with entering.refused(Refusal.OVER_DEPOSIT_CAP):
        enter(entering, DEPOSIT, room + 1)
    enter(entering, DEPOSIT, room)
    assert entering.totals()[1] == cap


def test_mint__over_the_cap__is_refused_and_at_it_passes(entering: Bed) -> None:
    cap = (FUNDS + 10) * entering.unit
    entering.limits(deposit_cap=cap)
    shares = entering.view("maxMint(address)", LEAVER)
    assert entering.totals()[1] + entering.view("previewMint(uint256)", shares) == cap
    with entering.refused(Refusal.OVER_DEPOSIT_CAP):
        enter(entering, MINT, shares + 1)
    enter(entering, MINT, shares)
    assert entering.totals()[1] == cap


def test_deposit__unbooked_gain__counts_against_the_cap(entering: Bed) -> None:
    entering.invest().gain(1, 3 * entering.unit)
    entering.limits(deposit_cap=(FUNDS + 10) * entering.unit)
    lo, hi, _ = entering.totals()
    room = (FUNDS + 10) * entering.unit - hi
    assert lo < hi
    with entering.refused(Refusal.OVER_DEPOSIT_CAP):
        enter(entering, DEPOSIT, room + 1)
    enter(entering, DEPOSIT, room)


@ENTRIES
def test_entry__zero_receiver__is_refused(entering: Bed, signature: str) -> None:
    with entering.refused("erc20: mint to the zero address"):
        enter(entering, signature, receiver=ZERO)


@ENTRIES
def test_entry__fee_on_transfer__is_refused(rpc: Rpc, signature: str) -> None:
    bed = Bed.make(rpc, flags=TokenFlag.FEE_ON_TRANSFER).fund()
    bed.mint(LEAVER, 10 * bed.unit)
    rpc.transact(STRANGER, bed.asset, "set_fee(uint256)", 1)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        enter(bed, signature)


@ENTRIES
def test_entry__asset_fails_without_reverting__is_refused(rpc: Rpc, signature: str) -> None:
    bed = Bed.make(rpc, flags=TokenFlag.FALSE_ON_FAILURE).fund()
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        enter(bed, signature)


@ENTRIES
def test_entry__asset_fails_without_reverting__buys_no_donation(rpc: Rpc, signature: str) -> None:
    bed = Bed.make(rpc, flags=TokenFlag.FALSE_ON_FAILURE).fund()
    rpc.transact(STRANGER, bed.asset, "mint(address,uint256)", bed.vault, 100 * bed.unit)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        enter(bed, signature)


@ENTRIES
def test_entry__asset_reverts__passes_its_reason_on(bed: Bed, signature: str) -> None:
    with bed.refused("weird: allowance"):
        enter(bed, signature)


# ------------------------------------------------------------------ near-total loss


def after_total_loss(bed: Bed, left: int) -> None:
    """Lose all but ``left`` wei of everything, and let the reference forget what was."""
    bed.allocate(1, bed.idle())
    bed.mark(1, left)
    bed.poke()
    bed.rpc.warp(DAY)
    bed.poke()
    bed.rpc.warp(DAY)
    bed.poke()
    assert bed.totals() == (left, left, False)


def ready_for_loss(bed: Bed) -> Bed:
    """One strategy whose terms let an allocation lose everything."""
    bed.list_hostile(terms=Terms(band=BPS, tolerance=BPS))
    bed.fund()
    bed.mint(LEAVER, 10 * bed.unit)
    return bed


def least_total(bed: Bed) -> int:
    """The least total at which entry is open: a millionth of what the shares cost."""
    return ceil_div(bed.supply(), 10**6 * bed.virtual) - 1


def test_deposit__a_millionth_is_left__is_open(unsealed: Bed) -> None:
    bed = ready_for_loss(unsealed)
    after_total_loss(bed, least_total(bed))
    assert bed.view("maxDeposit(address)", LEAVER) > 0
    enter(bed, DEPOSIT)


@ENTRIES
def test_entry__less_than_a_millionth_is_left__is_refused(unsealed: Bed, signature: str) -> None:
    bed = ready_for_loss(unsealed)
    after_total_loss(bed, least_total(bed) - 1)
    assert bed.view("maxDeposit(address)", LEAVER) == 0
    with bed.refused(Refusal.NEAR_TOTAL_LOSS):
        enter(bed, signature, 1)


# ------------------------------------------------------------------ order of reasons


def test_deposit__many_reasons__names_the_first(unsealed: Bed) -> None:
    bed = unsealed
    bed.list_hostile(terms=Terms(band=BPS, tolerance=BPS))
    bed.govern("set_entry_paused(bool)", True)
    bed.latch(STRESS)
    with bed.refused(Refusal.WRONG_PHASE):
        enter(bed, DEPOSIT, 0)
    bed.seal()
    with bed.refused(Refusal.NOT_CALM):
        enter(bed, DEPOSIT, 0)
    bed.latch(CALM)
    with bed.refused(Refusal.ENTRY_PAUSED):
        enter(bed, DEPOSIT, 0)
    bed.govern("set_entry_paused(bool)", False)
    bed.rpc.warp(bed.epoch)
    bed.deposit(DEPOSITOR, FUNDS * bed.unit)
    bed.limits(deposit_cap=1)
    with bed.refused(Refusal.ZERO_AMOUNT):
        enter(bed, DEPOSIT, 0)
    with bed.refused(Refusal.OVER_DEPOSIT_CAP):
        enter(bed, DEPOSIT, 1)
    bed.allocate(1, bed.idle())
    bed.mark(1, 0)
    with bed.refused(Refusal.VETO):
        enter(bed, DEPOSIT, 0)
    for _ in range(3):
        bed.poke()
        bed.rpc.warp(DAY)
    with bed.refused(Refusal.NEAR_TOTAL_LOSS):
        enter(bed, DEPOSIT, 0)
