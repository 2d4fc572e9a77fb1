"""Parameters of a Vault: its state and limits, its list of strategies, and what may be recovered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from tests.model.arithmetic import PROBE, Refused, require
from tests.model.fees import Fees
from tests.model.hashing import hashed
from tests.model.position import Position, Status, Terms
from tests.model.strategy import Strategy

VAULT = "vault"


class State(IntEnum):
    """Stress state."""

    CALM = 0
    STRESS = 1
    WINDDOWN = 2


@dataclass(frozen=True)
class Limits:
    """Limits of the whole Vault: asset wei, bps, seconds, bps, bps, bps."""

    deposit_cap: int = 10**30
    entry_fee: int = 0
    hold: int = 3_600
    petty_share: int = 100
    petty_fee: int = 5
    idle_floor: int = 0

    def rounded(self) -> Limits:
        """The limits as they are kept: six significant digits of the deposit cap."""
        digits = max(0, len(str(self.deposit_cap)) - 6)
        return replace(self, deposit_cap=self.deposit_cap // 10**digits * 10**digits)


class Parameters:
    """The governed part of ``vault.Vault``, whose numbers these methods change."""

    def find(self, identifier: int) -> Position | None:
        """The live strategy with an id, if there is one."""
        position = self.ever_listed(identifier)
        return position if position is not None and position.live else None

    def ever_listed(self, identifier: int) -> Position | None:
        """The strategy with an id, retired or not: its runoff is still paid."""
        return self.positions[identifier - 1] if 1 <= identifier <= len(self.positions) else None

    def list(self, world: Strategy, terms: Terms, ceiling: int) -> int:
        """List a strategy; returns its id."""
        if not world.read(PROBE, terms.charges_on_exit):
            raise Refused("steward: no price")
        same = [position for position in self.positions if position.world is world]
        require(not any(position.live or position.runoff for position in same), 26)
        self.poked_at = self.poked_at or self.now
        identifier = len(self.positions) + 1
        self.positions.append(Position.listed(identifier, world, terms, ceiling, self.now, self.epoch))
        self.order.insert(0, identifier)
        return identifier

    def retire(self, identifier: int) -> None:
        """Drop a strategy without units of the stayers; runoff may remain and is still paid.

        What stays is gone through the other way round from then on.
        """
        position = self.find(identifier)
        require(position is not None, 18)
        require(position.units == 0, 29)
        position.live = False
        self.order = [number for number in reversed(self.order) if number != identifier]

    def set_ceiling(self, identifier: int, ceiling: int, refusal: str = "") -> None:
        """Set a ceiling, unless the caller's role refuses it with a reason."""
        if refusal:
            raise Refused(refusal)
        position = self.find(identifier)
        require(position is not None, 18)
        position.ceiling = ceiling

    def set_terms(self, identifier: int, terms: Terms) -> None:
        """Change the terms of a live strategy."""
        position = self.find(identifier)
        require(position is not None, 18)
        position.terms = terms

    def note_change(self, identifier: int, what: int) -> None:
        """Hash a strategy's new status, or with 0 the Vault's new state, into all changes so far."""
        self.changes = hashed(self.changes, identifier, what, self.now)

    def latch(self, state: int, caller: str = "sentinel") -> None:
        """Move to another state, as the Sentinel; nothing leaves WINDDOWN."""
        require(caller == self.sentinel, 1)
        require(self.state is not State.WINDDOWN and state in set(State), 4)
        self.tell("Latched", self.state, state)
        self.state = State(state)
        self.note_change(0, state)

    def set_fees(self, fees: Fees) -> None:
        """Change the fees; what a performance fee is measured from stays only while there is one."""
        self.fee_mark = self.fee_mark if self.fees.performance else 0
        self.fees = fees

    def write_down(self, identifier: int) -> None:
        """Take the book of a quarantined strategy to 0."""
        position = self.find(identifier)
        require(position is not None, 18)
        require(position.status is Status.QUARANTINED, 19)
        position.book = 0

    def excess(self, world: Strategy | None) -> int:
        """What nobody owns: of the asset (None) or of a strategy's units."""
        if world is None:
            return self.token.balances[VAULT] - self.idle - self.owed
        counted = sum(p.units + p.runoff for p in self.positions if p.world is world)
        return world.units_of[VAULT] - counted

    def recover(self, world: Strategy | None, receiver: str, amount: int) -> None:
        """Send away what is nobody's: of the asset (None) or of a strategy's units."""
        if world is None:
            self.token.move(VAULT, receiver, amount)
        else:
            world.transfer(VAULT, receiver, amount)
        require(self.excess(world) >= 0, 30)
