"""Anything at all between exits: strategies break in any way at any time, agents move, the governor
writes down and retires, and holders leave. What must never fail never does, and nobody who stays pays
for it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests import treasury as t
from tests.attacks.exit_calls import EXIT_NOW, SETTLE, SHARE, UNITS, Exits, Runoff, holder, staked
from tests.attacks.exit_dials import Case, cases, turn
from tests.attacks.stage import EVERYTHING, HEALTHY, HOSTILE, SOLMATE, UNIT, Stage
from tests.attacks.timeline import Outcome
from tests.modes import Group, Mode

HOLDERS = [holder(number) for number in range(4)]
PART = 40_000 * UNIT
IDS = (HOSTILE, HEALTHY, SOLMATE)
CASES: list[Case] = list(cases())
LEGAL = frozenset(
    {"queue: not due", "erc20: burn amount exceeds balance", "erc20: transfer amount exceeds balance"}
)

who = st.sampled_from(HOLDERS)
broken = st.sampled_from([HOSTILE, HEALTHY])
steps = st.one_of(
    st.tuples(st.just("exit"), who, st.integers(1, PART), st.integers(0, 15)),
    st.tuples(st.just("exit"), who, st.integers(1, 3_000), st.integers(0, 15)),
    st.tuples(st.just("request"), who, st.integers(10_000, PART)),
    st.tuples(st.just("settle"), st.integers(0, 1)),
    st.tuples(st.just("break"), st.sampled_from(CASES), broken),
    st.tuples(st.just("break"), st.sampled_from(CASES), broken),
    st.tuples(st.just("heal"), broken),
    st.tuples(st.just("lose"), st.integers(1, 10**11), broken),
    st.tuples(st.just("unwind"), st.sampled_from(IDS), st.sampled_from([1, 10**3, 10**9, 2**255])),
    st.tuples(st.just("move"), st.sampled_from(IDS), st.integers(-(10**11), 10**11)),
    st.tuples(st.just("home"), st.sampled_from(IDS)),
    st.tuples(st.just("evacuate"), st.sampled_from(IDS), st.integers(1, 10**11)),
    st.tuples(st.just("poke")),
    st.tuples(st.just("wait"), st.sampled_from([1, t.HOUR, t.DAY, 40 * t.DAY])),
    st.tuples(st.just("in_kind"), who, st.integers(1, 8), broken),
    st.tuples(st.just("write_down"), broken),
    st.tuples(st.just("retire"), st.sampled_from(IDS)),
    st.tuples(st.just("write_off"), st.sampled_from(IDS)),
    st.tuples(st.just("state"), st.integers(0, 1)),
)


def _step(exits: Exits, name: str, values: tuple[Any, ...]) -> int | None:
    """Add a step; the place of a call that must not fail but for a legal reason."""
    play, stage = exits.play, exits.stage
    steward = (t.GOVERNOR, stage.treasury.steward)
    if name == "exit":
        leaver, shares, tries = values
        return exits.queued(leaver, EXIT_NOW, shares * SHARE, leaver, leaver, 0, tries)
    if name == "settle":
        play.wait(values[0] * t.DAY)
        return exits.queued(t.STRANGER, SETTLE)
    if name == "request":
        return exits.request(*values)
    actions = {
        "break": lambda case, identifier: turn(play, case, identifier),
        "heal": lambda identifier: [play.mode(group, Mode.HONEST, 0, identifier) for group in Group],
        "lose": lambda amount, identifier: play.call(
            t.STRANGER, stage.strategies[identifier - 1], "lose(uint256)", amount
        ),
        "unwind": lambda identifier, limit: exits.unwind(identifier, limit),
        "move": lambda identifier, assets: play.execute((identifier, assets)),
        "home": lambda identifier: play.execute((identifier, EVERYTHING)),
        "evacuate": lambda identifier, assets: exits.evacuate(assets, identifier),
        "poke": play.poke,
        "wait": play.wait,
        "in_kind": lambda leaver, record, identifier: exits.in_kind(leaver, record, identifier),
        "write_down": lambda identifier: play.call(*steward, "write_down(uint256)", identifier),
        "retire": lambda identifier: play.call(*steward, "retire(uint256)", identifier),
        "write_off": lambda identifier: exits.queued(t.STRANGER, "write_off(uint256)", identifier),
        "state": lambda state: play.latch(state),
    }
    actions[name](*values)
    return None


def _assert_consistent(outcomes: list[Outcome], notes: dict[str, Any]) -> None:
    cash, hot, owed = (outcomes[place].word for place in notes["solvency"])
    assert cash >= (hot & UNITS) + owed
    for position, runoff, covered in notes["strategies"]:
        units = outcomes[position].word & UNITS
        waits = Runoff.of(outcomes[runoff])
        assert bool((outcomes[position].word >> 232) & 1) == bool(waits.waiting or waits.unsynced)
        if waits.waiting:
            assert outcomes[covered].word & UNITS <= units


@given(sequence=st.lists(steps, min_size=5, max_size=30))
def test_campaign__anything_between_exits__settle_and_exit_never_fail(shared_stage: Stage, sequence):
    exits = Exits(shared_stage.play())
    play = exits.play
    for account in HOLDERS:
        exits.hold(account, PART)
    must, notes = [], []
    for name, *values in sequence:
        place = _step(exits, name, tuple(values))
        if place is not None:
            must.append((place, name, values))
        notes.append(
            {
                "solvency": (exits.cash(shared_stage.vault), exits.idle(), exits.owed()),
                "strategies": [(play.position(i), exits.runoff(i), exits.coverage(i)) for i in IDS],
            }
        )
    owed = exits.owed()
    stakes = [exits.stake(number, account) for number in range(1, 35) for account in HOLDERS]
    claims = [exits.claim(account, number) for number in range(1, 35) for account in HOLDERS]
    outcomes = play.run()
    for place, name, values in must:
        assert outcomes[place].ok or outcomes[place].reason in LEGAL, (name, values, outcomes[place].reason)
    for note in notes:
        _assert_consistent(outcomes, note)
    assert all(outcomes[place].ok for place in claims)
    assert sum(staked(outcomes[place])[3] for place in stakes) <= outcomes[owed].word
