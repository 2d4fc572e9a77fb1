"""Follows a journal as blocks come, and verifies it on the way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from web3 import Web3

from ganglion.agent.steps import Steps, run

from . import source
from .entry import Anchor, Finding, Journal
from .errors import ChainMoved
from .fetch import Request, fetch_steps
from .source import Block
from .verify import verify

KEPT = 256  # polls that can be gone back on when the chain is reorganised


@dataclass(frozen=True, slots=True)
class News:
    """What came since the last poll.

    Attributes:
        journal: the new blocks' entries and changes, between what the chain says at both ends.
        findings: what is wrong with them.
        undone_from: the first block whose news were told before and no longer stand; None if all still do.
    """

    journal: Journal
    findings: tuple[Finding, ...]
    undone_from: int | None


class Follower:
    """Where a reader of the journal stands. A poll that fails changes nothing and can be made again."""

    def __init__(self, executor: str, start: Block, anchor: Anchor) -> None:
        """Use ``follow``."""
        self.executor = executor
        self._seen: deque[tuple[Block, Anchor]] = deque([(start, anchor)], maxlen=KEPT)

    @property
    def block(self) -> int:
        """The last block that was told."""
        return self._seen[-1][0].number

    def poll(self, w3: Web3, limit: int = 1_000) -> News | None:
        """Return what at most ``limit`` new blocks brought, or None if there are none.

        Raises:
            ConnectionLost, NodeError: the node; poll again.
            ChainMoved: more was replaced than is remembered; follow anew.
        """
        return run(w3, self._poll(limit))

    def _poll(self, limit: int) -> Steps[News | None]:
        undone = None
        at = len(self._seen) - 1
        latest = yield from source.block("latest")
        while (yield from self._is_replaced(at, latest)):
            if at == 0:
                first = self._seen[0][0].number
                raise ChainMoved(f"block {first} and those after it were replaced; follow anew")
            undone = self._seen[at - 1][0].number + 1
            at -= 1
        start, anchor = self._seen[at]
        if latest.number <= start.number:
            return None
        last = min(latest.number, start.number + limit)
        request = Request(self.executor, start.number + 1, last, base=anchor)
        journal = yield from fetch_steps(request)
        end = yield from source.block(last)
        while len(self._seen) > at + 1:
            self._seen.pop()
        self._seen.append((end, journal.end))
        return News(journal, verify(journal), undone)

    def _is_replaced(self, at: int, latest: Block) -> Steps[bool]:
        seen = self._seen[at][0]
        if seen.number > latest.number:
            return True
        found = yield from source.block(seen.number)
        return found.hash != seen.hash


def follow(w3: Web3, executor: str, after: int | None = None) -> Follower:
    """Return a follower that stands after a block, by default the latest.

    Raises:
        ConnectionLost, NodeError: the node.
        NotAnExecutor, HistoryMissing: see there.
    """
    return run(w3, _start(executor, after))


def _start(executor: str, after: int | None) -> Steps[Follower]:
    latest = yield from source.block("latest")
    vault = yield from source.vault_of(executor, latest.number)
    block = latest if after is None else (yield from source.block(after))
    # The Executor may be younger than the block.
    anchor = yield from source.anchor(executor, vault, block.number, may_lack=True)
    return Follower(executor, block, anchor)
