"""Long ways that random lists hardly ever go to the end, on the chain and on the model alike."""

from __future__ import annotations

import pytest

from tests.model import capital
from tests.model.position import Status
from tests.model.strategy import Read
from tests.model.vault import VAULT
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.campaign import simulated
from tests.stateful.driver import Driver
from tests.stateful.world import HOLDERS, WORLD, World
from tests.treasury import DAY, HOUR

HOLDER = HOLDERS[0]


class Script(Driver):
    """Operations that are written out instead of drawn."""

    def poke(self, after: int) -> None:
        """Let seconds pass and poke."""
        self.warp(after)
        self.poke_through(VAULT)

    def deposit(self, assets: int) -> None:
        """A holder pays in."""
        data = wire.call("deposit(uint256,address)", assets, self.at(HOLDER))
        self.valued(f"deposit({assets})", HOLDER, data, lambda: self.vault.deposit(HOLDER, assets, HOLDER))

    def slice(self, shares: int) -> None:
        """A holder leaves with a slice."""
        data = wire.call(
            "redeem_slice(uint256,address,address,uint256)", shares, self.at(HOLDER), self.at(HOLDER), 0
        )
        action = lambda: self.vault.redeem_slice(HOLDER, shares, HOLDER, HOLDER, 0)  # noqa: E731
        self.valued(f"redeem_slice({shares})", HOLDER, data, action)

    def allocate(self, number: int, assets: int) -> None:
        """Cash goes to work."""
        data = wire.call("allocate(uint256,uint256,uint256)", number, assets, 0)
        action = lambda: capital.allocate(self.vault, number, assets, 0)  # noqa: E731
        self.move(f"allocate({number}, {assets})", data, action)

    def lose(self, number: int) -> None:
        """A strategy loses all that it has."""
        strategy = self.world.strategies[number - 1]
        held = strategy.held
        data = wire.call("lose(uint256)", held)
        self.step(f"lose({held})", WORLD, strategy.name, data, lambda: strategy.lose(held))

    def silence(self, number: int, silent: bool) -> None:
        """A strategy stops to answer, or answers again."""
        mode, reading = (Mode.REVERT_EMPTY, Read.FAIL) if silent else (Mode.HONEST, Read.HONEST)
        self.dial(self.world.strategies[number - 1], Group.READ, mode, 0, reading=reading)

    def write_down(self, number: int) -> None:
        """Governance gives a strategy up."""
        data = wire.call("write_down(uint256)", number)
        action = lambda: self.vault.write_down(number)  # noqa: E731
        self.step(f"write_down({number})", "governor", "steward", data, action)

    def statuses(self) -> list[Status]:
        """Health of every strategy, by the model."""
        return [position.status for position in self.vault.positions]

    def reasons(self) -> list[str]:
        """How each step so far is refused; empty where it is not."""
        return [step.reason for step in self.steps]


@pytest.fixture
def script(all_worlds: list[World]) -> Script:
    """Two strategies with capital at work."""
    return Script(all_worlds[1])


def test_total_loss__after_the_reference_is_gone__closes_entry_for_good(all_worlds):
    script = Script(all_worlds[0])
    script.deposit(10**12)
    script.allocate(1, script.vault.idle)
    script.lose(1)
    for _ in range(4):
        script.poke(after=DAY)
    script.deposit(10**6)
    simulated(script.world, script.steps)
    assert script.reasons() == [""] * 7 + ["vault: 9"]


def test_silence__until_quarantine_and_back__is_the_same_on_both_sides(script):
    script.silence(1, True)
    script.poke(after=60)
    assert script.statuses()[0] is Status.SUSPECT
    script.poke(after=HOUR - 1)
    assert script.statuses()[0] is Status.SUSPECT
    script.poke(after=1)
    assert script.statuses()[0] is Status.QUARANTINED
    script.deposit(10**9)
    script.slice(10**18)
    script.silence(1, False)
    for after in (HOUR, HOUR, HOUR - 1, 1):
        assert script.statuses()[0] is Status.QUARANTINED
        script.poke(after=after)
    assert script.statuses()[0] is Status.OK
    script.deposit(10**9)
    simulated(script.world, script.steps)
    assert [reason for reason in script.reasons() if reason] == ["vault: 7", "vault: 15"]
    assert script.reasons()[-1] == ""


@pytest.mark.parametrize(("bps", "status"), [(299, Status.OK), (302, Status.QUARANTINED)])
def test_quarantine__price_at_the_edge_of_the_band__returns_or_stays(script, bps, status):
    script.silence(1, True)
    for after in (1, HOUR):
        script.poke(after=after)
    strategy = script.world.strategies[0]
    for lie in (0, bps, bps):
        script.dial(strategy, Group.READ, Mode.LIE_DOWN, lie, reading=Read.LIE_DOWN, lie=lie)
        script.poke(after=HOUR)
    simulated(script.world, script.steps)
    assert script.statuses()[0] is status


def test_quarantine__written_down__lets_slices_leave_it_behind(script):
    script.silence(2, True)
    for after in (1, HOUR):
        script.poke(after=after)
    script.slice(10**18)
    script.write_down(2)
    script.slice(10**18)
    script.deposit(10**9)
    simulated(script.world, script.steps)
    assert script.reasons() == ["", "", "", "vault: 15", "", "", ""]
    assert script.vault.positions[1].units > 0


def test_refusal__inside_a_failed_read__changes_nothing(script):
    script.silence(1, True)
    before = script.world.expected()
    script.deposit(10**9)
    assert script.world.expected() == before
    simulated(script.world, script.steps)
    assert script.reasons()[-1] == "vault: 7"
