"""What is read after every call, and what follows from it: fair value, references, budgets, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests import treasury as t
from tests.stateful.reader import Item, item

M48, M112 = 2**48 - 1, 2**112 - 1
AT_ONCE = 10  # words of one strategy


def items(treasury: t.Treasury, agents: Sequence[str], groups: int, holders: Sequence[str]) -> list[Item]:
    """Everything that the reader asks, in the order in which ``View`` takes it apart."""
    vault, executor = treasury.vault, treasury.executor
    asked = [
        item(vault, "word(uint256,uint256)", t.HOT, 0),
        item(vault, "totalSupply()"),
        item(vault, "totals()", words=3),
        item(executor, "journal()", words=2),
        *(item(vault, "balanceOf(address)", holder) for holder in holders),
    ]
    for number, strategy in enumerate(treasury.strategies, 1):
        asked += [item(vault, "word(uint256,uint256)", key, number) for key in (t.POSITION, t.MEMORY)]
        asked += [item(strategy, "held()"), item(strategy, "supply()")]
        asked += [item(executor, f"{name}(uint256)", number, words=3) for name in ("cap", "inflow")]
    for agent in agents:
        asked += [item(executor, f"{name}_budget(address)", agent, words=2) for name in ("flow", "loss")]
        asked.append(item(executor, "standing(address)", agent, words=4))
    asked += [item(executor, "group(uint256)", group, words=6) for group in range(1, groups + 1)]
    return asked


@dataclass(frozen=True, slots=True)
class Place:
    """A strategy as the treasury stands in it.

    Attributes:
        units: units held, and ``book`` in asset wei (without units: of 10**18 units).
        held: asset wei that back all of the strategy's units, ``supply`` of them: its fair price.
        reference: the highest price that the Vault remembers, and ``guard`` the price that released units
            count at, at least; both times 2**``scale``.
        cap: absolute, relative, cut until.
        inflow: limit, window, spent.
    """

    units: int
    book: int
    held: int
    supply: int
    reference: int
    guard: int
    scale: int
    cap: Sequence[int]
    inflow: Sequence[int]

    @classmethod
    def of(cls, words: Sequence[int]) -> Place:
        """From the words of one strategy."""
        position, memory, held, supply = words[:4]
        reference = max(memory & M48, (memory >> 48) & M48)
        marks = max((memory >> 96) & M48, (memory >> 144) & M48)
        return cls(
            position & M112,
            (position >> 112) & M112,
            held,
            supply,
            reference,
            min(reference, marks),
            memory >> 248,
            words[4:7],
            words[7:10],
        )

    def fair(self, units: int) -> int:
        """What units are worth, whatever the strategy says; rounded down."""
        return units * (self.held + 1) // (self.supply + 1)

    def guarded(self, units: int) -> int:
        """What units count at least when they are released."""
        return (units * self.guard) >> self.scale

    def dearest(self, units: int) -> int:
        """The most that units count when they are acquired: at the reference and at the book."""
        most = (units * (self.reference + 1)) >> self.scale
        return min(most, units * (self.book + 1) // (self.units or 10**18))


@dataclass(frozen=True, slots=True)
class Agent:
    """Budgets and standing of an agent: limits and what is spent, asset wei."""

    flow: Sequence[int]
    loss: Sequence[int]
    mandate: int
    sequence: int
    seen: int
    silent: bool


@dataclass(frozen=True, slots=True)
class View:
    """Everything that was read at one moment."""

    idle: int
    supply: int
    lo: int
    head: int
    entries: int
    shares: Sequence[int]
    places: tuple[Place, ...]
    agents: tuple[Agent, ...]
    groups: tuple[Sequence[int], ...]

    @classmethod
    def of(cls, data: str, strategies: int, agents: int, groups: int, holders: int) -> View:
        """From the reader's answer, 0x-hex."""
        words = [int(data[at : at + 64], 16) for at in range(2, len(data), 64)]
        at = 7 + holders
        places = tuple(Place.of(words[at + AT_ONCE * i : at + AT_ONCE * (i + 1)]) for i in range(strategies))
        at += AT_ONCE * strategies
        told = [words[at + 8 * i : at + 8 * (i + 1)] for i in range(agents)]
        at += 8 * agents
        return cls(
            words[0] & M112,
            words[1],
            words[2],
            words[5],
            words[6],
            words[7 : 7 + holders],
            places,
            tuple(Agent(w[0:2], w[2:4], w[4], w[5], w[6], bool(w[7])) for w in told),
            tuple(words[at + 6 * i : at + 6 * (i + 1)] for i in range(groups)),
        )

    @property
    def fair(self) -> int:
        """What the stayers have at fair prices, asset wei."""
        return self.idle + sum(place.fair(place.units) for place in self.places)
