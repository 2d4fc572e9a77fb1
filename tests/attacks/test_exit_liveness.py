"""Liveness of the way out: whatever strategies do, epochs settle, holders leave and the rest is paid.

Each case breaks strategies before everything that an exit does, once where nothing waited and once
where runoff stood there, and compares what the other strategies, idle and the leavers got with a run in
which all are honest.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests import treasury as t
from tests.attacks.exit_calls import WORD, Exits, holder
from tests.attacks.exit_dials import Case, cases, name, turn
from tests.attacks.stage import HEALTHY, HOSTILE, SOLMATE, STAKE, UNIT, Stage
from tests.attacks.timeline import Outcome
from tests.modes import Group, Mode

BEFORE, QUEUED, NOW = holder(1), holder(2), holder(3)
PART = 100_000 * UNIT
TOTAL = 1_000_001 * UNIT  # with the seed
GAS = 2**24  # of a transaction, EIP-7825
IDLE = 400_001 * UNIT
WAITED = STAKE * 99 // 100  # asset wei that are not liquid where leavers wait
STRESS, WINDDOWN = 1, 2
MASKS = {t.POSITION: 2**256 - 1, t.RUNOFF: ~(0xFFFFFFFF << 112), t.COVERAGE: 2**224 - 1}
# What rounding may cost a leaver, asset wei: idle, each strategy, and the price of a unit.
ROUNDING = 12


@dataclass(frozen=True)
class Run:
    """Outcomes of one run and where to find what it did."""

    outcomes: list[Outcome]
    settled: int
    left: int
    unwound: tuple[int, ...]
    claimed: tuple[int, ...]
    others: tuple[tuple[int, int], ...]
    paid: dict[str, tuple[int, int]]
    solvency: tuple[int, int, int]

    def ok(self, place: int) -> bool:
        """Whether a call succeeded."""
        return self.outcomes[place].ok

    def gained(self, who: str) -> int:
        """Asset wei that an account got."""
        before, after = self.paid[who]
        return self.outcomes[after].word - self.outcomes[before].word

    def words(self) -> list[int]:
        """Positions, runoff and coverage, without times, of the strategies that are healthy in both
        runs."""
        return [self.outcomes[place].word & mask for place, mask in self.others]


def _break(exits: Exits, case: Case | None, broken: tuple[int, ...]) -> None:
    for identifier in broken:
        if case is None:
            exits.play.timeline.erase(exits.stage.strategies[identifier - 1])
        else:
            turn(exits.play, case, identifier)


def _leave(
    stage: Stage,
    case: Case | None,
    broken: tuple[int, ...] = (HOSTILE,),
    *,
    waiting: bool = False,
    state: int = 0,
) -> Run:
    """An epoch settles and a holder leaves at once while strategies are broken; then everybody claims.
    Without a case the broken ones have no code."""
    exits = Exits(stage.play())
    play = exits.play
    for who in (BEFORE, QUEUED, NOW):
        exits.hold(who, PART)
    before = {who: exits.cash(who) for who in (BEFORE, QUEUED, NOW)}
    if waiting:
        for identifier in (HOSTILE, HEALTHY):
            exits.drain(STAKE - WAITED, identifier)
        exits.exit_now(BEFORE, PART)
    exits.request(QUEUED, PART)
    if waiting:
        for identifier in (HOSTILE, HEALTHY):
            exits.refill(identifier)
    if state:
        play.latch(state)
        play.call(t.GOVERNOR, stage.executor, "revoke(address)", t.AGENT)
    _break(exits, case, broken)
    settled = exits.settle(gas=GAS)
    left = exits.exit_now(NOW, PART, gas=GAS)
    unwound = tuple(exits.unwind(identifier, gas=GAS) for identifier in (HOSTILE, HEALTHY, SOLMATE))
    records = {BEFORE: 1, QUEUED: 2} if waiting else {QUEUED: 1}
    claimed = tuple(exits.claim(who, record, gas=GAS) for who, record in records.items())
    honest = tuple(identifier for identifier in (HOSTILE, HEALTHY, SOLMATE) if identifier not in broken)
    others = tuple(
        (play.view(WORD, key, identifier), mask) for key, mask in MASKS.items() for identifier in honest
    )
    paid = {who: (place, exits.cash(who)) for who, place in before.items()}
    solvency = exits.cash(stage.vault), exits.idle(), exits.owed()
    return Run(play.run(), settled, left, unwound, claimed, others, paid, solvency)


def _assert_alive(run: Run, honest: Run, broken: int = 1) -> None:
    for place in (run.settled, run.left, *run.unwound, *run.claimed):
        assert run.outcomes[place].ok, run.outcomes[place].reason
        assert run.outcomes[place].gas <= GAS
    cash, hot, owed = (run.outcomes[place].word for place in run.solvency)
    assert cash >= (hot & (2**112 - 1)) + owed
    assert run.words() == honest.words()
    lost = broken * PART * STAKE // TOTAL
    for who in (BEFORE, QUEUED, NOW):
        assert run.gained(who) >= honest.gained(who) - lost - ROUNDING, who


@pytest.mark.parametrize("waiting", [False, True], ids=["fresh", "runoff"])
@pytest.mark.parametrize("case", cases(), ids=name)
def test_exits__strategy_is_broken__complete_and_pay_the_rest(shared_stage, case, waiting):
    """P12: settle, exit_now, unwind and claim complete; idle and the healthy strategies are paid in
    full."""
    honest = _leave(shared_stage, (), waiting=waiting)
    _assert_alive(_leave(shared_stage, case, waiting=waiting), honest)


@pytest.mark.parametrize("waiting", [False, True], ids=["fresh", "runoff"])
def test_exits__all_honest__pay_everybody_in_full(shared_stage, waiting):
    """What the other tests compare with is not nothing."""
    run = _leave(shared_stage, (), waiting=waiting)
    _assert_alive(run, run)
    for who in (QUEUED, NOW, *([BEFORE] if waiting else [])):
        assert PART - ROUNDING <= run.gained(who) <= PART


WORST = [
    None,  # gone
    ((Group.MAX, Mode.BURN_LOOP, 0), (Group.READ, Mode.BURN_LOOP, 0), (Group.REDEEM, Mode.BURN_LOOP, 0)),
    ((Group.REDEEM, Mode.BURN_INVALID, 0),),
    ((Group.REDEEM, Mode.SHORT, 10_000),),
    ((Group.MAX, Mode.RETURN_BOMB, 0),),
    ((Group.LIQUIDITY, Mode.LIMITED, 0),),
]


@pytest.mark.parametrize("state", [0, STRESS, WINDDOWN])
@pytest.mark.parametrize("waiting", [False, True], ids=["fresh", "runoff"])
@pytest.mark.parametrize("broken", [(HOSTILE,), (HOSTILE, HEALTHY)], ids=["one", "two"])
@pytest.mark.parametrize("case", WORST, ids=lambda case: "gone" if case is None else name(case))
def test_exits__several_broken_agents_revoked_any_state__complete(shared_stage, case, broken, waiting, state):
    honest = _leave(shared_stage, (), broken, waiting=waiting, state=state)
    run = _leave(shared_stage, case, broken, waiting=waiting, state=state)
    _assert_alive(run, honest, len(broken))


def test_exits__all_strategies_are_gone__idle_is_paid_to_the_wei(shared_stage):
    """The idle part of everybody, -1 wei."""
    run = _leave(shared_stage, None, (HOSTILE, HEALTHY, SOLMATE))
    _assert_alive(run, run, 0)
    for who in (QUEUED, NOW):
        fair = IDLE * PART // TOTAL
        assert fair - 1 <= run.gained(who) <= fair


@pytest.mark.parametrize("pokes", [1, 2, 3])
def test_exits__strategy_in_quarantine__complete_and_leave_its_units_waiting(shared_stage, pokes):
    """Two failed pokes an hour apart stand before: the strategy is suspect, then nothing is read of
    it."""
    exits = Exits(shared_stage.play())
    exits.hold(NOW, PART)
    turn(exits.play, ((Group.READ, Mode.REVERT_EMPTY, 0),))
    for _ in range(pokes):
        exits.play.poke()
        exits.play.wait(t.HOUR)
    before, left = exits.units(shared_stage.vault), exits.exit_now(NOW, PART)
    waiting = exits.runoff()
    outcomes = exits.play.run()
    assert outcomes[left].ok, outcomes[left].reason
    record, cash = outcomes[left].decoded("uint256", "uint256")
    expected = 0 if pokes == 1 else outcomes[before].word * PART // TOTAL
    assert abs((outcomes[waiting].word & (2**112 - 1)) - expected) <= 1
    assert bool(record) == (pokes > 1)
    assert cash >= PART - (PART * STAKE // TOTAL if record else 0) - ROUNDING


@pytest.mark.parametrize("mode", [Mode.REVERT_EMPTY, Mode.BURN_INVALID, Mode.RETURN_NOTHING, Mode.RETURN_MAX])
def test_exits__liquidity_does_not_read__counts_as_none(shared_stage, mode):
    """What a strategy does not say it has is not asked of it, and waits."""
    exits = Exits(shared_stage.play())
    exits.hold(NOW, PART)
    exits.play.mode(Group.MAX, mode)
    before, left, waiting = exits.units(shared_stage.vault), exits.exit_now(NOW, PART), exits.runoff()
    after = exits.units(shared_stage.vault)
    outcomes = exits.play.run()
    assert outcomes[left].ok
    units = outcomes[before].word * PART // TOTAL
    assert abs((outcomes[waiting].word & (2**112 - 1)) - units) <= 1
    assert outcomes[after].word == outcomes[before].word
