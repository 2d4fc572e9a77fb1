"""Seasoning: freshly minted shares neither move nor leave by a slice; dust relocks nobody."""

from __future__ import annotations

import pytest

from tests.treasury import DAY, DEPOSITOR, HOUR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import (
    APPROVE,
    CALL,
    DEAD,
    DEPOSIT,
    MINT,
    REDEEM,
    SLICE,
    TRANSFER,
    TRANSFER_FROM,
    ZERO,
    Bed,
    ceil_div,
    deploy_caller,
    payload,
)
from tests.unit.events import event
from tests.unit.refusals import Refusal


def unlock(bed: Bed, account: str) -> int:
    """End of an account's seasoning as the Vault tells it."""
    return bed.view("unlock_time(address)", account)


def seasoned(now: int, held: int, until: int, minted: int, hold: int) -> int:
    """The rule of SPEC.md, in whole seconds; ``until`` with 32 binary digits after the point."""
    rest = max(until - (now << 32), 0)
    return ((now << 32) + ceil_div(held * rest + minted * (hold << 32), held + minted)) >> 32


@pytest.fixture
def fresh(bed: Bed) -> Bed:
    """The leaver just deposited ten tokens and lets the stranger spend its shares."""
    bed.mint(LEAVER, 20 * bed.unit)
    bed.act(LEAVER, APPROVE, STRANGER, MAX_UINT)
    bed.act(LEAVER, DEPOSIT, 10 * bed.unit, LEAVER)
    return bed


def leave(bed: Bed, signature: str, amount: int) -> None:
    """Make the leaver's shares go."""
    if signature == TRANSFER:
        bed.act(LEAVER, signature, DEPOSITOR, amount)
    elif signature == TRANSFER_FROM:
        bed.act(STRANGER, signature, LEAVER, DEPOSITOR, amount)
    else:
        bed.act(LEAVER, signature, amount, LEAVER, LEAVER, 0)


# ------------------------------------------------------------------ the lock


@pytest.mark.parametrize("signature", [TRANSFER, TRANSFER_FROM, SLICE])
def test_seasoned__one_second_before__is_refused_and_then_passes(fresh: Bed, signature: str) -> None:
    until = fresh.now() + HOUR
    assert unlock(fresh, LEAVER) == until
    held = fresh.shares(LEAVER)
    fresh.at(until - 1)
    with fresh.refused(Refusal.SEASONING):
        leave(fresh, signature, 1)
    assert fresh.now() == until - 1
    fresh.at(until)
    leave(fresh, signature, held)
    assert fresh.shares(LEAVER) == 0


def test_transfer__zero_while_seasoning__is_refused(fresh: Bed) -> None:
    with fresh.refused(Refusal.SEASONING):
        leave(fresh, TRANSFER, 0)


def test_redeem__seasoning__is_not_held(fresh: Bed) -> None:
    fresh.poke()
    fresh.rpc.warp(DAY)
    fresh.poke()
    fresh.act(LEAVER, DEPOSIT, 10 * fresh.unit, LEAVER)
    assert unlock(fresh, LEAVER) > fresh.now()
    fresh.act(LEAVER, REDEEM, fresh.shares(LEAVER), LEAVER, LEAVER)
    assert fresh.shares(LEAVER) == 0


@pytest.mark.parametrize("hold", [0, 1, 604_800])
def test_deposit__any_hold__locks_for_it(bed: Bed, hold: int) -> None:
    bed.limits(hold=hold)
    bed.deposit(LEAVER, bed.unit)
    assert unlock(bed, LEAVER) == bed.now() + hold


