"""A treasury on the local mainnet, over a Morpho Blue market and two vaults, with standing orders.

The governor is an account instead of the Timelock; blocks are twelve seconds apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from ganglion.devnet import Devnet
from ganglion.devnet.abi import call_data, decode_revert
from ganglion.devnet.devnet import start
from ganglion.devnet.rpc import Rpc, quantity
from tests.treasury import (
    AGENT,
    DAY,
    DEPOSITOR,
    ETHER,
    GOVERNOR,
    HOUR,
    LEAVER,
    MANDATE,
    MAX_UINT,
    STRANGER,
    Limits,
    Treasury,
    deploy_vyper,
    mandate_of,
)

BLOCK = 12  # seconds
UNIT = 10**6  # asset wei of one USDC
MORPHO, SOLMATE, SNEKMATE = 1, 2, 3
NAMES = {MORPHO: "Morpho Blue market", SOLMATE: "solmate's vault", SNEKMATE: "snekmate's vault"}
DEPOSITED = 1_000_000 * UNIT
GAS, BLOCK_GAS = 4_000_000, hex(2**40)
TIP, FEE_CAP = 10**6, 10**11  # wei a gas unit: a block's order is that of its tips
BOUNTY = 5 * UNIT
PRICE, LIQUIDITY, STATE = 1, 2, 8  # IReflexes.Condition
DEALLOCATE = 1  # IReflexes.Action
ORDER = f"({','.join(['uint256'] * 10)})"
SPACING = HOUR

Sent = tuple[Any, ...]  # a transaction: sender, target, signature, arguments


@dataclass(frozen=True)
class Order:
    """A standing order that brings everything liquid of ``target`` home.

    Attributes:
        condition: PRICE or LIQUIDITY of ``watched``, or STATE of the Vault.
        threshold: bps, or a state.
    """

    title: str
    condition: int
    watched: int
    threshold: int
    target: int

    def tuple(self) -> tuple[int, ...]:
        """The ABI tuple: from 1,000 USDC on, everything, for a loss of at most 100, once an hour."""
        amounts = (1_000 * UNIT, 2 * DEPOSITED, 100 * UNIT)
        return (
            self.condition,
            self.watched,
            self.threshold,
            DEALLOCATE,
            self.target,
            *amounts,
            HOUR,
            BOUNTY,
        )


ORDERS = {
    1: Order("its price fell 3%: bring it home", PRICE, SOLMATE, 300, SOLMATE),
    2: Order("a sibling's price fell 3%: bring the other home", PRICE, SOLMATE, 300, SNEKMATE),
    3: Order("its price fell 3%: bring it home", PRICE, MORPHO, 300, MORPHO),
    4: Order("less than half is liquid: bring home what is", LIQUIDITY, MORPHO, 5_000, MORPHO),
    5: Order("a sibling stopped paying: bring the other home", LIQUIDITY, SOLMATE, 5_000, SNEKMATE),
    6: Order("STRESS: bring the liquid vault home", STATE, 0, 1, SNEKMATE),
}


@dataclass(frozen=True)
class Mined:
    """What became of a transaction: where it stands, and why it failed if it did."""

    block: int
    time: int
    place: int
    ok: bool
    reason: str
    logs: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Ground:
    """The node, the market's levers, and the treasury. Amounts are asset wei."""

    net: Devnet
    treasury: Treasury
    reflexes: str

    @property
    def rpc(self) -> Rpc:
        """The node."""
        return self.net.rpc

    def invest(self, parts: Mapping[int, int]) -> None:
        """Have the agent allocate, and let three days with pokes pass, the last an hour ago."""
        self.treasury.execute([(identifier, assets, 0) for identifier, assets in parts.items()])
        for _ in range(3):
            self.treasury.watch()
            self.rpc.warp(DAY)
        self.treasury.watch()
        self.rpc.warp(HOUR)

    def block(self, sent: Sequence[Sent], wait: int = 0) -> list[Mined]:
        """Mine transactions in one block, in their order, ``wait`` seconds after the last block."""
        rpc = self.rpc
        if wait:
            rpc.call("evm_setNextBlockTimestamp", quantity(rpc.timestamp() + wait))
        rpc.call("evm_setAutomine", False)
        try:
            hashes = [
                rpc.call("eth_sendTransaction", _request(each, place)) for place, each in enumerate(sent)
            ]
            rpc.call("evm_mine")
        finally:
            rpc.call("evm_setAutomine", True)
        return [self._mined(made) for made in hashes]

    def _mined(self, transaction_hash: str) -> Mined:
        receipt = self.rpc.call("eth_getTransactionReceipt", transaction_hash)
        ok = receipt["status"] == "0x1"
        reason = "" if ok else decode_revert(self.rpc.revert_data(transaction_hash)) or "without a reason"
        number, place = int(receipt["blockNumber"], 16), int(receipt["transactionIndex"], 16)
        time = int(self.rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16)
        return Mined(number, time, place, ok, reason, tuple(receipt["logs"]))

    def state(self) -> int:
        """The Vault's state: 0 CALM, 1 STRESS, 2 WINDDOWN."""
        return self.treasury.observed()[6]

    def live(self) -> int:
        """What everything is worth by what strategies answer now; what does not answer counts nothing."""
        treasury = self.treasury
        worth = treasury.idle()
        for identifier, strategy in enumerate(treasury.strategies, 1):
            units = treasury.position(identifier)[0]
            if units and self.rpc.code(strategy):
                worth += self.rpc.read(strategy, "convertToAssets(uint256)", units)
        return worth

    def supply(self) -> int:
        """Shares outstanding, with the virtual ones."""
        return self.rpc.read(self.treasury.vault, "totalSupply()") + 10**12

    def undone(self) -> AbstractContextManager[None]:
        """Undo what the block does to the chain."""
        return self.rpc.undone()


