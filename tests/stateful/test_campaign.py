"""The contracts against the integer model: answers, refusals, measured amounts, events, and all state."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from tests.model.position import Status
from tests.model.sentinel import Cause
from tests.model.vault import State
from tests.stateful.campaign import MAX_STEPS, OPERATIONS, run
from tests.stateful.driver import Step
from tests.stateful.executor_view import GROUPS
from tests.stateful.operations import LIMIT
from tests.stateful.reactions import TREASURER
from tests.stateful.setups import SETUPS
from tests.stateful.wire import TOPICS
from tests.stateful.world import World

EXAMPLES = {"deep": 2_500, "ci": 100}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 66)
SURVEYED = 400  # lists

# Every refusal of the Vault that holders, agents and guardians can meet without a transaction short of gas.
CODES = (1, 3, 4, 5, 6, 7, 8, *range(11, 24), 25, 26, 28, 29, 30, 31, 32)
# Every refusal of the queue in docs/ERRORS.md, but for one that the Vault's shares never give reason to.
REASONS = (
    *("no controller", "below the least request", "too many shares", "not the controller", "no such request"),
    *("settled", "not due", "not settled", "zero shares", "below min_cash", "not worthless", "nothing waits"),
    *("over maxRedeem", "over maxWithdraw", "not yet in kind", "deposit at the vault"),
    *("no preview of claims", "more than the supply"),
)
# Those of what watches and reacts, but for what its own tests provoke.
ALARMS = (
    *("not an account", "lapsed", "not the Safe", "limit out of range", "good not beyond bad"),
    *("silence out of range", "would lapse"),
)
ORDERS = (
    *("not an account", "no such order", "cooling down", "condition not met", "seen too lately"),
    *("too little liquid", "no bounty", "over budget", "id out of range", "least out of range"),
    *("max_loss over least", "too little over"),
)
CARES = (
    *("target silent", "target illiquid", "within caps", "seen too lately", "trim loses too much"),
    *("over absolute cap", "over relative cap", "mandate expired", "no mandate"),
)
# Every refusal of an intent, of agents' lives, and of limits, but for values that make no sense.
INTENTS = (
    *("not the agent", "no nonce", "deadline passed", "no moves", "not the relayer", "wrong sequence"),
    *("nonce used", "bad signature", "agent silent", "policy refused", "strategy not allowed"),
    *("may not allocate", "may not deallocate", "empty move", "target short", "over group cap"),
    *("over group share", "over inflow limit", "over own max loss", "over max loss", "over flow budget"),
    *(
        "over loss budget",
        "strategy closed",
        "nothing to note",
        "not the curator",
        "cut stands",
        "cut raises absolute",
    ),
    *("cut raises relative", "over group limit"),
)
# Those that an intent which only reduces never meets.
THROTTLES = frozenset(
    f"executor: {limit}"
    for limit in (
        *("over absolute cap", "over relative cap", "over group cap", "over group share"),
        *("over inflow limit", "over max loss", "over flow budget", "over loss budget"),
        *("strategy closed", "policy refused", "target silent", "target illiquid", "target short"),
    )
)
OTHERS = (
    *("ecdsa: invalid signature `s` value", "authority: not the governor", "authority: not a guardian"),
    *("reflexes: no such group", "steward: no price"),
)
MET = {
    *(f"vault: {code}" for code in CODES),
    *(f"queue: {reason}" for reason in REASONS),
    *(f"sentinel: {reason}" for reason in ALARMS),
    *(f"reflexes: {reason}" for reason in ORDERS),
    *(f"executor: {reason}" for reason in (*CARES, *INTENTS)),
    *OTHERS,
}
CALLS = {
    "vault": (
        *("deposit", "mint", "withdraw", "redeem", "redeem_slice", "transfer"),
        *("allocate", "deallocate", "evacuate", "poke"),
    ),
    "executor": (
        *("execute", "execute_signed", "beat", "cancel_nonces", "note", "trim"),
        *("set_mandate", "revoke", "revive", "set_cap", "cut", "set_group", "set_group_cap", "cut_group"),
        *("set_inflow", "mandate", "nonces", "groups_of", "group_exposure"),
    ),
    "steward": ("write_down", "list_strategy", "retire", "recover", "set_limits", "set_terms", "set_fees"),
    "sentinel": ("poke", "beat", "wind_down", "set_limits", "set_silence"),
    "reflexes": ("fire", "check", "order", "set_order", "remove_order", "fund", "defund", "collect"),
    "forwarder to queue": ("unwind",),
    "queue": (
        *("requestRedeem", "cancel", "settle", "exit_now", "setOperator"),
        *("claim", "redeem", "withdraw", "detach", "in_kind", "unwind", "write_off"),
        *("preview_exit", "proceeds"),
    ),
}
PLACES = frozenset(
    {
        *("a dip", "failing", "unsynced", "retired and waiting", "only leavers", "listed again"),
        *("second generation", "carried", "written off", "private record", "nine requests"),
        *("dry", "fees", "over caps", "armed", "fired", "trimmed"),
        *("acted in silence", "in three groups", "inflow", "overdrawn", "noted"),
    }
)
# Every edge of the state diagram, with everything that may cause it.
EDGES = {
    *((State.CALM, State.STRESS, cause) for cause in Cause if cause < Cause.LAPSED),
    (State.STRESS, State.CALM, Cause.RECOVERED),
    *((state, State.WINDDOWN, Cause.LAPSED) for state in (State.CALM, State.STRESS)),
    *((state, State.WINDDOWN, Cause.GOVERNED) for state in (State.CALM, State.STRESS)),
}


@pytest.mark.parametrize("index", range(len(SETUPS)), ids=[setup.name for setup in SETUPS])
@settings(max_examples=EXAMPLES)
@given(operations=OPERATIONS)
def test_campaign__any_operations__chain_and_model_agree(all_worlds, index, operations):
    run(all_worlds[index], operations)


def _places(world: World) -> set[str]:
    """Which of the rarer states of the model a list has ended in."""
    queue, found = world.queue, set()
    for position in world.vault.positions:
        found |= {"a dip"} if position.since else set()
        found |= {"failing"} if position.failing else set()
        found |= {"unsynced"} if position.unsynced else set()
        found |= {"retired and waiting"} if position.runoff and not position.live else set()
        found |= {"only leavers"} if position.runoff and position.live and not position.units else set()
    for generations in queue.generations.values():
        found |= {"second generation"} if len(generations) > 1 else set()
        found |= {"carried"} if any(generation.carry for generation in generations) else set()
        found |= {"written off"} if any(generation.written_off for generation in generations) else set()
    found |= {"private record"} if any(record.own for record in queue.records.values()) else set()
    found |= {"nine requests"} if any(len(left) > 8 for left in queue.unfinished.values()) else set()
    found |= {"listed again"} if len(world.vault.positions) > len(world.strategies) else set()
    return found | _reactions(world) | _agents(world)


def _agents(world: World) -> set[str]:
    """What agents have done, and what limits them."""
    executor, now = world.executor, world.vault.now
    agents, groups = executor.mandates.agents.values(), executor.groups
    found = {"acted in silence"} if any(agent.silenced for agent in agents) else set()
    found |= {"overdrawn"} if any(a.loss.spent_at(now) > a.loss.limit for a in agents) else set()
    found |= {"noted"} if any(executor.journal.noted) else set()
    found |= {"inflow"} if any(executor.inflows.view(number)[2] for number in executor.inflows.of) else set()
    crowded = (len(list(groups.around(position.id))) == len(GROUPS) for position in world.vault.positions)
    return found | ({"in three groups"} if any(crowded) else set())


def _reactions(world: World) -> set[str]:
    """What watched and reacted."""
    found = {"dry"} if world.vault.dry else set()
    found |= {"fees"} if world.vault.shares[TREASURER] else set()
    found |= {"over caps"} if any(world.executor.over_since.values()) else set()
    found |= {"armed"} if any(past.armed_at for past in world.reflexes.pasts.values()) else set()
    return found | ({"fired"} if any(past.fired_at for past in world.reflexes.pasts.values()) else set())


def _trimmed(steps: Sequence[Step]) -> set[str]:
    topic = TOPICS["Trimmed"]
    return {"trimmed"} if any(event.startswith(topic) for step in steps for event in step.events) else set()


def test_campaign__survey__reaches_every_refusal_call_place_and_edge(all_worlds):
    source, reasons, done, health, places = random.Random(20), Counter(), Counter(), set(), Counter()
    edges = Counter()
    for number in range(SURVEYED):
        world = all_worlds[number % len(all_worlds)]
        operations = [source.randrange(LIMIT) for _ in range(MAX_STEPS)]
        steps = run(world, operations)
        for step in steps:
            reasons[step.reason] += 1
            assert step.reason not in THROTTLES or "+" in step.text, f"{step.text}: {step.reason}"
            done[step.target, step.text.partition("(")[0]] += step.ok
        health |= {position.status for position in world.vault.positions}
        places.update(_places(world) | _trimmed(steps))
        edges.update((change.before, change.state, change.cause) for change in world.sentinel.changes)
    assert set(reasons) >= MET, f"never met: {sorted(MET - set(reasons))}"
    assert [
        (target, call) for target, calls in CALLS.items() for call in calls if not done[target, call]
    ] == []
    assert health == set(Status)
    assert set(places) >= PLACES, f"never seen: {sorted(PLACES - set(places))}"
    assert set(edges) == EDGES, f"never taken: {EDGES - set(edges)}; impossible: {set(edges) - EDGES}"
