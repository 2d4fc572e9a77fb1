"""What came of a bot's block: deeds, each with its reason, in words that are safe to log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from ganglion.agent.denials import Denial
from ganglion.agent.errors import AgentError

_SHOWN = 400  # characters of a reason


class Outcome(StrEnum):
    """How a deed ended."""

    DONE = "done"
    REFUSED = "refused"  # a contract says no, or would
    WAITING = "waiting"  # on its way, or left for a later block
    FAILED = "failed"  # the node, the connection or the configuration


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a bot did, or could not do.

    Attributes:
        what: short and the same every time, e.g. ``unwind 3``.
        outcome: how it ended.
        detail: why, or what came of it; for people.
        gas: what its transaction used.
    """

    what: str
    outcome: Outcome
    detail: str = ""
    gas: int = 0

    def __str__(self) -> str:
        """One line."""
        return f"{self.what}: {self.outcome}" + (f": {self.detail}" if self.detail else "")


@dataclass(slots=True)
class Report:
    """One block of a bot.

    Attributes:
        number: block that the bot looked at; -1 if it saw none.
        deeds: what it did, in order.
        idle: why there was nothing to do, where there was nothing.
    """

    number: int = -1
    deeds: list[Deed] = field(default_factory=list)
    idle: str = ""

    def counts(self) -> dict[str, int]:
        """How many deeds ended how."""
        return dict(Counter(str(deed.outcome) for deed in self.deeds))

    def did(self, verb: str) -> list[Deed]:
        """The deeds that were done and whose name begins with a verb."""
        return [each for each in self.deeds if each.outcome is Outcome.DONE and each.what.split()[0] == verb]


def failed(what: str, error: AgentError) -> Deed:
    """Return what an error made of an attempt: refused by a contract, or failed otherwise."""
    return Deed(what, Outcome.REFUSED if isinstance(error, Denial) else Outcome.FAILED, told(error))


def told(error: BaseException) -> str:
    """Return an error as one printable line: what contracts and nodes say is a stranger's text."""
    text = str(error) or type(error).__name__
    return "".join(each if each.isprintable() else "?" for each in text)[:_SHOWN]
