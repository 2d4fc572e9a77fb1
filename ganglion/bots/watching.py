"""The sentinel: pokes when that is due, fires standing orders, trims what stands over its caps, and notes the
Vault's changes in the journal. Every call is one that anyone may make.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from ganglion.agent.abi import EXECUTOR, REFLEXES, SENTINEL, VAULT
from ganglion.agent.denials import Denial
from ganglion.agent.errors import AgentError
from ganglion.agent.snapshot import Snapshot, State, Status, Strategy
from ganglion.agent.structs import BPS

from .deeds import Deed, Outcome, Report, failed
from .keeper import Call, Keeper
from .settings import SentinelSettings

SPACING = 3_600  # seconds between observations that count
LEAST_GAP = 300  # seconds between pokes that no change of state asks for
DAY = 86_400  # how long a position over its cap is remembered
POKES = 4  # an epoch, in calm times
WARNING = 604_800  # seconds before the Safe's heartbeat lapses
MAX_ORDERS = 64
LIQUID = 1  # the signal that is bad when it is low
SIGNALS = ("fall", "liquid", "age", "dark", "short")
# What contracts say to whoever comes when nothing is to be done.
QUIET = frozenset(
    {
        "executor: nothing to note",
        "executor: seen too lately",
        "executor: within caps",
        "reflexes: condition not met",
        "reflexes: cooling down",
        "reflexes: seen too lately",
    }
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a poke would see and do.

    Attributes:
        levels: of the five signals; bps, the age in bps of an epoch.
        limits: from where on each is bad.
        state: of the Vault afterwards.
    """

    levels: tuple[int, ...]
    limits: tuple[int, ...]
    state: int

    def bad(self) -> list[int]:
        """Signals that are bad."""
        pairs = enumerate(zip(self.levels, self.limits, strict=True))
        return [i for i, (level, bad) in pairs if (level < bad if i == LIQUID else level > bad)]


def poke_reason(snapshot: Snapshot, outlook: Outlook, last: int, every: int) -> str:
    """Return why a poke is due; empty if it is not.

    Args:
        snapshot: the treasury.
        outlook: what a poke would see.
        last: when this bot poked last, unix seconds; 0 for never.
        every: seconds between pokes in calm times.
    """
    stress, totals, now = snapshot.stress, snapshot.totals, snapshot.time
    if outlook.state != stress.state:
        return f"it takes the Vault from {State(stress.state).name} to {State(outlook.state).name}"
    if now - last < LEAST_GAP:
        return ""
    if totals.stale:
        return "the books are too old to allocate by"
    if now - totals.poked_at >= every:
        return f"the last one is {now - totals.poked_at} s ago"
    if stress.state == State.WINDDOWN:
        return ""
    fresh = [SIGNALS[each] for each in outlook.bad() if not stress.bad >> each & 1]
    if fresh:
        return f"bad and not remembered: {', '.join(fresh)}"
    silent = [each.id for each in snapshot.strategies if not each.answers and each.status == Status.OK]
    if silent:
        return f"strategies do not answer: {silent}"
    unsettled = stress.bad or stress.state == State.STRESS
    if now - last >= SPACING and (unsettled or any(each.status != Status.OK for each in snapshot.strategies)):
        return "an observation an hour after the last one"
    return ""


