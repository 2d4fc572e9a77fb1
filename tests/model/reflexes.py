"""The Reflexes: standing orders, the conditions under which anybody may fire them, and what that earns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass, field
from enum import IntEnum
from typing import ClassVar, NamedTuple

from tests.model import trim
from tests.model.arithmetic import BPS, DAY, HOUR, MAX_112, Refused
from tests.model.executor import Executor
from tests.model.groups import MOST_GROUPS, books
from tests.model.hashing import hashed
from tests.model.intents import Intent, Move
from tests.model.position import Position
from tests.model.vault import VAULT

REFLEXES = "reflexes"
SPACING = HOUR  # between the two times at which scarce liquidity must be seen
MOST_ORDERS = 64
MOST_COOLDOWN = 30 * DAY


class Condition(IntEnum):
    """What an order waits for."""

    PRICE = 1
    LIQUIDITY = 2
    IDLE = 4
    STATE = 8
    GROUP = 16


class Action(IntEnum):
    """What is done then."""

    DEALLOCATE = 1
    TRIM = 2


@dataclass(frozen=True)
class Order:
    """A standing order; bps or a state, then asset wei, with ``cooldown`` in seconds."""

    condition: int
    watched: int
    threshold: int
    action: int
    target: int
    least: int
    most: int
    max_loss: int
    cooldown: int
    bounty: int

    def refusal(self) -> str:
        """Why it cannot be set; empty if it can."""
        known, watches = self.condition in set(Condition), self.condition in (1, 2)
        group = self.condition == Condition.GROUP
        levels = BPS if self.condition == Condition.PRICE else BPS + 1  # no price falls by more
        states = (1, 2) if self.condition == Condition.STATE else range(1, levels)
        amounts = max(self.most, self.bounty)
        checks = (
            (known, "no such condition"),
            (self.condition != Condition.STATE or self.threshold in states, "no such state"),
            (self.threshold in states, "threshold out of range"),
            (watches or group or self.watched == 0, "watches the Vault"),
            (not group or 1 <= self.watched <= MOST_GROUPS, "no such group"),
            (not watches or 1 <= self.watched <= 255, "nothing watched"),
            (self.action in set(Action), "no such action"),
            (1 <= self.target <= 255, "no such strategy"),
            (1 <= self.least <= self.most, "least out of range"),
            (self.max_loss < self.least, "max_loss over least"),
            (amounts <= MAX_112, "amount too large"),
            (HOUR <= self.cooldown <= MOST_COOLDOWN, "cooldown out of range"),
        )
        return next((reason for holds, reason in checks if not holds), "")


class Past(NamedTuple):
    """When an order fired last, and when its condition was first seen, unix seconds; 0 for never."""

    fired_at: int = 0
    armed_at: int = 0


def insist(condition: bool, reason: str) -> None:
    """Refuse with the Reflexes' reason unless ``condition``."""
    if not condition:
        raise Refused(f"reflexes: {reason}")


