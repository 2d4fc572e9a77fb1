"""Deposits, petty cash and slices while cash is owed to leavers or units of theirs wait."""

from __future__ import annotations

from typing import Any

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag
from tests.treasury import DEPOSITOR, GUARDIAN, HOT, LEAVER, STRANGER
from tests.unit.bed import DEPOSIT, MINT, REDEEM, SLICE, WITHDRAW
from tests.unit.leavers import SECOND, THIRD, Leavers, open_leavers
from tests.unit.refusals import Refusal

OWED_FLAG = 1 << (192 + 4)


@pytest.fixture
def waiting(leavers: Leavers) -> Leavers:
    """Two have left; their cash is owed, and their units of the first strategy wait."""
    leavers.drain(1)
    leavers.settled(LEAVER, SECOND)
    return leavers


# ------------------------------------------------------------------ entry


@pytest.mark.parametrize("signature", [DEPOSIT, MINT])
def test_entry__cash_is_owed__passes_and_leaves_it_alone(waiting: Leavers, signature: str) -> None:
    bed, amount = waiting, 1_000 * waiting.unit
    owed, idle = bed.owed(), bed.idle()
    bed.mint(STRANGER, amount)
    units = amount if signature == DEPOSIT else bed.view("previewDeposit(uint256)", amount)
    bed.act(STRANGER, signature, units, STRANGER)
    assert (bed.owed(), bed.idle()) == (owed, idle + amount)
    assert bed.assets(bed.vault) == owed + idle + amount


def test_entry__price__does_not_count_what_is_owed(waiting: Leavers) -> None:
    before = waiting.view("convertToAssets(uint256)", 10**30)
    waiting.claim(LEAVER, 1)
    assert waiting.view("convertToAssets(uint256)", 10**30) == before
    waiting.refill(1)
    waiting.unwind(1)
    assert waiting.view("convertToAssets(uint256)", 10**30) == before


@pytest.mark.parametrize("signature", [DEPOSIT, MINT])
def test_entry__assets_do_not_arrive__are_not_paid_for_by_leavers(rpc: Rpc, signature: str) -> None:
    bed = open_leavers(rpc, 6, TokenFlag.FEE_ON_TRANSFER)
    bed.drain(1)
    bed.settled(LEAVER, SECOND)
    bed.mint(STRANGER, bed.unit)
    bed.rpc.transact(STRANGER, bed.asset, "set_fee(uint256)", 1)
    amount = bed.unit if signature == DEPOSIT else bed.unit * bed.virtual // 2
    assert bed.assets(bed.vault) == bed.idle() + bed.owed()
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        bed.act(STRANGER, signature, amount, STRANGER)


