"""A strategy as theory has it: a price that is set, and liquidity that is counted in units or in assets.

What a redemption does to price and liquidity is exact, so that two histories can be compared to the unit.
``tests.model.strategy`` is the strategy with roundings and vices of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import ClassVar

from tests.model.arithmetic import BPS, Refused
from tests.model.strategy import StrategyFailed, Token

WAD = 10**18
BOTTOMLESS = 10**60  # asset wei


@dataclass(eq=False)
class Market:
    """An ERC-4626 vault over a lending market; ``name`` is its key in the token's balances.

    ``price`` is asset wei for WAD units; ``liquid`` what it can pay now, units or (``in_assets``) asset wei.
    """

    TABLES: ClassVar = ("units_of",)
    name: str
    token: Token
    price: int = WAD
    liquid: int = 10**40
    in_assets: bool = False
    lends: bool = True  # whether deposits can be withdrawn by anybody
    fee: int = 0  # on exit, bps
    reads: bool = True
    pays: bool = True
    answers_max: bool = True
    frozen: bool = False  # whether its own transfers do nothing
    units_of: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.token.balances[self.name] += BOTTOMLESS

    def to_assets(self, units: int) -> int:
        """Value, rounded down."""
        return units * self.price // WAD

    def read(self, units: int, on_exit: bool) -> int | None:
        """Answer of ``convertToAssets``, or of ``previewRedeem``."""
        if not self.reads:
            return None
        return self.to_assets(units) * (BPS - self.fee * on_exit) // BPS

    def balance(self, owner: str) -> int | None:
        """Answer of ``balanceOf``."""
        return self.units_of[owner]

    def max_redeem(self, owner: str) -> int | None:
        """Answer of ``maxRedeem``."""
        if not self.answers_max:
            return None
        return min(self.units_of[owner], self._liquid_units())

    def _liquid_units(self) -> int:
        return self.liquid * WAD // self.price if self.in_assets else self.liquid

    def deposit(self, payer: str, assets: int) -> None:
        """Take assets for units."""
        if not self.pays:
            raise StrategyFailed
        units = assets * WAD // self.price
        self.token.move(payer, self.name, assets)
        self.units_of[payer] += units
        if self.lends:
            self.liquid += assets if self.in_assets else units

    def redeem(self, owner: str, units: int) -> None:
        """Pay for units of the owner, or fail."""
        if not self.pays or units > min(self.units_of[owner], self._liquid_units()):
            raise StrategyFailed
        assets = self.to_assets(units)
        self.units_of[owner] -= units
        self.liquid -= assets if self.in_assets else units
        self.token.move(self.name, owner, assets * (BPS - self.fee) // BPS)

    def transfer(self, sender: str, receiver: str, units: int) -> None:
        """Move units."""
        if self.units_of[sender] < units:
            raise Refused("")
        self.units_of[sender] -= units
        self.units_of[receiver] += units
