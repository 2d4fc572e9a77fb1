"""What the chain itself says before and after every step of a campaign, by name and without the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tests.stateful.campaign import plan, reading, request
from tests.stateful.driver import Step
from tests.stateful.world import World

Words = dict[str, int]


@dataclass(frozen=True)
class Observed:
    """A step that was not refused between two readings of the same second, or time that passed (no step).

    ``before`` and ``after`` map ``World.labels``, and the stakes in all epochs so far, to words: asset wei,
    units, share wei, seconds.
    """

    world: World
    step: Step | None
    before: Words
    after: Words

    def change(self, label: str) -> int:
        """How a word changed."""
        return self.after[label] - self.before[label]

    @property
    def sender(self) -> str:
        """Who acted; empty for time."""
        return self.step.sender if self.step else ""

    def gives(self, target: str) -> bool:
        """Whether the step hands something to the Vault, or a strategy, past their books."""
        return self.step is not None and self.step.target == target and self.step.text.startswith("transfer(")

    def claims_for_vault(self) -> bool:
        """Whether a leaver has its cash paid to the Vault, which is a gift."""
        return (
            self.step is not None
            and self.step.text.startswith("claim(")
            and self.step.text.endswith(" vault)")
        )

    def emptied(self) -> int:
        """How many strategies the Vault's ledger left."""
        names = [f"units of {strategy.name}" for strategy in self.world.strategies]
        return sum(self.after[name] == 0 < self.before[name] for name in names)


def observe(world: World, operations: Sequence[int]) -> Iterator[Observed]:
    """Run a list and yield what happened, in order; a refused step that changed a word fails an assertion."""
    world.start.restore()
    epochs = world.queue.last_id
    steps = plan(world, operations)
    blocks = request(world, steps)
    groups = [list(group) for _, group in groupby(steps, key=lambda step: step.time)]
    for block, group in zip(blocks, groups, strict=True):
        block["calls"].insert(0, reading(world, epochs))
        epochs = group[-1].epochs
    remaining, before = iter(steps), None
    for answer in world.rpc.simulate_v1(blocks) if blocks else ():
        calls = answer["calls"]
        now = _named(world, calls[0]["returnData"])
        if before is not None:
            yield Observed(world, None, before, now)
        before = now
        for result, state in zip(calls[1::2], calls[2::2], strict=True):
            step, now = next(remaining), _named(world, state["returnData"])
            if result["status"] == "0x1":
                yield Observed(world, step, before, now)
            else:
                assert now == before, f"{step.text} was refused and changed something"
            before = now


def _named(world: World, data: str) -> Words:
    words = [int(data[at : at + 64], 16) for at in range(2, len(data), 64)]
    stakes = world.view.stake_labels(world.view.epochs(len(words)))
    return dict(zip([*world.labels, *stakes], words, strict=True))
