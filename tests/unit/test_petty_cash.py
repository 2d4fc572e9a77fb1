"""withdraw and redeem: what petty cash pays, to whom, and every reason against it."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode, TokenFlag
from tests.treasury import DAY, DEPOSITOR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import APPROVE, BPS, REDEEM, STRESS, WINDDOWN, WITHDRAW, ZERO, Bed, ceil_div
from tests.unit.events import event
from tests.unit.refusals import Refusal

WAYS = pytest.mark.parametrize("signature", [WITHDRAW, REDEEM])


def opened(bed: Bed) -> Bed:
    """Two pokes an epoch apart give petty cash its base."""
    bed.poke()
    bed.rpc.warp(DAY)
    bed.poke()
    return bed


def take(bed: Bed, signature: str, assets: int, sender: str = DEPOSITOR, receiver: str = LEAVER) -> Any:
    """Take about ``assets`` of the depositor's money."""
    amount = assets if signature == WITHDRAW else bed.view("previewWithdraw(uint256)", assets)
    return bed.act(sender, signature, amount, receiver, DEPOSITOR)


@pytest.fixture
def petty(bed: Bed) -> Bed:
    """All capital idle, petty cash open."""
    return opened(bed)


# ------------------------------------------------------------------ what it pays


@pytest.mark.parametrize("fee", [1, 5, 1_000])
def test_withdraw__any_asset__burns_the_rounded_up_shares(any_invested: Bed, fee: int) -> None:
    bed = opened(any_invested)
    bed.limits(petty_fee=fee)
    bed.gain(1, bed.unit)
    lo, hi, _ = bed.totals()
    assert hi > lo
    assets = 123 * bed.unit + 1
    gross = ceil_div(assets * BPS, BPS - fee)
    expected = ceil_div(gross * bed.supply(), lo + 1)
    held, idle = bed.shares(DEPOSITOR), bed.idle()
    assert bed.view("previewWithdraw(uint256)", assets) == expected
    assert bed.foreseen(DEPOSITOR, WITHDRAW, assets, LEAVER, DEPOSITOR) == expected
    receipt = bed.act(DEPOSITOR, WITHDRAW, assets, LEAVER, DEPOSITOR)
    assert bed.assets(LEAVER) == assets
    assert bed.shares(DEPOSITOR) == held - expected
    assert bed.idle() == idle - assets
    assert bed.totals() == (lo - assets, hi - assets, False)
    assert bed.events(receipt) == [
        event(bed.vault, "Transfer", sender=DEPOSITOR, receiver=ZERO, value=expected),
        event(
            bed.vault,
            "Withdraw",
            sender=DEPOSITOR,
            receiver=LEAVER,
            owner=DEPOSITOR,
            assets=assets,
            shares=expected,
        ),
    ]


