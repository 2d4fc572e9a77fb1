"""Driving MorphoBlueStrategy in tests: sends, reads, and sequences inside one simulated block."""

from __future__ import annotations

from typing import Any

from ganglion.devnet import Devnet
from ganglion.devnet.abi import call_data

USDC = 10**6
SHARE = 10**12  # a whole share: 6 decimals of the asset and 6 of Morpho's virtual shares
MAX_UINT256 = 2**256 - 1
WITHDRAW = "withdraw(uint256,address,address)"
REDEEM = "redeem(uint256,address,address)"
VIRTUAL_SHARES = 10**6


class Strategy:
    def __init__(self, net: Devnet) -> None:
        self.net = net
        self.rpc = net.rpc
        self.address = net.addresses.morpho_strategy

    def ready(self, label: str, amount: int = 2_000_000 * USDC) -> str:
        """A funded actor that lets the strategy take its USDC."""
        account = self.net.actor(label)
        self.net.fund_eth(account, 10**18)
        self.net.fund(account, amount)
        approve = "approve(address,uint256)"
        self.rpc.transact(account, self.net.addresses.usdc, approve, self.address, MAX_UINT256)
        return account

    def read(self, signature: str, *arguments: Any, **options: Any) -> Any:
        return self.rpc.read(self.address, signature, *arguments, **options)

    def send(self, sender: str, signature: str, *arguments: Any) -> dict[str, Any]:
        return self.rpc.transact(sender, self.address, signature, *arguments)

    def deposit(self, account: str, assets: int) -> int:
        before = self.shares(account)
        self.send(account, "deposit(uint256,address)", assets, account)
        return self.shares(account) - before

    def shares(self, account: str) -> int:
        return self.read("balanceOf(address)", account)

    def usdc(self, account: str) -> int:
        return self.rpc.read(self.net.addresses.usdc, "balanceOf(address)", account)

    def call(self, sender: str, signature: str, *arguments: Any, to: str | None = None) -> dict[str, str]:
        """One call of a simulated block."""
        return {"from": sender, "to": to or self.address, "data": call_data(signature, *arguments)}

    def in_one_block(self, calls: list[dict[str, str]], elapsed: int = 1) -> list[dict[str, Any]]:
        """Results of ``calls`` in one simulated block, ``elapsed`` seconds after the latest."""
        time = hex(self.rpc.timestamp() + elapsed)
        return self.rpc.simulate_v1([{"blockOverrides": {"time": time}, "calls": calls}])[0]["calls"]


def number(result: dict[str, Any], word: int = 0) -> int:
    """The ``word``-th 32-byte word that a simulated call returned."""
    assert result["status"] == "0x1", result
    data = bytes.fromhex(result["returnData"][2:])
    return int.from_bytes(data[32 * word : 32 * word + 32], "big")


def worth(shares: int, supply_assets: int, supply_shares: int) -> int:
    """Assets of Morpho supply shares, rounded down."""
    return shares * (supply_assets + 1) // (supply_shares + VIRTUAL_SHARES)
