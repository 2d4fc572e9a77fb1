"""The ground of every measurement: an asset, accounts, and strategies with scripted liquidity and price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.errors import Reverted
from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import DAY, DEPLOYER, ETHER, STRANGER, deploy_hostile, deploy_token

UNIT = 10**6  # asset wei of one coin
PAPER = (
    10**6 * UNIT
)  # asset wei of "one" in the run on paper: large, so that rounding is far behind the comma
GAS, BLOCK_GAS = hex(10**6), hex(2**44)
CHUNK = 500  # transactions in a block
Sent = tuple[Any, ...]  # a transaction: sender, target, signature, arguments
LIQUIDITY = "set_mode(uint8,uint8,uint256)"


def holders(count: int) -> list[str]:
    """Accounts that hold nothing yet."""
    return [actor(f"holder {number}") for number in range(1, count + 1)]


@dataclass(frozen=True)
class Market:
    """One ERC-4626 strategy, honest and as liquid as it is told to be. Amounts are asset wei."""

    rpc: Rpc
    asset: str
    address: str

    @classmethod
    def create(cls, rpc: Rpc, asset: str) -> Market:
        """Deploy one, liquid and at a price of 1."""
        return cls(rpc, asset, deploy_hostile(rpc, asset))

    def dry(self) -> None:
        """Pay nobody from now on."""
        self._limit(0)

    def refill(self, assets: int) -> None:
        """Pay that much more to whoever comes."""
        self._limit(self.liquid() + assets)

    def flood(self) -> None:
        """Pay everybody everything."""
        self._set(Mode.HONEST, 0)

    def liquid(self) -> int:
        """What is left to pay; everything where there is no limit."""
        mode, left = self.rpc.read(self.address, "dial(uint8)", Group.LIQUIDITY, returns=("uint8", "uint256"))
        return left if mode == Mode.LIMITED else self.total()

    def total(self) -> int:
        """What all its shares are worth."""
        return self.rpc.read(self.address, "held()")

    def lose(self, assets: int) -> None:
        """Lose assets: the price falls in this block."""
        self.rpc.transact(STRANGER, self.address, "lose(uint256)", assets)

    def gain(self, assets: int) -> None:
        """Earn assets: the price rises in this block."""
        self.rpc.transact(STRANGER, self.asset, "mint(address,uint256)", self.address, assets)
        self.rpc.transact(STRANGER, self.address, "gain(uint256)", assets)

    def reprice(self, bps: int, *, in_units: bool) -> None:
        """Move the price by ``bps``; ``in_units`` keeps the liquidity as it is in shares, not in assets."""
        before, left = self.total(), self.liquid()
        change = before * abs(bps) // 10_000
        if change:
            self.gain(change) if bps > 0 else self.lose(change)
        if in_units and before:
            self._limit(left * self.total() // before)

    def _limit(self, assets: int) -> None:
        self._set(Mode.LIMITED, assets)

    def _set(self, mode: Mode, parameter: int) -> None:
        self.rpc.transact(STRANGER, self.address, LIQUIDITY, Group.LIQUIDITY, mode, parameter)


@dataclass(frozen=True)
class Ground:
    """An anvil of its own with one asset; a second passes per block, so that runs repeat to the wei."""

    rpc: Rpc
    asset: str

    def market(self) -> Market:
        """A new strategy."""
        return Market.create(self.rpc, self.asset)

    def endow(self, accounts: Iterable[str]) -> None:
        """Give accounts native coins for gas."""
        self.rpc.batch([("anvil_setBalance", [account, hex(10**3 * ETHER)]) for account in accounts])

    def together(self, sent: Sequence[Sent]) -> None:
        """Mine transactions in few blocks, since a long chain is slow.

        Those of one sender keep their order; those of several senders may change places within a block.

        Raises:
            Reverted: one of them failed.
        """
        rpc, senders = self.rpc, list(dict.fromkeys(sender for sender, *_ in sent))
        counts = rpc.batch([("eth_getTransactionCount", [sender, "latest"]) for sender in senders])
        nonces = {sender: int(count, 16) for sender, count in zip(senders, counts, strict=True)}
        requests = []
        for sender, to, signature, *arguments in sent:
            data = call_data(signature, *arguments)
            request = {"from": sender, "to": to, "data": data, "gas": GAS, "nonce": hex(nonces[sender])}
            requests.append(("eth_sendTransaction", [request]))
            nonces[sender] += 1
        rpc.call("evm_setAutomine", False)
        try:
            for start in range(0, len(requests), CHUNK):
                hashes = rpc.batch(requests[start : start + CHUNK])
                rpc.call("evm_mine")
                receipts = rpc.batch([("eth_getTransactionReceipt", [made]) for made in hashes])
                if any(receipt["status"] != "0x1" for receipt in receipts):
                    raise Reverted("one of many transactions failed", b"")
        finally:
            rpc.call("evm_setAutomine", True)

    def pass_day(self) -> None:
        """Let a little more than an epoch pass."""
        self.rpc.warp(DAY + 1)

    def undone(self) -> AbstractContextManager[None]:
        """Undo what the block does to the chain."""
        return self.rpc.undone()


@contextmanager
def ground() -> Iterator[Ground]:
    """A ground until the block ends."""
    with run_anvil() as url, Rpc(url) as rpc:
        rpc.call("anvil_setBlockTimestampInterval", 1)
        rpc.call("evm_setBlockGasLimit", BLOCK_GAS)
        for account in (DEPLOYER, STRANGER):
            rpc.call("anvil_setBalance", account, hex(10**6 * ETHER))
        yield Ground(rpc, deploy_token(rpc))
