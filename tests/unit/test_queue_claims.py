"""claim, redeem and withdraw: what a record pays to whom, in which order, and never twice."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.modes import TokenFlag
from tests.treasury import DEPOSITOR, GOVERNOR, GUARDIAN, HOT, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import ZERO, ceil_div
from tests.unit.leavers import (
    CLAIM,
    DETACH,
    EXIT_NOW,
    OPERATOR,
    REDEEM,
    SECOND,
    THIRD,
    WITHDRAW,
    Leavers,
    Stake,
    open_leavers,
)
from tests.unit.refusals import Refusal

OWED_FLAG = 1 << (192 + 4)
NONE = Stake(0, 0, 0, 0, 0, 0)


@pytest.fixture
def half(leavers: Leavers) -> Leavers:
    """The leaver and a second one have left; the first strategy pays nothing yet."""
    leavers.drain(1)
    leavers.settled(LEAVER, SECOND)
    return leavers


# ------------------------------------------------------------------ claim


def test_claim__settled__pays_all_and_forgets_the_request(any_leavers: Leavers) -> None:
    bed = any_leavers
    shares = bed.shares(LEAVER)
    bed.settled()
    cash = bed.owed()
    assert bed.limits_of(LEAVER) == (shares, cash)
    assert bed.promised(LEAVER, CLAIM, 1, LEAVER, THIRD) == cash
    receipt = bed.line(LEAVER, CLAIM, 1, LEAVER, THIRD)
    assert bed.events(receipt) == [bed.claimed(LEAVER, cash, shares, receiver=THIRD)]
    assert (bed.assets(THIRD), bed.assets(LEAVER)) == (cash, 0)
    assert (bed.owed(), bed.word(HOT) & OWED_FLAG) == (0, 0)
    assert (bed.of(1, LEAVER), bed.limits_of(LEAVER), bed.listed(LEAVER)) == (NONE, (0, 0), [])


def test_claim__while_some_waits__pays_what_came_and_keeps_the_rest(half: Leavers) -> None:
    before = half.of(1, LEAVER)
    half.claim(LEAVER, 1)
    after = half.of(1, LEAVER)
    assert after == Stake(before.shares, before.pending, 0, 0, before.claimable, before.assets)
    half.refill(1)
    half.unwind(1)
    late = half.of(1, LEAVER)
    assert (late.pending, late.claimable, late.claimed) == (0, before.pending, before.claimable)
    receipt = half.claim(LEAVER, 1)
    assert half.events(receipt) == [half.claimed(LEAVER, late.assets, late.claimable)]
    assert half.of(1, LEAVER) == NONE


def test_claim__whatever_comes__shares_always_add_up(half: Leavers) -> None:
    whole, received = half.of(1, LEAVER).shares, 0
    for liquid in (1_000, 13_000_000_001, 7_000_000_000, 90_000_000_000, 180_000_000_000):
        half.liquid(1, half.coverage(1)[0] + liquid)
        half.unwind(1)
        stake = half.of(1, LEAVER)
        assert stake.pending + stake.claimable + stake.claimed == whole
        received += stake.assets
        half.claim(LEAVER, 1)
        assert half.assets(LEAVER) == received
    half.refill(1)
    half.unwind(1)
    half.claim(LEAVER, 1)
    half.claim(SECOND, 1)
    assert half.of(1, LEAVER) == NONE
    assert abs(half.assets(LEAVER) - half.assets(SECOND)) <= 1
    assert half.owed() <= 3


def test_claim__nothing_to_have__returns_zero_and_changes_nothing(half: Leavers) -> None:
    half.claim(LEAVER, 1)
    half.request(THIRD, half.least)
    before = half.of(1, LEAVER), half.of(2, THIRD), half.owed()
    for controller, identifier in ((LEAVER, 1), (LEAVER, 7), (STRANGER, 1), (THIRD, 2), (LEAVER, 0)):
        assert half.promised(controller, CLAIM, identifier, controller, controller) == 0
        assert half.events(half.claim(controller, identifier)) == []
    assert (half.of(1, LEAVER), half.of(2, THIRD), half.owed()) == before


def test_claim__twice__pays_once(leavers: Leavers) -> None:
    leavers.settled(LEAVER, SECOND)
    leavers.claim(LEAVER, 1)
    paid = leavers.assets(LEAVER)
    leavers.claim(LEAVER, 1)
    assert leavers.assets(LEAVER) == paid


def test_claim__others_claimed_before__pays_the_same(half: Leavers) -> None:
    mine = half.of(1, SECOND)
    half.claim(LEAVER, 1)
    assert half.of(1, SECOND) == mine
    half.line(LEAVER, DETACH, 1, LEAVER)
    assert half.of(1, SECOND) == mine


@pytest.mark.parametrize("signature", [CLAIM, REDEEM, WITHDRAW])
def test_claims__anyone_else__are_refused(half: Leavers, signature: str) -> None:
    for other in (SECOND, STRANGER, OPERATOR, GOVERNOR, GUARDIAN):
        with half.refused("queue: not the controller"):
            if signature == CLAIM:
                half.line(other, CLAIM, 1, LEAVER, other)
            else:
                half.line(other, signature, 1, other, LEAVER)


@pytest.mark.parametrize("signature", [CLAIM, REDEEM, WITHDRAW])
def test_claims__operator__may_name_any_receiver(half: Leavers, signature: str) -> None:
    half.operate(LEAVER)
    shares, assets = half.limits_of(LEAVER)
    arguments = {
        CLAIM: (1, LEAVER, STRANGER),
        REDEEM: (shares, STRANGER, LEAVER),
        WITHDRAW: (assets, STRANGER, LEAVER),
    }
    receipt = half.line(OPERATOR, signature, *arguments[signature])
    assert half.events(receipt) == [half.claimed(LEAVER, assets, shares, sender=OPERATOR, receiver=STRANGER)]
    assert half.assets(STRANGER) == assets
    half.operate(LEAVER, approved=False)
    with half.refused("queue: not the controller"):
        half.line(OPERATOR, signature, *arguments[signature])


# ------------------------------------------------------------------ exact amounts


def test_redeem__part__pays_its_part_rounded_down(half: Leavers) -> None:
    shares, assets = half.limits_of(LEAVER)
    part = shares // 3 + 1
    expected = assets * part // shares
    assert half.promised(LEAVER, REDEEM, part, THIRD, LEAVER) == expected
    receipt = half.line(LEAVER, REDEEM, part, THIRD, LEAVER)
    assert half.events(receipt) == [half.claimed(LEAVER, expected, part, receiver=THIRD)]
    assert half.assets(THIRD) == expected
    assert half.limits_of(LEAVER) == (shares - part, assets - expected)
    assert (half.of(1, LEAVER).claimed, half.of(1, LEAVER).paid) == (part, expected)


def test_withdraw__part__takes_shares_rounded_up(half: Leavers) -> None:
    shares, assets = half.limits_of(LEAVER)
    part = assets // 3 + 1
    expected = ceil_div(shares * part, assets)
    assert half.promised(LEAVER, WITHDRAW, part, THIRD, LEAVER) == expected
    receipt = half.line(LEAVER, WITHDRAW, part, THIRD, LEAVER)
    assert half.events(receipt) == [half.claimed(LEAVER, part, expected, receiver=THIRD)]
    assert half.assets(THIRD) == part
    assert half.limits_of(LEAVER) == (shares - expected, assets - part)


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
def test_claims__all_that_is_allowed__pass_and_one_more_is_refused(half: Leavers, signature: str) -> None:
    most = half.limits_of(LEAVER)[signature == WITHDRAW]
    reason = "queue: over maxWithdraw" if signature == WITHDRAW else "queue: over maxRedeem"
    with half.refused(reason):
        half.line(LEAVER, signature, most + 1, LEAVER, LEAVER)
    half.line(LEAVER, signature, most, LEAVER, LEAVER)
    assert half.limits_of(LEAVER) == (0, 0)
    with half.refused(reason):
        half.line(LEAVER, signature, 1, LEAVER, LEAVER)


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
@pytest.mark.parametrize("who", [LEAVER, STRANGER], ids=["leaver", "nobody"])
def test_claims__of_zero__return_zero(half: Leavers, signature: str, who: str) -> None:
    before = half.of(1, LEAVER), half.owed()
    assert half.promised(who, signature, 0, who, who) == 0
    receipt = half.line(who, signature, 0, who, who)
    assert half.events(receipt) == [half.claimed(who, 0, 0)]
    assert (half.of(1, LEAVER), half.owed()) == before


@pytest.mark.parametrize("signature", [REDEEM, WITHDRAW])
@pytest.mark.parametrize("amount", [2**128, MAX_UINT])
def test_claims__absurd_amounts__are_refused(half: Leavers, signature: str, amount: int) -> None:
    reason = "queue: over maxWithdraw" if signature == WITHDRAW else "queue: over maxRedeem"
    with half.refused(reason):
        half.line(LEAVER, signature, amount, LEAVER, LEAVER)


def test_redeem__last_share__leaves_later_cash_to_claim(half: Leavers) -> None:
    half.quarantine(1)
    half.govern("write_down(uint256)", 1)
    half.line(STRANGER, "write_off(uint256)", 1)
    half.line(LEAVER, REDEEM, half.limits_of(LEAVER)[0], LEAVER, LEAVER)
    paid, rest = half.assets(LEAVER), half.waiting(1) // 2
    half.revive(1)
    half.unwind(1)
    assert (half.limits_of(LEAVER), half.listed(LEAVER)) == ((0, 0), [])
    half.claim(LEAVER, 1)
    assert half.assets(LEAVER) == paid + rest


def test_redeem__share_by_share__never_pays_more(leavers: Leavers) -> None:
    leavers.settled()
    whole, cash = leavers.limits_of(LEAVER)
    for part in (1, 10**12 - 1, whole // 3, 7):
        leavers.line(LEAVER, REDEEM, part, LEAVER, LEAVER)
    leavers.line(LEAVER, REDEEM, leavers.limits_of(LEAVER)[0], LEAVER, LEAVER)
    assert leavers.assets(LEAVER) == cash
    assert leavers.of(1, LEAVER) == NONE


# ------------------------------------------------------------------ receivers that the asset refuses


@pytest.fixture
def refused(listed_asset: Leavers) -> Leavers:
    """Two have left, and the asset refuses the first of them."""
    bed = listed_asset
    bed.settled(LEAVER, SECOND)
    bed.rpc.transact(STRANGER, bed.asset, "set_blacklisted(address,bool)", LEAVER, True)
    return bed


def test_claim__receiver_refused_by_the_asset__fails_and_keeps_the_claim(refused: Leavers) -> None:
    before = refused.of(1, LEAVER)
    with refused.refused("weird: blacklisted"):
        refused.claim(LEAVER, 1)
    assert refused.of(1, LEAVER) == before
    refused.line(LEAVER, CLAIM, 1, LEAVER, THIRD)
    assert refused.assets(THIRD) == before.assets


def test_claim__receiver_refused_by_the_asset__blocks_nobody_else(refused: Leavers) -> None:
    refused.claim(SECOND, 1)
    assert refused.assets(SECOND) > 0
    refused.drain(1)
    refused.request(THIRD, refused.shares(THIRD))
    refused.mature()
    refused.settle()
    refused.refill(1)
    refused.unwind(1)
    refused.claim(THIRD, 2)
    assert refused.of(2, THIRD) == NONE


def test_exit_now__receiver_refused_by_the_asset__may_name_another(refused: Leavers) -> None:
    refused.rpc.transact(STRANGER, refused.asset, "set_blacklisted(address,bool)", THIRD, True)
    shares = refused.shares(THIRD)
    with refused.refused("weird: blacklisted"):
        refused.exit_now(THIRD, shares)
    refused.line(THIRD, EXIT_NOW, shares, STRANGER, THIRD, 0, MAX_UINT)
    assert refused.assets(STRANGER) > 0


def test_claim__payment_answers_false__is_refused(rpc: Rpc) -> None:
    bed = open_leavers(rpc, 6, TokenFlag.BLACKLIST | TokenFlag.FALSE_ON_FAILURE)
    bed.settled()
    bed.rpc.transact(STRANGER, bed.asset, "set_blacklisted(address,bool)", LEAVER, True)
    before = bed.of(1, LEAVER)
    with bed.refused(Refusal.TRANSFER_MISMATCH):
        bed.claim(LEAVER, 1)
    assert bed.of(1, LEAVER) == before


def test_claim__to_nobody__is_the_asset_s_to_refuse(leavers: Leavers) -> None:
    leavers.settled()
    assert leavers.assets(DEPOSITOR) == 0
    receipt = leavers.line(LEAVER, CLAIM, 1, LEAVER, ZERO)
    assert leavers.events(receipt)[0].fields["receiver"] == ZERO
