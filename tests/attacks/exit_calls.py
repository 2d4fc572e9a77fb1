"""Calls of the way out for a sequence that is played on the attacked treasury, and readers of what they
left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.devnet.abi import actor
from tests import treasury as t
from tests.attacks.stage import HOSTILE, SOLMATE, UNIT, Play, Stage
from tests.attacks.timeline import Outcome
from tests.modes import Group, Mode

SHARE = 10**12  # shares for one asset wei of a treasury of six decimals
ALL = 2**112
EVERY = t.MAX_UINT

REQUEST = "requestRedeem(uint256,address,address)"
CANCEL = "cancel(uint256,address,address)"
SETTLE = "settle()"
EXIT_NOW = "exit_now(uint256,address,address,uint256,uint256)"
UNWIND = "unwind(uint256,uint256)"
WRITE_OFF = "write_off(uint256)"
CLAIM = "claim(uint256,address,address)"
REDEEM = "redeem(uint256,address,address)"
WITHDRAW = "withdraw(uint256,address,address)"
DETACH = "detach(uint256,address)"
IN_KIND = "in_kind(uint256,address,uint256,address)"
EVACUATE = "evacuate(uint256,uint256)"
WORD = "word(uint256,uint256)"
TRANSFER = "transfer(address,uint256)"

UNITS = 2**112 - 1


@dataclass(frozen=True)
class Runoff:
    """Units that wait in a strategy, since when redeems fail (seconds, 0: they do not), proceeds not
    credited."""

    waiting: int
    failing: int
    unsynced: int

    @classmethod
    def of(cls, outcome: Outcome) -> Runoff:
        """Unpack the word that ``Exits.runoff`` read."""
        word = outcome.word
        return cls(word & UNITS, (word >> 112) & 0xFFFFFFFF, word >> 144)


@dataclass(frozen=True)
class Coverage:
    """Covered units, the most units seen in the challenge window, and its start in seconds (0:
    none)."""

    covered: int
    low: int
    since: int

    @classmethod
    def of(cls, outcome: Outcome) -> Coverage:
        """Unpack the word that ``Exits.coverage`` read."""
        word = outcome.word
        return cls(word & UNITS, (word >> 112) & UNITS, word >> 224)


@dataclass(frozen=True)
class Exits:
    """Adds calls of the way out to a play; every method returns the place of its outcome."""

    play: Play

    @property
    def stage(self) -> Stage:
        """The treasury that is played on."""
        return self.play.stage

    @property
    def queue(self) -> str:
        """The ExitQueue."""
        return self.stage.treasury.queue

    def queued(self, sender: str, signature: str, *arguments: Any, gas: int = 16_000_000) -> int:
        """Add any call of the queue."""
        return self.play.call(sender, self.queue, signature, *arguments, gas=gas)

    def request(self, who: str, assets: int, controller: str = "") -> int:
        """Add a request for shares that cost ``assets``."""
        return self.queued(who, REQUEST, assets * SHARE, controller or who, who)

    def settle(self, gas: int = 16_000_000) -> int:
        """Wait an epoch and add a settlement by a stranger."""
        self.play.wait(t.DAY + 1)
        return self.queued(t.STRANGER, SETTLE, gas=gas)

    def exit_now(self, who: str, assets: int, tries: int = EVERY, gas: int = 16_000_000) -> int:
        """Add an immediate exit with shares that cost ``assets``."""
        return self.queued(who, EXIT_NOW, assets * SHARE, who, who, 0, tries, gas=gas)

    def unwind(self, identifier: int = HOSTILE, limit: int = ALL, gas: int = 16_000_000) -> int:
        """Add an unwind by a stranger."""
        return self.queued(t.STRANGER, UNWIND, identifier, limit, gas=gas)

    def claim(self, who: str, record: int, gas: int = 16_000_000) -> int:
        """Add a claim of all that a record has for an account."""
        return self.queued(who, CLAIM, record, who, who, gas=gas)

    def in_kind(self, who: str, record: int, identifier: int = HOSTILE) -> int:
        """Add a claim of the waiting units of a strategy."""
        return self.queued(who, IN_KIND, record, who, identifier, who)

    def evacuate(self, assets: int = ALL, identifier: int = HOSTILE) -> int:
        """Add an evacuation by a stranger."""
        return self.play.call(t.STRANGER, self.stage.vault, EVACUATE, identifier, assets)

    def hold(self, who: str, assets: int) -> int:
        """Have the depositor give an account seasoned shares that cost ``assets``."""
        return self.play.call(t.DEPOSITOR, self.stage.vault, TRANSFER, who, assets * SHARE)

    def drain(self, left: int = 0, identifier: int = HOSTILE) -> int:
        """Leave a strategy only ``left`` asset wei of liquidity."""
        return self.play.mode(Group.LIQUIDITY, Mode.LIMITED, left, identifier)

    def refill(self, identifier: int = HOSTILE) -> int:
        """Make a strategy liquid again."""
        return self.play.mode(Group.LIQUIDITY, Mode.HONEST, 0, identifier)

    def runoff(self, identifier: int = HOSTILE) -> int:
        """Add a read of what waits; see ``Runoff.of``."""
        return self.play.view(WORD, t.RUNOFF, identifier)

    def coverage(self, identifier: int = HOSTILE) -> int:
        """Add a read of coverage; see ``Coverage.of``."""
        return self.play.view(WORD, t.COVERAGE, identifier)

    def owed(self) -> int:
        """Add a read of the cash of those who left."""
        return self.play.view(WORD, t.OWED, 0)

    def idle(self) -> int:
        """Add a read of the word that holds idle."""
        return self.play.view(WORD, t.HOT, 0)

    def cash(self, who: str) -> int:
        """Add a read of an account's asset balance."""
        return self.play.view("balanceOf(address)", who, to=self.stage.asset)

    def units(self, who: str, identifier: int = HOSTILE) -> int:
        """Add a read of the strategy's units that an account truly has."""
        name = "balanceOf(address)" if identifier == SOLMATE else "units_of(address)"
        return self.play.view(name, who, to=self.stage.strategies[identifier - 1])

    def stake(self, record: int, who: str) -> int:
        """Add a read of an account's stake; see ``staked``."""
        return self.play.view("stake(uint256,address)", record, who, to=self.queue)


def staked(outcome: Outcome) -> tuple[int, ...]:
    """Requested, pending, claimable shares, claimable assets, claimed shares and paid assets."""
    return outcome.decoded(*("uint256",) * 6)


def holder(number: int) -> str:
    """One of many holders."""
    return actor(f"holder {number}")


def whole(assets: int) -> int:
    """Asset wei of whole assets."""
    return assets * UNIT
