"""The law of risk asymmetry: what keeps capital from being put to work never keeps it from coming home."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.modes import Group, Mode
from tests.treasury import AGENT, GUARDIAN, HOUR
from tests.unit.agents import AFTER, BEFORE, KEY, REFUSED, deploy_policy, turn
from tests.unit.bed import BPS, DEAD, M112, Refusal
from tests.unit.desk import ALL, EXECUTE_SIGNED, FOREVER, Mandate, draft
from tests.unit.standing import HELD, K, Post

LEAK = 40  # bps of a redemption that the strategy keeps


def capped(post: Post) -> str:
    """No room under the absolute cap."""
    post.cap(1, 0)
    return "executor: over absolute cap"


def capped_relatively(post: Post) -> str:
    """No room under the relative cap."""
    post.cap(1, M112, 0)
    return "executor: over relative cap"


def cut(post: Post) -> str:
    """A guardian has cut the cap."""
    post.cut(1, 0, 0)
    return "executor: over absolute cap"


def grouped(post: Post) -> str:
    """A group is full."""
    post.group(1, 0b1110, absolute=0)
    return "executor: over group cap"


def grouped_relatively(post: Post) -> str:
    """The last of many groups has no share."""
    for number in range(1, 32):
        post.group(number, 0b0010, relative=0 if number == 31 else BPS)
    return "executor: over group share"


def flooded(post: Post) -> str:
    """The inflow bucket is full."""
    post.inflow(1, 0)
    return "executor: over inflow limit"


def flow_spent(post: Post) -> str:
    """The flow budget is exhausted."""
    post.grant(flow=0)
    return "executor: over flow budget"


def loss_spent(post: Post) -> str:
    """The loss budget is overdrawn many times: the first move home closes the strategy too."""
    post.grant(loss=0)
    post.leak(1, LEAK, Group.REDEEM)
    post.intent((1, -10 * K, 0))
    return "executor: strategy closed"


def max_loss(post: Post) -> str:
    """The mandate lets no intent lose anything, and the strategy takes its part."""
    post.grant(max_loss=0)
    post.leak(1, LEAK)
    post.leak(1, LEAK, Group.REDEEM)
    return "executor: over max loss"


def silent(post: Post) -> str:
    """The agent was silent for too long."""
    post.grant(heartbeat=HOUR)
    post.rpc.warp(HOUR + 1)
    return "executor: agent silent"


def marked_silent(post: Post) -> str:
    """The agent was silent, has reduced since, and is in time again."""
    silent(post)
    post.intent((1, -K, 0))
    return "executor: agent silent"


def refused_before(post: Post) -> str:
    """The policy refuses before."""
    policy = deploy_policy(post.rpc)
    turn(post, policy, BEFORE, Mode.BURN_LOOP)
    post.grant(policy=policy)
    return REFUSED


def refused_after(post: Post) -> str:
    """The policy refuses after."""
    policy = deploy_policy(post.rpc)
    turn(post, policy, AFTER, Mode.REVERT_BOMB)
    post.grant(policy=policy)
    return REFUSED


def policy_gone(post: Post) -> str:
    """The policy has no code."""
    post.grant(policy=DEAD)
    return REFUSED


def stale(post: Post) -> str:
    """Nobody has poked for two epochs."""
    post.rpc.warp(2 * post.epoch + HOUR)
    return "vault: 7"


def vetoed(post: Post) -> str:
    """The prices have fallen by too much at once."""
    for identifier in (1, 2, 3):
        post.mark(identifier, HELD * 8 // 10)
    assert post.totals()[2]
    post.dial(1, Group.READ, Mode.HONEST)
    return "vault: 7"


def stressed(post: Post) -> str:
    """The Vault is in STRESS."""
    post.latch(1)
    return f"vault: {Refusal.NOT_CALM.value}"


def wound_down(post: Post) -> str:
    """The Vault is in WINDDOWN."""
    post.latch(2)
    return f"vault: {Refusal.NOT_CALM.value}"


def without_ceiling(post: Post) -> str:
    """A guardian has taken the Vault's own ceiling away."""
    post.rpc.transact(GUARDIAN, post.steward, "set_ceiling(uint256,uint256)", 1, 0)
    return f"vault: {Refusal.OVER_CEILING.value}"


