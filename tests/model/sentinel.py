"""The Sentinel: what is bad and what is good, and when that moves the Vault to another state."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from tests.model.arithmetic import BPS, DAY, HOUR, Refused, up
from tests.model.upkeep import Observation
from tests.model.vault import State, Vault

SIGNALS = 5
LIQUID = 1  # the signal that is bad when it is low
SPACING = HOUR  # between two observations of which the second confirms, clears or counts
GOODS = 3  # spaced good observations that end STRESS
LEAST_SILENCE, MOST_SILENCE = 7 * DAY, 365 * DAY
LEFT = DAY  # that a shorter silence must leave
LEAST = (50, 10, 100, 200, 10_000, 1_000, 50, 1, 50, 1)  # of the limits, in order
MOST = (2_000, 1_000, 5_000, 9_000, 60_000, 30_000, 3_000, 1_000, 3_000, 1_000)


class Cause(IntEnum):
    """Why the state changed; below LAPSED the signals themselves."""

    FALL = 0
    LIQUID = 1
    AGE = 2
    DARK = 3
    SHORT = 4
    LAPSED = 5
    RECOVERED = 6
    GOVERNED = 7


class Thresholds(NamedTuple):
    """From where on each signal is bad, and good, in the order of the signals; bps, the age of an epoch."""

    fall: tuple[int, int] = (300, 50)
    liquid: tuple[int, int] = (800, 2_000)
    age: tuple[int, int] = (20_000, 10_000)
    dark: tuple[int, int] = (500, 100)
    short: tuple[int, int] = (500, 100)

    @property
    def words(self) -> tuple[int, ...]:
        """All of them in order."""
        return tuple(word for pair in self for word in pair)

    def refusal(self) -> str:
        """Why no Sentinel takes them; empty if one does."""
        if any(not low <= word <= high for word, low, high in zip(self.words, LEAST, MOST, strict=True)):
            return "limit out of range"
        apart = [bad > good for bad, good in self]
        apart[LIQUID] = self.liquid[0] < self.liquid[1]
        return "" if all(apart) else "good not beyond bad"

    def looser_than(self, other: Thresholds) -> bool:
        """Whether any of them asks for less."""
        for number, (mine, others) in enumerate(zip(self, other, strict=True)):
            for new, old in zip(mine, others, strict=True):
                if (new < old) if number == LIQUID else (new > old):
                    return True
        return False

    def judge(self, levels: tuple[int, ...]) -> list[bool | None]:
        """Of each signal whether it is bad (True) or good (False), or neither."""
        judged = []
        for number, (level, (bad, good)) in enumerate(zip(levels, self, strict=True)):
            worse, better = (level > bad, level < good) if number != LIQUID else (level < bad, level > good)
            judged.append(True if worse else False if better else None)
        return judged


class Memory(NamedTuple):
    """What is remembered of a signal, unix seconds; 0 for never."""

    bad_at: int = 0
    good_at: int = 0


class Recovery(NamedTuple):
    """Spaced good observations in STRESS, and the times of the first and the last."""

    good: int = 0
    first_at: int = 0
    last_at: int = 0


class Change(NamedTuple):
    """One change of state."""

    before: int
    state: int
    cause: int
    since: int
    at: int


def insist(condition: bool, reason: str) -> None:
    """Refuse with the Sentinel's reason unless ``condition``."""
    if not condition:
        raise Refused(f"sentinel: {reason}")


