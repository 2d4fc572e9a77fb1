"""Replays a journal and says what is wrong with it, each thing at its sequence.

What the chain itself says (``Journal.base`` and ``Journal.end``) is the measure; the events are the suspects.
Every entry's head must follow from the head before it, and the last one must be the chain's. The Vault's own
hash over its changes of state and health is replayed beside it: every note carries it, and so does the chain.

Where two claims contradict each other, replay goes on from both: a wrong entry is one finding, not one for
each entry after it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ganglion.agent.structs import EMPTY

from .entry import (
    ALTERED,
    CHANGES,
    DUPLICATED,
    FORGED,
    MISSING,
    REORDERED,
    Change,
    Entry,
    Finding,
    Journal,
    Kind,
)
from .hashing import next_changes, next_head, number_of
from .order import out_of_order

UNLOCATED = "the events follow one another and do not end at the chain's head; where that begins is not known"

Heads = frozenset[bytes]  # heads that the next entry may follow; empty where none is known


def verify(journal: Journal) -> tuple[Finding, ...]:
    """Return what is wrong with a journal, by sequence; empty if it is the chain's own.

    A journal whose entries are consistent in themselves but are not the chain's is one finding, ``forged`` at
    the last entry: where it begins, only the chain's own older states tell (``audit``).
    """
    genuine, findings = chain(journal)
    findings += [*journal.malformed, *_misplaced(genuine), *_changes(journal, genuine)]
    return tuple(sorted(set(findings), key=lambda finding: (finding.sequence, finding.problem)))


def chain(journal: Journal) -> tuple[list[Entry], list[Finding]]:
    """Follow the heads; returns one entry for each sequence that has any, as the node ordered them.

    Findings: missing, altered, duplicated and forged entries.
    """
    first, last = journal.base.sequence + 1, journal.end.sequence
    by_sequence: Mapping[int, list[int]] = defaultdict(list)
    for index, entry in enumerate(journal.entries):
        by_sequence[entry.sequence].append(index)
    findings = [
        Finding(entry.sequence, FORGED, f"the chain's own journal has entries {first} to {last} here")
        for entry in journal.entries
        if not first <= entry.sequence <= last
    ]
    heads: Heads = frozenset({journal.base.head})
    genuine: list[int] = []
    at = first
    for sequence in sorted(number for number in by_sequence if first <= number <= last):
        if sequence > at:
            findings.append(_missing(at, sequence - 1))
            heads = frozenset()
        candidates = [journal.entries[index] for index in by_sequence[sequence]]
        chosen, heads, found = _follow(heads, candidates)
        genuine.append(by_sequence[sequence][chosen])
        findings += found
        at = sequence + 1
    if at <= last:
        findings.append(_missing(at, last))
    elif heads and journal.end.head not in heads:
        findings.append(Finding(last, FORGED, UNLOCATED))
    return [journal.entries[index] for index in sorted(genuine)], findings


def _follow(heads: Heads, candidates: Sequence[Entry]) -> tuple[int, Heads, list[Finding]]:
    """Return which of the entries of one sequence follows, the heads after it, and what is wrong."""
    computed = [frozenset(next_head(head, entry) for head in heads) for entry in candidates]
    fitting = [
        i
        for i, entry in enumerate(candidates)
        if (entry.head in computed[i] if heads else number_of(entry.head) == entry.sequence)
    ]
    chosen = fitting[0] if fitting else 0
    entry = candidates[chosen]
    findings = [_extra(entry, other) for i, other in enumerate(candidates) if i != chosen]
    if fitting:
        return chosen, frozenset({entry.head}), findings
    detail = "its head does not follow from the head before it and what it says"
    findings.append(Finding(entry.sequence, ALTERED, detail))
    # Either the head is wrong and the content right, or the other way round: the next entry decides.
    return chosen, computed[chosen] | {entry.head}, findings


def _extra(entry: Entry, other: Entry) -> Finding:
    place = f"block {other.position.block}, log {other.position.log_index}"
    if other.content() == entry.content():
        return Finding(entry.sequence, DUPLICATED, f"told once more at {place}")
    return Finding(entry.sequence, FORGED, f"another entry of this number at {place}")


def _missing(first: int, last: int) -> Finding:
    which = f"entries {first} to {last} are" if last > first else f"entry {first} is"
    return Finding(first, MISSING, f"{which} not among the events")


def _misplaced(entries: Sequence[Entry]) -> list[Finding]:
    """Return the entries whose place is not that of their number: by the node's order, or by their blocks."""
    by_number = out_of_order([entry.sequence for entry in entries])
    by_place = out_of_order([entry.position for entry in entries])
    return [
        Finding(entries[index].sequence, REORDERED, "it does not stand between its neighbours")
        for index in sorted({*by_number, *by_place})
    ]


def _changes(journal: Journal, entries: Sequence[Entry]) -> Iterable[Finding]:
    """Replay the Vault's hash over its changes and compare it with what each note carries."""
    known = frozenset({journal.base.changes})
    state = None if journal.base.changes != EMPTY else 0
    changes = sorted(journal.changes, key=lambda change: change.position)
    places = [change.position for change in changes]
    at = 0
    notes = [entry for entry in entries if entry.kind == Kind.NOTE]
    for note in sorted(notes, key=lambda note: note.sequence):
        until = max(at, bisect_left(places, note.position))
        known, state, jumps = _replay(known, state, changes[at:until])
        at = until
        if note.subject in known and not jumps:
            known = frozenset({note.subject})
            continue
        yield Finding(note.sequence, CHANGES, jumps or _UNEXPLAINED)
        # Either the note or the events are wrong: what follows decides.
        state = None
        known = frozenset({note.subject}) | (known if len(known) == 1 else frozenset())
    known, state, jumps = _replay(known, state, changes[at:])
    if jumps or journal.end.changes not in known:
        yield Finding(journal.end.sequence + 1, CHANGES, jumps or _UNEXPLAINED)


_UNEXPLAINED = "the Vault's events since the note before do not give the hash over its changes"


def _replay(known: Heads, state: int | None, changes: Sequence[Change]) -> tuple[Heads, int | None, str]:
    """Return the hashes and the state after ``changes``, and what is wrong with the states they tell."""
    jumps = ""
    for change in changes:
        known = frozenset(next_changes(before, change) for before in known)
        if change.before is not None:
            if state is not None and change.before != state:
                jumps = f"the Vault is told to leave state {change.before} while it is in {state}"
            state = change.value
    return known, state, jumps
