"""Steps that read what the chain itself says: blocks, the journal's head and number, the Vault's hash."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion.agent.abi import EXECUTOR, VAULT
from ganglion.agent.errors import NodeError
from ganglion.agent.intent import checked_address
from ganglion.agent.steps import Steps, ask
from ganglion.agent.wire import as_bytes, block_id, field, hexed

from .codec import quantity
from .entry import Anchor
from .errors import HistoryMissing, NotAnExecutor

CHANGES = 18  # key of Vault.word
_BLOCK = "eth_getBlockByNumber"
_CALL = "eth_call"


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number, hash (0x-hex) and timestamp in unix seconds."""

    number: int
    hash: str
    time: int


def block(wanted: int | str) -> Steps[Block]:
    """Read one block: a number, or ``latest``, ``safe``, ``finalized``; raises NodeError without one."""
    answer = yield from ask(_BLOCK, block_id(wanted), False)
    if answer is None:
        raise NodeError(_BLOCK, f"there is no block {wanted}")
    number = quantity(_BLOCK, field(_BLOCK, answer, "number"))
    if isinstance(wanted, int) and number != wanted:
        raise NodeError(_BLOCK, f"block {number} was given for {wanted}; use another node")
    found = hexed(as_bytes(_BLOCK, field(_BLOCK, answer, "hash")))
    return Block(number, found, quantity(_BLOCK, field(_BLOCK, answer, "timestamp")))


def chain_id() -> Steps[int]:
    """Read the chain's id."""
    return quantity("eth_chainId", (yield from ask("eth_chainId")))


def view(to: str, data: bytes, at: int) -> Steps[bytes]:
    """Return what a view answers at the end of a block; raises NodeError, also where it reverts."""
    answer = yield from ask(_CALL, {"to": to, "input": hexed(data)}, hex(at))
    return as_bytes(_CALL, answer)


def vault_of(executor: str, at: int) -> Steps[str]:
    """Read which Vault an Executor serves; raises NotAnExecutor."""
    try:
        answer = EXECUTOR.decode("vault", (yield from view(executor, EXECUTOR.encode("vault"), at)))
    except NodeError:
        text = f"{executor} does not say which Vault it serves"
        raise NotAnExecutor(f"{text}; give the Executor's address") from None
    return checked_address("vault", answer)


def journal_head(executor: str, at: int) -> Steps[tuple[bytes, int] | None]:
    """Return head and number of the journal after a block; None where there is no Executor yet.

    Raises:
        NodeError: the node does not tell, or the answer is none.
    """
    data = yield from view(executor, EXECUTOR.encode("journal"), at)
    return EXECUTOR.decode("journal", data) if data else None


def vault_changes(vault: str, at: int) -> Steps[bytes]:
    """Read the Vault's hash over its changes after a block; empty where there is no Vault yet.

    Raises:
        NodeError: the node does not tell.
    """
    return (yield from view(vault, VAULT.encode("word", CHANGES, 0), at))


def anchor(executor: str, vault: str, at: int, *, may_lack: bool = False) -> Steps[Anchor]:
    """Read what the chain says at the end of a block.

    Args:
        executor: whose journal.
        vault: whose changes.
        at: after which block.
        may_lack: a contract that does not exist yet counts as an empty one.

    Raises:
        HistoryMissing: the node does not tell the state of that block.
        NotAnExecutor: a contract is missing.
    """
    try:
        head = yield from journal_head(executor, at)
        word = yield from vault_changes(vault, at)
    except NodeError as error:
        text = f"the node does not tell the state after block {at} ({error})"
        raise HistoryMissing(f"{text}; use an archive node, or check the addresses") from None
    if not may_lack and (head is None or len(word) != 32):
        raise NotAnExecutor(f"no Executor at {executor} or no Vault at {vault} in block {at}")
    return Anchor(*(head or (bytes(32), 0)), word or bytes(32))
