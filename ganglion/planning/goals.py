"""What a plan is for: target weights, or the most yield; both with a minimum of idle and of moves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ganglion.agent.errors import Invalid
from ganglion.agent.structs import BPS

from .problem import Problem

WAD = 10**18
IDLE = -1  # place of idle beside the places of strategies


@dataclass(frozen=True)
class Goal(ABC):
    """Base of goals.

    Attributes:
        min_idle: idle that comes before the goal itself, asset wei; the Vault's floor holds besides.
        min_move: the least move worth making, asset wei; None for one bps of the treasury.
    """

    min_idle: int = field(default=0, kw_only=True)
    min_move: int | None = field(default=None, kw_only=True)

    def aim(self, problem: Problem) -> Aim:
        """Return the goal in numbers of one treasury; raises Invalid where it names what is not there."""
        _check("min_idle", self.min_idle)
        if self.min_move is not None:
            _check("min_move", self.min_move)
            if self.min_move == 0:
                raise Invalid("min_move: 0, and a move of nothing is refused; give 1 or more")
        return self._aim(problem)

    def least(self, problem: Problem) -> int:
        """The least move, asset wei."""
        return self.min_move if self.min_move is not None else max(1, problem.total // BPS)

    @abstractmethod
    def _aim(self, problem: Problem) -> Aim: ...


@dataclass(frozen=True)
class Targets(Goal):
    """Weights in bps of the treasury by strategy; one that is not named has 0, and the rest stays idle.

    The measure is the sum of the distances of all strategies and of idle from their targets. So nothing
    leaves a strategy only to lie idle beyond idle's own target: to leave one whatever becomes of the others,
    give idle its weight.
    """

    weights: Mapping[int, int]

    def _aim(self, problem: Problem) -> Aim:
        targets = [0] * len(problem.positions)
        for identifier, weight in self.weights.items():
            _check(f"weights[{identifier}]", weight)
            targets[_place("weights", problem, identifier)] = problem.total * weight // BPS
        if (whole := sum(self.weights.values())) > BPS:
            raise Invalid(f"weights: they sum to {whole} bps; the most is {BPS}, and what is left stays idle")
        return TargetAim(self.min_idle, targets, problem.total - sum(targets))


@dataclass(frozen=True)
class Yields(Goal):
    """Expected yearly yields by strategy, WAD (10**18 is 100% a year); idle and what is not named yield 0.

    The measure is what the treasury earns a year less than if all of it but the minimum of idle stood where
    the rate is highest.
    """

    rates: Mapping[int, int]

    def _aim(self, problem: Problem) -> Aim:
        rates = [0] * len(problem.positions)
        for identifier, rate in self.rates.items():
            _check(f"rates[{identifier}]", rate)
            rates[_place("rates", problem, identifier)] = rate
        return YieldAim(self.min_idle, rates)


class Aim(ABC):
    """A goal in numbers of one treasury. Places are those of ``Problem.positions``, and IDLE."""

    def __init__(self, min_idle: int) -> None:
        self.min_idle = min_idle

    def measure(self, values: Sequence[int], idle: int) -> tuple[int, int]:
        """How far from the goal: what idle lacks, asset wei, then the goal's own gap; lower is better."""
        return max(0, self.min_idle - idle), self.gap(values, idle)

    @abstractmethod
    def gap(self, values: Sequence[int], idle: int) -> int:
        """Distance to the goal: asset wei for targets, asset wei * WAD a year for yields."""

    @abstractmethod
    def exchanges(self, values: Sequence[int], idle: int) -> Iterator[tuple[int, int, int]]:
        """Moves that come nearer: from, to, and how much at most, asset wei; the largest gap first."""

    @abstractmethod
    def worth(self, min_move: int) -> int:
        """The least that a move must take from the gap, in its unit."""

    def refills(self, values: Sequence[int], idle: int) -> Iterator[tuple[int, int, int]]:
        """Moves that bring idle what it lacks, those that cost the goal least first."""
        lacks = self.min_idle - idle
        if lacks > 0:
            for place in self.leaving(values):
                yield place, IDLE, min(lacks, values[place])

    @abstractmethod
    def leaving(self, values: Sequence[int]) -> list[int]:
        """Places of strategies in the order in which capital is taken from them."""

    @property
    @abstractmethod
    def slopes(self) -> list[int]:
        """What one wei in a strategy adds to the gap."""

    @property
    def kinks(self) -> dict[int, int]:
        """Places whose distance from a value adds to the gap, with that value."""
        return {}


