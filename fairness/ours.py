"""The treasury, by both ways out: the epoch's queue, and ``exit_now``."""

from __future__ import annotations

from dataclasses import dataclass

from fairness.market import Ground
from fairness.systems import System
from ganglion.devnet.abi import actor, event_topic
from tests.treasury import DAY, HOUR, Limits, Treasury

HAND = actor("hand")  # the account that the Vault obeys as its Executor
EXITED = event_topic("ExitedNow(address,address,uint256,uint256,uint256)")
STRATEGY = 1


@dataclass(kw_only=True)
class Ganglion(System):
    """A sealed treasury over one strategy, without petty cash: the lane that the claim does not cover."""

    treasury: Treasury

    ours = True

    @classmethod
    def create(cls, ground: Ground) -> Ganglion:
        """Deploy one, open to deposits and investments."""
        market = ground.market()
        ground.endow([HAND])
        limits = Limits(petty_share=0, petty_fee=0)
        treasury = Treasury.create(ground.rpc, ground.asset, limits=limits, executor=HAND)
        treasury.list(market.address)
        treasury.seal()
        ground.rpc.warp(DAY + 1)
        treasury.poke()
        return cls(ground=ground, market=market, treasury=treasury)

    @property
    def vault(self) -> str:
        """The Vault."""
        return self.treasury.vault

    def invest(self, assets: int) -> None:
        """Allocate, once the shares have seasoned."""
        self.ground.rpc.warp(HOUR + 1)
        self.treasury.allocate(STRATEGY, assets)

    def observe(self) -> None:
        """Poke twice, more than an hour apart: redemptions are then measured by the new price."""
        for _ in range(2):
            self.ground.rpc.warp(HOUR + 1)
            self.treasury.poke()

    def settle(self) -> None:
        """Unwind what waits."""
        if any(self.treasury.runoff(STRATEGY)):
            self.treasury.unwind(STRATEGY)

    def collect(self, holder: str) -> None:
        """Claim every record in which something is ready."""
        for identifier in self.records.get(holder, []):
            if self.treasury.stake(identifier, holder)[3]:
                self.treasury.claim(holder, identifier)

    def _note(self, holder: str, identifier: int) -> None:
        mine = self.records.setdefault(holder, [])
        if identifier and identifier not in mine:
            mine.append(identifier)


@dataclass(kw_only=True)
class ExitNow(Ganglion):
    """Each holder leaves by itself, at once."""

    key = "ganglion_exit_now"
    title = "Ganglion, exit_now"
    stands_for = "this repository, one exit after the other"

    def leave(self, holder: str, shares: int) -> None:
        """Leave with a slice: cash at once, the rest as it becomes liquid."""
        receipt = self.treasury.exit_now(holder, shares)
        (log,) = [entry for entry in receipt["logs"] if entry["topics"][0] == EXITED]
        self._note(holder, int(log["topics"][3], 16))


@dataclass(kw_only=True)
class Queue(Ganglion):
    """Holders request, and an epoch is settled together."""

    key = "ganglion_queue"
    title = "Ganglion, queue"
    stands_for = "this repository, epoch by epoch"

    def leave(self, holder: str, shares: int) -> None:
        """Request."""
        self._note(holder, self.treasury.request(holder, shares))

    def settle(self) -> None:
        """Settle the epoch if it is due, and unwind what waits."""
        _, shares, due = self.treasury.open_epoch()
        if shares and self.ground.rpc.timestamp() >= due:
            self.settle_epoch()
        super().settle()

    def settle_epoch(self) -> int:
        """Settle the epoch, which must be due; returns the gas it took."""
        return int(self.treasury.settle()["gasUsed"], 16)

    @property
    def desk(self) -> str:
        """The contract that takes requests."""
        return self.treasury.queue

    def claim_gas(self, holder: str, identifier: int) -> int:
        """Claim a holder's part of a record; returns the gas it took."""
        return int(self.treasury.claim(holder, identifier)["gasUsed"], 16)


OURS: tuple[type[Ganglion], ...] = (ExitNow, Queue)
