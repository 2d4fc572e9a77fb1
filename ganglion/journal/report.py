"""What each agent did to the treasury under each mandate, against the treasury in which it had done nothing.

Had a move not been made, the treasury would hold the assets that it spent and lack the units that it bought,
or the other way round. So over the moves of one agent under one mandate

    gain = assets that came home - assets that went out + value of (units that came - units that left)

with each strategy's own price at a block for the value. It is what those moves made of what they touched,
from the moment of each until that block: costs of moving and the strategies' results since, and nothing that
prices did to what the agent left alone. Everything is integers of asset wei; values are rounded down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web3 import AsyncWeb3, Web3

from ganglion.agent.steps import Steps, run, run_async
from ganglion.agent.structs import Done

from . import source
from .entry import Change, Entry, Journal, kind_name
from .prices import Prices, prices_steps


@dataclass(frozen=True)
class Outcome:
    """What one agent did under one mandate until a block."""

    agent: str
    mandate: bytes  # empty hash: what needs none, as trims and notes
    kinds: Mapping[str, int]  # entries by the name of their kind
    moves: int
    allocated: int  # asset wei that went to strategies
    deallocated: int  # asset wei that came home
    units: Mapping[int, int]  # by strategy: units that came, less units that left
    loss: int  # asset wei, as the Vault measured it at each move
    worth: int | None  # value of ``units``; None where a strategy gives no price
    unpriced: tuple[int, ...]  # the strategies that give none

    @property
    def turnover(self) -> int:
        """Asset wei moved in both directions."""
        return self.allocated + self.deallocated

    @property
    def gain(self) -> int | None:
        """Asset wei gained over doing nothing; None where a strategy gives no price."""
        return None if self.worth is None else self.deallocated - self.allocated + self.worth


@dataclass(frozen=True)
class Report:
    """Outcomes of all agents and mandates at the end of one block, in the order of their first entries."""

    block: int
    time: int
    prices: Prices
    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]  # of the Vault's state and health


def report(w3: Web3, journal: Journal, block: int | None = None) -> Report:
    """Return the report at a block, by default the journal's last. Verify the journal first.

    Raises:
        ConnectionLost, NodeError: the node, also where it does not keep that block's state.
    """
    return run(w3, report_steps(journal, block))


async def report_async(w3: AsyncWeb3[Any], journal: Journal, block: int | None = None) -> Report:
    """Return the report at a block; see ``report``."""
    return await run_async(w3, report_steps(journal, block))


def report_steps(journal: Journal, block: int | None = None) -> Steps[Report]:
    """Read prices and account; see ``report``."""
    at = yield from source.block(journal.last_block if block is None else block)
    prices = yield from prices_steps(journal, at.number)
    changes = tuple(change for change in journal.changes if change.position.block <= at.number)
    return Report(at.number, at.time, prices, outcomes(journal.entries, prices, at.number), changes)


def outcomes(entries: Iterable[Entry], prices: Prices, block: int) -> tuple[Outcome, ...]:
    """Account for the entries up to a block by agent and mandate."""
    groups: dict[tuple[str, bytes], list[Entry]] = {}
    for entry in entries:
        if entry.position.block <= block:
            groups.setdefault((entry.agent, entry.mandate), []).append(entry)
    return tuple(_outcome(*key, group, prices) for key, group in groups.items())


def gain_of(done: Done, prices: Prices) -> int | None:
    """Return what one move gained over not making it, asset wei; None where its strategy gives no price."""
    price = prices.get(done.id)
    return None if price is None else price.value(_signed_units(done)) - done.assets


def _outcome(agent: str, mandate: bytes, entries: Sequence[Entry], prices: Prices) -> Outcome:
    moves = [done for entry in entries for done in entry.moves]
    units: dict[int, int] = {}
    for done in moves:
        units[done.id] = units.get(done.id, 0) + _signed_units(done)
    unpriced = tuple(sorted(each for each, held in units.items() if held and prices.get(each) is None))
    values = [price.value(held) for each, held in units.items() if (price := prices.get(each))]
    return Outcome(
        agent=agent,
        mandate=mandate,
        kinds=Counter(kind_name(entry.kind) for entry in entries),
        moves=len(moves),
        allocated=sum(done.assets for done in moves if done.assets > 0),
        deallocated=-sum(done.assets for done in moves if done.assets < 0),
        units=dict(sorted(units.items())),
        loss=sum(entry.loss for entry in entries),
        worth=None if unpriced else sum(values),
        unpriced=unpriced,
    )


def _signed_units(done: Done) -> int:
    return done.units if done.assets > 0 else -done.units
