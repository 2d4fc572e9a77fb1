"""What a world shows of its Executor: agents, groups, and the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests import treasury as chain
from tests.model.reflexes import REFLEXES
from tests.stateful.reader import Item, item
from tests.stateful.signing import SIGNER

if TYPE_CHECKING:
    from tests.stateful.world import World

AGENTS = ("agent", "tight_agent", SIGNER, REFLEXES)
GROUPS = (1, 2, 31)  # of which the first and the last have members when a campaign begins
BUDGETS = ("flow limit", "flow spent", "loss limit", "loss spent")
STANDING = ("mandate", "sequence", "seen", "silent")
GROUP = ("members", "absolute", "relative", "cut until", "most absolute", "most relative")
Shown = tuple[list[Item], list[str]]


def agents(world: World) -> Shown:
    """Budgets and standing of every agent."""
    at = world.addresses["executor"]
    views = []
    for name in AGENTS:
        address = world.addresses[name]
        views += [item(at, f"{view}(address)", address, words=2) for view in ("flow_budget", "loss_budget")]
        views += [item(at, "standing(address)", address, words=4)]
    return views, [f"{word} of {name}" for name in AGENTS for word in (*BUDGETS, *STANDING)]


def standing(world: World) -> Sequence[int]:
    """What the model says to ``agents``."""
    mandates, now, words = world.executor.mandates, world.vault.now, []
    for name in AGENTS:
        agent = mandates.find(name)
        for budget in (agent.flow, agent.loss):
            words += [budget.limit, budget.spent_at(now)]
        words += [int.from_bytes(agent.hash, "big"), agent.sequence, agent.seen, int(agent.silent(now))]
    return words


def groups(world: World) -> Shown:
    """Members and caps."""
    views = [item(world.addresses["executor"], "group(uint256)", number, words=6) for number in GROUPS]
    return views, [f"{word} of group {number}" for number in GROUPS for word in GROUP]


def grouped(world: World) -> Sequence[int]:
    """What the model says to ``groups``."""
    words: list[int] = []
    for number in GROUPS:
        group = world.executor.groups.find(number)
        words += [group.bitmap, group.cap.absolute, group.cap.relative, group.cap.cut_until]
        words += [group.most.absolute, group.most.relative]
    return words


def journal(world: World) -> Shown:
    """The journal's head, and the Vault's own chain of changes."""
    views = [
        item(world.addresses["executor"], "journal()", words=2),
        item(world.addresses["vault"], "word(uint256,uint256)", chain.CHANGES, 0),
    ]
    return views, ["head", "entries", "changes"]


def entered(world: World) -> Sequence[int]:
    """What the model says to ``journal``."""
    journal = world.executor.journal
    return journal.head, journal.number, int.from_bytes(world.vault.changes, "big")
