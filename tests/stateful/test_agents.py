"""Agents: none touches what is another's, and long ways of theirs, on the chain and on the model alike."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.arithmetic import DAY, HOUR
from tests.model.groups import books
from tests.model.intents import Intent, Move, Signature
from tests.model.reflexes import REFLEXES
from tests.model.trim import trim
from tests.modes import Group, Mode
from tests.stateful.campaign import OPERATIONS, plan, simulated
from tests.stateful.executor_view import AGENTS
from tests.stateful.setups import SETUPS
from tests.stateful.signing import SIGNER
from tests.stateful.test_exit_scenarios import Exits
from tests.stateful.trace import Observed, observe
from tests.stateful.world import CURATOR, SET_GROUP, STRANGER, World
from tests.treasury import MAX_UINT

EXAMPLES = {"deep": 600, "ci": 40}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 30)
WORLDS = st.integers(0, len(SETUPS) - 1)
OWN = ("flow spent", "loss spent", "sequence")
LIMITS = ("flow limit", "loss limit", "mandate")
AGENT, TIGHT = AGENTS[:2]


def _actor(seen: Observed) -> str:
    """The agent for whom a step acts; empty if it acts for none."""
    step = seen.step
    if step is None:
        return ""
    name, _, rest = step.text.partition("(")
    if name == "fire":
        return REFLEXES
    if name in ("execute", "execute_signed"):
        return rest.partition(":")[0]
    return step.sender if step.target == "executor" else ""


def check_agents(seen: Observed) -> None:
    """What an agent has spent and used grows by its own acts alone; its mandate changes by governance's."""
    for name in AGENTS:
        for label in (f"{word} of {name}" for word in OWN if _actor(seen) != name):
            spares = seen.step is None and label.startswith(("flow", "loss"))
            change = seen.change(label)
            assert change == 0 or (spares and change < 0), f"{label} changed by {change}"
        if seen.step is None or not seen.step.text.startswith(("set_mandate", "revoke")):
            for word in LIMITS:
                assert seen.change(f"{word} of {name}") == 0, f"the {word} of {name} changed"


def check_journal(seen: Observed) -> None:
    """Entries are added one by one; the head changes with them alone, and carries their number."""
    added = seen.change("entries")
    assert added in (0, 1), f"{added} entries at once"
    assert (added == 0) == (seen.change("head") == 0), "another head without an entry"
    assert seen.after["head"] % 2**40 == seen.after["entries"], "the head does not carry its number"


CHECKS = (check_agents, check_journal)


@settings(max_examples=EXAMPLES)
@given(number=WORLDS, operations=OPERATIONS)
def test_agents__any_operations__touch_nothing_of_each_other(all_worlds, number, operations):
    for seen in observe(all_worlds[number], operations):
        for check in CHECKS:
            check(seen)


TAMPERED = (
    (check_agents, "flow spent of tight_agent", 1),
    (check_agents, "loss spent of signer", -1),
    (check_agents, "sequence of reflexes", 1),
    (check_agents, "mandate of agent", 1),
    (check_journal, "entries", 1),
    (check_journal, "head", 2**40),
)


@pytest.mark.parametrize(("check", "label", "by"), TAMPERED)
def test_check__tampered_reading__is_noticed(all_worlds, check, label, by):
    world = all_worlds[1]
    words = dict(zip(world.labels, world.expected(), strict=True))
    seen = Observed(world, plan(world, [0, 1])[0], words, words)
    check(seen)
    with pytest.raises(AssertionError):
        check(replace(seen, after=words | {label: words[label] + by}))


# -- long ways ---------------------------------------------------------------------------------


class Agents(Exits):
    """What agents and those above them do, written out."""

    @property
    def executor(self):
        """The model of the Executor."""
        return self.world.executor

    def put(self, agent: str, number: int, assets: int, **conditions: object) -> None:
        """An agent allocates, or with assets below 0 deallocates."""
        moves = [Move(number, assets, 0)]
        self.intent(agent, moves, 2**100, MAX_UINT, **conditions)

    def ask(self, who: str, signature: str, *arguments: object) -> None:
        """A call of the Executor that the model has in ``mandates``, by the same name."""
        name = signature.partition("(")[0]
        action = partial(getattr(self.executor.mandates, name), who, *arguments)
        self.tell(who, "executor", signature, *arguments, by=action)

    def note(self) -> None:
        """A stranger notes the Vault's changes."""
        self.tell(STRANGER, "executor", "note()", by=partial(self.executor.journal.note, STRANGER))

    def trim(self, number: int) -> None:
        """A stranger trims a position."""
        action = partial(trim, self.executor, number, STRANGER)
        self.tell(STRANGER, "executor", "trim(uint256)", number, by=action)

    def signed(self, nonce: int, assets: int = -(10**6)) -> tuple[Intent, Signature]:
        """What the holder of the key signs now."""
        intent = Intent(SIGNER, (Move(1, assets, 0),), 2**100, MAX_UINT, nonce=nonce)
        return intent, Signature(SIGNER, self.executor.digest(intent))

    def outcome(self) -> list[str]:
        """Compare with the chain; how each step was refused, without who refused it."""
        simulated(self.world, self.steps)
        return [reason.partition(": ")[2] for reason in self.reasons()]


