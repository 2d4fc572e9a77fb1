"""Bounties: who pays in, who earns, what the governor may take back, and a token that only says it paid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modes import Group, Mode, TokenFlag
from tests.treasury import DEPOSITOR, GOVERNOR, HOUR, LEAVER, MAX_UINT, STRANGER
from tests.unit.bed import APPROVE, EVERYONE, M112
from tests.unit.events import event
from tests.unit.standing import COLLECT, DEFUND, FUND, HELD, LIQUIDITY, REMOVE, TRIM, K, Post, open_post

NOT_PAID = "reflexes: not paid"
NO_BOUNTY = "reflexes: no bounty"


def earned(post: Post, account: str = STRANGER) -> int:
    """What an account may collect."""
    return post.told("bounty_of(address)", account)


def budget(post: Post) -> int:
    """What is left for bounties."""
    return post.told("budget()")


@pytest.fixture
def false_post(reach: Callable[..., Post]) -> Post:
    """As ``post``, over an asset that answers false where others revert, and can be paused."""
    flags = TokenFlag.FALSE_ON_FAILURE | TokenFlag.PAUSABLE
    return reach(("post, false", lambda rpc: open_post(rpc, flags)))


@pytest.fixture
def silent_post(reach: Callable[..., Post]) -> Post:
    """As ``post``, over an asset that returns nothing."""
    return reach(("post, no return", lambda rpc: open_post(rpc, TokenFlag.NO_RETURN)))


# ------------------------------------------------------------------ fund


def test_fund__anyone__adds_and_is_told(post: Post) -> None:
    for count, role in enumerate(sorted(EVERYONE), 1):
        receipt = post.pay_in(K, sender=EVERYONE[role])
        assert post.events(receipt) == [event(post.reflexes, "Funded", by=EVERYONE[role], assets=K)]
        assert budget(post) == post.assets(post.reflexes) == count * K


def test_fund__nothing__is_told_and_changes_nothing(post: Post) -> None:
    post.pay_in(0)
    assert budget(post) == 0


def test_fund__not_allowed__is_refused(post: Post) -> None:
    with post.refused("weird: allowance"):
        post.call(STRANGER, FUND, 1)


def test_fund__token_answers_false__is_refused(false_post: Post) -> None:
    false_post.pay_in(K)
    false_post.rpc.transact(STRANGER, false_post.asset, APPROVE, false_post.reflexes, MAX_UINT)
    with false_post.refused(NOT_PAID):
        false_post.call(STRANGER, FUND, false_post.assets(STRANGER) + 1)
    assert budget(false_post) == K


def test_fund__donation__is_no_budget(post: Post) -> None:
    post.pay_in(K)
    post.rpc.transact(STRANGER, post.asset, "mint(address,uint256)", post.reflexes, 5 * K)
    assert budget(post) == K
    post.pay_in(K)
    assert budget(post) == 2 * K


# ------------------------------------------------------------------ earning


@pytest.mark.parametrize(
    ("funded", "bounty", "paid"),
    [(K, 0, 0), (K, K - 1, K - 1), (K, K, K), (K, K + 1, K), (K, M112, K), (0, K, 0)],
)
def test_fire__bounty__is_paid_as_far_as_the_budget_lasts(
    post: Post, funded: int, bounty: int, paid: int
) -> None:
    post.pay_in(funded)
    post.order(bounty=bounty)
    receipt = post.fire()
    assert post.events(receipt)[-1] == post.fired(4_000, 50 * K, bounty=paid)
    assert (earned(post), budget(post)) == (paid, funded - paid)
    assert post.assets(post.reflexes) == funded


def test_fire__bounties__add_up_for_each_who_fires(post: Post) -> None:
    post.pay_in(3 * K)
    post.order(bounty=K)
    post.fire()
    for sender in (DEPOSITOR, STRANGER):
        post.rpc.warp(HOUR)
        post.fire(sender=sender)
    assert (earned(post), earned(post, DEPOSITOR), budget(post)) == (2 * K, K, 0)


def test_fire__only_armed__earns_nothing(post: Post) -> None:
    post.pay_in(K)
    post.order(condition=LIQUIDITY, watched=1, threshold=800, target=2, bounty=K)
    post.redeemable(1, 0)
    post.fire()
    assert (earned(post), budget(post)) == (0, K)


def test_fire__trim_only_noted__earns_nothing_and_the_trim_does(post: Post) -> None:
    post.pay_in(K)
    post.order(action=TRIM, bounty=K)
    post.cap(1, 150 * K)
    receipt = post.fire()
    assert post.events(receipt) == [event(post.executor, "OverCap", id=1, over=50 * K)]
    assert (earned(post), budget(post), post.memory()) == (0, K, (0, 0))
    post.at(post.now() + HOUR)
    receipt = post.fire()
    assert post.events(receipt) == [
        *post.trimmed((1, 50 * K, 50 * K, 0), by=post.reflexes),
        post.fired(4_000, 50 * K, bounty=K),
    ]
    assert (earned(post), budget(post), post.memory()) == (K, 0, (post.now(), 0))


@pytest.mark.parametrize("over", [1, 50 * K - 1])
def test_fire__trim_of_less_than_the_order_s_least__earns_nothing(post: Post, over: int) -> None:
    """Whoever finds a position a wei over its cap is paid nothing for it, and disarms nothing."""
    post.pay_in(K)
    post.order(action=TRIM, least=50 * K, most=50 * K, bounty=K)
    post.cap(1, HELD - over)
    post.fire()
    assert post.noted() == post.now()
    post.rpc.warp(HOUR)
    with post.refused("reflexes: too little over"):
        post.fire()
    assert (earned(post), budget(post), post.memory()) == (0, K, (0, 0))
    post.trim()
    assert post.position(1)[1] == HELD - over


def test_fire__trim_of_the_order_s_least__earns_its_bounty(post: Post) -> None:
    post.pay_in(K)
    post.order(action=TRIM, least=50 * K, most=50 * K, bounty=K)
    post.cap(1, HELD - 50 * K)
    post.fire()
    post.rpc.warp(HOUR)
    post.fire()
    assert (earned(post), budget(post), post.position(1)[1]) == (K, 0, HELD - 50 * K)


def test_fire__trim_of_what_is_within_caps_again__earns_nothing(post: Post) -> None:
    post.pay_in(K)
    post.order(action=TRIM, bounty=K)
    with post.refused("executor: within caps"):
        post.fire()
    post.cap(1, 150 * K)
    post.fire()
    post.cap(1, 250 * K)
    assert post.answer() == 0
    assert post.events(post.fire()) == []
    assert (earned(post), budget(post), post.memory()) == (0, K, (0, 0))


def test_fire__trim__needs_no_mandate_and_keeps_its_cooldown(post: Post) -> None:
    post.command("revoke(address)", post.reflexes)
    post.order(action=TRIM, cooldown=2 * HOUR)
    post.cap(1, 150 * K)
    post.fire()
    post.rpc.warp(HOUR)
    post.fire()
    post.cap(1, 100 * K)
    with post.refused("reflexes: cooling down"):
        post.fire()


def test_fire__refused__earns_nothing(post: Post) -> None:
    post.pay_in(K)
    post.order(bounty=K)
    post.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    with post.refused("vault: 17"):
        post.fire()
    assert (earned(post), budget(post)) == (0, K)


# ------------------------------------------------------------------ collect


def test_collect__earned__is_paid_once_to_whom_the_earner_names(post: Post) -> None:
    post.pay_in(3 * K)
    post.order(bounty=K)
    post.fire()
    receipt = post.call(STRANGER, COLLECT, LEAVER)
    told = event(post.reflexes, "Collected", account=STRANGER, receiver=LEAVER, assets=K)
    assert post.events(receipt) == [told]
    assert (post.assets(LEAVER), earned(post), budget(post)) == (K, 0, 2 * K)
    with post.refused(NO_BOUNTY):
        post.call(STRANGER, COLLECT, LEAVER)


def test_collect__never_fired__is_refused(post: Post) -> None:
    post.pay_in(K)
    post.order(bounty=K)
    post.fire()
    for role in sorted(set(EVERYONE) - {"stranger"}):
        with post.refused(NO_BOUNTY):
            post.call(EVERYONE[role], COLLECT, EVERYONE[role])


def test_collect__order_removed__is_still_paid(post: Post) -> None:
    post.pay_in(K)
    post.order(bounty=K)
    post.fire()
    post.call(GOVERNOR, REMOVE, 1)
    post.call(STRANGER, COLLECT, STRANGER)
    assert post.assets(post.reflexes) == 0


@pytest.mark.parametrize("signature", [COLLECT, DEFUND])
def test_payment__token_answers_false__is_refused_and_nothing_is_forgotten(
    false_post: Post, signature: str
) -> None:
    false_post.pay_in(2 * K)
    false_post.order(bounty=K)
    false_post.fire()
    false_post.rpc.transact(STRANGER, false_post.asset, "set_paused(bool)", True)
    sender, arguments = (STRANGER, (STRANGER,)) if signature == COLLECT else (GOVERNOR, (GOVERNOR, K))
    with false_post.refused(NOT_PAID):
        false_post.call(sender, signature, *arguments)
    false_post.rpc.transact(STRANGER, false_post.asset, "set_paused(bool)", False)
    false_post.call(sender, signature, *arguments)
    assert false_post.assets(false_post.reflexes) == K


def test_payment__token_answers_nothing__is_paid(silent_post: Post) -> None:
    silent_post.pay_in(3 * K)
    silent_post.order(bounty=K)
    silent_post.fire()
    silent_post.call(STRANGER, COLLECT, LEAVER)
    silent_post.call(GOVERNOR, DEFUND, LEAVER, K)
    assert (silent_post.assets(LEAVER), budget(silent_post)) == (2 * K, K)


# ------------------------------------------------------------------ defund


@pytest.mark.parametrize("taken", [0, 1, 2 * K])
def test_defund__up_to_the_budget__is_sent_and_told(post: Post, taken: int) -> None:
    post.pay_in(2 * K)
    receipt = post.call(GOVERNOR, DEFUND, LEAVER, taken)
    assert post.events(receipt) == [event(post.reflexes, "Defunded", receiver=LEAVER, assets=taken)]
    assert (post.assets(LEAVER), budget(post)) == (taken, 2 * K - taken)


def test_defund__over_the_budget__is_refused_whatever_the_balance(post: Post) -> None:
    post.pay_in(2 * K)
    post.order(bounty=K)
    post.fire()
    post.rpc.transact(STRANGER, post.asset, "mint(address,uint256)", post.reflexes, 5 * K)
    with post.refused("reflexes: over budget"):
        post.call(GOVERNOR, DEFUND, LEAVER, K + 1)
    post.call(GOVERNOR, DEFUND, LEAVER, K)
    with post.refused("reflexes: over budget"):
        post.call(GOVERNOR, DEFUND, LEAVER, 1)
    post.call(STRANGER, COLLECT, STRANGER)
    assert post.assets(STRANGER) == K
