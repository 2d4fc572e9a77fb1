"""Calls of the stress machine for a sequence that is played on the attacked treasury, and readers of what
they left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests import treasury as t
from tests.attacks.exit_calls import Exits
from tests.attacks.stage import EVERYTHING, HEALTHY, HOSTILE, SOLMATE, UNIT, Play, Stage
from tests.attacks.timeline import Outcome
from tests.modes import Group, Mode

CALM, STRESS, WINDDOWN = range(3)
FALL, LIQUID, AGE, DARK, SHORT = range(5)
LAPSED, RECOVERED, GOVERNED = 5, 6, 7
LOSS = 50_000 * UNIT  # of the hostile strategy: 5% of the treasury
TIGHTEST = ((50, 10), (5_000, 9_000), (10_000, 1_000), (50, 1), (50, 1))
SET_LIMITS = f"set_limits({t.THRESHOLDS})"
FEES = "set_fees((uint256,uint256,address))"


@dataclass(frozen=True)
class Memory:
    """What the Sentinel remembers of one signal; unix seconds, 0 for never."""

    bad_at: int
    good_at: int


@dataclass(frozen=True)
class Seen:
    """State and memories of the stress machine at one moment, as places of reads."""

    hot: int
    memories: tuple[int, ...]
    recovery: int
    changes: int

    def state(self, outcomes: list[Outcome]) -> int:
        """The Vault's state."""
        return (outcomes[self.hot].word >> 192) & 3

    def is_dry(self, outcomes: list[Outcome]) -> bool:
        """Whether the last poke saw too little that is liquid."""
        return bool((outcomes[self.hot].word >> 197) & 1)

    def memory(self, outcomes: list[Outcome], signal: int) -> Memory:
        """What is remembered of a signal."""
        return Memory(*outcomes[self.memories[signal]].decoded("uint256", "uint256"))

    def all_of_it(self, outcomes: list[Outcome]) -> tuple[Any, ...]:
        """Everything, to compare two moments."""
        places = (*self.memories, self.recovery, self.changes)
        return (self.state(outcomes), self.is_dry(outcomes), *(outcomes[place].data for place in places))


@dataclass(frozen=True)
class Stress:
    """Adds calls of the stress machine to a play; every method returns the place of its outcome."""

    play: Play
    exits: Exits = field(init=False)

    def __post_init__(self) -> None:
        """Leave through the same play."""
        object.__setattr__(self, "exits", Exits(self.play))

    @classmethod
    def of(cls, stage: Stage) -> Stress:
        """A play on the stage, an hour after the last poke of anybody, with a fresh one."""
        stress = cls(stage.play())
        stress.play.watch()
        stress.play.wait(t.HOUR)
        return stress

    @property
    def sentinel(self) -> str:
        """The Sentinel."""
        return self.play.stage.treasury.sentinel

    def ask(self, sender: str, signature: str, *arguments: Any) -> int:
        """Add any call of the Sentinel."""
        return self.play.call(sender, self.sentinel, signature, *arguments)

    def seen(self) -> Seen:
        """Add reads of everything that the machine remembers."""
        view = self.play.view
        return Seen(
            view("word(uint256,uint256)", t.HOT, 0),
            tuple(view("memory(uint256)", signal, to=self.sentinel) for signal in range(5)),
            view("recovery()", to=self.sentinel),
            view("changes()", to=self.sentinel),
        )

    def change(self, number: int) -> int:
        """Add a read of a change of state: before, state, cause, since, at."""
        return self.play.view("change(uint256)", number, to=self.sentinel)

    def lose(self, assets: int = LOSS, identifier: int = HOSTILE) -> int:
        """Have a strategy lose."""
        return self.play.call(t.STRANGER, self.play.stage.strategies[identifier - 1], "lose(uint256)", assets)

    def gain(self, assets: int = LOSS, identifier: int = HOSTILE) -> int:
        """Have a strategy earn, also what it lost before."""
        strategy = self.play.stage.strategies[identifier - 1]
        self.play.call(t.STRANGER, self.play.stage.asset, "mint(address,uint256)", strategy, assets)
        return self.play.call(t.STRANGER, strategy, "gain(uint256)", assets)

    def invest(self) -> int:
        """Have the agent leave little idle and put nearly everything into two strategies with dials."""
        return self.play.execute((SOLMATE, EVERYTHING), (HOSTILE, 280_000 * UNIT), (HEALTHY, 280_000 * UNIT))

    def dry(self) -> None:
        """Both strategies with dials pay nothing."""
        for identifier in (HOSTILE, HEALTHY):
            self.exits.drain(0, identifier)

    def wet(self) -> None:
        """Both pay everything."""
        for identifier in (HOSTILE, HEALTHY):
            self.exits.refill(identifier)

    def fallen(self, bps: int = 5_000) -> int:
        """The hostile strategy says that its price fell."""
        return self.play.mode(Group.READ, Mode.LIE_DOWN, bps)

    def healed(self) -> int:
        """The hostile strategy tells the truth."""
        return self.play.mode(Group.READ, Mode.HONEST)

    def latched(self) -> None:
        """A loss that two pokes an hour apart have seen: STRESS."""
        self.lose()
        self.play.watch()
        self.play.wait(t.HOUR)
        self.play.watch()

    def watches(self, count: int, spacing: int = t.HOUR) -> list[int]:
        """Pokes by a stranger, each after a spacing."""
        places = []
        for _ in range(count):
            self.play.wait(spacing)
            places.append(self.play.watch())
        return places
