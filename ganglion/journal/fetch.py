"""Reads a journal from a node: events by ranges of blocks, and what the chain says about them at both ends.

    told = fetch(w3, Request(executor))
    findings = audit(w3, told)

Both exist as ``fetch_async`` and ``audit_async`` for an AsyncWeb3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import AsyncWeb3, Web3

from ganglion.agent.errors import Invalid, NodeError
from ganglion.agent.intent import checked_address
from ganglion.agent.steps import Steps, ask, run, run_async
from ganglion.agent.wire import hexed

from . import source
from .cache import Cache, Range, open_cache
from .codec import JOURNALED, LOGS, TOPICS, Log, decode_change, decode_entry, parse_log, sequence_of
from .entry import MALFORMED, Anchor, Change, Entry, Finding, Journal
from .errors import ChainMoved
from .source import Block

CHUNK = 10_000  # blocks in one request; halved where the node refuses
_KEPT = ("address", "topics", "data", "blockNumber", "logIndex", "transactionHash", "blockTimestamp")

Raw = dict[str, Any]  # a log as the node sends it, with its timestamp
Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Progress callback that shows nothing."""


@dataclass(frozen=True)
class Request:
    """What to fetch.

    Attributes:
        executor: whose journal.
        first_block: of events; before the Vault's deployment, or ``base`` must say what stood then.
        last_block: a number, ``latest``, ``safe`` or ``finalized``.
        base: what the chain said before ``first_block``; None reads it, which needs a node that keeps it.
        chunk: most blocks in one request.
        cache: file to go on from and to add to; None for none.
        progress: told how many blocks are done, and of how many.
    """

    executor: str
    first_block: int = 0
    last_block: int | str = "latest"
    base: Anchor | None = None
    chunk: int = CHUNK
    cache: Path | None = None
    progress: Progress = silent


def fetch(w3: Web3, request: Request) -> Journal:
    """Fetch a journal. Nothing in it is verified yet.

    Raises:
        Invalid: the request names blocks that do not follow one another.
        ConnectionLost, NodeError: the node.
        NotAnExecutor, HistoryMissing, ChainMoved, CacheInvalid: see there.
    """
    return run(w3, fetch_steps(request))


async def fetch_async(w3: AsyncWeb3[Any], request: Request) -> Journal:
    """Fetch a journal; see ``fetch``."""
    return await run_async(w3, fetch_steps(request))


def fetch_steps(request: Request) -> Steps[Journal]:
    """Fetch a journal; see ``fetch``."""
    executor = checked_address("executor", request.executor)
    chain_id = yield from source.chain_id()
    last = yield from source.block(request.last_block)
    if not 0 <= request.first_block <= last.number or request.chunk < 1:
        text = f"first block {request.first_block} is not in 0 to {last.number}, or the chunk is not positive"
        raise Invalid(f"{text}; name blocks that exist")
    vault = yield from source.vault_of(executor, last.number)
    base = request.base or Anchor()
    if request.base is None and request.first_block > 0:
        base = yield from source.anchor(executor, vault, request.first_block - 1, may_lack=True)
    cache = None
    if request.cache is not None:
        cache = open_cache(request.cache, chain_id, executor, vault, request.first_block)
        yield from _drop_replaced(cache)
    raw = yield from _all_logs(request, executor, vault, last, cache)
    end = yield from source.anchor(executor, vault, last.number)
    if (yield from source.block(last.number)).hash != last.hash:
        raise ChainMoved(f"block {last.number} was replaced while the journal was read; run it again")
    entries, changes, malformed = sort_logs([parse_log(each) for each in raw], executor, vault, base)
    return Journal(
        chain_id=chain_id,
        executor=executor,
        vault=vault,
        first_block=request.first_block,
        last_block=last.number,
        last_time=last.time,
        base=base,
        end=end,
        entries=entries,
        changes=changes,
        malformed=malformed,
    )


def sort_logs(
    logs: Sequence[Log], executor: str, vault: str, base: Anchor
) -> tuple[tuple[Entry, ...], tuple[Change, ...], tuple[Finding, ...]]:
    """Decode logs, each with its time, into entries, changes, and findings for those that do not decode."""
    entries: list[Entry] = []
    changes: list[Change] = []
    malformed: list[Finding] = []
    for log in logs:
        time = log.time or 0
        try:
            if log.address == executor.lower() and log.topics[0] == JOURNALED:
                entries.append(decode_entry(log, time))
            elif log.address == vault.lower() and log.topics[0] != JOURNALED:
                changes.append(decode_change(log, time))
        except NodeError as error:
            after = entries[-1].sequence if entries else base.sequence
            sequence = sequence_of(log) if log.topics[0] == JOURNALED else after + 1
            malformed.append(Finding(sequence, MALFORMED, f"block {log.position.block}: {error}"))
    return tuple(entries), tuple(changes), tuple(malformed)


def _drop_replaced(cache: Cache) -> Steps[None]:
    """Drop the cached ranges that the chain no longer has."""
    while cache.ranges:
        newest = cache.ranges[-1]
        try:
            found = yield from source.block(newest.last)
        except NodeError:
            found = None
        if found is not None and found.hash == newest.last_hash:
            return
        cache.drop_last()


def _all_logs(
    request: Request, executor: str, vault: str, last: Block, cache: Cache | None
) -> Steps[list[Raw]]:
    """Return all raw logs up to ``last``: those of cached ranges first, then the node's."""
    ranges = list(cache.ranges) if cache else []
    raw = [each for kept in ranges for each in kept.logs if _block_of(each) <= last.number]
    first = ranges[-1].last + 1 if ranges else request.first_block
    size = request.chunk
    total = last.number - request.first_block + 1
    while first <= last.number:
        request.progress(first - request.first_block, total)
        until = min(first + size - 1, last.number)
        try:
            found = yield from _logs(executor, vault, first, until)
        except _TooMuch as error:
            if until == first:
                raise error.cause from None
            size = (until - first + 1) // 2
            continue
        end = last if until == last.number else (yield from source.block(until))
        raw += found
        if cache:
            cache.append(Range(first, until, end.hash, found))
        first, size = until + 1, min(size * 2, request.chunk)
    request.progress(total, total)
    return raw


class _TooMuch(Exception):
    """The node refuses a range of blocks."""

    def __init__(self, cause: NodeError) -> None:
        self.cause = cause


def _logs(executor: str, vault: str, first: int, last: int) -> Steps[list[Raw]]:
    """Return the raw logs of a range with their timestamps; raises _TooMuch where the node refuses."""
    asked = {
        "fromBlock": hex(first),
        "toBlock": hex(last),
        "address": [executor, vault],
        "topics": [[hexed(topic) for topic in TOPICS]],
    }
    try:
        answer = yield from ask(LOGS, asked)
    except NodeError as error:
        raise _TooMuch(error) from None
    if not isinstance(answer, list):
        raise NodeError(LOGS, "the answer is no list; use another node")
    expected = {executor.lower(), vault.lower()}
    for log in map(parse_log, answer):
        place = log.position.block
        if not first <= place <= last or log.address not in expected or not {*log.topics[:1]} & {*TOPICS}:
            raise NodeError(LOGS, f"a log of block {place} that was not asked for; use another node")
    kept = [{key: each[key] for key in _KEPT if each.get(key) is not None} for each in answer]
    times: dict[int, str] = {}
    for each in kept:
        number = _block_of(each)
        if "blockTimestamp" not in each:
            if number not in times:
                times[number] = hex((yield from source.block(number)).time)
            each["blockTimestamp"] = times[number]
    return kept


def _block_of(raw: Raw) -> int:
    return parse_log(raw).position.block
