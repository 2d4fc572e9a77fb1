"""Looks for the worst list: half are drawn, half are changed from the worst that were found before."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from hostile.campaign import run
from hostile.families import FAMILIES, LENGTH, LIMIT, Family
from hostile.judge import Broken, Verdict
from hostile.world import World, world

Numbers = tuple[int, ...]
Progress = Callable[[str], None]
KEPT = 8  # lists from which others are changed
PAIRED = 8  # one list in so many is compared with a treasury that does nothing
BATCH = 50  # lists of a family before the next one's turn


@dataclass
class Found:
    """What a family came to, over all its lists.

    Attributes:
        worst: what was extracted in the list that came nearest to its bound, and the bound, asset wei.
        share, flow, inflow: the largest parts of the bounds that were reached.
        slices: how many lists ended with a slice that an honest holder was paid at once.
        numbers: the list that came nearest, to run it again.
    """

    lists: int = 0
    calls: int = 0
    intents: int = 0
    moves: int = 0
    worst: int = 0
    bound: int = 0
    share: float = 0.0
    flow: float = 0.0
    inflow: float = 0.0
    slices: int = 0
    numbers: Numbers = ()
    refused: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)

    def note(self, verdict: Verdict, numbers: Numbers) -> None:
        """Add a list."""
        self.lists += 1
        self.calls += verdict.calls
        self.intents += verdict.passed
        self.moves += verdict.moves
        self.flow, self.inflow = max(self.flow, verdict.flow), max(self.inflow, verdict.inflow)
        self.slices += verdict.slice is not None
        self.refused += verdict.refused
        if verdict.share > self.share:
            self.share, self.worst, self.bound = verdict.share, verdict.worst, verdict.bound
            self.numbers = numbers

    def join(self, other: Found) -> None:
        """Add what another process found."""
        for name in ("lists", "calls", "intents", "moves", "slices"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.flow, self.inflow = max(self.flow, other.flow), max(self.inflow, other.inflow)
        self.refused += other.refused
        self.broken |= other.broken
        if other.share > self.share:
            self.share, self.worst, self.bound = other.share, other.worst, other.bound
            self.numbers = other.numbers

    def document(self) -> dict[str, Any]:
        """As JSON values; the commonest refusals only."""
        return {
            **asdict(self),
            "numbers": list(map(hex, self.numbers)),
            "refused": dict(self.refused.most_common(12)),
        }


class Hunter:
    """Draws lists of one family. The same seed draws the same lists."""

    def __init__(self, place: World, family: Family, seed: str) -> None:
        self.place, self.family = place, family
        self.found = Found()
        self._source = random.Random(seed)
        self._kept: list[tuple[float, Numbers]] = []

    def hunt(self, lists: int) -> None:
        """Run so many lists; a broken property is noted with its list and does not stop the hunt."""
        for _ in range(lists):
            numbers = self._next()
            paired = self.found.lists % PAIRED == 0
            try:
                verdict = run(self.place, self.family, numbers, paired)
            except Broken as broken:
                self.found.lists += 1
                text = "\n".join([str(broken), *broken.__notes__, f"numbers: {list(map(hex, numbers))}"])
                self.found.broken.setdefault(broken.name, text)
                continue
            self.found.note(verdict, numbers)
            self._kept = sorted([*self._kept, (verdict.share, numbers)], reverse=True)[:KEPT]

    def _next(self) -> Numbers:
        source = self._source
        if len(self._kept) < KEPT or source.random() < 0.5:
            return tuple(source.randrange(LIMIT) for _ in range(LENGTH))
        numbers = list(source.choice(self._kept)[1])
        for _ in range(source.randrange(1, 4)):
            place = source.randrange(LENGTH)
            if source.random() < 0.3:
                numbers.insert(place, numbers.pop(source.randrange(LENGTH)))
            else:
                numbers[place] = source.randrange(LIMIT)
        return tuple(numbers)


def hunted(
    place: World, seed: str, calls: int, families: Sequence[Family] = FAMILIES
) -> Iterator[dict[str, Found]]:
    """Hunt in turns until all families together made so many calls; yields what was found after each turn."""
    hunters = {family.key: Hunter(place, family, f"{seed} {family.key}") for family in families}
    while sum(hunter.found.calls for hunter in hunters.values()) < calls:
        for hunter in hunters.values():
            hunter.hunt(BATCH)
        yield {key: hunter.found for key, hunter in hunters.items()}


def _worker(seed: str, calls: int, told: Any) -> None:
    with world() as place:
        found: dict[str, Found] = {}
        for found in hunted(place, seed, calls):
            told.put((seed, False, sum(each.calls for each in found.values())))
        told.put((seed, True, found))


@contextmanager
def _started(seeds: Sequence[str], calls: int) -> Iterator[tuple[Any, list[Any]]]:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    workers = [context.Process(target=_worker, args=(seed, calls, told), daemon=True) for seed in seeds]
    for worker in workers:
        worker.start()
    try:
        yield told, workers
    finally:
        for worker in workers:
            worker.join(timeout=10)
            if worker.is_alive():
                worker.terminate()


def campaign(calls: int, workers: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Hunt in several processes, each on a node of its own, and put together what they found.

    Raises:
        RuntimeError: a process ended without an answer.
    """
    seeds = [f"{seed}.{number}" for number in range(workers)]
    started, made, found = (
        time.monotonic(),
        dict.fromkeys(seeds, 0),
        {family.key: Found() for family in FAMILIES},
    )
    waiting = set(seeds)
    with _started(seeds, -(-calls // workers)) as (told, processes):
        while waiting:
            try:
                name, is_last, news = told.get(timeout=5)
            except Exception:
                if not any(process.is_alive() for process in processes):
                    raise RuntimeError("a worker ended without an answer; see above") from None
                continue
            if is_last:
                waiting.discard(name)
                for key, each in news.items():
                    found[key].join(each)
            else:
                made[name] = news
                progress(f"{sum(made.values()):,} of {calls:,} calls")
    seconds = time.monotonic() - started
    total = sum(each.calls for each in found.values())
    return {
        "calls": total,
        "lists": sum(each.lists for each in found.values()),
        "seconds": round(seconds),
        "calls_per_second": round(total / seconds),
        "seeds": seeds,
        "families": {family.key: _told(family, found[family.key]) for family in FAMILIES},
    }


def _told(family: Family, found: Found) -> dict[str, Any]:
    return {
        "title": family.title,
        "keys": family.agents,
        "exposure": family.exposure.value,
        **found.document(),
    }