class TargetAim(Aim):
    """Values to reach, asset wei."""

    def __init__(self, min_idle: int, targets: list[int], rest: int) -> None:
        super().__init__(min_idle)
        self.targets = targets
        self.rest = rest

    def gap(self, values: Sequence[int], idle: int) -> int:
        """Sum of all distances, asset wei."""
        return sum(map(abs, self._over(values))) + abs(idle - self.rest)

    def _over(self, values: Sequence[int]) -> list[int]:
        return [value - target for value, target in zip(values, self.targets, strict=True)]

    def exchanges(self, values: Sequence[int], idle: int) -> Iterator[tuple[int, int, int]]:
        """From what stands over its target to what stands under it."""
        over = dict(enumerate(self._over(values))) | {IDLE: idle - self.rest}
        if over[IDLE] > 0:
            over[IDLE] = max(0, min(over[IDLE], idle - self.min_idle))
        sources = [place for place in over if over[place] > 0]
        sinks = [place for place in over if over[place] < 0]
        pairs = [(source, sink) for source in sources for sink in sinks]
        for source, sink in sorted(pairs, key=lambda pair: over[pair[1]] - over[pair[0]]):
            yield source, sink, min(over[source], -over[sink])

    def leaving(self, values: Sequence[int]) -> list[int]:
        """Those that stand highest over their targets first."""
        over = self._over(values)
        return sorted(range(len(over)), key=lambda place: -over[place])

    def worth(self, min_move: int) -> int:
        """The least move, asset wei."""
        return min_move

    @property
    def slopes(self) -> list[int]:
        """None beside the kinks."""
        return [0] * len(self.targets)

    @property
    def kinks(self) -> dict[int, int]:
        """The targets."""
        return dict(enumerate(self.targets)) | {IDLE: self.rest}


class YieldAim(Aim):
    """Rates to earn, WAD a year."""

    def __init__(self, min_idle: int, rates: list[int]) -> None:
        super().__init__(min_idle)
        self.rates = rates

    def gap(self, values: Sequence[int], idle: int) -> int:
        """What is not earned of the highest rate on all but the minimum of idle, asset wei * WAD a year."""
        invested = max(0, sum(values) + idle - self.min_idle)
        earned = sum(value * rate for value, rate in zip(values, self.rates, strict=True))
        return invested * max(self.rates, default=0) - earned

    def exchanges(self, values: Sequence[int], idle: int) -> Iterator[tuple[int, int, int]]:
        """From lower to higher rates."""
        rates = dict(enumerate(self.rates)) | {IDLE: 0}
        held = dict(enumerate(values)) | {IDLE: max(0, idle - self.min_idle)}
        pairs = [(a, b) for a in rates for b in rates if rates[a] < rates[b] and held[a] > 0]
        for source, sink in sorted(pairs, key=lambda pair: rates[pair[0]] - rates[pair[1]]):
            yield source, sink, held[source]

    def leaving(self, values: Sequence[int]) -> list[int]:
        """Those with the lowest rates first."""
        return sorted(range(len(values)), key=lambda place: self.rates[place])

    def worth(self, min_move: int) -> int:
        """What the least move earns at one bps a year, asset wei * WAD."""
        return min_move * WAD // BPS

    @property
    def slopes(self) -> list[int]:
        """The rates, as what they take from the gap."""
        return [-rate for rate in self.rates]


def _check(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Invalid(f"{name}: {value!r}; give an integer of 0 or more")


def _place(name: str, problem: Problem, identifier: int) -> int:
    try:
        return problem.index(identifier)
    except Invalid as error:
        raise Invalid(f"{name}: {str(error).removeprefix('id: ')}") from None