def test_mint__new_holder__is_seasoned_too(bed: Bed) -> None:
    bed.mint(LEAVER, bed.unit)
    bed.act(LEAVER, MINT, bed.unit // 2 * bed.virtual, LEAVER)
    assert unlock(bed, LEAVER) == bed.now() + HOUR


def test_unlock_time__never_minted__is_zero(bed: Bed) -> None:
    assert unlock(bed, STRANGER) == unlock(bed, DEAD) == 0


def test_deposit__for_another__locks_the_receiver_alone(bed: Bed) -> None:
    before = unlock(bed, DEPOSITOR)
    bed.mint(DEPOSITOR, bed.unit)
    bed.act(DEPOSITOR, DEPOSIT, bed.unit, LEAVER)
    assert unlock(bed, LEAVER) == bed.now() + HOUR
    assert unlock(bed, DEPOSITOR) == before


# ------------------------------------------------------------------ weights


@pytest.mark.parametrize("hold", [HOUR, 604_800])
@pytest.mark.parametrize("age", [0, 1_000, 10_000])
@pytest.mark.parametrize("factor", [0.001, 0.5, 1, 3])
def test_deposit__old_balance__is_weighed(bed: Bed, hold: int, age: int, factor: float) -> None:
    bed.limits(hold=hold)
    held = bed.deposit(LEAVER, 10 * bed.unit)
    start = bed.now()
    bed.mint(LEAVER, 100 * bed.unit)
    bed.at(start + 10 + age)
    bed.act(LEAVER, DEPOSIT, int(factor * 10 * bed.unit), LEAVER)
    minted = bed.shares(LEAVER) - held
    assert unlock(bed, LEAVER) == seasoned(start + 10 + age, held, (start + hold) << 32, minted, hold)


def test_deposit__equal_to_a_seasoned_balance__locks_half_as_long(bed: Bed) -> None:
    bed.deposit(LEAVER, 10 * bed.unit)
    bed.rpc.warp(HOUR)
    bed.deposit(LEAVER, 10 * bed.unit)
    assert unlock(bed, LEAVER) == pytest.approx(bed.now() + HOUR // 2, abs=1)


def test_deposit__a_stranger_s_dust__relocks_nobody(bed: Bed) -> None:
    bed.mint(STRANGER, 1_000)
    for _ in range(20):
        bed.act(STRANGER, DEPOSIT, 1, DEPOSITOR)
        assert unlock(bed, DEPOSITOR) <= bed.now()
    bed.act(DEPOSITOR, TRANSFER, LEAVER, bed.shares(DEPOSITOR))


@pytest.mark.parametrize("parts", [2, 31])
def test_deposit__many_small_ones__season_like_one(bed: Bed, parts: int) -> None:
    caller, total = deploy_caller(bed.rpc), 620 * bed.unit
    bed.mint(caller, 2 * total)
    old = bed.shares(DEPOSITOR) // 1_000
    for account in (LEAVER, STRANGER):
        bed.act(DEPOSITOR, TRANSFER, account, old)
    receivers = [(LEAVER, total // parts)] * parts + [(STRANGER, total)]
    calls = [(bed.vault, payload(DEPOSIT, assets, account), 0, True) for account, assets in receivers]
    bed.rpc.transact(STRANGER, caller, f"multi({CALL}[])", calls)
    assert unlock(bed, LEAVER) == unlock(bed, STRANGER) > bed.now()


# ------------------------------------------------------------------ transfers


def test_transfer__seasoned__moves_and_tells(bed: Bed) -> None:
    amount = bed.shares(DEPOSITOR) // 3
    receipt = bed.act(DEPOSITOR, TRANSFER, LEAVER, amount)
    assert bed.foreseen(DEPOSITOR, TRANSFER, LEAVER, 1, returns=("bool",))
    assert bed.shares(LEAVER) == amount
    moved = event(bed.vault, "Transfer", sender=DEPOSITOR, receiver=LEAVER, value=amount)
    assert bed.events(receipt) == [moved]


def test_transfer__receiver__keeps_its_own_seasoning(fresh: Bed) -> None:
    until = unlock(fresh, LEAVER)
    fresh.act(DEPOSITOR, TRANSFER, LEAVER, 10**6)
    fresh.act(DEPOSITOR, TRANSFER, STRANGER, 10**6)
    assert unlock(fresh, LEAVER) == until
    assert unlock(fresh, STRANGER) == 0
    fresh.act(STRANGER, TRANSFER, DEPOSITOR, 10**6)


def test_transfer__more_than_the_balance__is_refused(bed: Bed) -> None:
    with bed.refused("erc20: transfer amount exceeds balance"):
        bed.act(DEPOSITOR, TRANSFER, LEAVER, bed.shares(DEPOSITOR) + 1)


def test_transfer__to_nobody__is_refused(bed: Bed) -> None:
    with bed.refused("erc20: transfer to the zero address"):
        bed.act(DEPOSITOR, TRANSFER, ZERO, 1)


def test_transfer_from__allowance__is_used_up(bed: Bed) -> None:
    amount = bed.shares(DEPOSITOR) // 2
    bed.act(DEPOSITOR, APPROVE, STRANGER, amount + 5)
    assert bed.foreseen(STRANGER, TRANSFER_FROM, DEPOSITOR, LEAVER, 1, returns=("bool",))
    receipt = bed.act(STRANGER, TRANSFER_FROM, DEPOSITOR, LEAVER, amount)
    assert bed.shares(LEAVER) == amount
    assert bed.events(receipt) == [
        event(bed.vault, "Approval", owner=DEPOSITOR, spender=STRANGER, value=5),
        event(bed.vault, "Transfer", sender=DEPOSITOR, receiver=LEAVER, value=amount),
    ]


def test_transfer_from__over_the_allowance__is_refused(bed: Bed) -> None:
    bed.act(DEPOSITOR, APPROVE, STRANGER, 99)
    with bed.refused("erc20: insufficient allowance"):
        bed.act(STRANGER, TRANSFER_FROM, DEPOSITOR, LEAVER, 100)
    bed.act(STRANGER, TRANSFER_FROM, DEPOSITOR, LEAVER, 99)


def test_transfer_from__endless_allowance__stays(bed: Bed) -> None:
    bed.act(DEPOSITOR, APPROVE, STRANGER, MAX_UINT)
    receipt = bed.act(STRANGER, TRANSFER_FROM, DEPOSITOR, LEAVER, 100)
    assert bed.view("allowance(address,address)", DEPOSITOR, STRANGER) == MAX_UINT
    moved = event(bed.vault, "Transfer", sender=DEPOSITOR, receiver=LEAVER, value=100)
    assert bed.events(receipt) == [moved]
