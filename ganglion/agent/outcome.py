"""How a sent intent ended, as the chain tells: by receipt, by nonce and by the journal's event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils import to_bytes

from .abi import EXECUTOR
from .denials import Denial, from_reason
from .errors import NodeError
from .intent import Intent, intent_hash
from .reading import call, entry_of, nonce_is_used
from .steps import Steps, ask
from .structs import Journaled, Standing
from .treasury import Treasury
from .wire import as_int, field, hexed, revert_of

LOG_RANGE = 10_000  # blocks; public nodes refuse wider ranges
LOOKBACK = 100_000  # blocks that are searched for an intent of which nothing is remembered
_KIND = 1  # an intent, in the journal


@dataclass(frozen=True, slots=True)
class Executed:
    """An intent that was executed, or a heartbeat.

    Attributes:
        transaction: its hash, 0x-hex.
        block: number.
        gas: what the transaction used.
        entry: what the journal says of it, with what every move measured; None for a heartbeat.
    """

    transaction: str
    block: int
    gas: int
    entry: Journaled | None


def is_of(entry: Journaled | None, intent: Intent) -> bool:
    """Whether a journal's entry tells of this intent, whatever mandate was in force."""
    if entry is None or entry.agent != intent.agent:
        return False
    return entry.subject == intent_hash(intent, entry.mandate)


def of_receipt(treasury: Treasury, receipt: Mapping[str, Any], intent: Intent | None) -> Executed:
    """Return what a transaction that succeeded did; raises NodeError where that is not the intent."""
    method = "eth_getTransactionReceipt"
    entry = entry_of(treasury, field(method, receipt, "logs")) if intent is not None else None
    if intent is not None and not is_of(entry, intent):
        raise NodeError(method, "the transaction succeeded, and its journal entry is not of this intent")
    block, gas = (as_int(method, field(method, receipt, name)) for name in ("blockNumber", "gasUsed"))
    return Executed(str(field(method, receipt, "transactionHash")), block, gas, entry)


def spent_reason(intent: Intent) -> str:
    """Return the reason for which an intent is refused that was executed already."""
    return "executor: nonce used" if intent.nonce else "executor: wrong sequence"


def is_spent(treasury: Treasury, intent: Intent) -> Steps[bool]:
    """Return whether the nonce, or without one the sequence, that an intent needs is gone."""
    if intent.nonce:
        return (yield from nonce_is_used(treasury, intent))
    if not intent.sequence:
        return False
    data = EXECUTOR.encode("standing", intent.agent)
    standing = EXECUTOR.decode("standing", (yield from call(treasury.executor, data)))
    return Standing.of(standing).sequence >= intent.sequence


def find(treasury: Treasury, intent: Intent, since: int | None = None) -> Steps[Executed | None]:
    """Return how the chain executed an intent, whoever sent it; None if it did not.

    Args:
        treasury: where.
        intent: with a nonce or a sequence; without either it could be executed again, and the answer is None.
        since: first block to search; LOOKBACK blocks unless given.

    Raises:
        NonceUsed, WrongSequence: another intent took its place, or the nonce was cancelled: it will never be
            executed.
        NodeError: the node failed.
    """
    if not (yield from is_spent(treasury, intent)):
        return None
    latest = as_int("eth_blockNumber", (yield from ask("eth_blockNumber")))
    first = max(0, latest - LOOKBACK) if since is None else since
    for end in range(latest, first - 1, -LOG_RANGE):
        found = yield from _search(treasury, intent, max(first, end - LOG_RANGE + 1), end)
        if found is not None:
            return found
    raise from_reason(spent_reason(intent))


def _search(treasury: Treasury, intent: Intent, first: int, last: int) -> Steps[Executed | None]:
    agent = to_bytes(hexstr=intent.agent).rjust(32, b"\0")
    topics = [EXECUTOR.events["Journaled"].topic, None, _KIND.to_bytes(32, "big"), agent]
    wanted = {
        "address": treasury.executor,
        "topics": [None if topic is None else hexed(topic) for topic in topics],
        "fromBlock": hex(first),
        "toBlock": hex(last),
    }
    logs = yield from ask("eth_getLogs", wanted)
    for log in reversed(logs if isinstance(logs, list) else []):
        entry = entry_of(treasury, [log])
        if is_of(entry, intent):
            method = "eth_getTransactionReceipt"
            receipt = yield from ask(method, field("eth_getLogs", log, "transactionHash"))
            return Executed(
                str(field(method, receipt, "transactionHash")),
                as_int(method, field(method, receipt, "blockNumber")),
                as_int(method, field(method, receipt, "gasUsed")),
                entry,
            )
    return None


def failure(treasury: Treasury, receipt: Mapping[str, Any], transaction: dict[str, Any]) -> Steps[Denial]:
    """Return why a mined transaction reverted: it is called again on the block before it, then on its own.

    Args:
        treasury: where.
        receipt: of the transaction.
        transaction: ``from``, ``input`` and ``gas``, as it was sent.
    """
    method = "eth_getTransactionReceipt"
    block = as_int(method, field(method, receipt, "blockNumber"))
    context = {"transaction": str(field(method, receipt, "transactionHash"))}
    for number in (block - 1, block):
        try:
            yield from ask("eth_call", {**transaction, "to": treasury.executor}, hex(number))
        except NodeError as error:
            denial = revert_of(error, **context)
            if denial is not None:
                return denial
    return from_reason(None, **context)
