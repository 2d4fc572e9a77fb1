"""What a world shows of its Sentinel, its Reflexes, and of what the Vault remembers for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests import treasury as chain
from tests.model.reflexes import REFLEXES
from tests.model.sentinel import SIGNALS, Change
from tests.stateful.reactions import ORDERS, TREASURER
from tests.stateful.reader import FAILED, Field, Item, item

if TYPE_CHECKING:
    from tests.stateful.world import World

SHOWN = 3  # changes of state
STAMPED = ("before", "state", "cause", "since", "at")
STRANGER = "stranger"
Shown = tuple[list[Item], list[str]]


def watch(world: World) -> Shown:
    """State, dryness, last poke and fees of the Vault, and the shares of whoever gets fees."""
    vault, at = world.addresses["vault"], world.addresses
    hot, clock, fees = (
        item(vault, "word(uint256,uint256)", key, 0).data for key in (chain.HOT, chain.CLOCK, chain.FEES)
    )
    views = [
        Item(vault, hot, (Field(0, 192, 2), Field(0, 195, 1), Field(0, 197, 1))),
        Item(vault, clock, (Field(0, 160, 40), Field(0, 224, 16), Field(0, 240, 16))),
        Item(vault, fees, (Field(0, 0, 160), Field(0, 160, 96))),
        item(vault, "balanceOf(address)", at[TREASURER]),
        item(vault, "unlock_time(address)", at[TREASURER]),
    ]
    labels = ["state", "paused", "dry", "last poke", "management", "performance", "fees to", "fee mark"]
    return views, [*labels, "shares of treasurer", "unlock of treasurer"]


def watched(world: World) -> Sequence[int]:
    """What the model says to ``watch``."""
    vault, fees = world.vault, world.vault.fees
    return (
        *(vault.state, int(vault.paused), int(vault.dry), vault.poked_at),
        *(fees.management, fees.performance, int(world.addresses[fees.receiver], 16), vault.fee_mark),
        *(vault.shares[TREASURER], vault.unlock_time(TREASURER)),
    )


def sentinel(world: World) -> Shown:
    """All that the Sentinel remembers."""
    at = world.addresses["sentinel"]
    views = [
        *(item(at, "memory(uint256)", number, words=2) for number in range(SIGNALS)),
        *(item(at, "recovery()", words=3), item(at, "heartbeat()", words=2)),
        *(item(at, "limits()", words=2 * SIGNALS), item(at, "changes()")),
        *(item(at, "change(uint256)", number, words=len(STAMPED)) for number in range(1, SHOWN + 1)),
    ]
    memories = [f"{word} of signal {number}" for number in range(SIGNALS) for word in ("bad", "good")]
    limits = [f"{word} level of signal {number}" for number in range(SIGNALS) for word in ("bad", "good")]
    changes = [f"{word} of change {number}" for number in range(1, SHOWN + 1) for word in STAMPED]
    recovery = ["goods", "first good", "last good", "heartbeat", "last chance"]
    return views, [*memories, *recovery, *limits, "changes", *changes]


def remembered(world: World) -> Sequence[int]:
    """What the model says to ``sentinel``; of a change that has not happened the view tells nothing."""
    model = world.sentinel
    changes, missing = model.changes[:SHOWN], (FAILED,) * len(Change._fields)
    return (
        *(word for memory in model.memory for word in memory),
        *model.recovery,
        *(model.beat_at, model.beat_at + model.silence),
        *model.limits.words,
        len(model.changes),
        *(word for change in (*changes, *(missing,) * (SHOWN - len(changes))) for word in change),
    )


def reflexes(world: World) -> Shown:
    """What orders remember, and who has which money."""
    at = world.addresses[REFLEXES]
    views = [
        *(item(at, "memory(uint256)", number, words=2) for number in range(1, ORDERS + 2)),
        *(item(at, "budget()"), item(at, "bounty_of(address)", world.addresses[STRANGER])),
        item(world.addresses["asset"], "balanceOf(address)", at),
    ]
    memories = [f"{word} of order {number}" for number in range(1, ORDERS + 2) for word in ("fired", "armed")]
    return views, [*memories, "budget of bounties", "bounty of stranger", "asset of reflexes"]


def standing(world: World) -> Sequence[int]:
    """What the model says to ``reflexes``."""
    model = world.reflexes
    return (
        *(word for number in range(1, ORDERS + 2) for word in model.past(number)),
        *(model.budget, model.bounties[STRANGER], world.vault.token.balances[REFLEXES]),
    )