class Watcher:
    """A sentinel of one treasury.

    Args:
        keeper: the account that works; it must have no code, for only such may poke and fire.
        reflexes: the standing orders; None where there are none.
        settings: how often, and what is worth its gas.
    """

    def __init__(self, keeper: Keeper, reflexes: ChecksumAddress | None, settings: SentinelSettings) -> None:
        self._keeper, self._settings = keeper, settings
        self._reflexes = reflexes
        self._poked_at = 0
        self._orders: list[int] = []
        self._orders_at = -1  # block in which they were read

    def step(self) -> Report:
        """Do what is due in the latest block: poke, fire, trim, note.

        Raises:
            AgentError: the treasury cannot be read.
        """
        snapshot, deeds = self._keeper.begin()
        report = Report(snapshot.number, deeds)
        self._poke(snapshot, report)
        for each in self._known_orders(snapshot, report):
            self._try(self._to_reflexes(f"fire {each}", "fire", each), report)
        for each in snapshot.strategies:
            if each.units:
                self._trim(snapshot, each, report)
        self._try(Call("note", snapshot.executor, EXECUTOR.encode("note")), report)
        self._warn(snapshot, report)
        report.idle = "books are fresh, no order's condition holds, nothing stands over a cap"
        return report

    # -- pokes ----------------------------------------------------------------

    def outlook(self, snapshot: Snapshot) -> Outlook:
        """Return what a poke would see and do; raises Denial, NodeError, ConnectionLost."""
        look = Call("look", snapshot.vault, VAULT.encode("poke"))
        _, age, fall, liquid, dark, short, *_ = VAULT.decode("poke", self._keeper.foresee(look))
        limits = self._keeper.view(snapshot.sentinel, SENTINEL, "limits")
        state = SENTINEL.decode("poke", self._keeper.foresee(self._poking(snapshot)))
        levels = (fall, liquid, age * BPS // snapshot.epoch, dark, short)
        return Outlook(levels, tuple(bad for bad, _ in limits), state)

    @staticmethod
    def _poking(snapshot: Snapshot) -> Call:
        return Call("poke", snapshot.sentinel, SENTINEL.encode("poke"))

    def _poke(self, snapshot: Snapshot, report: Report) -> None:
        every = self._settings.poke_every or max(1, snapshot.epoch // POKES)
        try:
            reason = poke_reason(snapshot, self.outlook(snapshot), self._poked_at, every)
        except AgentError as error:
            report.deeds.append(failed("poke", error))
            return
        if not reason:
            return
        deed = self._keeper.attempt(self._poking(snapshot))
        if deed.outcome is Outcome.DONE:
            self._poked_at = snapshot.time
            deed = Deed(deed.what, deed.outcome, f"{reason}; {deed.detail}", deed.gas)
        report.deeds.append(deed)

    @staticmethod
    def _warn(snapshot: Snapshot, report: Report) -> None:
        left = snapshot.stress.lapses_at - snapshot.time
        if left < WARNING and snapshot.stress.state != State.WINDDOWN:
            days = max(0, left) // DAY
            detail = f"the Safe's heartbeat lapses within {days + 1} days; have the Safe call `beat`"
            report.deeds.append(Deed("heartbeat", Outcome.WAITING, detail))

    # -- standing orders, trims, notes -------------------------------------------

    def _known_orders(self, snapshot: Snapshot, report: Report) -> list[int]:
        """Ids of the standing orders; only the Timelock changes them, so they are read once in a while."""
        if self._reflexes is None:
            return []
        if self._orders_at < 0 or snapshot.number - self._orders_at >= self._settings.orders_every:
            try:
                self._orders = [each for each in range(1, MAX_ORDERS + 1) if self._is_order(each)]
                self._orders_at = snapshot.number
            except AgentError as error:
                report.deeds.append(failed("orders", error))
        return self._orders

    def _is_order(self, identifier: int) -> bool:
        assert self._reflexes is not None, "asked only where there are orders"
        _, _, _, _, target, *_ = self._keeper.view(self._reflexes, REFLEXES, "order", identifier)
        return target != 0

    def _to_reflexes(self, what: str, function: str, *arguments: int) -> Call:
        assert self._reflexes is not None, "asked only where there are orders"
        return Call(what, self._reflexes, REFLEXES.encode(function, *arguments))

    def _foreseen(self, call: Call, report: Report) -> bytes | None:
        """What a call would answer; None if it would be refused, which is reported unless it is everyday."""
        try:
            return self._keeper.foresee(call)
        except AgentError as error:
            if not isinstance(error, Denial) or error.code not in QUIET:
                report.deeds.append(failed(call.what, error))
            return None

    def _try(self, call: Call, report: Report) -> None:
        if self._foreseen(call, report) is not None:
            report.deeds.append(self._keeper.attempt(call))

    def _trim(self, snapshot: Snapshot, each: Strategy, report: Report) -> None:
        call = Call(f"trim {each.id}", snapshot.executor, EXECUTOR.encode("trim", each.id))
        answer = self._foreseen(call, report)
        if answer is None:
            return
        brought = EXECUTOR.decode("trim", answer)
        # Without assets the call notes the position, or forgets it within a day: only the note is worth gas.
        forgets = each.over_since and snapshot.time - each.over_since <= DAY
        if brought >= max(1, self._settings.least_trim) or (not brought and not forgets):
            report.deeds.append(self._keeper.attempt(call))
