"""What a measurement asks of a vault: the same few acts of the treasury and of the control group."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from fairness.market import Ground, Market
from tests.treasury import DEPLOYER, HOUR, MAX_UINT, deploy_vyper

DEPOSIT = "deposit(uint256,address)"


@dataclass(kw_only=True)
class System(ABC):
    """One vault over one strategy; amounts are asset wei and shares.

    Attributes:
        records: ids of what each holder has requested since ``begin``.
        key: name in reports.
        title: name for a reader.
        stands_for: whose accounting it is.
        ours: whether it claims to be fair.
    """

    ground: Ground
    market: Market
    records: dict[str, list[int]] = field(default_factory=dict)

    key: ClassVar[str]
    title: ClassVar[str]
    stands_for: ClassVar[str]
    ours: ClassVar[bool] = False

    @property
    @abstractmethod
    def vault(self) -> str:
        """The contract that takes deposits; its shares are ERC-20."""

    @abstractmethod
    def invest(self, assets: int) -> None:
        """Move idle assets into the strategy."""

    @abstractmethod
    def leave(self, holder: str, shares: int) -> None:
        """Have a holder ask for its way out with that many shares, and take what it gets at once."""

    @abstractmethod
    def settle(self) -> None:
        """Do what anyone or a keeper does to pay those who wait."""

    @abstractmethod
    def collect(self, holder: str) -> None:
        """Have a holder take what is ready for it."""

    def observe(self) -> None:
        """Do what keepers do in the hours after a price moved; most vaults need nothing."""
        self.ground.rpc.warp(2 * (HOUR + 1))

    def begin(self) -> None:
        """Forget who waits: the chain was set back."""
        self.records = {}

    def deposit(self, deposits: Mapping[str, int]) -> None:
        """Have holders, who are given the assets, deposit them."""
        asset, vault = self.ground.asset, self.vault
        mint, approve = "mint(address,uint256)", "approve(address,uint256)"
        self.ground.together([(DEPLOYER, asset, mint, holder, assets) for holder, assets in deposits.items()])
        self.ground.together([(holder, asset, approve, vault, MAX_UINT) for holder in deposits])
        self.ground.together(
            [(holder, vault, DEPOSIT, assets, holder) for holder, assets in deposits.items()]
        )

    def shares(self, holder: str) -> int:
        """Share balance."""
        return self.ground.rpc.read(self.vault, "balanceOf(address)", holder)

    def paid(self, holder: str) -> int:
        """Asset wei in a holder's hand."""
        return self.ground.rpc.read(self.ground.asset, "balanceOf(address)", holder)


@dataclass(kw_only=True)
class Control(System):
    """A vault of the control group."""

    address: str

    source: ClassVar[str]

    @classmethod
    def create(cls, ground: Ground, *arguments: tuple[str, object]) -> Control:
        """Deploy one over a strategy of its own; more constructor arguments as (type, value)."""
        market = ground.market()
        given = (("address", market.address), *arguments)
        types, values = [kind for kind, _ in given], tuple(value for _, value in given)
        path = f"contracts/mocks/controls/{cls.source}.vy"
        address = deploy_vyper(ground.rpc, path, types, values)
        return cls(ground=ground, market=market, address=address)

    @property
    def vault(self) -> str:
        """The control's contract."""
        return self.address

    def invest(self, assets: int) -> None:
        """As the curator."""
        self.ground.rpc.transact(DEPLOYER, self.address, "invest(uint256)", assets)


@dataclass(kw_only=True)
class Queueing(Control):
    """A control whose leavers stand in line and are served as far as what is liquid goes."""

    line: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Nobody stands in line."""
        super().begin()
        self.line = []
