"""Start, or attach to, a local Ethereum mainnet with a lending market that can be pushed around."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from . import funding, seed
from .abi import actor
from .addresses import Addresses, MarketParams
from .artifacts import Progress, silent
from .errors import NotSeeded
from .market import Market
from .node import run_anvil
from .rpc import Rpc

RPC_VARIABLE = "MAINNET_RPC_URL"


@dataclass(frozen=True)
class Devnet:
    """A running local mainnet.

    Attributes:
        url: RPC address.
        forked: whether the chain is a fork of another RPC (canonical contracts are the real ones).
        addresses: every contract by role.
        rpc: client of the node, for one thread.
    """

    url: str
    forked: bool
    rpc: Rpc = field(repr=False, compare=False)
    addresses: Addresses = field(default_factory=Addresses)

    @property
    def market_params(self) -> MarketParams:
        """Parameters of the seeded Morpho market."""
        return self.addresses.market_params()

    @cached_property
    def market(self) -> Market:
        """The seeded Morpho market."""
        return Market(self.rpc, self.addresses.morpho, self.market_params)

    def actor(self, label: str) -> str:
        """Return the address of a named actor, which acts by impersonation; see ``abi.actor``."""
        return actor(label)

    def fund(self, address: str, amount: int, token: str | None = None) -> None:
        """Add ``amount`` (smallest units) of ``token``, USDC unless given (or WETH), to ``address``."""
        funding.fund_token(self.rpc, token or self.addresses.usdc, address, amount)

    def fund_eth(self, address: str, amount: int) -> None:
        """Add ``amount`` wei to ``address``."""
        funding.fund_eth(self.rpc, address, amount)

    def describe(self) -> dict[str, Any]:
        """Return url, chain, addresses and market as JSON values."""
        params = self.market_params
        return {
            "url": self.url,
            "chain_id": 1,
            "forked": self.forked,
            "addresses": self.addresses.as_dict(),
            "market": {
                "id": "0x" + params.id.hex(),
                "loan_token": params.loan_token,
                "collateral_token": params.collateral_token,
                "oracle": params.oracle,
                "irm": params.irm,
                "lltv": str(params.lltv),
            },
        }


@contextlib.contextmanager
def start(
    port: int | None = None, *, fork_url: str | None = None, progress: Progress = silent
) -> Iterator[Devnet]:
    """Run a local mainnet for the duration of the block.

    Args:
        port: to listen on; None or 0 takes a free one.
        fork_url: RPC of an Ethereum mainnet to fork; only the market, the vaults and the adapter are deployed
            on the fork. None reads MAINNET_RPC_URL; an empty string (or neither) seeds an empty chain.
        progress: called with one line per step that takes time.

    Raises:
        ToolMissing, CompilationFailed, NodeFailed, NotMainnet: see each; nothing keeps running.
    """
    upstream = os.environ.get(RPC_VARIABLE, "") if fork_url is None else fork_url
    built = seed.build_all(progress)
    progress(f"forking {_host(upstream)}" if upstream else "starting an empty chain")
    with run_anvil(port, upstream or None) as url, Rpc(url) as rpc:
        if upstream:
            seed.require_mainnet(rpc)
        else:
            # One second per block while seeding: two seeded chains are equal to the last block hash.
            rpc.call("anvil_setBlockTimestampInterval", 1)
            seed.plant_canonical(rpc, built)
        if not seed.is_seeded(rpc):
            progress("deploying the lending market and the vaults")
            seed.deploy_own(rpc, built)
        if not upstream:
            rpc.call("anvil_removeBlockTimestampInterval")
        yield Devnet(url, bool(upstream), rpc)


@contextlib.contextmanager
def attach(url: str) -> Iterator[Devnet]:
    """Connect to a local mainnet, or to an anvil that forks one, for the duration of the block.

    Turns auto-impersonation on. The node keeps running afterwards.

    Raises:
        NodeFailed: nothing answers.
        NotSeeded: the chain does not hold the seeded market.
        RpcError: the node is not an anvil.
    """
    with Rpc(url) as rpc:
        if not seed.is_seeded(rpc):
            raise NotSeeded(f"{url} lacks the seeded market; start one with `python -m ganglion.devnet`")
        rpc.call("anvil_autoImpersonateAccount", True)
        yield Devnet(url, _is_fork(rpc), rpc)


def _is_fork(rpc: Rpc) -> bool:
    return bool(rpc.call("anvil_nodeInfo")["forkConfig"].get("forkUrl"))


def _host(url: str) -> str:
    # Providers put keys into paths and queries: neither is shown.
    return url.split("://")[-1].split("/")[0].split("@")[-1]
