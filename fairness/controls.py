"""The control group: sound vaults with the accountings that peers use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fairness.market import Ground
from fairness.systems import Control, Queueing
from tests.treasury import DAY, DEPLOYER, STRANGER

REDEEM = "redeem(uint256,address,address)"
REQUEST = "requestRedeem(uint256,address,address)"


@dataclass(kw_only=True)
class FirstCome(Queueing):
    """Redeems what can be redeemed, in the order in which holders came; the rest waits in that order."""

    wanted: dict[str, int] = field(default_factory=dict)

    key = "first_come"
    title = "first come, live NAV"
    stands_for = "Morpho Vault V2; any vault that pays the price of the moment out of what is liquid"
    source = "FirstComeVault"

    def begin(self) -> None:
        """Nobody stands in line or wants anything."""
        super().begin()
        self.wanted = {}

    def leave(self, holder: str, shares: int) -> None:
        """Redeem now, or as soon as it is this holder's turn."""
        if holder not in self.wanted:
            self.line.append(holder)
        self.wanted[holder] = self.wanted.get(holder, 0) + shares
        self.settle()

    def settle(self) -> None:
        """Everyone in line redeems what can be had."""
        rpc = self.ground.rpc
        while self.line:
            holder = self.line[0]
            most = rpc.read(self.address, "maxRedeem(address)", holder)
            shares = min(most, self.wanted[holder])
            if shares:
                rpc.transact(holder, self.address, REDEEM, shares, holder, holder)
                self.wanted[holder] -= shares
            if self.wanted[holder]:
                return
            del self.wanted[self.line.pop(0)]

    def collect(self, holder: str) -> None:
        """Nothing to collect: a redemption pays at once."""


@dataclass(kw_only=True)
class StoredPriceBorne(FirstCome):
    """Frozen price, and whoever makes the vault withdraw bears the loss."""

    key = "stored_price"
    title = "stored price, leaver bears"
    stands_for = "Yearn V3, a loss visible but not reported"
    source = "StoredPriceVault"

    @classmethod
    def create(cls, ground: Ground) -> Control:
        """Deploy one."""
        return super().create(ground, ("bool", True))


@dataclass(kw_only=True)
class NeverFalls(FirstCome):
    """Frozen price that pays in full until nothing is left."""

    key = "never_falls"
    title = "price never falls"
    stands_for = "Euler Earn"
    source = "StoredPriceVault"

    @classmethod
    def create(cls, ground: Ground) -> Control:
        """Deploy one."""
        return super().create(ground, ("bool", False))


@dataclass(kw_only=True)
class NavBatch(Control):
    """Requests gather in epochs; batches are paid at NAV, idle first, the oldest first."""

    key = "nav_batch"
    title = "idle-first NAV batch"
    stands_for = "Lido's turbo mode; asynchronous (ERC-7540) vaults that fulfil from idle first"
    source = "NavBatchVault"

    @classmethod
    def create(cls, ground: Ground) -> Control:
        """Deploy one with epochs of a day."""
        return super().create(ground, ("uint256", DAY))

    def leave(self, holder: str, shares: int) -> None:
        """Request."""
        rpc = self.ground.rpc
        identifier = rpc.read(self.address, "open_id()")
        rpc.transact(holder, self.address, REQUEST, shares, holder, holder)
        mine = self.records.setdefault(holder, [])
        if identifier not in mine:
            mine.append(identifier)

    def settle(self) -> None:
        """Close what is due and pay as far as it goes."""
        self.settle_epoch()

    def settle_epoch(self) -> int:
        """The same; returns the gas it took."""
        receipt = self.ground.rpc.transact(STRANGER, self.address, "settle()")
        return int(receipt["gasUsed"], 16)

    def collect(self, holder: str) -> None:
        """Claim every batch."""
        for identifier in self.records.get(holder, []):
            self._claim(holder, identifier)

    @property
    def desk(self) -> str:
        """The contract that takes requests."""
        return self.address

    def claim_gas(self, holder: str, identifier: int) -> int:
        """Claim a holder's part of a batch; returns the gas it took."""
        return int(self._claim(holder, identifier)["gasUsed"], 16)

    def _claim(self, holder: str, identifier: int) -> dict[str, Any]:
        signature = "claim(uint256,address,address)"
        return self.ground.rpc.transact(holder, self.address, signature, identifier, holder, holder)


@dataclass(kw_only=True)
class SerialRedeem(Queueing):
    """Requests are fulfilled one by one, and paid shares are never burned."""

    key = "serial_redeem"
    title = "serial fulfil and claim"
    stands_for = "the example code of ERC-7540"
    source = "SerialRedeemVault"

    def leave(self, holder: str, shares: int) -> None:
        """Request, be fulfilled and claim as soon as it is this holder's turn."""
        self.ground.rpc.transact(holder, self.address, REQUEST, shares, holder, holder)
        if holder not in self.line:
            self.line.append(holder)
        self.settle()

    def settle(self) -> None:
        """Fulfil in the order of requests, and have each claim at once."""
        rpc = self.ground.rpc
        while self.line:
            holder = self.line[0]
            rpc.transact(DEPLOYER, self.address, "fulfil(address)", holder)
            self.collect(holder)
            if rpc.read(self.address, "pending(address)", holder):
                return
            self.line.pop(0)

    def collect(self, holder: str) -> None:
        """Claim."""
        self.ground.rpc.transact(holder, self.address, "claim(address,address)", holder, holder)


CONTROLS: tuple[type[Control], ...] = (FirstCome, NavBatch, StoredPriceBorne, NeverFalls, SerialRedeem)