@dataclass(eq=False)
class Reflexes:
    """Standing orders over one Executor, whose agent this is."""

    TABLES: ClassVar = ("orders", "pasts", "bounties")
    executor: Executor
    orders: dict[int, Order] = field(default_factory=dict)
    pasts: dict[int, Past] = field(default_factory=dict)
    budget: int = 0
    bounties: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def parts(self) -> list[object]:
        """What a call may change here, for ``Undo``."""
        return [self]

    # -- conditions ------------------------------------------------------------

    def check(self, identifier: int) -> tuple[bool, int]:
        """Whether an order's condition holds, and the level that was looked at."""
        order, vault = self._order(identifier), self.executor.vault
        if order.condition == Condition.STATE:
            return vault.state >= order.threshold, int(vault.state)
        if order.condition == Condition.IDLE:
            total = vault.idle + books(vault)
            return vault.idle * BPS < total * order.threshold, vault.idle * BPS // max(1, total)
        if order.condition == Condition.GROUP:
            exposure, total = self.executor.groups.exposure(order.watched)
            return exposure * BPS > total * order.threshold, exposure * BPS // max(1, total)
        position = vault.ever_listed(order.watched)
        if position is None or position.units == 0:
            return False, 0
        if order.condition == Condition.LIQUIDITY:
            liquid = self._redeemable(position)
            return liquid * BPS < position.units * order.threshold, liquid * BPS // position.units
        return self._fallen(position, order.threshold)

    @staticmethod
    def _fallen(position: Position, threshold: int) -> tuple[bool, int]:
        """A strategy that does not tell its price has not fallen."""
        mark, reference = position.mark(position.units), position.units * position.reference_price
        reference >>= position.scale
        if mark is None or mark >= reference:
            return False, 0
        return mark * BPS < reference * (BPS - threshold), (reference - mark) * BPS // reference

    @staticmethod
    def _redeemable(position: Position) -> int:
        """Units of the stayers that the strategy says it can redeem; none if it says nothing."""
        return min(position.world.max_redeem(VAULT) or 0, position.units)

    def _payable(self, identifier: int) -> int:
        """What a strategy says it can pay the stayers, asset wei; its book stands for an unknown value."""
        position = self.executor.vault.ever_listed(identifier)
        if position is None or position.units == 0:
            return 0
        value = position.mark(position.units)
        value = position.book if value is None else value
        return value * self._redeemable(position) // position.units

    # -- anyone ----------------------------------------------------------------

    def fire(self, identifier: int, by: str, direct: bool = True) -> int:
        """Carry an order out, or note that its condition holds; returns what came home, asset wei."""
        insist(direct, "not an account")
        order, past, now = self._order(identifier), self.past(identifier), self.executor.vault.now
        insist(now >= past.fired_at + order.cooldown, "cooling down")
        met, level = self.check(identifier)
        insist(met, "condition not met")
        if order.condition == Condition.LIQUIDITY:
            if past.armed_at == 0 or now - past.armed_at > DAY:
                self.pasts[identifier] = past._replace(armed_at=now)
                self.executor.vault.tell("Armed", identifier, level)
                return 0
            insist(now - past.armed_at >= SPACING, "seen too lately")
        assets = self._act(identifier, order)
        if assets:
            self.pasts[identifier] = Past(fired_at=now)
            bounty = min(order.bounty, self.budget)
            self.budget -= bounty
            self.bounties[by] += bounty
            self.executor.vault.tell("Fired", identifier, by, level, assets, bounty)
        return assets

    def _act(self, identifier: int, order: Order) -> int:
        if order.action == Action.TRIM:
            trimmed = trim.trim(self.executor, order.target, REFLEXES)
            insist(trimmed == 0 or trimmed >= order.least, "too little over")
            return trimmed
        assets = min(order.most, self._payable(order.target))
        insist(assets >= order.least, "too little liquid")
        moves = (Move(order.target, -assets, order.least - order.max_loss),)
        reason = hashed(identifier, *astuple(order))
        intent = Intent(REFLEXES, moves, order.max_loss, self.executor.vault.now, reason=reason)
        (moved,) = self.executor.execute(REFLEXES, intent)
        return moved.assets

    def fund(self, payer: str, assets: int) -> None:
        """Add to the budget of bounties."""
        self.executor.vault.token.move(payer, REFLEXES, assets)
        self.budget += assets
        self.executor.vault.tell("Funded", payer, assets)

    def collect(self, caller: str, receiver: str) -> int:
        """Pay a caller's bounties out; returns how much that is, asset wei."""
        assets = self.bounties[caller]
        insist(assets > 0, "no bounty")
        self.bounties[caller] = 0
        self.executor.vault.token.move(REFLEXES, receiver, assets)
        self.executor.vault.tell("Collected", caller, receiver, assets)
        return assets

    # -- governance ------------------------------------------------------------

    def set_order(self, identifier: int, order: Order) -> None:
        """Set an order, and forget what was remembered of the one before."""
        insist(1 <= identifier <= MOST_ORDERS, "id out of range")
        insist(not order.refusal(), order.refusal())
        self.orders[identifier] = order
        self.pasts[identifier] = Past()

    def remove_order(self, identifier: int) -> None:
        """Remove an order."""
        self._order(identifier)
        del self.orders[identifier]

    def defund(self, receiver: str, assets: int) -> None:
        """Take from the budget; what was earned stays."""
        insist(assets <= self.budget, "over budget")
        self.budget -= assets
        self.executor.vault.token.move(REFLEXES, receiver, assets)

    def past(self, identifier: int) -> Past:
        """What is remembered of an order."""
        return self.pasts.get(identifier, Past())

    def _order(self, identifier: int) -> Order:
        insist(identifier in self.orders, "no such order")
        return self.orders[identifier]