def _request(sent: Sent, place: int) -> dict[str, Any]:
    sender, to, signature, *arguments = sent
    return {
        "from": sender,
        "to": to,
        "data": call_data(signature, *arguments),
        "gas": quantity(GAS),
        "maxFeePerGas": quantity(FEE_CAP),
        "maxPriorityFeePerGas": quantity(TIP - place),
    }


@contextmanager
def ground() -> Iterator[Ground]:
    """A local mainnet with a treasury that holds deposits, until the block ends."""
    with start(fork_url="") as net:
        rpc = net.rpc
        rpc.call("anvil_setBlockTimestampInterval", BLOCK)
        rpc.call("evm_setBlockGasLimit", BLOCK_GAS)
        treasury = _opened(net)
        yield Ground(net, treasury, _reflexes(rpc, treasury))


def _opened(net: Devnet) -> Treasury:
    rpc, at = net.rpc, net.addresses
    limits = Limits(petty_share=1_000)
    treasury = Treasury.create(rpc, at.usdc, limits=limits)
    for strategy in (at.morpho_strategy, at.solmate_vault, at.snekmate_vault):
        identifier = treasury.list(strategy)
        rpc.transact(
            GOVERNOR, treasury.executor, "set_cap(uint256,uint256,uint256)", identifier, 10**33, 10**4
        )
    _grant(treasury, AGENT, permissions=3)
    treasury.seal()
    rpc.warp(DAY + BLOCK)
    treasury.watch()
    treasury.deposit(DEPOSITOR, DEPOSITED * 9 // 10)
    treasury.deposit(LEAVER, DEPOSITED // 10)
    for account in (DEPOSITOR, LEAVER):
        treasury.mint(account, DEPOSITED)
    return treasury


def _grant(treasury: Treasury, agent: str, permissions: int) -> None:
    mandate = mandate_of(permissions, MAX_UINT)
    treasury.rpc.transact(GOVERNOR, treasury.executor, f"set_mandate(address,{MANDATE})", agent, mandate)


def _reflexes(rpc: Rpc, treasury: Treasury) -> str:
    types, values = ["address", "address"], (treasury.executor, GOVERNOR)
    reflexes = deploy_vyper(rpc, "contracts/Reflexes.vy", types, values)
    _grant(treasury, reflexes, permissions=2)
    for identifier, order in ORDERS.items():
        rpc.transact(GOVERNOR, reflexes, f"set_order(uint256,{ORDER})", identifier, order.tuple())
    budget = 100 * BOUNTY
    rpc.call("anvil_setBalance", STRANGER, hex(10**6 * ETHER))
    treasury.mint(STRANGER, budget)
    rpc.transact(STRANGER, treasury.asset, "approve(address,uint256)", reflexes, MAX_UINT)
    rpc.transact(STRANGER, reflexes, "fund(uint256)", budget)
    return reflexes
