"""Long ways out that random lists seldom go to the end, on the chain and on the model alike."""

from __future__ import annotations

import pytest

from tests.model.runoff import EVERYTHING
from tests.model.strategy import Limit, Read
from tests.modes import Group, Mode
from tests.stateful.campaign import simulated
from tests.stateful.test_scenarios import Script
from tests.stateful.world import HOLDERS, STRANGER, World
from tests.treasury import HOUR

DEPOSITOR, LEAVER, _ = HOLDERS


class Exits(Script):
    """Exits that are written out."""

    def leave(self, owner: str, shares: int, tries: int = 0) -> None:
        """A holder leaves at once."""
        signature = "exit_now(uint256,address,address,uint256,uint256)"
        action = lambda: self.world.queue.exit_now(owner, shares, owner, owner, 0, tries)  # noqa: E731
        self.line(owner, signature, shares, owner, owner, 0, tries, by=action)

    def unwind(self, number: int, most: int = EVERYTHING) -> None:
        """Somebody unwinds."""
        action = lambda: self.world.queue.unwind(number, most)  # noqa: E731
        self.line(STRANGER, "unwind(uint256,uint256)", number, most, by=action)

    def detach(self, owner: str, identifier: int) -> None:
        """A holder makes its part its own."""
        action = lambda: self.world.queue.detach(owner, identifier, owner)  # noqa: E731
        self.line(owner, "detach(uint256,address)", identifier, owner, by=action)

    def claim(self, owner: str, identifier: int) -> None:
        """A holder claims."""
        action = lambda: self.world.queue.claim(owner, identifier, owner, owner)[1]  # noqa: E731
        self.line(owner, "claim(uint256,address,address)", identifier, owner, owner, by=action)

    def give_up(self, number: int) -> None:
        """A strategy goes dark, is written down, and written off."""
        self.silence(number, True)
        for after in (1, HOUR):
            self.poke(after=after)
        self.write_down(number)
        action = lambda: self.world.queue.write_off(number)  # noqa: E731
        self.line(STRANGER, "write_off(uint256)", number, by=action)

    def limit(self, number: int, liquid: int) -> None:
        """A strategy can pay so much."""
        strategy = self.world.strategies[number - 1]
        effect = {"limit": Limit.LIMITED, "liquid": liquid}
        self.dial(strategy, Group.LIQUIDITY, Mode.LIMITED, liquid, **effect)

    def pending(self, owner: str, identifier: int) -> int:
        """Shares of a request that wait, by the model."""
        return self.world.queue.pending(owner, identifier)


@pytest.fixture
def exits(all_worlds: list[World]) -> Exits:
    """Two strategies with capital at work, in calm."""
    return Exits(all_worlds[1])


def test_write_off__carried_into_a_new_generation__stays_closed(exits):
    exits.leave(LEAVER, 10**22)
    exits.unwind(2, exits.vault.positions[1].runoff - 1)
    exits.give_up(2)
    assert exits.pending(LEAVER, 1) > 0, "the first strategy still waits"
    exits.unwind(1)
    assert exits.pending(LEAVER, 1) == 0
    exits.leave(DEPOSITOR, 10**22)
    assert exits.world.queue.generations[2][0].carry == 1
    exits.unwind(1)
    assert exits.pending(LEAVER, 1) == 0
    simulated(exits.world, exits.steps)


def test_detach__all_claimed_and_written_off__takes_no_place_in_the_list(exits):
    shares = exits.vault.shares[LEAVER] // 4
    request = lambda: exits.world.queue.request_redeem(LEAVER, shares, LEAVER, LEAVER)  # noqa: E731
    exits.line(LEAVER, "requestRedeem(uint256,address,address)", shares, LEAVER, LEAVER, by=request)
    exits.limit(2, 0)
    exits.warp(exits.vault.epoch)
    exits.line(STRANGER, "settle()", by=exits.world.queue.settle)
    exits.give_up(2)
    exits.claim(LEAVER, 1)
    exits.detach(LEAVER, 1)
    assert exits.world.queue.unfinished[LEAVER] == ()
    simulated(exits.world, exits.steps)
    assert exits.reasons()[-2:] == ["", ""]


def test_recovery__after_the_write_off__is_paid_to_the_same(exits):
    exits.leave(LEAVER, 10**22)
    exits.give_up(2)
    exits.unwind(1)
    exits.claim(LEAVER, 1)
    exits.dial(exits.world.strategies[1], Group.READ, Mode.HONEST, 0, reading=Read.HONEST)
    for _ in range(3):
        exits.poke(after=HOUR)
    before = exits.vault.token.balances[LEAVER]
    exits.unwind(2)
    exits.claim(LEAVER, 1)
    assert exits.vault.token.balances[LEAVER] > before
    simulated(exits.world, exits.steps)


@pytest.mark.parametrize("early", [1, 0])
def test_dip__of_an_epoch_less_a_second__lowers_nothing(exits, early):
    exits.leave(LEAVER, 10**22)
    covered = exits.vault.positions[1].coverage
    exits.limit(2, 10**10)
    exits.unwind(2)
    exits.warp(exits.vault.epoch - early)
    exits.unwind(2)
    assert (exits.vault.positions[1].coverage == covered) == bool(early)
    simulated(exits.world, exits.steps)


def test_everybody__leaves__and_the_runoff_pays_to_the_last_unit(exits):
    for owner in (LEAVER, DEPOSITOR):
        exits.leave(owner, exits.vault.shares[owner])
    for number in (1, 2, 1, 2):
        exits.unwind(number)
    for owner, identifier in ((LEAVER, 1), (DEPOSITOR, 2)):
        exits.claim(owner, identifier)
    simulated(exits.world, exits.steps)
    assert [position.runoff for position in exits.vault.positions] == [0, 0]
    assert exits.world.queue.requests == {}
