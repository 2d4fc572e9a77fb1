"""A bot's turn in every block: one at a time, every failure with its reason, never an exception."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from ganglion.agent.errors import AgentError

from .deeds import Deed, Outcome, Report, told


class Log(Protocol):
    """Where reasons go: a ``logging.Logger``, or Ape's."""

    def debug(self, msg: str) -> None:
        """What is of no interest in itself."""

    def info(self, msg: str) -> None:
        """What was done."""

    def warning(self, msg: str) -> None:
        """What could not be done."""

    def error(self, msg: str) -> None:
        """What must not happen."""


class Duty:
    """Runs a bot's step; may be called from any thread and by late or repeated blocks.

    Args:
        name: of the bot, for the log.
        step: what it does in one block.
        log: told every deed, and a reason that stays the same only once.
    """

    def __init__(self, name: str, step: Callable[[], Report], log: Log) -> None:
        self._name, self._step, self._log = name, step, log
        self._turn = threading.Lock()
        self._seen = -1
        self._reasons: dict[str, str] = {}
        self.unexpected = 0  # exceptions that no step may raise

    def run(self, number: int) -> dict[str, int]:
        """Take the turn of one block; returns how many deeds ended how, for metrics.

        A block is skipped while an older one is being handled, or when a newer one has been looked at.
        """
        if number <= self._seen or not self._turn.acquire(blocking=False):
            self._log.debug(f"{self._name}: block {number} is left to a later one")
            return {}
        try:
            report = self._guarded()
            self._seen = max(self._seen, report.number)
        finally:
            self._turn.release()
        self._tell(number, report)
        return report.counts()

    def _guarded(self) -> Report:
        try:
            return self._step()
        except AgentError as error:
            return Report(deeds=[Deed("look", Outcome.FAILED, f"{told(error)}; the next block tries again")])
        except Exception as error:
            # The last resort of a process that must outlive any answer: counted, and logged as a bug.
            self.unexpected += 1
            detail = f"{type(error).__name__}: {told(error)}; this is a bug, the next block tries again"
            return Report(deeds=[Deed("step", Outcome.FAILED, detail)])

    def _tell(self, number: int, report: Report) -> None:
        reasons = {each.what: f"{each.outcome} {each.detail}" for each in report.deeds}
        for each in report.deeds:
            line = f"{self._name}: block {number}: {each}"
            if each.outcome is Outcome.DONE:
                self._log.info(line)
            elif self._reasons.get(each.what) == reasons[each.what]:
                self._log.debug(line)
            elif each.what == "step":
                self._log.error(line)
            else:
                self._log.warning(line)
        if not report.deeds and report.idle:
            if self._reasons.get("") != report.idle:
                self._log.info(f"{self._name}: block {number}: nothing to do: {report.idle}")
            reasons[""] = report.idle
        self._reasons = reasons
