"""The queue's views: the Vault's answers, what is closed here, operators, and what an exit would give."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import DAY, DEPOSITOR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import ZERO, reverts
from tests.unit.events import event
from tests.unit.leavers import EXIT_NOW, OPERATOR, SECOND, SET_OPERATOR, Leavers

WAITING = "(uint256,uint256,uint256)"
PREVIEW = f"(uint256,{WAITING}[],uint256)"
IDS = (1, 2, 3)


def previewed(bed: Leavers, shares: int) -> tuple[int, dict[int, tuple[int, int]], int]:
    """Cash; units and worth that would wait by strategy; shortfall."""
    cash, waiting, shortfall = bed.ask("preview_exit(uint256)", shares, returns=PREVIEW)
    return cash, {i: (units, worth) for i, units, worth in waiting}, shortfall


# ------------------------------------------------------------------ the Vault's


def test_views__of_the_vault__answer_what_it_answers(any_leavers: Leavers) -> None:
    bed = any_leavers
    bed.gain(1, 7 * bed.unit)
    bed.lose(2, 3 * bed.unit)
    assert bed.ask("vault()", returns="address").lower() == bed.vault.lower()
    assert bed.ask("share()", returns="address").lower() == bed.vault.lower()
    assert bed.ask("asset()", returns="address").lower() == bed.asset.lower()
    assert bed.ask("totalAssets()") == bed.view("totalAssets()")
    for amount in (0, 1, 10**30):
        for signature in ("convertToShares(uint256)", "convertToAssets(uint256)"):
            assert bed.ask(signature, amount) == bed.view(signature, amount)


def test_total_assets__leavers_wait__are_not_in_it(leavers: Leavers) -> None:
    total = leavers.ask("totalAssets()")
    leavers.drain()
    leavers.settled()
    assert leavers.ask("totalAssets()") == pytest.approx(total * 9 // 10, rel=1e-5)


def test_views__of_nobody__are_zero(leavers: Leavers) -> None:
    for identifier in (0, 1, 2**32, MAX_UINT):
        assert leavers.stake(identifier, STRANGER) == (0,) * 6
        assert leavers.ask("pendingRedeemRequest(uint256,address)", identifier, STRANGER) == 0
        assert leavers.ask("claimableRedeemRequest(uint256,address)", identifier, STRANGER) == 0
    assert leavers.ask("requests_of(address)", STRANGER, returns="uint256[]") == ()
    assert leavers.ask("maxRedeem(address)", STRANGER) == 0
    assert leavers.ask("maxWithdraw(address)", ZERO) == 0


def test_views__of_a_request__agree_with_each_other(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.settled(LEAVER, SECOND)
    stake = leavers.of(1, LEAVER)
    assert leavers.ask("pendingRedeemRequest(uint256,address)", 1, LEAVER) == stake.pending > 0
    assert leavers.ask("claimableRedeemRequest(uint256,address)", 1, LEAVER) == stake.claimable
    assert leavers.ask("maxRedeem(address)", LEAVER) == stake.claimable
    assert leavers.ask("maxWithdraw(address)", LEAVER) == stake.assets


def test_views__the_vault_unwound_itself__show_the_cash_before_it_is_credited(leavers: Leavers) -> None:
    leavers.drain(1)
    leavers.settled()
    before = leavers.of(1, LEAVER)
    leavers.liquid(1, 90_000 * leavers.unit)
    leavers.deallocate(1, 5_000 * leavers.unit)
    came = leavers.runoff(1)[1]
    seen = leavers.of(1, LEAVER)
    assert seen.assets == pytest.approx(before.assets + came, abs=1)
    assert seen.pending < before.pending
    leavers.unwind(1, 0)
    assert (leavers.runoff(1)[1], leavers.of(1, LEAVER)) == (0, seen)


# ------------------------------------------------------------------ what is closed here


@pytest.mark.parametrize("signature", ["maxDeposit(address)", "maxMint(address)"])
def test_entry_limits__anybody__are_zero(leavers: Leavers, signature: str) -> None:
    assert [leavers.ask(signature, who) for who in (DEPOSITOR, STRANGER, ZERO)] == [0, 0, 0]


@pytest.mark.parametrize("signature", ["deposit(uint256,address)", "mint(uint256,address)"])
@pytest.mark.parametrize("amount", [0, 1, 10**12])
def test_entry__any_amount__is_refused(leavers: Leavers, signature: str, amount: int) -> None:
    leavers.mint(DEPOSITOR, 10**12)
    leavers.rpc.transact(DEPOSITOR, leavers.asset, "approve(address,uint256)", leavers.queue, MAX_UINT)
    with leavers.refused("queue: deposit at the vault"):
        leavers.line(DEPOSITOR, signature, amount, DEPOSITOR)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ("previewDeposit(uint256)", "queue: deposit at the vault"),
        ("previewMint(uint256)", "queue: deposit at the vault"),
        ("previewRedeem(uint256)", "queue: no preview of claims"),
        ("previewWithdraw(uint256)", "queue: no preview of claims"),
    ],
)
@pytest.mark.parametrize("amount", [0, 1, MAX_UINT])
def test_previews__any_amount__are_refused(
    leavers: Leavers, signature: str, reason: str, amount: int
) -> None:
    with reverts(reason):
        leavers.ask(signature, amount)


# ------------------------------------------------------------------ operators


@pytest.mark.parametrize("approved", [True, False])
def test_set_operator__any__is_stored_told_and_true(leavers: Leavers, approved: bool) -> None:
    leavers.operate(LEAVER, approved=not approved)
    assert leavers.promised(LEAVER, SET_OPERATOR, OPERATOR, approved, returns=("bool",)) is True
    receipt = leavers.operate(LEAVER, approved=approved)
    assert leavers.ask("isOperator(address,address)", LEAVER, OPERATOR, returns="bool") is approved
    assert leavers.ask("isOperator(address,address)", OPERATOR, LEAVER, returns="bool") is False
    assert leavers.events(receipt) == [
        event(leavers.queue, "OperatorSet", controller=LEAVER, operator=OPERATOR, approved=approved)
    ]


def test_set_operator__again__is_told_again(leavers: Leavers) -> None:
    first = leavers.events(leavers.operate(LEAVER))
    assert leavers.events(leavers.operate(LEAVER)) == first


# ------------------------------------------------------------------ what an exit would give


def test_preview_exit__all_liquid__is_what_exit_now_pays(any_leavers: Leavers) -> None:
    bed = any_leavers
    for shares in (0, 1, 10**15, bed.shares(LEAVER)):
        cash, waiting, shortfall = previewed(bed, shares)
        if shares > 10**15:
            assert (waiting, shortfall) == ({}, 0)
        if shares:
            arguments = (shares, LEAVER, LEAVER, 0, MAX_UINT)
            assert bed.promised(LEAVER, EXIT_NOW, *arguments, returns=("uint256",) * 2)[1] == cash
    bed.exit_now(LEAVER, bed.shares(LEAVER))
    assert bed.assets(LEAVER) == cash


@pytest.mark.parametrize("dry", [(1,), (2, 3), IDS], ids=str)
def test_preview_exit__not_liquid__names_what_waits(leavers: Leavers, dry: tuple[int, ...]) -> None:
    leavers.drain(*dry)
    shares = leavers.shares(LEAVER)
    cash, waiting, shortfall = previewed(leavers, shares)
    leavers.exit_now(LEAVER, shares)
    assert leavers.assets(LEAVER) == cash
    assert {i: units for i, (units, _) in waiting.items()} == {i: leavers.waiting(i) for i in dry}
    assert all(units == worth for units, worth in waiting.values())
    assert shortfall == 0


def test_preview_exit__while_others_wait__counts_what_is_covered(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    bed.settled()
    bed.liquid(1, 50_000 * bed.unit)
    bed.unwind(1)
    bed.liquid(1, 70_000 * bed.unit)
    shares = bed.shares(SECOND)
    cash, waiting, _ = previewed(bed, shares)
    before = bed.waiting(1)
    bed.exit_now(SECOND, shares)
    assert bed.assets(SECOND) == cash
    joined = bed.events(bed.unwind(1))
    assert joined == []
    assert bed.of(2, SECOND).pending > 0
    assert waiting[1][0] < before


def test_preview_exit__dip__counts_the_window(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    bed.settled()
    bed.liquid(1, 50_000 * bed.unit)
    bed.unwind(1)
    bed.drain(1)
    bed.unwind(1)
    bed.rpc.warp(2 * DAY)
    bed.liquid(1, 30_000 * bed.unit)
    cash = previewed(bed, bed.shares(SECOND))[0]
    bed.exit_now(SECOND, bed.shares(SECOND))
    assert bed.assets(SECOND) == cash


def test_preview_exit__loss__is_told_as_shortfall(leavers: Leavers) -> None:
    leavers.lose(1, 20_000 * leavers.unit)
    leavers.drain(2)
    leavers.lose(2, 10_000 * leavers.unit)
    cash, waiting, shortfall = previewed(leavers, leavers.shares(LEAVER))
    assert shortfall == pytest.approx(3_000 * leavers.unit, rel=1e-4)
    assert cash == pytest.approx(78_000 * leavers.unit, rel=1e-4)
    assert waiting[2][1] == pytest.approx(20_000 * leavers.unit, rel=1e-4)


def test_preview_exit__gain_not_booked__is_no_shortfall(leavers: Leavers) -> None:
    leavers.gain(1, 20_000 * leavers.unit)
    cash, waiting, shortfall = previewed(leavers, leavers.shares(LEAVER))
    assert (waiting, shortfall) == ({}, 0)
    leavers.exit_now(LEAVER, leavers.shares(LEAVER))
    assert leavers.assets(LEAVER) == cash


def test_preview_exit__no_price__counts_the_whole_book_as_shortfall(leavers: Leavers) -> None:
    leavers.fail(1)
    leavers.dial(1, Group.MAX, Mode.REVERT_REASON)
    _, waiting, shortfall = previewed(leavers, leavers.shares(LEAVER))
    assert waiting == {1: (shortfall, shortfall)}
    assert shortfall == pytest.approx(20_000 * leavers.unit, rel=1e-5)


@pytest.mark.parametrize("mode", [Mode.RETURN_MAX, Mode.RETURN_31, Mode.RETURN_BOMB, Mode.BURN_LOOP])
def test_preview_exit__strategy_lies_or_fails__does_not_revert(leavers: Leavers, mode: Mode) -> None:
    for group in (Group.MAX, Group.READ):
        leavers.dial(1, group, mode)
    assert set(previewed(leavers, leavers.shares(LEAVER))[1]) == {1}


def test_preview_exit__quarantined__waits(leavers: Leavers) -> None:
    leavers.quarantine(1)
    leavers.fail(1, False)
    assert set(previewed(leavers, leavers.shares(LEAVER))[1]) == {1}


def test_preview_exit__more_than_there_is__is_refused(leavers: Leavers) -> None:
    supply = leavers.view("totalSupply()")
    with reverts("queue: more than the supply"):
        previewed(leavers, supply + 1)
    previewed(leavers, supply)
