"""The rebalancer: weights, signs of life, and what it does when it may not."""

from __future__ import annotations

from web3 import HTTPProvider, Web3

from ganglion.bots import Outcome, RebalancerSettings, rebalancer
from soak.ground import HEARTBEAT, TARGETS, UNIT
from tests.modes import Group, Mode
from tests.treasury import GOVERNOR, GUARDIAN


def _weights(place):
    held = {each: place.bed.position(each)[:2] for each in TARGETS}
    return {
        each: round(book * 10_000 / place.total()) if units else 0 for each, (units, book) in held.items()
    }


def _standing(place):
    agent = place.accounts["rebalancer"].address
    returns = ("bytes32", "uint256", "uint256", "bool")
    return place.rpc.read(place.bed.executor, "standing(address)", agent, returns=returns)


def test_step__away_from_the_weights__one_intent_reaches_them(place, new_rebalancer):
    report = new_rebalancer().step()
    assert [deed.what for deed in report.did("rebalance")] == ["rebalance"]
    assert _weights(place) == TARGETS
    again = new_rebalancer().step()
    assert again.deeds == []
    assert "inside the band" in again.idle


def test_step__strategy_that_takes_no_deposit__does_not_hold_up_the_others(place, new_rebalancer):
    place.bed.dial(2, Group.DEPOSIT, Mode.REVERT_REASON)
    report = new_rebalancer().step()
    assert [(deed.what, deed.outcome) for deed in report.deeds] == [
        ("rebalance 2", Outcome.REFUSED),
        ("rebalance", Outcome.DONE),
    ]
    assert "planned without strategy 2" in report.deeds[0].detail
    assert _weights(place) == TARGETS | {2: 0}


def test_step__nothing_to_move__beats_before_the_heartbeat_ends(place, new_rebalancer):
    bot = new_rebalancer()
    bot.step()
    _, sequence, seen, _ = _standing(place)
    assert bot.step().deeds == []
    place.rpc.warp(HEARTBEAT // 3)
    assert [deed.what for deed in bot.step().did("beat")] == ["beat"]
    _, after, seen_after, silent = _standing(place)
    assert (after, silent) == (sequence, False)
    assert seen_after > seen


def test_step__silent_for_too_long__says_so_and_gives_no_beat(place, new_rebalancer):
    place.rpc.warp(HEARTBEAT + 1)
    place.bed.watch()
    report = new_rebalancer().step()
    assert report.deeds == []
    assert "agent silent" in report.idle


def test_step__revoked__says_so(place, new_rebalancer):
    executor, agent = place.bed.executor, place.accounts["rebalancer"].address
    place.rpc.transact(GOVERNOR, executor, "set_guardian(address,bool)", GUARDIAN, True)
    place.rpc.transact(GUARDIAN, executor, "revoke(address)", agent)
    report = new_rebalancer().step()
    assert report.deeds == []
    assert "has no mandate; the Timelock grants one" in report.idle


class Overtaken(HTTPProvider):
    """A connection on which somebody else is served just before the first transaction goes out."""

    def __init__(self, url, other):
        super().__init__(url, exception_retry_configuration=None)
        self._other = other

    def make_request(self, method, params):
        if method == "eth_sendRawTransaction" and self._other is not None:
            other, self._other = self._other, None
            other()
        return super().make_request(method, params)


def test_step__two_lives_of_one_bot_see_the_same_block__only_one_moves(place, new_rebalancer, told):
    first = new_rebalancer()
    w3 = Web3(Overtaken(place.rpc.url, first.step))
    settings = RebalancerSettings(targets=TARGETS, band=100, **told)
    second = rebalancer(w3, place.accounts["rebalancer"], settings)
    (deed,) = second.step().deeds
    # Both planned the same intent: it was executed, once.
    assert deed.outcome is Outcome.DONE
    assert _standing(place)[1] == 1
    assert _weights(place) == TARGETS


def test_step__agent_acts_in_between__the_plan_is_not_carried_out(place, new_rebalancer, told):
    other = new_rebalancer(targets={1: 1_000})
    w3 = Web3(Overtaken(place.rpc.url, other.step))
    settings = RebalancerSettings(targets=TARGETS, band=100, **told)
    deed = rebalancer(w3, place.accounts["rebalancer"], settings).step().deeds[0]
    assert (deed.what, deed.outcome) == ("rebalance", Outcome.REFUSED)
    assert _standing(place)[1] == 1
    assert _weights(place) == {1: 1_000, 2: 0, 3: 0, 4: 0}


def test_step__budget_refills_slowly__crumbs_are_not_moved(place, new_rebalancer):
    bot = new_rebalancer(targets={1: 9_000}, band=100)
    assert bot.step().did("rebalance")
    assert place.bed.position(1)[1] <= place.total() * 4_000 // 10_000  # its cap
    report = bot.step()
    assert report.deeds == []
    assert "relative cap" in report.idle or "smaller than the band" in report.idle
    assert place.bed.idle() > 100_000 * UNIT
