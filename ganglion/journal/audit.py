"""Verifies a journal and finds where it begins to be another than the chain's, by what older blocks say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

from web3 import AsyncWeb3, Web3

from ganglion.agent.errors import NodeError
from ganglion.agent.steps import Steps, run, run_async

from .entry import CHANGES, FORGED, Change, Entry, Finding, Journal
from .hashing import next_changes
from .source import journal_head, vault_changes
from .verify import UNLOCATED, chain, verify

T = TypeVar("T")


def audit(w3: Web3, journal: Journal) -> tuple[Finding, ...]:
    """Return what is wrong with a journal; see ``verify``.

    Where its entries are consistent and are not the chain's, the first one that is forged is searched for
    among older states, in a logarithmic number of reads, and the finding stands there; where the node does
    not keep those, it stays at the last entry. The blocks of a wrong or missing change of the Vault are found
    in the same way.

    Raises:
        ConnectionLost: the node does not answer.
    """
    return run(w3, audit_steps(journal))


async def audit_async(w3: AsyncWeb3[Any], journal: Journal) -> tuple[Finding, ...]:
    """Return what is wrong with a journal; see ``audit``."""
    return await run_async(w3, audit_steps(journal))


def audit_steps(journal: Journal) -> Steps[tuple[Finding, ...]]:
    """Verify and locate; see ``audit``."""
    findings = list(verify(journal))
    for index, finding in enumerate(findings):
        if finding.detail == UNLOCATED:
            findings[index] = (yield from _first_forged(journal)) or finding
    changes = [index for index, finding in enumerate(findings) if finding.problem == CHANGES]
    if changes:
        where = yield from _first_wrong_change(journal)
        first = findings[changes[0]]
        findings[changes[0]] = replace(first, detail=first.detail + where)
    return tuple(findings)


def _first_forged(journal: Journal) -> Steps[Finding | None]:
    """Search for the first block after which the chain's head is not that of the entries in it."""
    entries, _ = chain(journal)
    blocks = _by_block(entries)
    wrong = yield from _first(
        blocks,
        lambda group: journal_head(journal.executor, group[-1].position.block),
        [(group[-1].head, group[-1].sequence) for group in blocks],
    )
    if wrong is None or wrong == len(blocks):
        return None
    first, last = blocks[wrong][0], blocks[wrong][-1]
    text = f"the chain's head after block {first.position.block} is another than that of these events"
    if last.sequence > first.sequence:
        text += f"; it is one of the entries {first.sequence} to {last.sequence}"
    return Finding(first.sequence, FORGED, text)


def _first_wrong_change(journal: Journal) -> Steps[str]:
    """Search for the blocks between which the Vault's hash stops being that of its events."""
    blocks = _by_block(sorted(journal.changes, key=lambda change: change.position))
    hashes: list[bytes] = []
    for group in blocks:
        running = hashes[-1] if hashes else journal.base.changes
        for change in group:
            running = next_changes(running, change)
        hashes.append(running)
    wrong = yield from _first(
        blocks, lambda group: vault_changes(journal.vault, group[-1].position.block), hashes
    )
    if wrong is None:
        return ""
    after = blocks[wrong - 1][-1].position.block if wrong else journal.first_block - 1
    until = blocks[wrong][-1].position.block if wrong < len(blocks) else journal.last_block
    return f"; they go wrong after block {after} and not later than in block {until}"


def _by_block(items: Iterable[Entry] | Iterable[Change]) -> list[list[Any]]:
    return [list(group) for _, group in groupby(items, key=lambda item: item.position.block)]


def _first(blocks: Sequence[T], read: Callable[[T], Steps[Any]], told: Sequence[object]) -> Steps[int | None]:
    """Return the first index at which the chain says something else than was told; how many where none is.

    Once they differ they stay so, because both are chains of hashes. None where the node keeps no history.
    """
    low, high = -1, len(blocks)  # they agree at `low`, and not at `high`
    while high - low > 1:
        middle = (low + high) // 2
        try:
            said = yield from read(blocks[middle])
        except NodeError:
            return None
        low, high = (middle, high) if said == told[middle] else (low, middle)
    return high
