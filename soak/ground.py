"""A treasury with everything in it, on a bare anvil: four strategies with dials, caps, a group, standing
orders, an agent with a heartbeat, holders. Amounts are asset wei.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from ganglion.agent.treasury import Treasury as Place
from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.errors import Reverted
from ganglion.devnet.node import CHAIN_ID, run_anvil
from ganglion.devnet.rpc import Rpc
from tests.treasury import (
    DEPOSITOR,
    ETHER,
    GOVERNOR,
    HOUR,
    MANDATE,
    MAX_UINT,
    STRANGER,
    Limits,
    deploy_vyper,
    mandate_of,
)
from tests.unit.bed import Bed

BOTS = ("rebalancer", "settler", "sentinel")
UNIT = 10**6
EPOCH = 3 * HOUR
HOLDERS = (DEPOSITOR, *(actor(f"holder {number}") for number in range(1, 4)))
STRATEGIES = (1, 2, 3, 4)
TARGETS = {1: 3_000, 2: 2_500, 3: 2_000, 4: 1_000}  # bps; the rest stays idle
CAPS = {1: 4_000, 2: 3_500, 3: 3_500, 4: 2_500}  # bps of the total
GROUP, GROUP_CAP = 1, 6_500  # strategies 1 and 2 together, bps
HEARTBEAT = 8 * HOUR
FUNDS = 250_000 * UNIT  # of each holder
ORDER = f"({','.join(['uint256'] * 10)})"
PRICE, LIQUIDITY, IDLE, STATE, GROUPED = 1, 2, 4, 8, 16  # IReflexes.Condition
DEALLOCATE, TRIM = 1, 2  # IReflexes.Action
_AMOUNTS = (100 * UNIT, 10**9 * UNIT, 99 * UNIT)  # least, most, max_loss of an order
ORDERS = {
    1: (PRICE, 1, 200, DEALLOCATE, 1, *_AMOUNTS, HOUR, UNIT),
    2: (LIQUIDITY, 2, 5_000, DEALLOCATE, 2, *_AMOUNTS, HOUR, UNIT),
    3: (IDLE, 0, 500, DEALLOCATE, 3, *_AMOUNTS, HOUR, UNIT),
    4: (STATE, 0, 1, DEALLOCATE, 4, *_AMOUNTS, 6 * HOUR, UNIT),
    5: (GROUPED, GROUP, GROUP_CAP, TRIM, 2, UNIT, 10**9 * UNIT, 0, HOUR, UNIT),
}
TOTALS = ("uint256", "uint256", "bool")


@dataclass(frozen=True)
class Ground:
    """The node, the treasury, and the bots' accounts."""

    rpc: Rpc
    bed: Bed
    lens: str
    reflexes: str
    accounts: dict[str, LocalAccount]

    @property
    def place(self) -> Place:
        """The treasury as an agent is told of it."""
        return Place(CHAIN_ID, self.bed.vault, self.bed.executor, self.lens)

    def passes(self, to: str, signature: str, *arguments: Any) -> bytes | None:
        """What a call of a stranger would answer now; None if it would be refused."""
        try:
            return self.rpc.eth_call({"from": STRANGER, "to": to, "data": call_data(signature, *arguments)})
        except Reverted:
            return None

    def tries(self, sender: str, to: str, signature: str, *arguments: Any) -> bool:
        """Send a call that may be refused; returns whether it was made."""
        try:
            self.rpc.transact(sender, to, signature, *arguments)
        except Reverted:
            return False
        return True

    def total(self) -> int:
        """Total at the lower prices."""
        return self.bed.totals()[0]


@contextmanager
def ground(accounts: Mapping[str, LocalAccount] | None = None) -> Iterator[Ground]:
    """A funded, open treasury with nothing allocated yet, until the block ends.

    Args:
        accounts: of the bots by name, for others than its own.
    """
    with run_anvil() as url, Rpc(url) as rpc:
        rpc.call("anvil_setBlockTimestampInterval", 1)
        bed = Bed.make(rpc, 6, executor=None, epoch=EPOCH, limits=Limits(hold=HOUR // 2, idle_floor=800))
        assert isinstance(bed, Bed)
        bed.list_hostile(len(STRATEGIES))
        lens = deploy_vyper(rpc, "contracts/Lens.vy", ["address"], (bed.vault,))
        types, values = ["address", "address"], (bed.executor, GOVERNOR)
        reflexes = deploy_vyper(rpc, "contracts/Reflexes.vy", types, values)
        own = {name: Account.from_key(keccak(text=f"soak {name}")) for name in BOTS}
        made = Ground(rpc, bed, lens, reflexes, dict(accounts or own))
        _govern(made)
        _fund(made)
        yield made


def _govern(made: Ground) -> None:
    rpc, executor = made.rpc, made.bed.executor
    for account in made.accounts.values():
        rpc.call("anvil_setBalance", account.address, hex(10**6 * ETHER))
    for identifier, share in CAPS.items():
        set_cap(made, identifier, share)
    members = 1 << 1 | 1 << 2
    rpc.transact(
        GOVERNOR,
        executor,
        "set_group(uint256,uint256,uint256,uint256)",
        GROUP,
        members,
        2**112 - 1,
        GROUP_CAP,
    )
    _grant(made, made.accounts["rebalancer"].address, flow=2_000_000 * UNIT, heartbeat=HEARTBEAT)
    _grant(made, made.reflexes, permissions=2)
    for identifier, order in ORDERS.items():
        rpc.transact(GOVERNOR, made.reflexes, f"set_order(uint256,{ORDER})", identifier, order)
    made.bed.mint(STRANGER, 10_000 * UNIT)
    rpc.transact(STRANGER, made.bed.asset, "approve(address,uint256)", made.reflexes, MAX_UINT)
    rpc.transact(STRANGER, made.reflexes, "fund(uint256)", 10_000 * UNIT)


def set_cap(made: Ground, identifier: int, share: int) -> None:
    """Set the operating cap of a strategy, bps of the total."""
    signature = "set_cap(uint256,uint256,uint256)"
    made.rpc.transact(GOVERNOR, made.bed.executor, signature, identifier, 2**112 - 1, share)


def _grant(made: Ground, agent: str, **terms: Any) -> None:
    mandate = mandate_of(**{"loss": 20_000 * UNIT, "max_loss": 10_000 * UNIT} | terms)
    made.rpc.transact(GOVERNOR, made.bed.executor, f"set_mandate(address,{MANDATE})", agent, mandate)


def _fund(made: Ground) -> None:
    for holder in HOLDERS:
        made.rpc.call("anvil_setBalance", holder, hex(10**6 * ETHER))
    for identifier in STRATEGIES:
        made.bed.share_strategy(identifier)
    made.bed.seal()
    made.rpc.warp(EPOCH)
    made.bed.watch()
    for holder in HOLDERS:
        made.bed.deposit(holder, FUNDS)
    made.rpc.warp(HOUR)
