"""Read back what agents may do: caps, inflow, risk groups, mandates, and that there is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ganglion.agent.intent import mandate_hash
from ganglion.agent.structs import Mandate

from .config import Strategy
from .mandates import NOBODY, MandateTerms
from .manifest import Manifest
from .report import Check
from .site import Site

EMPTY = bytes(32)
GRANTED = 2  # kind of a journal entry, see IExecutor
NO_MANDATE = (0, 0, 0, 0, 0, 0, 0, 0, NOBODY, EMPTY)


def caps(site: Site, path: str, identifier: int, strategy: Strategy) -> Iterator[Check]:
    """Operating cap and inflow limit of one strategy."""
    absolute, relative, cut_until = site.read("Executor", "cap", identifier)
    yield Check(f"{path}.cap.absolute", strategy.cap.absolute, absolute)
    yield Check(f"{path}.cap.relative", strategy.cap.relative, relative)
    yield Check(f"{path}.cap.cut until", 0, _standing(site, cut_until))
    wanted = (0, 0) if strategy.inflow is None else strategy.inflow.words()
    limit, window, _ = site.read("Executor", "inflow", identifier)
    yield Check(f"{path}.inflow.limit", wanted[0], limit)
    yield Check(f"{path}.inflow.window", wanted[1], window)


def _standing(site: Site, cut_until: int) -> int:
    """End of a guardian's cut; 0 once it is over."""
    return cut_until if cut_until > site.chain.timestamp() else 0


def groups(site: Site, first: int) -> Iterator[Check]:
    """Risk groups of the configuration field by field, and numbers of those that nobody configured."""
    treasury = site.treasury
    for number, group in enumerate(treasury.groups, 1):
        path = f"group {group.name}"
        members, absolute, relative = group.words(treasury.identifiers)
        found = site.read("Executor", "group", number)
        yield Check(f"{path}.members", members, found[0])
        yield Check(f"{path}.absolute", absolute, found[1])
        yield Check(f"{path}.relative", relative, found[2])
        yield Check(f"{path}.cut until", 0, _standing(site, found[3]))
        yield Check(f"{path}.most_absolute", absolute, found[4])
        yield Check(f"{path}.most_relative", relative, found[5])
    logs = site.chain.logs(site.contract("Executor"), "GroupSet", first)
    others = sorted({entry["group"] for entry in logs} - set(treasury.numbers.values()))
    standing = [number for number in others if site.read("Executor", "group", number)[0] != 0]
    yield Check("Executor.other groups", [], standing)


def mandates(site: Site, manifest: Manifest, granted: list[bool]) -> Iterator[Check]:
    """Mandates of the configuration, once the Safe's operation for each is executed, and nobody else's."""
    opened = {
        mandate.agent: is_done for mandate, is_done in zip(manifest.treasury.mandates, granted, strict=True)
    }
    wanted = {mandate.agent: mandate for mandate in site.treasury.mandates}
    for agent, mandate in wanted.items():
        expected = mandate.words(site.treasury.identifiers) if opened.get(agent, True) else NO_MANDATE
        yield from mandate_checks(site, f"mandate {agent}", agent, expected, manifest.first_block)
    logs = site.chain.logs(site.contract("Executor"), "MandateSet", manifest.first_block)
    others = {entry["agent"] for entry in logs} - {*wanted, site.addresses["Reflexes"]}
    alive = sorted(agent for agent in others if site.read("Executor", "mandate", agent)[0] != 0)
    yield Check("Executor.other mandates", [], alive)


def mandate_checks(
    site: Site, path: str, agent: str, expected: tuple[Any, ...], first: int
) -> Iterator[Check]:
    """One check for each field of a mandate, and one for its hash, which signatures are bound to."""
    actual = site.read("Executor", "mandate", agent)
    names = [name for name in MandateTerms.model_fields if name != "agent"]
    for name, wanted, found in zip(names, expected, actual, strict=True):
        yield Check(f"{path}.{name}", _plain(wanted), _plain(found))
    known = site.read("Executor", "standing", agent)[0]
    yield Check(f"{path}.hash", _plain(_hash(site, agent, expected, first)), _plain(known))


def _hash(site: Site, agent: str, words: tuple[Any, ...], first: int) -> bytes:
    """Hash of a mandate that was granted last; empty for none."""
    if words[0] == 0:
        return EMPTY
    logs = site.chain.logs(site.contract("Executor"), "Journaled", first, kind=GRANTED, agent=agent)
    sequence = max((entry["sequence"] for entry in logs), default=0)
    return mandate_hash(agent, Mandate.of(words), sequence)


def _plain(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
