"""previewDeposit, previewMint, maxDeposit, maxMint: what they promise is what a call delivers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modes import Group, Mode
from tests.treasury import GUARDIAN, LEAVER, STRANGER
from tests.unit.bed import BPS, DEPOSIT, FUNDS, M112, MINT, PLACED, STRESS, WINDDOWN, ZERO, Bed, ceil_div
from tests.unit.refusals import Refusal


@pytest.mark.parametrize("fee", [0, 7, 50])
def test_preview_deposit__fee_and_gain__is_what_deposit_mints(any_invested: Bed, fee: int) -> None:
    bed = any_invested
    bed.limits(entry_fee=fee)
    bed.gain(2, 5 * bed.unit + 3)
    assets = 321 * bed.unit + 1
    expected = (assets * (BPS - fee) // BPS) * bed.supply() // (bed.totals()[1] + 1)
    assert bed.view("previewDeposit(uint256)", assets) == expected
    assert bed.deposit(LEAVER, assets) == expected


@pytest.mark.parametrize("fee", [0, 7, 50])
def test_preview_mint__fee_and_gain__is_what_mint_costs(any_invested: Bed, fee: int) -> None:
    bed = any_invested
    bed.limits(entry_fee=fee)
    bed.gain(2, 5 * bed.unit + 3)
    shares = 321 * bed.unit * bed.virtual + 1
    before_fee = ceil_div(shares * (bed.totals()[1] + 1), bed.supply())
    expected = ceil_div(before_fee * BPS, BPS - fee)
    assert bed.view("previewMint(uint256)", shares) == expected
    bed.mint(LEAVER, expected)
    bed.act(LEAVER, MINT, shares, LEAVER)
    assert bed.assets(LEAVER) == 0


def test_preview_deposit__zero__is_zero(bed: Bed) -> None:
    assert bed.view("previewDeposit(uint256)", 0) == bed.view("previewMint(uint256)", 0) == 0


def _pause(bed: Bed) -> None:
    bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True)


CLOSED: dict[str, Callable[[Bed], None]] = {
    "stress": lambda bed: bed.latch(STRESS) and None,
    "winddown": lambda bed: bed.latch(WINDDOWN) and None,
    "paused": _pause,
    "failing read": lambda bed: bed.fail(1),
    "quarantined": lambda bed: bed.quarantine(1),
    "price fell": lambda bed: bed.mark(1, 1),
    "gap": lambda bed: bed.mark(1, (PLACED + 32_000) * bed.unit),
    "cap reached": lambda bed: bed.limits(deposit_cap=FUNDS * bed.unit),
    "bomb": lambda bed: bed.dial(1, Group.READ, Mode.RETURN_BOMB),
    "burns gas": lambda bed: bed.dial(1, Group.READ, Mode.BURN_LOOP),
}
WAYS = pytest.mark.parametrize("close", CLOSED.values(), ids=CLOSED.keys())


@WAYS
@pytest.mark.parametrize("view", ["maxDeposit(address)", "maxMint(address)"])
def test_max_entry__closed__is_zero(invested: Bed, close: Callable[[Bed], None], view: str) -> None:
    assert invested.view(view, LEAVER) > 0
    close(invested)
    assert invested.view(view, LEAVER) == 0


@pytest.mark.parametrize("close", [CLOSED["stress"], CLOSED["paused"], CLOSED["cap reached"]])
def test_preview_entry__closed__still_tells_the_price(invested: Bed, close: Callable[[Bed], None]) -> None:
    views = ("previewDeposit(uint256)", "previewMint(uint256)")
    before = [invested.view(view, 10**9) for view in views]
    close(invested)
    assert [invested.view(view, 10**9) for view in views] == before


@pytest.mark.parametrize("view", ["maxDeposit(address)", "maxMint(address)"])
def test_max_entry__unsealed__is_zero(unsealed: Bed, view: str) -> None:
    assert unsealed.view(view, LEAVER) == 0


@pytest.mark.parametrize("fee", [0, 50])
def test_max_deposit__room__is_delivered_and_no_more(any_invested: Bed, fee: int) -> None:
    bed = any_invested
    cap = (FUNDS + 10) * bed.unit
    bed.limits(deposit_cap=cap, entry_fee=fee)
    bed.gain(1, bed.unit)
    room = bed.view("maxDeposit(address)", LEAVER)
    assert room == cap - bed.totals()[1]
    bed.mint(LEAVER, room + 1)
    with bed.refused(Refusal.OVER_DEPOSIT_CAP):
        bed.act(LEAVER, DEPOSIT, room + 1, LEAVER)
    bed.act(LEAVER, DEPOSIT, room, LEAVER)
    assert bed.view("maxDeposit(address)", LEAVER) == 0


@pytest.mark.parametrize("fee", [0, 50])
def test_max_mint__room__is_delivered(any_invested: Bed, fee: int) -> None:
    bed = any_invested
    cap = (FUNDS + 10) * bed.unit
    bed.limits(deposit_cap=cap, entry_fee=fee)
    bed.gain(1, bed.unit)
    room = cap - bed.totals()[1]
    shares = bed.view("maxMint(address)", LEAVER)
    assert shares == (room * (BPS - fee) // BPS) * bed.supply() // (bed.totals()[1] + 1)
    bed.mint(LEAVER, room)
    bed.act(LEAVER, MINT, shares, LEAVER)
    assert bed.shares(LEAVER) == shares
    assert bed.totals()[1] <= cap


def test_max_mint__cap_as_high_as_it_goes__is_delivered(bed: Bed) -> None:
    bed.limits(deposit_cap=M112)
    shares = bed.view("maxMint(address)", LEAVER)
    cost = bed.view("previewMint(uint256)", shares)
    bed.mint(LEAVER, cost)
    bed.act(LEAVER, MINT, shares, LEAVER)
    assert bed.shares(LEAVER) == shares


def test_max_deposit__cap_as_high_as_it_goes__is_delivered(bed: Bed) -> None:
    bed.limits(deposit_cap=M112)
    assets = bed.view("maxDeposit(address)", LEAVER)
    bed.deposit(LEAVER, assets)
    assert bed.totals()[0] > M112 * 99_999 // 100_000


def test_max_deposit__room_mints_nothing__is_zero(bed: Bed) -> None:
    bed.limits(deposit_cap=(FUNDS + 10) * bed.unit, entry_fee=1)
    bed.deposit(STRANGER, (FUNDS + 10) * bed.unit - bed.totals()[1] - 1)
    assert bed.totals()[1] == (FUNDS + 10) * bed.unit - 1
    assert bed.view("maxDeposit(address)", LEAVER) == bed.view("maxMint(address)", LEAVER) == 0


@pytest.mark.parametrize("view", ["maxDeposit(address)", "maxMint(address)"])
def test_max_entry__any_receiver__is_the_same(bed: Bed, view: str) -> None:
    answers = {bed.view(view, account) for account in (LEAVER, STRANGER, ZERO, bed.vault)}
    assert len(answers) == 1
