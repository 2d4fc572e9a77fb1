"""A treasury with standing orders: the real Executor, Reflexes with a mandate, capital in strategies."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Any

from eth_utils import keccak

from ganglion.devnet.abi import call_data, decode, encode
from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode, TokenFlag
from tests.treasury import GOVERNOR, HOUR, STRANGER, deploy_vyper
from tests.unit.bed import PLACED
from tests.unit.desk import DEALLOCATES, M100, Desk, draft
from tests.unit.events import Event, decoded, event
from tests.unit.journal import Entry, Kind
from tests.unit.leavers import Leavers

PRICE, LIQUIDITY, IDLE, STATE, GROUP = 1, 2, 4, 8, 16
DEALLOCATE, TRIM = 1, 2
ORDER = "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)"
SET_ORDER = f"set_order(uint256,{ORDER})"
REMOVE = "remove_order(uint256)"
FIRE = "fire(uint256)"
FUND = "fund(uint256)"
COLLECT = "collect(address)"
DEFUND = "defund(address,uint256)"

K = 1_000 * 10**6  # a thousand tokens
HELD = PLACED * 10**6  # what each of the three strategies holds, asset wei and units


@dataclass(frozen=True)
class Order:
    """IReflexes.Order; the default is met whenever anything is invested, and takes 50,000 tokens from 1."""

    condition: int = IDLE
    watched: int = 0
    threshold: int = 10_000
    action: int = DEALLOCATE
    target: int = 1
    least: int = 1
    most: int = 50 * K
    max_loss: int = 0
    cooldown: int = HOUR
    bounty: int = 0

    def tuple(self) -> tuple[int, ...]:
        """Return the ABI tuple."""
        return astuple(self)


@dataclass
class Post(Desk, Leavers):
    """A Desk whose Reflexes hold a mandate to deallocate, and whose holders can leave."""

    reflexes: str = ""

    # -- calls ----------------------------------------------------------------
    def call(self, sender: str, signature: str, *arguments: Any) -> dict[str, Any]:
        """Send a call to the Reflexes."""
        return self.rpc.transact(sender, self.reflexes, signature, *arguments)

    def told(self, signature: str, *arguments: Any, returns: tuple[str, ...] = ("uint256",)) -> Any:
        """Return what a view of the Reflexes answers."""
        return self.rpc.read(self.reflexes, signature, *arguments, returns=returns)

    def order(self, identifier: int = 1, sender: str = GOVERNOR, **changes: int) -> dict[str, Any]:
        """Set the default order with ``changes``."""
        return self.call(sender, SET_ORDER, identifier, replace(Order(), **changes).tuple())

    def fire(self, identifier: int = 1, sender: str = STRANGER) -> dict[str, Any]:
        """Fire an order as a stranger."""
        return self.call(sender, FIRE, identifier)

    def answer(self, identifier: int = 1) -> int:
        """What `fire` would answer in the next block."""
        call = {"from": STRANGER, "to": self.reflexes, "data": call_data(FIRE, identifier)}
        return decode(["uint256"], self.rpc.eth_call(call, "pending"))[0]

    def check(self, identifier: int = 1) -> tuple[bool, int]:
        """Whether an order's condition holds, and its level."""
        return self.told("check(uint256)", identifier, returns=("bool", "uint256"))

    def memory(self, identifier: int = 1) -> tuple[int, int]:
        """When an order fired last, and when it was armed; seconds."""
        return self.told("memory(uint256)", identifier, returns=("uint256", "uint256"))

    def pay_in(self, assets: int, sender: str = STRANGER) -> dict[str, Any]:
        """Mint assets for an account and fund bounties with them."""
        self.rpc.transact(sender, self.asset, "mint(address,uint256)", sender, assets)
        self.rpc.transact(sender, self.asset, "approve(address,uint256)", self.reflexes, assets)
        return self.call(sender, FUND, assets)

    def empower(self, **changes: Any) -> None:
        """Grant the Reflexes their mandate with ``changes``."""
        self.grant(agent=self.reflexes, **{"permissions": DEALLOCATES, "flow": 0, "max_loss": 0} | changes)

    def trim(self, identifier: int = 1, sender: str = STRANGER) -> dict[str, Any]:
        """Trim a position as a stranger."""
        return self.command("trim(uint256)", identifier, sender=sender)

    def noted(self, identifier: int = 1) -> int:
        """When a position was first seen over its cap, seconds."""
        return self.rpc.read(self.executor, "over_since(uint256)", identifier)

    def redeemable(self, identifier: int, units: int) -> None:
        """Make a strategy say that it can redeem ``units`` of anybody's now."""
        self.dial(identifier, Group.MAX, Mode.RETURN_VALUE, units)

    # -- what is told ---------------------------------------------------------
    def fired(self, level: int, assets: int, identifier: int = 1, bounty: int = 0) -> Event:
        """The event of a firing by a stranger."""
        found = {"id": identifier, "by": STRANGER, "level": level, "assets": assets, "bounty": bounty}
        return event(self.reflexes, "Fired", **found)

    def brought(
        self, order: Order, assets: int, units: int, wanted: int, loss: int = 0, identifier: int = 1
    ) -> list[Event]:
        """The events of the Vault and the Executor of a firing that deallocates, in the latest block."""
        moved = {"id": order.target, "assets": assets, "units": units, "loss": loss}
        intent = draft(
            (order.target, -wanted, order.least - order.max_loss),
            agent=self.reflexes,
            max_loss=order.max_loss,
            deadline=self.now(),
            reason=keccak(encode(["uint256", ORDER], (identifier, order.tuple()))),
        )
        executed = self.executed(intent, (order.target, -assets, units, loss))
        return [event(self.vault, "Deallocated", **moved), executed]

    def trimmed(self, moved: tuple[int, int, int, int], by: str = STRANGER) -> list[Event]:
        """The events of a trim in the latest block that moved (strategy, assets, units, loss)."""
        identifier, assets, units, loss = moved
        found = {"id": identifier, "assets": assets, "loss": loss}
        done = ((identifier, -assets, units, loss),)
        return [
            event(self.vault, "Deallocated", units=units, **found),
            event(self.executor, "Trimmed", by=by, **found),
            self.entered(Entry(Kind.TRIM, by, subject=identifier.to_bytes(32, "big"), moves=done)),
        ]

    # -- the chain ------------------------------------------------------------
    def fingerprint(self) -> list[str]:
        """Storage roots of everything that a refused call must leave as it was."""
        proof = self.rpc.call("eth_getProof", self.reflexes, [], "latest")
        return [*super().fingerprint(), proof["storageHash"]]

    def events(self, receipt: dict[str, Any]) -> list[Event]:
        """Events of all contracts of ours in a transaction."""
        ours = (self.vault, self.queue, self.steward, self.executor, self.sentinel, self.reflexes)
        return decoded(receipt, ours)


def open_post(rpc: Rpc, flags: TokenFlag = TokenFlag.PLAIN) -> Post:
    """A treasury over three strategies with a fifth of its capital in each, and the Reflexes at work."""
    post = Post.make(rpc, 6, flags, executor=None)
    assert isinstance(post, Post)
    post.open()
    values = (post.executor, GOVERNOR)
    post.reflexes = deploy_vyper(rpc, "contracts/Reflexes.vy", ["address", "address"], values)
    post.call(GOVERNOR, "seal()")
    post.grant(flow=M100, loss=M100, max_loss=M100)
    post.intent(*((identifier, HELD, 0) for identifier in (1, 2, 3)))
    post.empower()
    return post
