"""Extreme numbers on the way out: units of very many decimals, amounts near the ends of their fields,
and points that come to stand for next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils import keccak

from ganglion.devnet.rpc import Rpc
from tests import treasury as t
from tests.attacks.exit_calls import EVERY, EXIT_NOW, REQUEST, SETTLE, UNITS, Exits, Runoff, holder, staked
from tests.attacks.stage import HOSTILE, Stage, fund
from tests.attacks.timeline import Outcome

FIRST, SECOND, THIRD = HOLDERS = holder(1), holder(2), holder(3)
OFFSETS = {
    "tall units": (6, 18, 10**6 * 10**6),
    "flat units": (18, 0, 2**109),
    "plain": (6, 0, 10**6 * 10**6),
}
GENERATIONS = 6
LATE = holder(9)
JOINED = "0x" + keccak(text="Joined(uint256,uint256,uint256,uint256,uint256)").hex()


def _open(rpc: Rpc, decimals: int, offset: int, amount: int) -> Stage:
    """Three holders of equal parts, nine tenths in one strategy of units with ``offset`` more
    decimals."""
    fund(rpc)
    asset = t.deploy_token(rpc, decimals)
    treasury = t.Treasury.create(rpc, asset, executor=t.AGENT, limits=t.Limits(deposit_cap=2**112 - 1))
    strategy = t.deploy_hostile(rpc, asset, offset)
    treasury.list(strategy)
    treasury.seal()
    for who in (*HOLDERS, LATE):
        rpc.call("anvil_setBalance", who, hex(10**24))
        treasury.deposit(who, amount)
    rpc.warp(t.DAY + 1)
    treasury.allocate(HOSTILE, 4 * amount // 10 * 9)
    treasury.poke()
    rpc.warp(t.HOUR)
    caller = t.deploy_vyper(rpc, "contracts/mocks/Caller.vy")
    return Stage(treasury, (strategy,), strategy, caller)


@pytest.fixture(scope="module", params=OFFSETS)
def extreme(request, attacked_node: Rpc, shared_stage: Stage) -> Iterator[tuple[Stage, int, int]]:
    """A treasury, what each holder deposited, and shares for an asset wei."""
    decimals, offset, amount = OFFSETS[request.param]
    snapshot = attacked_node.call("evm_snapshot")
    yield _open(attacked_node, decimals, offset, amount), amount, 10 ** max(3, 18 - decimals)
    assert attacked_node.call("evm_revert", snapshot)


def _out(exits: Exits, who: str, shares: int, tries: int = EVERY) -> int:
    return exits.queued(who, EXIT_NOW, shares, who, who, 0, tries)


def _generation(outcome: Outcome) -> int:
    """The generation that an exit joined."""
    (joined,) = [log for log in outcome.logs if log["topics"][0] == JOINED]
    return int(joined["data"][2:66], 16)


def test_extremes__whole_way_out__pays_everybody(extreme):
    stage, amount, share = extreme
    exits = Exits(stage.play())
    exits.drain(amount // 3)
    calls = [_out(exits, FIRST, amount * share)]
    calls += [exits.queued(SECOND, REQUEST, amount * share, SECOND, SECOND)]
    exits.play.wait(t.DAY + 1)
    exits.drain(amount // 2)
    calls += [exits.queued(t.STRANGER, SETTLE), exits.unwind()]
    exits.refill()
    calls += [_out(exits, THIRD, amount * share), exits.unwind()]
    calls += [exits.claim(FIRST, 1), exits.claim(SECOND, 2)]
    cash = [exits.cash(who) for who in HOLDERS]
    vault, idle, owed = exits.cash(stage.vault), exits.idle(), exits.owed()
    outcomes = exits.play.run()
    assert [outcomes[place].reason for place in calls if not outcomes[place].ok] == []
    for place in cash:
        assert amount - 12 <= outcomes[place].word <= amount
    assert outcomes[vault].word == (outcomes[idle].word & UNITS) + outcomes[owed].word
    assert outcomes[owed].word <= 12


def test_generations__forced_again_and_again__carry_what_waits(extreme):
    """P9. Somebody unwinds all but a little and leaves with dust, so that a new generation begins each
    time and what waited is carried; nobody loses more than dust by it, and everything closes."""
    stage, amount, share = extreme
    exits = Exits(stage.play())
    exits.drain(0)
    _out(exits, FIRST, amount * share)
    exits.play.wait(1)
    first = exits.runoff()
    waiting = Runoff.of(exits.play.run()[first]).waiting

    exits = Exits(stage.play())
    exits.drain(0)
    _out(exits, FIRST, amount * share)
    exits.refill()
    joined, left = [], []
    rest = waiting
    for _ in range(GENERATIONS):
        keep = max(rest >> 29, 1)
        exits.unwind(HOSTILE, rest - keep)
        left.append(exits.runoff())
        joined.append(_out(exits, LATE, amount * share // 100, 0))
        rest = keep + waiting // 100
    exits.unwind()
    records = [exits.stake(1, FIRST), *(exits.stake(number, LATE) for number in range(2, 2 + GENERATIONS))]
    paid = [exits.claim(FIRST, 1), *(exits.claim(LATE, number) for number in range(2, 2 + GENERATIONS))]
    cash, owed, waits = exits.cash(FIRST), exits.owed(), exits.runoff()
    outcomes = exits.play.run()
    assert [_generation(outcomes[place]) for place in joined] == list(range(2, 2 + GENERATIONS))
    assert all(Runoff.of(outcomes[place]).waiting < waiting >> 6 for place in left)
    assert Runoff.of(outcomes[waits]).waiting == 0
    for place in records:
        requested, pending, claimable, _, claimed, _ = staked(outcomes[place])
        assert pending == 0
        assert claimable + claimed == requested
    assert all(outcomes[place].ok for place in paid)
    assert outcomes[cash].word >= amount - (amount >> 26) - 12
    assert outcomes[owed].word <= (amount >> 26) + 12 * GENERATIONS


def test_exit__more_shares_than_a_record_counts__is_refused(extreme):
    stage, _, _ = extreme
    exits = Exits(stage.play())
    out, asked = _out(exits, FIRST, 2**128), exits.queued(FIRST, REQUEST, 2**128, FIRST, FIRST)
    outcomes = exits.play.run()
    assert outcomes[out].reason == "queue: too many shares"
    assert outcomes[asked].reason == "queue: too many shares"


def _left_behind(stage: Stage, amount: int, share: int) -> tuple[Exits, int]:
    """Everybody leaves while nothing is liquid, and one comes back before it is; the place of its
    shares."""
    exits = Exits(stage.play())
    exits.drain(0)
    for who in (*HOLDERS, LATE):
        _out(exits, who, amount * share)
    exits.play.call(t.STRANGER, stage.asset, "mint(address,uint256)", FIRST, amount)
    entered = exits.play.call(FIRST, stage.vault, "deposit(uint256,address)", amount, FIRST)
    exits.play.wait(t.DAY)
    exits.refill()
    exits.unwind()
    return exits, entered


def test_everybody_leaves__next_depositor__gets_back_what_it_paid(extreme):
    """P14: what the others wait for is not the newcomer's, and dust is all that it can lose."""
    stage, amount, share = extreme
    exits, entered = _left_behind(stage, amount, share)
    minted = exits.play.run()[entered].word
    exits, _ = _left_behind(stage, amount, share)
    before, gone, after = exits.cash(FIRST), _out(exits, FIRST, minted), exits.cash(FIRST)
    outcomes = exits.play.run()
    assert outcomes[gone].ok, outcomes[gone].reason
    assert amount - 1_003 <= outcomes[after].word - outcomes[before].word <= amount