@pytest.mark.parametrize("fee", [1, 5, 1_000])
def test_redeem__any_asset__pays_the_rounded_down_assets(any_invested: Bed, fee: int) -> None:
    bed = opened(any_invested)
    bed.limits(petty_fee=fee)
    bed.gain(1, bed.unit)
    shares = 123 * bed.unit * bed.virtual + 1
    expected = (shares * (bed.totals()[0] + 1) // bed.supply()) * (BPS - fee) // BPS
    held, idle = bed.shares(DEPOSITOR), bed.idle()
    assert bed.view("previewRedeem(uint256)", shares) == expected
    assert bed.foreseen(DEPOSITOR, REDEEM, shares, LEAVER, DEPOSITOR) == expected
    receipt = bed.act(DEPOSITOR, REDEEM, shares, LEAVER, DEPOSITOR)
    assert bed.assets(LEAVER) == expected
    assert bed.shares(DEPOSITOR) == held - shares
    assert bed.idle() == idle - expected
    assert bed.events(receipt) == [
        event(bed.vault, "Transfer", sender=DEPOSITOR, receiver=ZERO, value=shares),
        event(
            bed.vault,
            "Withdraw",
            sender=DEPOSITOR,
            receiver=LEAVER,
            owner=DEPOSITOR,
            assets=expected,
            shares=shares,
        ),
    ]


def test_withdraw__fee__stays_with_the_stayers(petty: Bed) -> None:
    petty.limits(petty_fee=1_000)
    price = (petty.totals()[0] + 1) / petty.supply()
    take(petty, WITHDRAW, 9_000 * petty.unit)
    grown = (petty.totals()[0] + 1) / petty.supply() - price
    assert grown * petty.supply() == pytest.approx(1_000 * petty.unit, rel=1e-6)


def test_withdraw__no_return_value__pays(rpc: Rpc) -> None:
    bed = opened(Bed.make(rpc, flags=TokenFlag.NO_RETURN).fund())
    take(bed, WITHDRAW, bed.unit)
    assert bed.assets(LEAVER) == bed.unit


@WAYS
def test_petty_cash__allowance__is_spent(petty: Bed, signature: str) -> None:
    shares = petty.view("previewWithdraw(uint256)", petty.unit)
    petty.act(DEPOSITOR, APPROVE, STRANGER, shares + 3)
    receipt = take(petty, signature, petty.unit, sender=STRANGER)
    approval, burn, withdrawn = petty.events(receipt)
    assert approval == event(petty.vault, "Approval", owner=DEPOSITOR, spender=STRANGER, value=3)
    assert burn == event(petty.vault, "Transfer", sender=DEPOSITOR, receiver=ZERO, value=shares)
    assert withdrawn.fields["sender"] == STRANGER.lower()
    assert petty.assets(LEAVER) == petty.unit


@WAYS
def test_petty_cash__over_the_allowance__is_refused(petty: Bed, signature: str) -> None:
    shares = petty.view("previewWithdraw(uint256)", petty.unit)
    petty.act(DEPOSITOR, APPROVE, STRANGER, shares - 1)
    with petty.refused("erc20: insufficient allowance"):
        take(petty, signature, petty.unit, sender=STRANGER)


@WAYS
def test_petty_cash__endless_allowance__stays(petty: Bed, signature: str) -> None:
    petty.act(DEPOSITOR, APPROVE, STRANGER, MAX_UINT)
    take(petty, signature, petty.unit, sender=STRANGER)
    assert petty.view("allowance(address,address)", DEPOSITOR, STRANGER) == MAX_UINT


@WAYS
def test_petty_cash__more_than_the_owner_has__is_refused(petty: Bed, signature: str) -> None:
    petty.deposit(LEAVER, petty.unit)
    held = petty.shares(LEAVER)
    amount = petty.unit if signature == WITHDRAW else held + 1
    with petty.refused("erc20: burn amount exceeds balance"):
        petty.act(LEAVER, signature, amount, LEAVER, LEAVER)
    petty.act(LEAVER, REDEEM, held, LEAVER, LEAVER)


# ------------------------------------------------------------------ refusals


@WAYS
@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_petty_cash__not_calm__is_refused(petty: Bed, signature: str, state: int) -> None:
    petty.latch(state)
    with petty.refused(Refusal.NOT_CALM):
        take(petty, signature, petty.unit)


@WAYS
def test_petty_cash__failing_read__is_refused_until_it_answers(petty: Bed, signature: str) -> None:
    petty.invest().fail(2)
    with petty.refused(Refusal.VETO):
        take(petty, signature, petty.unit)
    petty.fail(2, False)
    take(petty, signature, petty.unit)


def widest_gap(total: int) -> int:
    """The most that the higher total may stand above ``total`` while petty cash is open: 10 bps of it."""
    return total * 10 // (BPS - 10)


@WAYS
def test_petty_cash__unbooked_gain_over_10_bps__is_refused(petty: Bed, signature: str) -> None:
    petty.invest()
    lo = petty.totals()[0]
    book = petty.position(1)[1]
    petty.mark(1, book + widest_gap(lo) + 1)
    with petty.refused(Refusal.PRICE_GAP):
        take(petty, signature, petty.unit)
    petty.mark(1, book + widest_gap(lo))
    assert petty.totals()[1] == lo + widest_gap(lo)
    take(petty, signature, petty.unit)


@WAYS
def test_petty_cash__unbooked_loss_over_10_bps__is_refused(petty: Bed, signature: str) -> None:
    petty.invest()
    hi = petty.totals()[1]
    book = petty.position(1)[1]
    petty.mark(1, book - hi * 10 // BPS - 1)
    with petty.refused(Refusal.PRICE_GAP):
        take(petty, signature, petty.unit)
    petty.mark(1, book - hi * 10 // BPS)
    take(petty, signature, petty.unit)


@WAYS
def test_petty_cash__payout_answers_false__burns_nothing(rpc: Rpc, signature: str) -> None:
    bed = opened(Bed.make(rpc, flags=TokenFlag.FALSE_ON_FAILURE | TokenFlag.BLACKLIST).fund())
    rpc.transact(STRANGER, bed.asset, "set_blacklisted(address,bool)", LEAVER, True)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        take(bed, signature, bed.unit)
    take(bed, signature, bed.unit, receiver=STRANGER)


@WAYS
def test_petty_cash__zero__is_refused(petty: Bed, signature: str) -> None:
    with petty.refused(Refusal.ZERO_AMOUNT):
        petty.act(DEPOSITOR, signature, 0, LEAVER, DEPOSITOR)


@pytest.mark.parametrize(("signature", "most"), [(WITHDRAW, 2**112 - 1), (REDEEM, 2**128)])
def test_petty_cash__amount_too_large__is_refused_before_all_else(
    petty: Bed, signature: str, most: int
) -> None:
    petty.latch(STRESS)
    with petty.refused(Refusal.TOO_LARGE):
        petty.act(DEPOSITOR, signature, most + 1, LEAVER, DEPOSITOR)
    with petty.refused(Refusal.NOT_CALM):
        petty.act(DEPOSITOR, signature, most, LEAVER, DEPOSITOR)


def test_redeem__worth_nothing__is_refused(petty: Bed) -> None:
    with petty.refused(Refusal.ZERO_AMOUNT):
        petty.act(DEPOSITOR, REDEEM, 1, LEAVER, DEPOSITOR)


@WAYS
def test_petty_cash__over_idle__is_refused(petty: Bed, signature: str) -> None:
    petty.limits(petty_share=1_000)
    petty.allocate(1, petty.idle() - 50 * petty.unit)
    with petty.refused(Refusal.IDLE_SHORT):
        take(petty, signature, 50 * petty.unit + 1)
    take(petty, signature, 50 * petty.unit)
    assert petty.idle() == 0


def test_withdraw__many_reasons__names_the_first(petty: Bed) -> None:
    bed = petty.invest()
    bed.limits(petty_share=0)
    bed.latch(STRESS)
    bed.dial(1, Group.READ, Mode.LIE_DOWN, 5_000)
    with bed.refused(Refusal.NOT_CALM):
        take(bed, WITHDRAW, 0)
    bed.latch(0)
    with bed.refused(Refusal.VETO):
        take(bed, WITHDRAW, 0)
    bed.dial(1, Group.READ, Mode.LIE_DOWN, 100)
    with bed.refused(Refusal.PRICE_GAP):
        take(bed, WITHDRAW, 0)
    bed.dial(1, Group.READ, Mode.HONEST)
    with bed.refused(Refusal.ZERO_AMOUNT):
        take(bed, WITHDRAW, 0)
    with bed.refused(Refusal.PETTY_CASH_SPENT):
        take(bed, WITHDRAW, 1)
    bed.limits(petty_share=1_000)
    bed.allocate(3, bed.idle() - 1)
    with bed.refused(Refusal.IDLE_SHORT):
        take(bed, WITHDRAW, 2)


# ------------------------------------------------------------------ max


CLOSED = {
    "stress": lambda bed: bed.latch(STRESS),
    "winddown": lambda bed: bed.latch(WINDDOWN),
    "failing read": lambda bed: bed.fail(1),
    "gap": lambda bed: bed.gain(1, 2_000 * bed.unit),
    "no share": lambda bed: bed.limits(petty_share=0, petty_fee=0),
    "quarantined": lambda bed: bed.quarantine(1),
    "bomb": lambda bed: bed.dial(1, Group.READ, Mode.RETURN_BOMB),
    "burns gas": lambda bed: bed.dial(1, Group.READ, Mode.BURN_LOOP),
}


@pytest.mark.parametrize("close", CLOSED.values(), ids=CLOSED.keys())
@pytest.mark.parametrize("view", ["maxWithdraw(address)", "maxRedeem(address)"])
def test_max_petty_cash__closed__is_zero(petty: Bed, close: Any, view: str) -> None:
    petty.invest()
    assert petty.view(view, DEPOSITOR) > 0
    close(petty)
    assert petty.view(view, DEPOSITOR) == 0


@pytest.mark.parametrize("view", ["maxWithdraw(address)", "maxRedeem(address)"])
def test_max_petty_cash__without_shares__is_zero(petty: Bed, view: str) -> None:
    assert petty.view(view, STRANGER) == petty.view(view, ZERO) == 0


def test_max_withdraw__bucket_binds__is_delivered_and_no_more(petty: Bed) -> None:
    most = petty.view("maxWithdraw(address)", DEPOSITOR)
    assert most == petty.totals()[0] // 100
    with petty.refused(Refusal.PETTY_CASH_SPENT):
        take(petty, WITHDRAW, most + 1)
    take(petty, WITHDRAW, most)
    assert petty.view("maxWithdraw(address)", DEPOSITOR) == petty.view("maxRedeem(address)", DEPOSITOR) == 0


@pytest.mark.parametrize("fee", [1, 333, 1_000])
def test_max_redeem__bucket_binds__is_delivered(petty: Bed, fee: int) -> None:
    petty.limits(petty_fee=fee)
    room = petty.totals()[0] // 100
    most = petty.view("maxRedeem(address)", DEPOSITOR)
    assert most == (room * BPS // (BPS - fee)) * petty.supply() // (petty.totals()[0] + 1)
    petty.act(DEPOSITOR, REDEEM, most, LEAVER, DEPOSITOR)
    assert room - 2 <= petty.assets(LEAVER) <= room


def test_max_petty_cash__balance_binds__is_all_of_it(petty: Bed) -> None:
    petty.deposit(LEAVER, 7 * petty.unit)
    held = petty.shares(LEAVER)
    most = petty.view("maxWithdraw(address)", LEAVER)
    assert petty.view("maxRedeem(address)", LEAVER) == held
    assert most == (held * (petty.totals()[0] + 1) // petty.supply()) * (BPS - 5) // BPS
    with petty.refused("erc20: burn amount exceeds balance"):
        petty.act(LEAVER, WITHDRAW, most + 2, LEAVER, LEAVER)
    petty.act(LEAVER, WITHDRAW, most, LEAVER, LEAVER)


def test_max_petty_cash__idle_binds__is_idle(petty: Bed) -> None:
    petty.limits(petty_share=1_000)
    petty.allocate(1, petty.idle() - 50 * petty.unit)
    assert petty.view("maxWithdraw(address)", DEPOSITOR) == 50 * petty.unit
    petty.act(DEPOSITOR, REDEEM, petty.view("maxRedeem(address)", DEPOSITOR), LEAVER, DEPOSITOR)
    assert petty.idle() <= 2


def test_max_redeem__worth_nothing__is_zero(petty: Bed) -> None:
    petty.act(DEPOSITOR, "transfer(address,uint256)", LEAVER, petty.virtual // 2)
    assert petty.view("maxRedeem(address)", LEAVER) == petty.view("maxWithdraw(address)", LEAVER) == 0
