"""Long ways through stress and reactions, on the chain and on the model alike."""

from __future__ import annotations

import pytest

from tests.model.arithmetic import BPS, DAY, HOUR
from tests.model.fees import Fees
from tests.model.intents import Move
from tests.model.position import Position, Terms
from tests.model.reflexes import REFLEXES, Condition
from tests.model.sentinel import Cause
from tests.model.strategy import Read
from tests.model.vault import State
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.campaign import simulated
from tests.stateful.reactions import ORDERS, TREASURER
from tests.stateful.test_exit_scenarios import LEAVER, Exits
from tests.stateful.world import AGENTS, STRANGER, World
from tests.treasury import TERMS


class Reactions(Exits):
    """Trouble, and what is done about it, written out."""

    def watch(self, after: int) -> State:
        """Let seconds pass and poke the Sentinel; returns the state."""
        self.warp(after)
        self.poke_through("sentinel")
        return self.vault.state

    def fall(self, number: int, bps: int) -> None:
        """A strategy says that it is worth so much less; 0 is the truth."""
        mode, reading = (Mode.LIE_DOWN, Read.LIE_DOWN) if bps else (Mode.HONEST, Read.HONEST)
        strategy = self.world.strategies[number - 1]
        self.dial(strategy, Group.READ, mode, bps, reading=reading, lie=bps)

    def take(self, number: int, fee: int) -> None:
        """A strategy keeps so many bps of what is redeemed."""
        self.dial(self.world.strategies[number - 1], Group.FEE, Mode.EXIT_FEE, fee, exit_fee=fee)

    def short(self, after: int) -> Position:
        """An unwind of the first strategy that fails, after so many seconds; at first somebody leaves."""
        position = self.vault.positions[0]
        if not position.waits:
            self.leave(LEAVER, self.vault.shares[LEAVER] // 2)
            self.take(1, 2_000)
        self.warp(after)
        self.unwind(1)
        assert position.short_last == self.vault.now
        return position

    def pays(self, number: int, part: int) -> Position:
        """A strategy pays so many bps of what waits to those who left, and somebody unwinds."""
        position = self.vault.positions[number - 1]
        uncovered = position.units + position.runoff - position.coverage
        strategy = self.world.strategies[number - 1]
        self.limit(number, strategy.to_assets(position.coverage + uncovered * part // BPS))
        self.unwind(number)
        return position

    def fire(self, identifier: int) -> int:
        """Somebody fires an order; returns what came home by the model."""
        before = self.vault.idle
        action = lambda: self.world.reflexes.fire(identifier, STRANGER)  # noqa: E731
        self.tell(STRANGER, REFLEXES, "fire(uint256)", identifier, by=action)
        return self.vault.idle - before

    def charge(self, fees: Fees) -> None:
        """Governance sets fees."""
        receiver = self.at(fees.receiver)
        data = wire.call("set_fees((uint256,uint256,address))", fees.management, fees.performance, receiver)
        self.step("set_fees", "governor", "steward", data, lambda: self.vault.set_fees(fees))

    def list_spare(self) -> None:
        """Governance lists the strategy that is not listed yet."""
        spare, terms, ceiling = self.world.strategies[-1], Terms(), 10**12
        data = wire.call(
            f"list_strategy(address,{TERMS},uint256)",
            *(self.at(spare.name), 150_000, 600_000, 0, terms.max_rate, terms.tolerance, terms.band, ceiling),
        )
        action = lambda: self.vault.list(spare, terms, ceiling)  # noqa: E731
        self.valued("list_strategy", "governor", data, action, "steward")

    def causes(self) -> list[int]:
        """Why the state changed, so far."""
        return [change.cause for change in self.world.sentinel.changes]


@pytest.fixture
def reactions(all_worlds: list[World]) -> Reactions:
    """Two strategies with capital at work, in calm."""
    return Reactions(all_worlds[1])


def test_list__after_fees_are_set__gets_the_next_id(reactions):
    reactions.charge(Fees(200, 2_000, TREASURER))
    reactions.list_spare()
    simulated(reactions.world, reactions.steps)
    assert reactions.reasons() == ["", ""]
    assert len(reactions.vault.positions) == 3


def test_fall__latched_fired_and_recovered__is_the_same_on_both_sides(reactions):
    reactions.allocate(1, reactions.vault.idle * 3 // 4)
    reactions.fall(1, 700)
    assert [reactions.watch(after) for after in (60, HOUR - 1, 1)] == [0, 0, State.STRESS]
    assert reactions.fire(1) > 0, "a reflex acts in the same block"
    reactions.deposit(10**9)
    reactions.fall(1, 0)
    while reactions.vault.state is State.STRESS:
        reactions.watch(DAY // 3)
    reactions.deposit(10**9)
    simulated(reactions.world, reactions.steps)
    assert reactions.causes() == [Cause.FALL, Cause.RECOVERED]
    assert [reason for reason in reactions.reasons() if reason] == ["vault: 5"]


def test_short_unwinds__an_hour_apart__latch_and_three_clean_ones_end_stress(reactions):
    position = reactions.short(0)
    assert position.owes == 0, "one moment costs nothing"
    assert reactions.short(HOUR).owes == 3
    assert [reactions.watch(after) for after in (60, HOUR)] == [State.CALM, State.STRESS]
    reactions.take(1, 0)
    for part, owes in ((5_000, 2), (3_300, 1), (2_500, 0)):
        assert reactions.pays(1, part).owes == owes
        reactions.warp(HOUR)
    while reactions.vault.state is State.STRESS:
        reactions.watch(DAY // 3)
    simulated(reactions.world, reactions.steps)
    assert reactions.causes() == [Cause.SHORT, Cause.RECOVERED]


def test_short_unwinds__that_are_owed_for__keep_agents_away(reactions):
    refused = []
    for after in (0, HOUR):
        reactions.short(after)
        reactions.intent(AGENTS[0], [Move(1, 10**8, 0)], 2**100, 2**40)
        refused.append(reactions.reasons()[-1])
    reactions.intent(AGENTS[0], [Move(2, 10**8, 0)], 2**100, 2**40)
    simulated(reactions.world, reactions.steps)
    assert [*refused, reactions.reasons()[-1]] == ["", "executor: target short", ""]


def test_group__over_an_orders_threshold__comes_home(reactions):
    order, number = reactions.world.reflexes.orders[ORDERS], ORDERS
    assert (order.condition, order.watched, order.threshold) == (Condition.GROUP, 31, 5_000)
    assert reactions.fire(number) == 0
    reactions.allocate(1, reactions.vault.idle // 2)
    assert reactions.fire(number) == order.most
    simulated(reactions.world, reactions.steps)
    assert reactions.reasons() == ["reflexes: condition not met", "", ""]


@pytest.mark.parametrize(("gap", "owes"), [(HOUR - 1, 0), (HOUR, 3), (DAY, 3), (DAY + 1, 0)])
def test_short_unwinds__an_hour_to_an_epoch_apart__count(reactions, gap, owes):
    reactions.short(0)
    assert reactions.short(gap).owes == owes
    simulated(reactions.world, reactions.steps)


def test_short_unwinds__an_epoch_without_another__are_forgotten_by_a_poke(reactions):
    reactions.short(0)
    position = reactions.short(HOUR)
    for after, owes in ((DAY, 3), (1, 0)):
        reactions.watch(after)
        assert position.owes == owes
    simulated(reactions.world, reactions.steps)


def test_clean_unwinds__less_than_an_hour_apart__pay_one_off(reactions):
    reactions.short(0)
    reactions.short(HOUR)
    reactions.take(1, 0)
    for after, part, owes in ((0, 5_000, 2), (HOUR - 1, 3_300, 2), (1, 2_500, 1)):
        reactions.warp(after)
        assert reactions.pays(1, part).owes == owes
    simulated(reactions.world, reactions.steps)


def test_silence__of_governance__winds_down_a_second_after_the_last(reactions):
    sentinel = reactions.world.sentinel
    last = sentinel.beat_at + sentinel.silence
    assert reactions.watch(last - reactions.vault.now) is not State.WINDDOWN
    assert reactions.watch(1) is State.WINDDOWN
    for who in ("safe", "governor"):
        reactions.tell(who, "sentinel", "beat()", by=lambda who=who: sentinel.beat(who))
    reactions.slice(10**18)
    simulated(reactions.world, reactions.steps)
    assert reactions.reasons() == ["", "", "sentinel: lapsed", "sentinel: lapsed", ""]


def test_forwarded_unwind__that_fails__owes_nothing(reactions):
    reactions.leave(LEAVER, reactions.vault.shares[LEAVER] // 2)
    strategy, position = reactions.world.strategies[0], reactions.vault.positions[0]
    reactions.dial(strategy, Group.FEE, Mode.EXIT_FEE, 2_000, exit_fee=2_000)
    action = lambda: reactions.world.queue.unwind(1, 2**112, direct=False)  # noqa: E731
    for after in (0, HOUR):
        reactions.warp(after)
        reactions.tell(STRANGER, "forwarder to queue", "unwind(uint256,uint256)", 1, 2**112, by=action)
    assert (position.owes, position.short_last, position.failing) == (0, 0, reactions.vault.now - HOUR)
    simulated(reactions.world, reactions.steps)


def test_clean_unwind__of_less_than_a_hundredth__pays_nothing_off(reactions):
    reactions.short(0)
    reactions.short(HOUR)
    reactions.take(1, 0)
    for share, owes in ((1_000, 3), (10, 2)):
        assert reactions.pays(1, BPS // share).owes == owes
    simulated(reactions.world, reactions.steps)
