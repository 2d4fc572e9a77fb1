"""The settler: settles epochs that are due and turns what waits into cash. It claims nothing for anybody."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from ganglion.agent.abi import EXIT_QUEUE, VAULT
from ganglion.agent.errors import AgentError
from ganglion.agent.snapshot import Snapshot

from .deeds import Deed, Outcome, Report, failed
from .keeper import Call, Keeper
from .settings import SettlerSettings

EVERYTHING = 2**112 - 1  # units of an unwind
CLOCK, RUNOFF = 9, 11  # keys of Vault.word
WAITS = EVERYTHING | EVERYTHING << 144  # units, and cash that is not credited, in a word of RUNOFF
_PROBES = 8  # of what waits, an epoch


@dataclass(frozen=True, slots=True)
class Unwind:
    """An unwind that could be made: its strategy, and asset wei that it would credit now."""

    id: int
    credit: int


class Settler:
    """A settler of one treasury.

    Args:
        keeper: the account that works.
        settings: what is worth its gas.
    """

    def __init__(self, keeper: Keeper, settings: SettlerSettings) -> None:
        self._keeper, self._settings = keeper, settings
        self._tried: dict[int, int] = {}  # by strategy, when its waiting units were last tried; unix seconds

    def step(self) -> Report:
        """Do what is due in the latest block: the epoch, then what waits, the most cash first.

        Raises:
            AgentError: the treasury cannot be read.
        """
        snapshot, deeds = self._keeper.begin()
        report = Report(snapshot.number, deeds)
        if snapshot.exits.requested and snapshot.time >= snapshot.exits.due_at:
            call = Call("settle", snapshot.queue, EXIT_QUEUE.encode("settle"))
            report.deeds.append(self._keeper.attempt(call))
        found = self._unwinds(snapshot, report)
        for each in sorted(found, key=attrgetter("credit"), reverse=True):
            report.deeds.append(self._unwind(snapshot, each))
        report.idle = "no epoch is due, and nothing that waits can be paid now"
        return report

    def waiting(self, snapshot: Snapshot) -> list[int]:
        """Strategies, retired ones too, in which something of holders who have left waits.

        Units that wait for cash, and cash that came when an agent moved capital and is not credited yet.
        """
        listed = self._word(snapshot, CLOCK, 0) >> 216 & 255
        return [each for each in range(1, listed + 1) if self._word(snapshot, RUNOFF, each) & WAITS]

    def _word(self, snapshot: Snapshot, key: int, identifier: int) -> int:
        return self._keeper.view(snapshot.vault, VAULT, "word", key, identifier)

    def _unwinds(self, snapshot: Snapshot, report: Report) -> list[Unwind]:
        """What is worth a transaction: what pays, and once in a while what does not."""
        ids = self.waiting(snapshot)
        self._tried = {each: time for each, time in self._tried.items() if each in ids}
        every = self._settings.probe_every or max(1, snapshot.epoch // _PROBES)
        least = snapshot.unit if self._settings.least_credit is None else self._settings.least_credit
        found = []
        for each in ids:
            try:
                answer = self._keeper.foresee(self._call(snapshot, each))
            except AgentError as error:
                report.deeds.append(failed(f"unwind {each}", error))
                continue
            credit = EXIT_QUEUE.decode("unwind", answer)
            late = snapshot.time - self._tried.get(each, 0) >= every
            if credit >= max(1, least) or late:
                found.append(Unwind(each, credit))
        return found

    def _unwind(self, snapshot: Snapshot, each: Unwind) -> Deed:
        deed = self._keeper.attempt(self._call(snapshot, each.id))
        if deed.outcome is Outcome.DONE:
            self._tried[each.id] = snapshot.time
            return Deed(deed.what, deed.outcome, f"{each.credit} asset wei foreseen; {deed.detail}", deed.gas)
        return deed

    @staticmethod
    def _call(snapshot: Snapshot, identifier: int) -> Call:
        data = EXIT_QUEUE.encode("unwind", identifier, EVERYTHING)
        return Call(f"unwind {identifier}", snapshot.queue, data)
