"""Single mutations of what a node tells of a journal, each with the sequences at which it may be found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from ganglion.agent.structs import Done
from ganglion.journal.entry import Change, Entry, Kind

Item = Entry | Change
# What the hashes of an entry cover. Where it stands is the node's word, but for the order.
HASHED = ("time", "kind", "agent", "mandate", "subject", "reason", "moves", "head")


@dataclass(frozen=True)
class Tampered:
    """What is told instead, and where the lie is: the finding must be at one of these sequences."""

    what: str
    items: list[Item]
    at: set[int]


def flipped(draw: st.DrawFn, entry: Entry, name: str) -> Entry:
    """The entry with one bit, or one move, of one field changed."""
    value = getattr(entry, name)
    if name == "moves":
        extra = Done(draw(st.integers(1, 255)), 1, 1, 0)
        kinds = [(*value, extra)]
        kinds += [value[1:], (replace(value[0], assets=value[0].assets ^ 1), *value[1:])] if value else []
        kinds += [(value[1], value[0], *value[2:])] if len(value) > 1 and value[0] != value[1] else []
        return replace(entry, moves=draw(st.sampled_from(kinds)))
    if isinstance(value, bytes):
        bit = draw(st.integers(0, 255))
        return replace(entry, **{name: (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(32, "big")})
    if name == "agent":
        bit = draw(st.integers(0, 159))
        return replace(entry, agent="0x" + (int(value, 16) ^ 1 << bit).to_bytes(20, "big").hex())
    bit = draw(st.integers(0, 31))
    return replace(entry, **{name: value ^ 1 << bit})


@st.composite
def field_flips(draw: st.DrawFn, items: list[Item]) -> Tampered:
    index = draw(st.sampled_from([i for i, item in enumerate(items) if isinstance(item, Entry)]))
    entry = items[index]
    name = draw(st.sampled_from(HASHED))
    return Tampered(f"flip {name}", _with(items, index, flipped(draw, entry, name)), {entry.sequence})


@st.composite
def renumbered(draw: st.DrawFn, items: list[Item]) -> Tampered:
    index = draw(st.sampled_from([i for i, item in enumerate(items) if isinstance(item, Entry)]))
    entry = items[index]
    number = draw(st.integers(0, 2**40).filter(lambda number: number != entry.sequence))
    return Tampered("renumber", _with(items, index, replace(entry, sequence=number)), {entry.sequence})


@st.composite
def dropped(draw: st.DrawFn, items: list[Item]) -> Tampered:
    index = draw(st.integers(0, len(items) - 1))
    return Tampered("drop", [*items[:index], *items[index + 1 :]], {_next(items, index)})


@st.composite
def duplicated(draw: st.DrawFn, items: list[Item]) -> Tampered:
    index = draw(st.integers(0, len(items) - 1))
    where = draw(st.integers(0, len(items)))
    told = [*items[:where], items[index], *items[where:]]
    return Tampered("duplicate", told, {_next(items, index)})


@st.composite
def swapped(draw: st.DrawFn, items: list[Item]) -> Tampered:
    """Two entries in each other's place: the order of the logs, or their places too."""
    entries = [i for i, item in enumerate(items) if isinstance(item, Entry)]
    a, b = sorted(draw(st.lists(st.sampled_from(entries), min_size=2, max_size=2, unique=True)))
    first, second = items[a], items[b]
    if draw(st.booleans()):
        first, second = replace(first, position=second.position), replace(second, position=first.position)
    told = _with(_with(items, a, second), b, first)
    return Tampered("swap", told, {items[a].sequence, items[b].sequence})


@st.composite
def inserted(draw: st.DrawFn, items: list[Item]) -> Tampered:
    """An entry that never was, with a head of its own."""
    entries = [item for item in items if isinstance(item, Entry)]
    model = draw(st.sampled_from(entries))
    where = draw(st.integers(0, len(items)))
    number = draw(st.integers(0, len(entries) + 3))
    forged = replace(model, sequence=number, kind=model.kind + 1)
    return Tampered("insert", [*items[:where], forged, *items[where:]], {number})


@st.composite
def change_flips(draw: st.DrawFn, items: list[Item]) -> Tampered:
    """A change of state or health that was another."""
    index = draw(st.sampled_from([i for i, item in enumerate(items) if isinstance(item, Change)]))
    change = items[index]
    if change.before is None:
        name = draw(st.sampled_from(["id", "value", "time"]))
        new = replace(change, **{name: getattr(change, name) ^ 4})
    else:
        name = draw(st.sampled_from(["before", "value", "time"]))
        new = replace(change, **{name: getattr(change, name) ^ 4})
    return Tampered(f"flip change {name}", _with(items, index, new), {_next(items, index)})


MUTATIONS = (field_flips, renumbered, dropped, duplicated, inserted)


def _with(items: list[Item], index: int, item: Item) -> list[Item]:
    return [*items[:index], item, *items[index + 1 :]]


def _next(items: list[Item], index: int) -> int:
    """The sequence of an entry; for a change, that of the first note after it."""
    if isinstance(items[index], Entry):
        return items[index].sequence
    notes = [item for item in items[index:] if isinstance(item, Entry) and item.kind == Kind.NOTE]
    return notes[0].sequence if notes else 1 + sum(isinstance(item, Entry) for item in items)
