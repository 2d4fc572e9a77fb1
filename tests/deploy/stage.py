"""A treasury deployed on a fork of the local mainnet, and what tests do to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from ganglion.deployment import Call, Chain, Manifest, Site, Treasury, UnlockedSender, config, site_of
from ganglion.deployment.fields import read_yaml
from ganglion.devnet import Devnet

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "treasury.yaml"
DEPLOYER_LABEL = "treasury_deployer"
ETHER = 10**18


def example() -> dict[str, Any]:
    """The example configuration as text, free to be changed."""
    return read_yaml(EXAMPLE)


def example_treasury() -> Treasury:
    return config.load(EXAMPLE)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one field replaced, e.g. `strategies.0.terms.band`; None removes it."""
    content = example()
    *sections, name = [int(part) if part.isdecimal() else part for part in path.split(".")]
    inner: Any = content
    for section in sections:
        inner = inner[section]
    if value is None:
        del inner[name]
    else:
        inner[name] = value
    return content


def parsed(content: dict[str, Any]) -> Treasury:
    """The treasury that a configuration describes, its files beside the example."""
    return config.parse(content, "treasury.yaml", EXAMPLE.parent)


@dataclass
class Stage:
    """A fork with a funded deployer."""

    net: Devnet
    chain: Chain

    @classmethod
    def of(cls, net: Devnet) -> Stage:
        return cls(net, Chain(Web3(HTTPProvider(net.url, cache_allowed_requests=True))))

    @property
    def deployer(self) -> str:
        return self.net.actor(DEPLOYER_LABEL)

    def sender(self, label: str = DEPLOYER_LABEL) -> UnlockedSender:
        return self.as_account(self.net.actor(label))

    def as_account(self, address: str) -> UnlockedSender:
        """Any account, impersonated and with money for gas."""
        self.net.fund_eth(address, ETHER)
        return UnlockedSender(self.chain.w3, address)

    def fund_deployer(self) -> None:
        self.net.fund_eth(self.deployer, 10 * ETHER)
        self.net.fund(self.deployer, 100 * 10**6)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Forget whatever happens inside."""
        snapshot = self.net.rpc.call("evm_snapshot")
        try:
            yield
        finally:
            assert self.net.rpc.call("evm_revert", snapshot)
            self.net.rpc.mine()

    def sent(self) -> int:
        """Transactions that the deployer has sent."""
        return self.chain.nonce(self.deployer)


@dataclass
class Deployed:
    """A stage with a finished deployment."""

    stage: Stage
    manifest: Manifest
    path: Path

    @property
    def site(self) -> Site:
        return site_of(self.manifest, self.stage.chain)

    def at(self, name: str) -> str:
        return self.manifest.addresses[name]

    def impersonate(self, address: str, call: Call) -> None:
        """Have an account make a call, which must succeed."""
        sender = self.stage.as_account(address)
        self.stage.chain.receipt(sender.send(call.to, call.data))

    def govern(self, name: str, function: str, *arguments: Any) -> None:
        """Have the Timelock itself make a call, as if an operation had been executed."""
        self.impersonate(self.at("Timelock"), self.site.call(name, function, *arguments))
