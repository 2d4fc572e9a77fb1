"""Runs a list of operations on the model and on the chain, and finds the first step at which they differ.

One list is one ``eth_simulateV1`` request: each step is its call and one call of the world's reader, and each
passing of time begins a new block. Nothing is mined, so every list starts from the same world.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from hypothesis import strategies as st

from ganglion.devnet.abi import decode_revert
from tests.stateful import wire
from tests.stateful.driver import Driver, Step
from tests.stateful.operations import LIMIT, perform
from tests.stateful.world import World

MAX_STEPS = 50
BLOCK_GAS = hex(2**40)
READ_GAS = "0xf42400"

# A tuple and no list: Hypothesis draws it in two thirds of the time, and shrinks it by zeroing.
OPERATIONS = st.tuples(*[st.integers(0, LIMIT - 1)] * MAX_STEPS)

Blocks = list[dict[str, Any]]


class Mismatch(AssertionError):
    """Model and chain differ at a step."""


def plan(world: World, operations: Sequence[int]) -> list[Step]:
    """Run the operations on the model and return the steps that the chain must agree with."""
    driver = Driver(world)
    for drawn in operations:
        perform(driver, drawn)
    return driver.steps


def request(world: World, steps: Sequence[Step]) -> Blocks:
    """The blocks of one ``eth_simulateV1`` request for the steps."""
    blocks = []
    for time, group in groupby(steps, key=lambda step: step.time):
        calls = [call for step in group for call in (step.call, reading(world, step.epochs))]
        blocks.append({"blockOverrides": {"time": hex(time), "gasLimit": BLOCK_GAS}, "calls": calls})
    return blocks


def reading(world: World, epochs: int = 0) -> dict[str, str]:
    """A call of the world's reader, which tells the stakes in so many epochs after everything else."""
    return {"to": world.reader, "data": world.view.calldata(epochs), "gas": READ_GAS}


def compare(world: World, steps: Sequence[Step], blocks: Blocks) -> None:
    """Raise Mismatch at the first step whose answer, events or state is not the model's."""
    results = [call for block in blocks for call in block["calls"]]
    for index, step in enumerate(steps):
        answer, state = results[2 * index], results[2 * index + 1]
        if (
            answer["returnData"] != step.answer
            or (answer["status"] == "0x1") != step.ok
            or state["returnData"] != step.state
            or step.events != wire.told(answer["logs"], world.addresses)
        ):
            raise Mismatch(_report(world, steps[: index + 1], answer, state))


def simulated(world: World, steps: Sequence[Step]) -> Sequence[Step]:
    """Compare steps that were planned by hand with the chain, and return them; raises Mismatch."""
    compare(world, steps, world.rpc.simulate_v1(request(world, steps)))
    return steps


def run(
    world: World, operations: Sequence[int], simulate: Callable[[Blocks], Blocks] | None = None
) -> list[Step]:
    """Run a list of operations on both sides and return the steps.

    Args:
        world: where; it is left as it was.
        operations: numbers below ``operations.LIMIT``.
        simulate: sends the request; the world's node unless given.

    Raises:
        Mismatch: with the steps up to the one that differs, and what differs.
    """
    steps = plan(world, operations)
    if steps:
        compare(world, steps, (simulate or world.rpc.simulate_v1)(request(world, steps)))
    return steps


# -- what a person reads ---------------------------------------------------------


def listing(world: World, steps: Sequence[Step]) -> str:
    """The steps, one a line, with seconds since the start of the list."""
    lines = [world.setup.name]
    for number, step in enumerate(steps, 1):
        who = f"{step.sender} -> {step.target}.{step.text}"
        lines.append(f"{number:3}. +{step.time - world.begins:<8} {who}  => {_outcome(step.ok, step.answer)}")
    return "\n".join(lines)


def _outcome(ok: bool, answer: str) -> str:
    if ok:
        return " ".join(str(word) for word in _words(answer)) or "done"
    return f"refused: {decode_revert(bytes.fromhex(answer[2:])) or answer}"


def _report(world: World, steps: Sequence[Step], answer: dict[str, Any], state: dict[str, Any]) -> str:
    last = steps[-1]
    lines = [listing(world, steps), "the last step differs:"]
    got, wanted = _outcome(answer["status"] == "0x1", answer["returnData"]), _outcome(last.ok, last.answer)
    if got != wanted:
        lines.append(f"  answer: chain {got}, model {wanted}")
    events = wire.told(answer["logs"], world.addresses)
    if events != last.events:
        lines.append(f"  events: chain {events}, model {last.events}")
    labels = world.labels + world.view.stake_labels(last.epochs)
    pairs = zip(labels, _words(state["returnData"]), _words(last.state), strict=True)
    lines += [f"  {label}: chain {got}, model {wanted}" for label, got, wanted in pairs if got != wanted]
    return "\n".join(lines)


def _words(data: str) -> list[int]:
    return [int(data[at : at + 64], 16) for at in range(2, len(data), 64)]