def test_entry__rebasing_took_what_is_owed__is_refused(rpc: Rpc) -> None:
    bed = open_leavers(rpc, 6, TokenFlag.REBASING)
    bed.settled(LEAVER, SECOND)
    bed.mint(STRANGER, 10 * bed.unit)
    bed.rpc.transact(STRANGER, bed.asset, "set_index(uint256)", 10**18 * 9 // 10)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        bed.act(STRANGER, DEPOSIT, bed.unit, STRANGER)


def test_entry__after_the_last_claim__flag_is_clear(leavers: Leavers) -> None:
    leavers.settled(LEAVER)
    assert leavers.word(HOT) & OWED_FLAG
    leavers.deposit(STRANGER, leavers.unit)
    assert leavers.word(HOT) & OWED_FLAG
    leavers.claim(LEAVER, 1)
    assert not leavers.word(HOT) & OWED_FLAG
    leavers.deposit(STRANGER, leavers.unit)


def test_max_deposit__cash_is_owed__is_what_passes(waiting: Leavers) -> None:
    most = waiting.view("maxDeposit(address)", STRANGER)
    assert most > 0
    waiting.mint(STRANGER, waiting.unit)
    waiting.limits(deposit_cap=waiting.totals()[1] + waiting.unit)
    room = waiting.view("maxDeposit(address)", STRANGER)
    assert 0 < room <= waiting.unit
    with waiting.refused(Refusal.OVER_DEPOSIT_CAP):
        waiting.act(STRANGER, DEPOSIT, room + 1, STRANGER)
    waiting.act(STRANGER, DEPOSIT, room, STRANGER)


def test_entry__paused_while_cash_is_owed__is_refused_and_resumes(waiting: Leavers) -> None:
    waiting.mint(STRANGER, waiting.unit)
    waiting.rpc.transact(GUARDIAN, waiting.steward, "set_entry_paused(bool)", True)
    assert waiting.view("maxDeposit(address)", STRANGER) == 0
    with waiting.refused(Refusal.ENTRY_PAUSED):
        waiting.act(STRANGER, DEPOSIT, waiting.unit, STRANGER)
    waiting.govern("set_entry_paused(bool)", False)
    assert waiting.word(HOT) & OWED_FLAG
    waiting.act(STRANGER, DEPOSIT, waiting.unit, STRANGER)


def test_latch__cash_is_owed__keeps_the_flag(waiting: Leavers) -> None:
    waiting.latch(1)
    waiting.latch(0)
    assert waiting.word(HOT) & OWED_FLAG
    waiting.limits(entry_fee=10)
    assert waiting.word(HOT) & OWED_FLAG
    owed = waiting.owed()
    waiting.deposit(STRANGER, waiting.unit)
    assert waiting.owed() == owed


# ------------------------------------------------------------------ petty cash


@pytest.fixture
def petty(waiting: Leavers) -> Leavers:
    """As ``waiting``, with a base for petty cash."""
    for _ in range(3):
        waiting.ripen()
        waiting.poke()
    return waiting


@pytest.mark.parametrize("signature", [WITHDRAW, REDEEM])
def test_petty_cash__leavers_wait__pays_from_idle_and_never_from_what_is_owed(
    petty: Leavers, signature: str
) -> None:
    bed = petty
    owed, idle = bed.owed(), bed.idle()
    view = "maxWithdraw(address)" if signature == WITHDRAW else "maxRedeem(address)"
    most = bed.view(view, THIRD)
    assert most > 0
    bed.act(THIRD, signature, most, STRANGER, THIRD)
    assert (bed.owed(), bed.idle()) == (owed, idle - bed.assets(STRANGER))
    assert bed.is_solvent()


def test_petty_cash__idle_is_short__does_not_touch_what_is_owed(petty: Leavers) -> None:
    bed = petty
    bed.allocate(2, bed.idle() - bed.unit)
    assert bed.owed() > 50 * bed.unit
    assert bed.view("maxWithdraw(address)", THIRD) == bed.unit
    with bed.refused(Refusal.IDLE_SHORT):
        bed.act(THIRD, WITHDRAW, bed.unit + 1, THIRD, THIRD)
    bed.act(THIRD, WITHDRAW, bed.unit, THIRD, THIRD)


def test_allocate__more_than_idle__does_not_touch_what_is_owed(waiting: Leavers) -> None:
    with waiting.refused(Refusal.IDLE_SHORT):
        waiting.allocate(2, waiting.idle() + 1)
    waiting.poke()
    waiting.allocate(2, waiting.idle())
    assert waiting.assets(waiting.vault) == waiting.owed()
    waiting.claim(LEAVER, 1)
    waiting.claim(SECOND, 1)


# ------------------------------------------------------------------ slices


def slice_of(bed: Leavers, shares: int) -> Any:
    """Have the third holder leave by a slice."""
    return bed.act(THIRD, SLICE, shares, THIRD, THIRD, 0)


def test_slice__units_wait_somewhere__is_refused_though_all_is_liquid(waiting: Leavers) -> None:
    waiting.refill(1)
    with waiting.refused(Refusal.NOT_LIQUID):
        slice_of(waiting, waiting.shares(THIRD))
    waiting.unwind(1)
    slice_of(waiting, waiting.shares(THIRD))
    assert waiting.assets(THIRD) == pytest.approx(100_000 * waiting.unit, abs=8)


def test_slice__proceeds_not_credited__is_refused_until_they_are(waiting: Leavers) -> None:
    waiting.refill(1)
    waiting.deallocate(1, waiting.unit)
    assert waiting.runoff(1)[0] == 0 < waiting.runoff(1)[1]
    with waiting.refused(Refusal.NOT_LIQUID):
        slice_of(waiting, waiting.shares(THIRD))
    waiting.unwind(1)
    slice_of(waiting, waiting.shares(THIRD))


def test_slice__part_there_below_dust__leaves_those_who_wait_alone(waiting: Leavers) -> None:
    before = waiting.words(1)[:5]
    shares = 999 * waiting.supply() // waiting.position(2)[1]
    idle = waiting.idle() * shares // waiting.supply()
    slice_of(waiting, shares)
    assert waiting.assets(THIRD) == idle
    assert waiting.words(1)[:5] == before


def test_slice__cash_is_owed__pays_no_more(leavers: Leavers) -> None:
    leavers.settled(LEAVER)
    owed, shares = leavers.owed(), leavers.shares(THIRD)
    fair = leavers.idle() * shares // leavers.supply()
    fair += sum(leavers.units(i) * shares // leavers.supply() for i in (1, 2, 3))
    slice_of(leavers, shares)
    assert (leavers.assets(THIRD), leavers.owed()) == (fair, owed)


def test_slice__depositor_beside_leavers__stays_whole(leavers: Leavers) -> None:
    leavers.settled(LEAVER, SECOND)
    leavers.act(DEPOSITOR, SLICE, leavers.shares(DEPOSITOR), DEPOSITOR, DEPOSITOR, 0)
    leavers.claim(LEAVER, 1)
    leavers.claim(SECOND, 1)
    assert leavers.is_solvent()
    assert leavers.owed() <= 2
