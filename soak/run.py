"""A soak from a seed: blocks, shocks, bots, and what is measured on the way."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from ganglion.agent import Client
from ganglion.agent.structs import BPS
from ganglion.journal import Request, fetch, verify
from ganglion.planning import Problem, Targets
from soak.crew import Crew
from soak.ground import TARGETS, Ground, ground
from soak.neglect import Neglect
from soak.shocks import Shocks

Progress = Callable[[int, int], None]
CALM_BLOCKS, CALM_BLOCK = 50, 7_200  # at the end, without shocks, and seconds between them
OUTAGE = 4  # per mille of blocks before which the bots are told of nothing for hours
_MEMORY = Path("/proc/self/statm")  # of Linux; elsewhere ps is asked


@dataclass
class Figures:
    """What a soak measured.

    Attributes:
        blocks: that the bots were told of; ``mined`` are all of the chain, ``days`` its time.
        shocks: how often each kind struck.
        deeds: how often each bot did what, by outcome.
        neglect: for each kind of duty the most blocks that it stood undone.
        left: what stood undone at the very end.
        unexpected: exceptions that no step may raise; ``errors`` are their lines.
        lost: requests or answers that were lost; ``restarts`` of bots.
        states: blocks in each state of the Vault.
        entries: of the journal; ``findings`` are what is wrong with it.
        memory_at_tenth, memory_at_end: resident memory of the process, bytes.
        gap: distance from the target weights at the end, bps.
    """

    seed: int
    blocks: int
    mined: int = 0
    days: float = 0.0
    seconds: float = 0.0
    shocks: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    neglect: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    unexpected: int = 0
    errors: list[str] = field(default_factory=list)
    lost: int = 0
    restarts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    findings: list[str] = field(default_factory=list)
    memory_at_tenth: int = 0
    memory_at_end: int = 0
    gap: int = 0

    @property
    def memory_ratio(self) -> float:
        """Memory at the end over that at a tenth of the run."""
        return self.memory_at_end / self.memory_at_tenth

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {**vars(self), "memory_ratio": round(self.memory_ratio, 4)}


def silent(_done: int, _total: int) -> None:
    """Progress callback that shows nothing."""


def soak(blocks: int, seed: int, progress: Progress = silent) -> Figures:
    """Run a soak; equal seeds give equal shocks.

    Args:
        blocks: that the bots are told of, the calm ones at the end included.
        seed: of all chances.
        progress: told how many blocks are done, and of how many.
    """
    started = time.monotonic()
    figures = Figures(seed, blocks)
    with ground() as place:
        begun = place.rpc.timestamp()
        crew = Crew(place, random.Random(f"{seed} crew"))
        _pass(place, crew, figures, progress)
        figures.mined = int(place.rpc.call("eth_blockNumber"), 16)
        figures.days = round((place.rpc.timestamp() - begun) / 86_400, 1)
        _take(crew, figures)
        _verify(place, figures)
        figures.gap = _gap(place)
    figures.seconds = round(time.monotonic() - started, 1)
    return figures


def _pass(place: Ground, crew: Crew, figures: Figures, progress: Progress) -> None:
    chance = random.Random(f"{figures.seed} shocks")
    shocks, neglect = Shocks(place, chance, crew.restart), Neglect(place)
    for done in range(figures.blocks):
        if done == figures.blocks - CALM_BLOCKS:
            shocks.calm()
        if done >= figures.blocks - CALM_BLOCKS:
            place.rpc.warp(CALM_BLOCK)
        else:
            if chance.randrange(1_000) < OUTAGE:
                shocks.outage()
            shocks.pass_block()
        crew.work(int(place.rpc.call("eth_blockNumber"), 16))
        left = neglect.look()
        figures.states[("CALM", "STRESS", "WINDDOWN")[place.bed.word(1) >> 192 & 3]] += 1
        if done == figures.blocks // 10:
            figures.memory_at_tenth = resident()
        progress(done + 1, figures.blocks)
    figures.memory_at_end = resident()
    figures.shocks, figures.neglect, figures.left = shocks.struck, neglect.worst, sorted(left)


def _take(crew: Crew, figures: Figures) -> None:
    figures.deeds, figures.lost, figures.restarts = crew.deeds, crew.lost, crew.restarts
    figures.unexpected, figures.errors = crew.unexpected, crew.errors.lines


def _verify(place: Ground, figures: Figures) -> None:
    """Fetch the journal over a sound connection and replay it."""
    journal = fetch(Web3(HTTPProvider(place.rpc.url)), Request(place.bed.executor))
    figures.entries = len(journal.entries)
    figures.findings = [str(finding) for finding in verify(journal)]


def _gap(place: Ground) -> int:
    """Distance from the target weights, bps of the treasury."""
    w3 = Web3(HTTPProvider(place.rpc.url))
    snapshot = Client(w3, place.place).observe(place.accounts["rebalancer"].address)
    problem = Problem.of(snapshot)
    return Targets(TARGETS).aim(problem).gap(problem.values, problem.idle) * BPS // problem.total


def resident() -> int:
    """Resident memory of this process, bytes, after what is garbage has been collected."""
    gc.collect()
    if _MEMORY.exists():
        return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, check=True)
    return int(shown.stdout) * 1_024