def target_illiquid(post: Post) -> str:
    """The strategy says that nothing of it can be redeemed."""
    post.redeemable(1, 0)
    return "executor: target illiquid"


def target_silent(post: Post) -> str:
    """The strategy does not say what can be redeemed."""
    post.dial(1, Group.MAX, Mode.BURN_LOOP)
    return "executor: target silent"


def only_reducing(post: Post) -> str:
    """The mandate permits no allocation."""
    post.grant(permissions=2)
    return "executor: may not allocate"


def everything(post: Post) -> str:
    """All of the Executor's own at once."""
    post.inflow(1, 0)
    grouped_relatively(post)
    capped(post)
    policy = deploy_policy(post.rpc)
    turn(post, policy, BEFORE, Mode.BURN_LOOP)
    post.grant(heartbeat=HOUR, policy=policy, flow=0, loss=0, max_loss=0)
    post.rpc.warp(2 * post.epoch + HOUR)
    without_ceiling(post)
    wound_down(post)
    return "executor: agent silent"


BLOCKS: dict[str, Callable[[Post], str]] = {
    block.__name__: block
    for block in (
        capped,
        capped_relatively,
        cut,
        grouped,
        grouped_relatively,
        flooded,
        flow_spent,
        loss_spent,
        max_loss,
        silent,
        marked_silent,
        refused_before,
        refused_after,
        policy_gone,
        stale,
        vetoed,
        stressed,
        wound_down,
        without_ceiling,
        target_illiquid,
        target_silent,
        only_reducing,
        everything,
    )
}


@pytest.fixture
def ready(post: Post) -> Post:
    """As ``post``, with the default mandate for the agent, nothing of it spent."""
    post.rpc.warp(post.epoch)
    post.poke()
    post.grant()
    return post


@pytest.mark.parametrize("block", BLOCKS)
def test_law__whatever_blocks_an_allocation__lets_a_deallocation_pass(ready: Post, block: str) -> None:
    reason = BLOCKS[block](ready)
    with ready.refused(reason):
        ready.intent((1, 50 * K, 0))
    before = ready.position(1)[0]
    ready.intent((1, -20 * K, 0))
    assert ready.position(1)[0] < before
    ready.intent((1, ALL, 0))
    assert ready.position(1)[0] == 0


@pytest.mark.parametrize("block", BLOCKS)
def test_law__whatever_blocks_an_allocation__blocks_it_in_a_mixed_intent(ready: Post, block: str) -> None:
    """Freeing first buys nothing: an intent that allocates anything is bound as a whole."""
    reason = BLOCKS[block](ready)
    with ready.refused(reason):
        ready.intent((3, -K, 0), (1, 50 * K, 0))


@pytest.mark.parametrize("block", sorted(set(BLOCKS) - {"only_reducing"}))
def test_law__signed_deallocation__passes_too(ready: Post, block: str) -> None:
    """What an agent has signed to reduce risk is executed by anyone, whatever has happened since."""
    BLOCKS[block](ready)
    key = KEY.address
    mandate = ready.rpc.read(
        ready.executor, "mandate(address)", AGENT, returns=("uint256",) * 8 + ("address", "bytes32")
    )
    fields = dict(zip(Mandate.__dataclass_fields__, mandate, strict=True))
    ready.grant(agent=key, **fields)
    if fields["heartbeat"]:
        ready.rpc.warp(fields["heartbeat"] + 1)
    intent = draft((1, ALL, 0), agent=key, nonce=1, deadline=FOREVER)
    ready.command(EXECUTE_SIGNED, intent, KEY.sign(ready.digest(intent)), sender=GUARDIAN)
    assert ready.position(1)[0] == 0
