"""A treasury whose holders leave through the ExitQueue: short names for its calls and for what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.abi import actor, call_data, decode
from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode, TokenFlag
from tests.treasury import (
    COVERAGE,
    DEPOSITOR,
    ETHER,
    HEALTH,
    HOT,
    HOUR,
    LEAVER,
    MEMORY,
    OWED,
    POSITION,
    RUNOFF,
)
from tests.unit.bed import OK, TRANSFER, Bed
from tests.unit.events import Event, event

SECOND, THIRD = actor("second leaver"), actor("third leaver")
OPERATOR = actor("operator")
HOLDERS = (LEAVER, SECOND, THIRD)
PART = 100_000  # whole tokens that the shares of each of HOLDERS are worth; the depositor keeps the rest
STRATEGY_DUST = 1_000  # asset wei of units that are not worth a call

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
SET_OPERATOR = "setOperator(address,bool)"


@dataclass(frozen=True)
class Stake:
    """IExitQueue.Stake: shares, and asset wei."""

    shares: int
    pending: int
    claimable: int
    assets: int
    claimed: int
    paid: int


@dataclass
class Leavers(Bed):
    """A Bed in which three holders have a tenth of the shares each."""

    def share_out(self) -> Leavers:
        """Give every holder PART of the depositor's shares."""
        for holder in (*HOLDERS, OPERATOR):
            self.rpc.call("anvil_setBalance", holder, hex(10**6 * ETHER))
        for holder in HOLDERS:
            self.act(DEPOSITOR, TRANSFER, holder, PART * self.unit * self.virtual)
        return self

    # -- calls ----------------------------------------------------------------
    def line(self, sender: str, signature: str, *arguments: Any) -> dict[str, Any]:
        """Send a call to the queue."""
        return self.rpc.transact(sender, self.queue, signature, *arguments)

    def ask(self, signature: str, *arguments: Any, returns: str | Sequence[str] = "uint256") -> Any:
        """Return what a view of the queue answers."""
        kinds = (returns,) if isinstance(returns, str) else returns
        return self.rpc.read(self.queue, signature, *arguments, returns=kinds)

    def promised(self, sender: str, signature: str, *arguments: Any, returns: Any = ("uint256",)) -> Any:
        """Return what a call to the queue would return in the next block."""
        transaction = {"from": sender, "to": self.queue, "data": call_data(signature, *arguments)}
        values = decode(returns, self.rpc.eth_call(transaction, "pending"))
        return values[0] if len(values) == 1 else values

    def operate(self, controller: str, operator: str = OPERATOR, approved: bool = True) -> dict[str, Any]:
        """Let an account act for a controller."""
        return self.line(controller, SET_OPERATOR, operator, approved)

    def settled(self, *leavers: str) -> int:
        """Have accounts request all their shares, settle a whole epoch later, and return its id."""
        for leaver in leavers or (LEAVER,):
            identifier = self.request(leaver, self.shares(leaver))
        self.mature()
        self.settle()
        return identifier

    def mature(self) -> None:
        """Go to the last second before the open epoch is due; the next block is in it."""
        self.rpc.warp(self.open_epoch()[2] - 1 - self.now())

    def ripen(self) -> None:
        """Let a whole epoch pass."""
        self.rpc.warp(self.epoch)

    # -- liquidity ------------------------------------------------------------
    def liquid(self, identifier: int, amount: int) -> None:
        """Let a strategy pay at most ``amount`` asset wei from now on."""
        self.dial(identifier, Group.LIQUIDITY, Mode.LIMITED, amount)

    def drain(self, *identifiers: int) -> Leavers:
        """Let strategies pay nothing; without ``identifiers`` all of them."""
        for identifier in identifiers or range(1, len(self.strategies) + 1):
            self.liquid(identifier, 0)
        return self

    def refill(self, *identifiers: int) -> None:
        """Let strategies pay everything."""
        for identifier in identifiers or range(1, len(self.strategies) + 1):
            self.dial(identifier, Group.LIQUIDITY, Mode.HONEST)

    def revive(self, identifier: int) -> None:
        """Let a strategy answer and pay again, until it is out of quarantine."""
        self.fail(identifier, False)
        self.refill(identifier)
        for _ in range(3):
            self.poke()
            self.rpc.warp(HOUR)
        assert self.status(identifier) == OK

    # -- the ledger -----------------------------------------------------------
    def of(self, identifier: int, controller: str) -> Stake:
        """What a controller has in a record."""
        return Stake(*self.stake(identifier, controller))

    def owed(self) -> int:
        """Cash of leavers, asset wei."""
        return self.word(OWED)

    def units(self, identifier: int) -> int:
        """Units of the stayers."""
        return self.position(identifier)[0]

    def waiting(self, identifier: int) -> int:
        """Units of leavers."""
        return self.runoff(identifier)[0]

    def words(self, identifier: int) -> tuple[int, ...]:
        """Everything that the ledger counts of a strategy, and all cash."""
        kept = (self.word(key, identifier) for key in (POSITION, RUNOFF, COVERAGE, MEMORY, HEALTH))
        return (*kept, self.word(HOT), self.owed())

    @property
    def least(self) -> int:
        """Shares of the least request."""
        return 10**4 * self.virtual

    def fair(self, shares: int) -> tuple[int, dict[int, int]]:
        """What shares get: their part of idle in asset wei, and of the units of each strategy."""
        supply = self.supply()
        units = {i: self.units(i) * shares // supply for i in range(1, len(self.strategies) + 1)}
        return self.idle() * shares // supply, units

    def failing(self, identifier: int) -> int:
        """Since when redeems of a strategy fail, seconds; 0 while they do not."""
        return (self.word(RUNOFF, identifier) >> 112) & (2**32 - 1)

    def listed(self, controller: str) -> list[int]:
        """The oldest unfinished requests of a controller."""
        return list(self.ask("requests_of(address)", controller, returns="uint256[]"))

    def limits_of(self, controller: str) -> tuple[int, int]:
        """maxRedeem in shares and maxWithdraw in asset wei."""
        return self.ask("maxRedeem(address)", controller), self.ask("maxWithdraw(address)", controller)

    def is_solvent(self) -> bool:
        """Whether cash and units cover what is counted of stayers and leavers."""
        covered = self.assets(self.vault) >= self.idle() + self.owed()
        return covered and all(
            self.rpc.read(strategy, "units_of(address)", self.vault) >= self.units(i) + self.waiting(i)
            for i, strategy in enumerate(self.strategies, 1)
        )

    # -- what is told ---------------------------------------------------------
    def handed(self, sender: str, receiver: str, value: int) -> Event:
        """The share token's event."""
        return event(self.vault, "Transfer", sender=sender, receiver=receiver, value=value)

    def claimed(self, controller: str, assets: int, shares: int, **others: str) -> Event:
        """The queue's event of a claim, by and to the controller unless ``others`` say so."""
        who = {"sender": controller, "receiver": controller, "owner": controller} | others
        return event(self.queue, "Withdraw", **who, assets=assets, shares=shares)


def open_leavers(rpc: Rpc, decimals: int = 6, flags: TokenFlag = TokenFlag.PLAIN) -> Leavers:
    """A treasury over three strategies with a fifth of its capital in each, shared out to its holders."""
    bed = Leavers.make(rpc, decimals, flags)
    assert isinstance(bed, Leavers)
    bed.list_hostile(3)
    bed.fund().invest()
    return bed.share_out()
