"""S1 to S5: the state diagram of the Sentinel in the model, against what the whole past says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model.arithmetic import BPS, DAY, HOUR, Refused, up
from tests.model.sentinel import LIQUID, SIGNALS, Cause, Sentinel, Thresholds
from tests.model.strategy import Token
from tests.model.upkeep import Observation
from tests.model.vault import State, Vault

START = 20_000 * DAY
AGE = Cause.AGE
BAD, BETWEEN, GOOD = "bad", "between", "good"
EXAMPLES = {"deep": 10_000, "ci": 800}.get(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"), 500)
GAPS = (600, 1_800, HOUR - 1, *(HOUR,) * 4, HOUR + 1, 2 * HOUR, 11 * HOUR, DAY - HOUR, DAY - 1, DAY)
ALL_GOOD = (GOOD,) * SIGNALS

BEAT, WIND_DOWN, WAIT = 1, 2, 3  # what may happen beside an observation, of so many numbers
LUCK = st.integers(0, 150)


@st.composite
def moments(draw: st.DrawFn) -> list[tuple[int, tuple[str, ...], int]]:
    """Gaps, verdicts and luck; trouble comes in runs, and from one or two signals."""
    troubled = draw(st.sets(st.integers(0, SIGNALS - 1), min_size=1, max_size=2))
    drawn = []
    for _ in range(draw(st.integers(2, 6))):
        kinds = draw(st.sampled_from(((GOOD,), (BAD,), (GOOD, BETWEEN, BAD), (GOOD, GOOD, GOOD, BETWEEN))))
        for _ in range(draw(st.integers(1, 6))):
            verdicts = tuple(draw(st.sampled_from(kinds)) if n in troubled else GOOD for n in range(SIGNALS))
            drawn.append((draw(st.sampled_from(GAPS)), verdicts, draw(LUCK)))
    return drawn


@dataclass
class Past:
    """All that was seen: time and a verdict for each signal, and which observation began the state."""

    seen: list[tuple[int, Sequence[str]]] = field(default_factory=list)
    since: int = 0

    def held(self, signal: int, until: int) -> Iterator[int]:
        """Times of bad observations that no two good ones an hour apart have cleared before ``until``."""
        for index in range(until):
            time, verdicts = self.seen[index]
            if verdicts[signal] == BAD and not self._cleared(signal, index, until):
                yield time

    def _cleared(self, signal: int, after: int, until: int) -> bool:
        good: list[int] = []
        for time, verdicts in self.seen[after + 1 : until]:
            if verdicts[signal] == GOOD and any(time - earlier >= HOUR for earlier in good):
                return True
            good = [] if verdicts[signal] == BAD else good + [time] * (verdicts[signal] == GOOD)
        return False

    def confirmed(self, index: int) -> dict[int, int]:
        """Signals that an observation confirms, and since when each is bad."""
        time, verdicts = self.seen[index]
        first = {n: min(self.held(n, index), default=time) for n in range(SIGNALS) if verdicts[n] == BAD}
        return {signal: since for signal, since in first.items() if time - since >= HOUR}

    def recovered(self, epoch: int) -> bool:
        """Whether the last observation is the end of a recovery: good, spaced, over an epoch, all cleared."""
        resets = [n for n in range(self.since, len(self.seen)) if self.confirmed(n)]
        counted: list[int] = []
        for time, verdicts in self.seen[resets[-1] + 1 :]:
            if tuple(verdicts) == ALL_GOOD and (not counted or time - counted[-1] >= HOUR):
                counted.append(time)
        now = self.seen[-1][0]
        cleared = all(not list(self.held(signal, len(self.seen))) for signal in range(SIGNALS))
        spaced = len(counted) >= 3 and counted[-1] == now and now - counted[0] >= epoch
        return spaced and cleared


def observation(vault: Vault, limits: Thresholds, verdicts: Sequence[str]) -> Observation:
    """What a poke would have to see: each signal a bp beyond a limit, or on one."""
    levels = []
    for signal, (verdict, (bad, good)) in enumerate(zip(verdicts, limits, strict=True)):
        step = -1 if signal == LIQUID else 1
        levels.append({BAD: bad + step, GOOD: good - step, BETWEEN: (bad, good)[vault.now % 2]}[verdict])
    fall, liquid, age, dark, short = levels
    seconds = up(age * vault.epoch, BPS) if verdicts[AGE] == BAD else age * vault.epoch // BPS
    return Observation(10**12, seconds, fall, liquid, dark, short, vault.state, False)


def watched(epoch: int = DAY) -> Sentinel:
    """A Sentinel that has just been put in place."""
    vault = Vault(Token(), 6, epoch, START)
    return Sentinel(vault, START)


@settings(max_examples=EXAMPLES)
@given(history=moments(), epoch=st.sampled_from((HOUR, DAY, DAY, DAY, 2 * DAY)))
def test_judge__any_past__takes_the_edges_of_the_diagram_and_no_other(history, epoch):
    sentinel = watched(epoch)
    vault, past, beaten = sentinel.vault, Past(), START
    for gap, verdicts, luck in history:
        vault.now += gap
        if luck == BEAT and not sentinel.lapsed:
            sentinel.beat("safe")
            beaten = vault.now
        elif luck == WAIT:
            vault.now = beaten + sentinel.silence + gap % 2
        before, changes = vault.state, len(sentinel.changes)
        past.seen.append((vault.now, verdicts))
        sentinel.judge(observation(vault, sentinel.limits, verdicts))
        wanted, cause = _expected(past, before, vault.now > beaten + sentinel.silence, epoch)
        assert vault.state is wanted
        assert len(sentinel.changes) == changes + (wanted is not before)
        if wanted is not before:
            change = sentinel.changes[-1]
            assert (change.before, change.state, change.cause) == (before, wanted, cause)
            assert change.since <= change.at == vault.now
            past.since = len(past.seen) - 1
        if luck == WIND_DOWN and vault.state is not State.WINDDOWN:
            sentinel.wind_down("governor")
            assert sentinel.changes[-1].cause == Cause.GOVERNED


def _expected(past: Past, before: State, lapsed: bool, epoch: int) -> tuple[State, int | None]:
    """State and cause after the last observation of a past, by the text of the rules."""
    if before is State.WINDDOWN:
        return before, None
    if lapsed:
        return State.WINDDOWN, Cause.LAPSED
    confirmed = past.confirmed(len(past.seen) - 1)
    if before is State.CALM and confirmed:
        return State.STRESS, min(confirmed, key=lambda signal: (confirmed[signal], signal))
    if before is State.STRESS and not confirmed and past.recovered(epoch):
        return State.CALM, Cause.RECOVERED
    return before, None


@given(history=moments(), state=st.integers(0, 5), caller=st.sampled_from(("governor", "safe", "guardian")))
def test_winddown__whatever_happens__is_not_left(history, state, caller):
    sentinel = watched()
    vault = sentinel.vault
    sentinel.wind_down("governor")
    memory = sentinel.memory
    for gap, verdicts, _ in history:
        vault.now += gap
        sentinel.judge(observation(vault, sentinel.limits, verdicts))
    actions = (
        lambda: vault.latch(state),
        lambda: vault.latch(state, caller),
        lambda: sentinel.wind_down(caller),
    )
    for action in actions:
        with pytest.raises(Refused):
            action()
    assert (vault.state, len(sentinel.changes), sentinel.memory) == (State.WINDDOWN, 1, memory)


@given(
    state=st.integers(0, 3), caller=st.sampled_from(("governor", "safe", "guardian", "stranger", "executor"))
)
def test_latch__anyone_but_the_sentinel__is_refused(state, caller):
    vault = watched().vault
    with pytest.raises(Refused, match="vault: 1"):
        vault.latch(state, caller)


# -- each edge, on purpose --------------------------------------------------------


def _bad(signal: int) -> tuple[str, ...]:
    return tuple(BAD if number == signal else GOOD for number in range(SIGNALS))


def _see(sentinel: Sentinel, after: int, verdicts: Sequence[str] = ALL_GOOD) -> State:
    vault = sentinel.vault
    vault.now += after
    sentinel.judge(observation(vault, sentinel.limits, verdicts))
    return vault.state


def _stress(signal: int) -> Sentinel:
    """STRESS, by two bad observations of one signal an hour apart."""
    sentinel = watched()
    for after in (1, HOUR):
        _see(sentinel, after, _bad(signal))
    return sentinel


def _recover(sentinel: Sentinel) -> None:
    for after in (HOUR, HOUR, DAY - HOUR):
        _see(sentinel, after)


def _lapse(sentinel: Sentinel) -> None:
    _see(sentinel, sentinel.beat_at + sentinel.silence + 1 - sentinel.vault.now)


ENDS: dict[str, tuple[Callable[[], Sentinel], Callable[[Sentinel], None], tuple[State, State, int]]] = {
    "recovery": (lambda: _stress(3), _recover, (State.STRESS, State.CALM, Cause.RECOVERED)),
    "lapse in calm": (watched, _lapse, (State.CALM, State.WINDDOWN, Cause.LAPSED)),
    "lapse in stress": (lambda: _stress(0), _lapse, (State.STRESS, State.WINDDOWN, Cause.LAPSED)),
    "decision in calm": (
        *(watched, lambda sentinel: sentinel.wind_down("governor")),
        (State.CALM, State.WINDDOWN, Cause.GOVERNED),
    ),
    "decision in stress": (
        *(lambda: _stress(0), lambda sentinel: sentinel.wind_down("governor")),
        (State.STRESS, State.WINDDOWN, Cause.GOVERNED),
    ),
}


@pytest.mark.parametrize("signal", range(SIGNALS))
def test_stress__two_bad_observations_an_hour_apart__is_entered_by_each_signal(signal):
    sentinel = watched()
    assert _see(sentinel, 1, _bad(signal)) is State.CALM
    assert _see(sentinel, HOUR - 1, _bad(signal)) is State.CALM
    assert _see(sentinel, 1, _bad(signal)) is State.STRESS
    change = sentinel.changes[-1]
    assert (change.cause, change.since, change.at) == (signal, START + 1, START + 1 + HOUR)


@pytest.mark.parametrize("edge", ENDS)
def test_edge__on_purpose__is_taken_and_recorded(edge):
    begin, act, wanted = ENDS[edge]
    sentinel = begin()
    act(sentinel)
    change = sentinel.changes[-1]
    assert (change.before, change.state, change.cause) == wanted
    assert sentinel.vault.state is wanted[1]


@pytest.mark.parametrize("gaps", [(HOUR, HOUR, DAY - HOUR - 1), (HOUR, HOUR - 1, DAY - HOUR + 1)])
def test_recovery__a_second_short__stays_in_stress(gaps):
    sentinel = _stress(0)
    for after in gaps:
        assert _see(sentinel, after) is State.STRESS
    assert _see(sentinel, HOUR) is State.CALM


@pytest.mark.parametrize(("second", "state"), [(0, State.CALM), (1, State.WINDDOWN)])
def test_heartbeat__at_the_last_second_and_one_later__lives_and_lapses(second, state):
    sentinel = watched()
    assert _see(sentinel, sentinel.silence + second) is state
    if state is State.CALM:
        sentinel.beat("safe")
        assert sentinel.vault.state is State.CALM
    else:
        with pytest.raises(Refused, match="lapsed"):
            sentinel.beat("safe")


@given(moments=st.lists(st.tuples(st.integers(1, HOUR - 1), st.booleans()), max_size=30))
def test_flash__bad_within_an_hour_only__never_latches(moments):
    sentinel = watched()
    for seconds, bad in moments:
        # Whoever borrows for one transaction is seen once; two good observations an hour apart follow.
        if bad:
            _see(sentinel, seconds, _bad(LIQUID))
            _see(sentinel, HOUR - 1, _bad(LIQUID))
        for after in (1, HOUR, HOUR):
            _see(sentinel, after)
        assert sentinel.vault.state is State.CALM
