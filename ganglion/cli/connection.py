"""Which node, which treasury, which agent: the options that all commands share."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from web3 import Web3

from ganglion.agent import AgentError, ChainMismatch, Client, ConnectionLost, FileOutbox, Policy, Treasury
from ganglion.agent.abi import LENS, VAULT
from ganglion.agent.intent import checked_address
from ganglion.agent.reading import call
from ganglion.agent.sending import Account
from ganglion.agent.steps import Steps, ask, run
from ganglion.agent.structs import ZERO_ADDRESS
from ganglion.agent.wire import as_int

from .output import CommandFailed

CLOCK = 9  # key of Vault.word whose lowest 160 bits are the Executor

RPC = click.option("--rpc", envvar="GANGLION_RPC_URL", show_envvar=True, help="URL of a node.")
LENS_OPTION = click.option(
    "--lens", envvar="GANGLION_LENS", show_envvar=True, help="Address of the treasury's Lens."
)
MANIFEST = click.option(
    "--manifest",
    envvar="GANGLION_MANIFEST",
    show_envvar=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Manifest that the deployment wrote, instead of --lens.",
)
AGENT = click.option(
    "--agent",
    envvar="GANGLION_AGENT",
    show_envvar=True,
    help="The agent whose mandate and budgets count.",
)


@dataclass(frozen=True)
class Connection:
    """A node and a treasury.

    Attributes:
        client: without an account.
        first_block: no event of the treasury is older.
        known_start: whether ``first_block`` is that of the deployment.
    """

    client: Client
    first_block: int
    known_start: bool

    @property
    def w3(self) -> Web3:
        """The node."""
        return self.client.w3

    @property
    def treasury(self) -> Treasury:
        """The treasury."""
        return self.client.treasury

    def acting(self, account: Account, outbox: Path | None, timeout: float) -> Client:
        """Return a client that signs and sends as an account; raises CommandFailed.

        Args:
            account: that signs.
            outbox: folder for what is signed and not settled; None for memory.
            timeout: seconds that it waits for an intent.
        """
        try:
            kept = None if outbox is None else FileOutbox(outbox)
        except OSError as error:
            raise CommandFailed(f"--outbox: {outbox}: {error.strerror}; give another folder") from None
        return Client(self.client.w3, self.treasury, account, kept, Policy(timeout=timeout))


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--rpc``, ``--lens`` and ``--manifest``; it gets a ``Connection``."""

    @RPC
    @LENS_OPTION
    @MANIFEST
    @functools.wraps(command)
    def wrapped(
        *arguments: Any, rpc: str | None, lens: str | None, manifest: Path | None, **options: Any
    ) -> None:
        command(*arguments, connection=connect(rpc, lens, manifest), **options)

    return wrapped


def connect(rpc: str | None, lens: str | None, manifest: Path | None) -> Connection:
    """Return the connection that options ask for; the treasury is verified.

    Raises:
        CommandFailed: an option is missing, or does not lead to a treasury; names the option.
    """
    if not rpc:
        raise CommandFailed("--rpc: none; give the URL of a node, or set GANGLION_RPC_URL")
    if not rpc.startswith(("http://", "https://")):
        raise CommandFailed("--rpc: not an http(s) URL; give one such as http://127.0.0.1:8545")
    if (lens is None) == (manifest is None):
        said = "none" if lens is None else "--manifest is given, too"
        raise CommandFailed(f"--lens: {said}; name the treasury by exactly one of --lens and --manifest")
    try:
        treasury = Treasury.load(manifest) if manifest is not None else None
    except AgentError as error:
        raise CommandFailed(f"--manifest: {error}") from None
    blank = Treasury(1, *[ZERO_ADDRESS] * 3) if treasury is None else treasury
    client = Client.connect(rpc, blank)
    try:
        if treasury is None:
            address = checked_address("--lens", lens)
            client = Client(client.w3, run(client.w3, _discovered(address)))
        client.verify()
    except (ConnectionLost, ChainMismatch) as error:
        raise CommandFailed(f"--rpc: {error}") from None
    except AgentError as error:
        option = "--lens" if treasury is None else "--manifest"
        raise CommandFailed(f"{option}: {str(error).removeprefix('--lens: ')}") from None
    first = None if manifest is None else first_block(manifest)
    return Connection(client, first or 0, first is not None)


def _discovered(lens: str) -> Steps[Treasury]:
    chain_id = as_int("eth_chainId", (yield from ask("eth_chainId")))
    vault = LENS.decode("vault", (yield from call(lens, LENS.encode("vault"))))
    clock = VAULT.decode("word", (yield from call(vault, VAULT.encode("word", CLOCK, 0))))
    executor = "0x" + (clock & (2**160 - 1)).to_bytes(20, "big").hex()
    return Treasury(chain_id, vault, executor, checked_address("lens", lens))


def first_block(manifest: Path) -> int | None:
    """Return the block of the first contract that a manifest records, None if it records none."""
    contracts = json.loads(manifest.read_text(encoding="utf-8")).get("contracts", {})
    blocks = [each.get("block") for each in contracts.values() if isinstance(each, dict)]
    return min((block for block in blocks if isinstance(block, int)), default=None)


def agent_or_nobody(agent: str | None) -> str:
    """Return the agent's address, or nobody's, whose budgets are 0; raises CommandFailed."""
    return ZERO_ADDRESS if agent is None else required_agent(agent)


def required_agent(agent: str | None) -> str:
    """Return the agent's address; raises CommandFailed without one."""
    if agent is None:
        raise CommandFailed("--agent: none; give the agent's address, or set GANGLION_AGENT")
    try:
        return checked_address("--agent", agent)
    except AgentError as error:
        raise CommandFailed(str(error)) from None