@dataclass(eq=False)
class Sentinel:
    """The Sentinel of one Vault; whatever it remembers is replaced, never changed."""

    vault: Vault
    beat_at: int
    limits: Thresholds = field(default_factory=Thresholds)
    silence: int = 60 * DAY
    memory: tuple[Memory, ...] = (Memory(),) * SIGNALS
    recovery: Recovery = field(default_factory=Recovery)
    changes: tuple[Change, ...] = ()

    def parts(self) -> list[object]:
        """What a call may change here, for ``Undo``."""
        return [self]

    @property
    def lapsed(self) -> bool:
        """Whether governance has been silent for too long."""
        return self.vault.now > self.beat_at + self.silence

    # -- anyone ----------------------------------------------------------------

    def poke(self, direct: bool = True) -> State:
        """Have the Vault poked and judge what it saw; returns the state afterwards."""
        insist(direct, "not an account")
        self.judge(self.vault.poke())
        return self.vault.state

    def judge(self, seen: Observation) -> None:
        """What an observation means for the state."""
        if self.vault.state is State.WINDDOWN:
            return
        if self.lapsed:
            self._change(State.WINDDOWN, Cause.LAPSED, self.beat_at + self.silence)
            return
        age = up(seen.age * BPS, self.vault.epoch)
        levels = (seen.fall, seen.liquid, age, seen.dark, seen.short)
        judged = self.limits.judge(levels)
        confirmed = [n for n in range(SIGNALS) if self._remember(n, judged[n], levels[n])]
        if confirmed:
            self.recovery = Recovery()
            if self.vault.state is State.CALM:
                cause = min(confirmed, key=lambda number: (self.memory[number].bad_at, number))
                self._change(State.STRESS, cause, self.memory[cause].bad_at)
        elif self.vault.state is State.STRESS and not any(verdict is not False for verdict in judged):
            self._recover()

    def _remember(self, number: int, bad: bool | None, level: int) -> bool:
        """Note what one signal showed; returns whether that confirms it."""
        memory, now, confirmed = self.memory[number], self.vault.now, False
        if bad:
            confirmed = memory.bad_at > 0 and now - memory.bad_at >= SPACING
            if memory.bad_at == 0:
                self.vault.tell("SignalBad", number, level)
            new = Memory(memory.bad_at or now)
        elif bad is None or memory.bad_at == 0:
            return False
        elif memory.good_at == 0:
            new = memory._replace(good_at=now)
        elif now - memory.good_at >= SPACING:
            self.vault.tell("SignalCleared", number, memory.bad_at)
            new = Memory()
        else:
            return False
        self.memory = (*self.memory[:number], new, *self.memory[number + 1 :])
        return confirmed

    def _recover(self) -> None:
        """Count a good observation in STRESS."""
        past, now = self.recovery, self.vault.now
        if past.good and now - past.last_at < SPACING:
            return
        first = past.first_at if past.good else now
        self.recovery = Recovery(min(GOODS, past.good + 1), first, now)
        cleared = not any(memory.bad_at for memory in self.memory)
        if self.recovery.good == GOODS and now - first >= self.vault.epoch and cleared:
            self._change(State.CALM, Cause.RECOVERED, first)
            self.recovery = Recovery()

    def _change(self, state: State, cause: int, since: int) -> None:
        change = Change(self.vault.state, state, cause, since, self.vault.now)
        self.vault.latch(state)
        self.changes = (*self.changes, change)
        self.vault.tell("StateChanged", len(self.changes), *change)

    # -- governance ------------------------------------------------------------

    def beat(self, caller: str) -> None:
        """Show that governance is alive, as the Safe or the governor."""
        insist(caller in ("safe", "governor"), "not the Safe")
        insist(not self.lapsed, "lapsed")
        self.beat_at = self.vault.now
        self.vault.tell("Beat", caller)

    def wind_down(self, caller: str) -> None:
        """End the treasury, as the governor."""
        _only(caller, ("governor",), "not the governor")
        self._change(State.WINDDOWN, Cause.GOVERNED, self.vault.now)

    def set_limits(self, caller: str, limits: Thresholds) -> None:
        """Change what is bad and good: a guardian only what becomes tighter."""
        _only(caller, ("guardian", "governor"), "not a guardian")
        insist(not limits.refusal(), limits.refusal())
        if limits.looser_than(self.limits):
            _only(caller, ("governor",), "not the governor")
        self.limits = limits

    def set_silence(self, caller: str, silence: int) -> None:
        """Change how long governance may be silent, as the governor."""
        _only(caller, ("governor",), "not the governor")
        insist(not self.lapsed, "lapsed")
        insist(self.vault.now + LEFT <= self.beat_at + silence, "would lapse")
        insist(LEAST_SILENCE <= silence <= MOST_SILENCE, "silence out of range")
        self.silence = silence


def _only(caller: str, allowed: tuple[str, ...], refusal: str) -> None:
    if caller not in allowed:
        raise Refused(f"authority: {refusal}")
