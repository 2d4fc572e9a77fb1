"""The world outside the Vault: an asset, and an ERC-4626 strategy that is honest until a dial is turned.

The strategy is the model of ``contracts/mocks/HostileStrategy.vy`` (a mock is the world, not the contract
under test), for the dials that a campaign turns. Assets are wei, units are the strategy's shares.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from tests.model.arithmetic import BPS, Refused, up

SINK = "sink"
COUNTS_BELOW = 2**112


class StrategyFailed(Exception):
    """The strategy reverted."""


class Read(Enum):
    """How conversions are answered."""

    HONEST = "honest"
    FAIL = "fail"
    LIE_UP = "lie up"
    LIE_DOWN = "lie down"


class Act(Enum):
    """How a deposit or a redemption is done."""

    HONEST = "honest"
    FAIL = "fail"
    NO_OP = "no op"
    SHORT = "short"


class Limit(Enum):
    """What happens when more is asked than can be paid."""

    NONE = "none"
    LIMITED = "limited"
    PARTIAL = "partial"


@dataclass(eq=False)
class Token:
    """Balances of the asset, by holder."""

    TABLES: ClassVar = ("balances",)
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def move(self, sender: str, receiver: str, amount: int) -> None:
        """Transfer; refuses what the sender does not have."""
        if self.balances[sender] < amount:
            raise Refused("weird: balance")
        self.balances[sender] -= amount
        self.balances[receiver] += amount


@dataclass(eq=False)
class Strategy:
    """One strategy; ``name`` is its key in the token's balances."""

    TABLES: ClassVar = ("units_of",)
    name: str
    token: Token
    virtual: int = 1
    held: int = 0
    supply: int = 0
    units_of: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    exit_fee: int = 0
    reading: Read = Read.HONEST
    lie: int = 0
    entering: Act = Act.HONEST
    entering_short: int = 0
    leaving: Act = Act.HONEST
    leaving_short: int = 0
    limit: Limit = Limit.NONE
    liquid: int = 0
    answers_max: bool = True
    frozen: bool = False  # whether units stay where they are

    def to_assets(self, units: int) -> int:
        """True value, rounded down."""
        return units * (self.held + 1) // (self.supply + self.virtual)

    def to_units(self, assets: int) -> int:
        """Units for assets, rounded down."""
        return assets * (self.supply + self.virtual) // (self.held + 1)

    def _after_fee(self, assets: int) -> int:
        return assets - up(assets * self.exit_fee, BPS)

    def _before_fee(self, assets: int) -> int:
        return up(assets * BPS, BPS - self.exit_fee)

    def read(self, units: int, on_exit: bool) -> int | None:
        """Answer of ``convertToAssets``, or of ``previewRedeem``; None if it does not count as one."""
        if self.reading is Read.FAIL:
            return None
        value = self.to_assets(units)
        if on_exit:
            value = self._after_fee(value)
        if self.reading is Read.LIE_UP:
            value += value * self.lie // BPS
        elif self.reading is Read.LIE_DOWN:
            value -= value * self.lie // BPS
        return value if value < COUNTS_BELOW else None

    def balance(self, owner: str) -> int | None:
        """Answer of ``balanceOf``; None if it does not count as one."""
        return self.units_of[owner] if self.units_of[owner] < COUNTS_BELOW else None

    def max_redeem(self, owner: str) -> int | None:
        """Answer of ``maxRedeem``; None if there is none that counts."""
        if not self.answers_max:
            return None
        units = self.units_of[owner]
        if self.limit is not Limit.NONE and self._after_fee(self.to_assets(units)) > self.liquid:
            units = min(units, self.to_units(self.liquid))
        return units if units < COUNTS_BELOW else None

    def deposit(self, payer: str, assets: int) -> None:
        """Take assets and mint units to the payer."""
        if self.entering is Act.FAIL:
            raise StrategyFailed
        if self.entering is Act.NO_OP:
            return
        units = self.to_units(assets)
        short = self.entering_short if self.entering is Act.SHORT else 0
        missing = up(assets * short, BPS)
        self.token.move(payer, self.name, assets)
        self.token.move(self.name, SINK, missing)
        self.held += assets - missing
        minted = units - up(units * short, BPS)
        self.supply += minted
        self.units_of[payer] += minted

    def redeem(self, owner: str, units: int) -> None:
        """Burn units of the owner and pay the owner."""
        if self.leaving is Act.FAIL:
            raise StrategyFailed
        assets, burned = self._after_fee(self.to_assets(units)), units
        if self.limit is not Limit.NONE and assets > self.liquid:
            if self.limit is Limit.LIMITED:
                raise StrategyFailed
            assets = self.liquid
            fraction = self._before_fee(assets) * (self.supply + self.virtual)
            burned = min(units, up(fraction, self.held + 1))
        if self.leaving is Act.NO_OP:
            return
        if burned > self.units_of[owner]:
            raise StrategyFailed
        if self.limit is not Limit.NONE:
            self.liquid -= assets
        missing = up(assets * self.leaving_short, BPS) if self.leaving is Act.SHORT else 0
        self.supply -= burned
        self.units_of[owner] -= burned
        self._pay(owner, assets - missing)
        self._pay(SINK, missing + self._before_fee(assets) - assets)

    def _pay(self, receiver: str, assets: int) -> None:
        self.held -= min(self.held, assets)
        self.token.move(self.name, receiver, assets)

    def transfer(self, sender: str, receiver: str, units: int) -> None:
        """Move units."""
        if self.frozen or self.units_of[sender] < units:
            raise Refused("")
        self.units_of[sender] -= units
        self.units_of[receiver] += units

    def gain(self, payer: str, assets: int) -> None:
        """Raise the price: by what was donated before, and for the rest by what the payer pays."""
        donated = min(assets, self.token.balances[self.name] - self.held)
        self.token.move(payer, self.name, assets - donated)
        self.held += assets

    def lose(self, assets: int) -> None:
        """Lower the price; ``assets`` at most what backs the units."""
        if assets > self.held:
            raise Refused("hostile: loses more than it has")
        self._pay(SINK, assets)