@pytest.fixture
def agents(all_worlds: list[World]) -> Agents:
    """Two strategies with capital at work, in calm."""
    return Agents(all_worlds[1])


def test_heartbeat__to_the_last_second_and_one_longer__lives_and_may_only_reduce(agents):
    tight = agents.executor.mandates.find(TIGHT)
    agents.warp(tight.seen + tight.mandate.heartbeat - agents.vault.now)
    agents.poke(after=0)
    agents.put(TIGHT, 1, 10**8)
    agents.warp(tight.mandate.heartbeat + 1)
    agents.poke(after=0)
    agents.put(TIGHT, 1, 10**8)
    agents.ask(TIGHT, "beat()")
    agents.put(TIGHT, 1, -(10**8))
    agents.put(TIGHT, 1, 10**8)
    agents.ask(CURATOR, "revive(address)", TIGHT)
    agents.put(TIGHT, 1, 10**8)
    silent = "agent silent"
    assert agents.outcome() == ["", "", "", silent, silent, "", silent, "", ""]


def test_signed__nonces_in_any_order__are_used_once_each_and_not_beyond_the_mandate(agents):
    for nonce in (2**256 - 1, 1, 256):
        intent, signature = agents.signed(nonce)
        for _ in range(2):
            agents.sent_signed(STRANGER, intent, signature)
    intent, signature = agents.signed(7)
    agents.grant(SIGNER, agents.executor.mandates.find(SIGNER).mandate)
    agents.sent_signed(STRANGER, intent, signature)
    agents.sent_signed(STRANGER, *agents.signed(7))
    agents.ask(SIGNER, "cancel_nonces(uint256,uint256)", 0, 1 << 8)
    agents.sent_signed(STRANGER, *agents.signed(8))
    used = "nonce used"
    assert agents.outcome() == ["", used] * 3 + ["", "bad signature", "", "", used]
    assert agents.executor.mandates.find(SIGNER).sequence == 4


def test_group__of_both__is_full_to_the_wei_and_trimmed_after_a_cut(agents):
    room, both = 10**9, frozenset({1, 2})
    most = books(agents.vault) + room
    action = partial(agents.executor.groups.set, "governor", 2, both, most, 10_000)
    agents.tell("governor", "executor", SET_GROUP, 2, 0b110, most, 10_000, by=action)
    agents.put(AGENT, 1, room + 1)
    agents.put(AGENT, 1, room)
    agents.put(AGENT, 2, 10**6)
    cut = (2, most - 2 * room, 10_000)
    action = partial(agents.executor.groups.cut, "guardian", *cut)
    agents.tell("guardian", "executor", "cut_group(uint256,uint256,uint256)", *cut, by=action)
    before = agents.vault.positions[1].book
    for _ in range(2):
        agents.trim(2)
        agents.warp(HOUR)
    full = "over group cap"
    assert agents.outcome() == ["", full, "", full, "", "", ""]
    assert before - agents.vault.positions[1].book == pytest.approx(2 * room, abs=1)


def test_debt__of_a_thief__closes_what_it_drained_until_it_has_refilled(agents):
    strategy, mandates = agents.world.strategies[0], agents.executor.mandates
    agents.dial(strategy, Group.FEE, Mode.EXIT_FEE, 20, exit_fee=20)
    agents.put(TIGHT, 1, -(10**12))
    agents.dial(strategy, Group.FEE, Mode.EXIT_FEE, 0, exit_fee=0)
    closed = agents.executor.caps.closed[1]
    loss = mandates.find(TIGHT).loss
    assert loss.spent_at(closed) <= loss.limit < loss.spent_at(closed - 2)
    while agents.vault.now < closed - DAY:
        agents.poke(after=DAY)
    agents.poke(after=closed - agents.vault.now - 1)
    agents.put(AGENT, 1, 10**8)
    agents.warp(1)
    agents.put(AGENT, 1, 10**8)
    assert [reason for reason in agents.outcome() if reason] == ["strategy closed"]


def test_note__of_every_change__is_made_once(agents):
    agents.silence(1, True)
    agents.note()
    agents.poke(after=0)
    agents.note()
    agents.note()
    agents.poke(after=HOUR)
    agents.note()
    nothing = "nothing to note"
    assert agents.outcome() == ["", nothing, "", "", nothing, "", ""]
    assert agents.executor.journal.noted == agents.vault.changes
