"""What a soak must have shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from soak.run import CALM_BLOCK, CALM_BLOCKS, Figures

BOUND = 4  # blocks that a duty may stand undone: connections break, and bots restart
MEMORY = 1.1  # of what the process held at a tenth of the run
NEAR = 200  # bps off the weights at the end
DUTIES = ("settle", "unwind", "trim", "fire", "note", "poke")
# What a run of this length cannot do without; every kind of deed must have been called for.
WORK = {
    "rebalancer": ("rebalance", "beat"),
    "settler": ("settle", "unwind"),
    "sentinel": ("poke", "fire", "trim", "note"),
}
LONG = 1_000  # blocks from which on all of WORK must have come up
CONDITIONS = (
    "anvil, two to fifteen minutes a block; four strategies that lose, dry up, fail, leak, lapse and return; "
    "an epoch of three hours; connections that lose requests and answers; bots that restart; "
    f"{CALM_BLOCKS} calm blocks of {CALM_BLOCK // 3_600} hours at the end"
)


@dataclass(frozen=True)
class Check:
    """A claim, whether it holds, and what was measured."""

    name: str
    holds: bool
    detail: str = ""


def checks(figures: Figures) -> list[Check]:
    """Return every claim about a soak."""
    return [*_duties(figures), *_soundness(figures), *_work(figures)]


def _duties(figures: Figures) -> Iterator[Check]:
    for duty in DUTIES:
        worst = figures.neglect.get(duty, 0)
        yield Check(f"{duty}: never undone for more than {BOUND} blocks", worst <= BOUND, f"worst {worst}")
    yield Check("nothing is left undone at the end", not figures.left, ", ".join(figures.left))


def _soundness(figures: Figures) -> Iterator[Check]:
    yield Check("no unhandled exception", figures.unexpected == 0, "; ".join(figures.errors[:3]))
    whole = bool(figures.entries) and not figures.findings
    told = "; ".join(figures.findings[:3]) or f"{figures.entries} entries"
    yield Check("the journal verifies", whole, told)
    ratio = figures.memory_ratio
    yield Check(f"memory at most {MEMORY} times that at a tenth", ratio <= MEMORY, f"{ratio:.3f}")
    near = figures.gap <= NEAR
    yield Check("once all is well the weights are reached", near, f"{figures.gap} bps off")
    wound = figures.states["WINDDOWN"]
    yield Check("governance is alive: no WINDDOWN", wound == 0, f"{dict(figures.states)}")


def _work(figures: Figures) -> Iterator[Check]:
    for bot, verbs in WORK.items():
        done = {verb: figures.deeds[f"{bot} {verb} done"] for verb in verbs}
        enough = all(done.values()) if figures.blocks >= LONG else any(done.values())
        yield Check(f"{bot}: at work", enough, ", ".join(f"{verb} {count}" for verb, count in done.items()))
