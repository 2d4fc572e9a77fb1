"""A treasury on Ape's fork of the local mainnet, its Safe of three real owners, and a clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ape import accounts
from ape.api import AccountAPI, ReceiptAPI

from ganglion.deployment import Call, Chain, Manifest, Site, config, deploy, governance, opening, site_of
from ganglion.deployment.governance import Operation
from ganglion.devnet import Devnet
from scripts._lib.ape_chain import ApeSender, connected_chain
from scripts._lib.owners import Owners
from tests.treasury import INTENT, intent_of

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "treasury.yaml"
DAY, DELAY = 86_400, 172_800
SALT = b"\x2a" * 32


@dataclass
class World:
    """The example treasury, deployed by the first test account."""

    net: Devnet
    chain: Chain
    manifest: Manifest
    path: Path

    @classmethod
    def make(cls, net: Devnet, path: Path) -> World:
        treasury = config.load(EXAMPLE)
        deployer = account(0)
        net.fund(str(deployer.address), treasury.vault.seed)
        chain = connected_chain()
        return cls(net, chain, deploy(treasury, chain, ApeSender(deployer), path), path)

    @property
    def site(self) -> Site:
        return site_of(self.manifest, self.chain)

    @property
    def guardian(self) -> AccountAPI:
        return by_address(self.manifest.treasury.guardians[0])

    def at(self, name: str) -> str:
        return self.manifest.addresses[name]

    def owners(self, *signers: AccountAPI) -> Owners:
        return Owners(self.at("Safe"), signers)

    def two_owners(self) -> Owners:
        return self.owners(account(3), account(1))

    def schedule(self, *calls: Call, salt: bytes = SALT) -> Operation:
        """Have the Safe schedule one operation."""
        operation = Operation(calls, salt)
        self.two_owners().execute(governance.scheduling(self.site, [operation]), account(9))
        return operation

    def send(self, sender: AccountAPI, call: Call) -> None:
        """Have an account make a call; raises Reverted with its reason (Ape traces a revert for minutes)."""
        data = "0x" + call.data.hex()
        self.net.rpc.send({"from": str(sender.address), "to": call.to, "data": data})

    def wait(self, seconds: int) -> None:
        self.net.rpc.warp(seconds)

    def open(self) -> None:
        """Have the Safe accept the treasury and anyone execute that after the delay."""
        calls = opening.acceptance(self.site, self.manifest)
        self.two_owners().execute(calls, account(9))
        # A book rises by a day's interest a poke: it must not lag behind when the agent allocates.
        for _ in range(DELAY // DAY):
            self.wait(DAY)
            self.poke()
        for call in opening.ready(self.site, self.manifest):
            self.send(account(9), call)

    def pay_in(self, assets: int) -> str:
        """Have a depositor pay assets in; returns its address."""
        depositor, vault, rpc = self.net.actor("depositor"), self.at("Vault"), self.net.rpc
        self.net.fund_eth(depositor, 10**18)
        self.net.fund(depositor, assets)
        rpc.transact(depositor, self.net.addresses.usdc, "approve(address,uint256)", vault, assets)
        rpc.transact(depositor, vault, "deposit(uint256,address)", assets, depositor)
        return depositor

    def allocate(self, assets: int) -> None:
        """Have the agent allocate to the first strategy."""
        # Days of interest are not in the book yet, and the tolerance counts from the book.
        self.poke()
        agent = str(account(6).address)
        intent = intent_of(agent, [(1, assets, 0)], 10**6)
        self.net.rpc.transact(agent, self.at("Executor"), f"execute({INTENT})", intent)

    def poke(self, contract: str = "Sentinel") -> None:
        """Have anyone poke."""
        self.net.rpc.transact(str(account(9).address), self.at(contract), "poke()")

    def phase(self, operation: Operation) -> str:
        return governance.status(self.site, operation.id).phase.name

    @contextmanager
    def undone(self) -> Iterator[None]:
        snapshot = self.net.rpc.call("evm_snapshot")
        try:
            yield
        finally:
            assert self.net.rpc.call("evm_revert", snapshot)
            self.net.rpc.mine()


def account(index: int) -> AccountAPI:
    """Test accounts: 0 deploys, 1 to 3 own the Safe, 4 guards, 5 curates, 6 is the agent, 9 is anybody."""
    return accounts.test_accounts[index]


def by_address(address: str) -> AccountAPI:
    return next(entry for entry in accounts.test_accounts if entry.address == address)


def events(receipt: ReceiptAPI, site: Site, contract: str, name: str) -> Sequence[dict[str, Any]]:
    """Arguments of a contract's events in a receipt, in order."""
    instance = site.contract(contract)
    raw = site.chain.w3.eth.get_transaction_receipt(receipt.txn_hash)
    ours = [entry for entry in raw["logs"] if entry["address"] == instance.address]
    topic = instance.events[name]().topic
    return [
        dict(instance.events[name]().process_log(entry)["args"])
        for entry in ours
        if "0x" + bytes(entry["topics"][0]).hex() == topic
    ]
