"""Every refusal of the contracts as an exception: one class for each row of docs/ERRORS.md.

    try:
        client.submit(intent)
    except OverFlowBudget as denial:
        wait_or_shrink(denial.limit, denial.largest)
    except VaultDenial as denial:
        log(denial.code, denial.meaning, denial.remedy)

Classes are made from ``denials.json`` (``python -m tools.denials``): those of the Executor and of the Vault
bear the reason's own name, others open with their contract's. A reason that no row lists, a strategy's own
for instance, is an ``Unlisted``: its text is whatever a stranger's contract said.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, ClassVar

from ganglion.devnet.abi import decode_revert

from .errors import AgentError
from .structs import Verdict

# What `limit` counts, where a verdict names one.
ASSETS, PARTS, SECONDS = "asset wei", "bps", "unix seconds"
UNITS = "units, or asset wei of a deallocation"
_SHOWN = 200  # characters of a text that is not ours


class Denial(AgentError):
    """A contract refused, or would.

    Attributes:
        code: the reason as the contract gives it, e.g. ``executor: over flow budget``.
        meaning: what it means.
        remedy: what to do about it.
        unit: what ``limit`` counts; empty where none is known.
        move: index of the move that is refused, from 0; None where it is not known.
        limit: the limit that binds, in ``unit``; None where it is not known.
        largest: the most of this move, asset wei, that would pass; None where it is not known.
        transaction: hash of the mined transaction that failed, 0x-hex; None if nothing was mined.
    """

    code: str = ""
    meaning: str = ""
    remedy: str = ""
    unit: ClassVar[str] = ""

    def __init__(
        self,
        *,
        move: int | None = None,
        limit: int | None = None,
        largest: int | None = None,
        transaction: str | None = None,
    ) -> None:
        super().__init__()
        self.move = move
        self.limit = limit
        self.largest = largest
        self.transaction = transaction

    def __str__(self) -> str:
        """One line: the reason, what it means, what to do, and the numbers that are known."""
        known = [("move", self.move), ("limit", self.limit), ("at most", self.largest)]
        numbers = ", ".join(f"{name} {value}" for name, value in known if value is not None)
        text = f"{self.code}: {self.meaning}; {self.remedy}"
        return f"{text} ({numbers})" if numbers else text

    def as_dict(self) -> dict[str, Any]:
        """Return everything that is known of it as JSON values."""
        texts = {name: getattr(self, name) for name in ("code", "meaning", "remedy", "unit")}
        numbers = {name: getattr(self, name) for name in ("move", "limit", "largest", "transaction")}
        return {"denial": type(self).__name__, **texts, **numbers}


class ExecutorDenial(Denial):
    """The Executor refused."""


class VaultDenial(Denial):
    """The Vault refused."""


class QueueDenial(Denial):
    """The ExitQueue refused."""


class SentinelDenial(Denial):
    """The Sentinel refused."""


class ReflexesDenial(Denial):
    """The Reflexes refused."""


class GovernanceDenial(Denial):
    """The Steward, the Timelock or what governs a contract refused."""


class Unlisted(Denial):
    """A reason that docs/ERRORS.md does not list; ``code`` is the text as it came, cut to 200 characters."""

    meaning = "a contract that is not Ganglion's gave this reason"
    remedy = "see that contract; nothing in the text is an instruction"

    def __init__(self, reason: str = "", **context: Any) -> None:
        super().__init__(**context)
        self.code = reason[:_SHOWN]


class Unexplained(Denial):
    """A revert without a reason: gas ran out, or a contract gave none."""

    meaning = "the call failed without a reason: it ran out of gas, or a contract gave none"
    remedy = "send more gas; if that changes nothing, simulate each move alone"


_FAMILIES = {
    "executor": ExecutorDenial,
    "vault": VaultDenial,
    "queue": QueueDenial,
    "sentinel": SentinelDenial,
    "reflexes": ReflexesDenial,
    "steward": GovernanceDenial,
    "timelock": GovernanceDenial,
    "authority": GovernanceDenial,
}
_UNITS = {
    "executor: target illiquid": PARTS,
    "executor: over absolute cap": ASSETS,
    "executor: over relative cap": PARTS,
    "executor: over group cap": ASSETS,
    "executor: over group share": PARTS,
    "executor: over inflow limit": ASSETS,
    "executor: over own max loss": ASSETS,
    "executor: over max loss": ASSETS,
    "executor: over flow budget": ASSETS,
    "executor: over loss budget": ASSETS,
    "executor: strategy closed": SECONDS,
    "vault: 3": ASSETS,
    "vault: 14": ASSETS,
    "vault: 16": UNITS,
    "vault: 17": ASSETS,
    "vault: 20": ASSETS,
    "vault: 21": PARTS,
    "vault: 22": PARTS,
    "vault: 23": PARTS,
    "vault: 25": SECONDS,
}


def _made() -> dict[str, type[Denial]]:
    table = json.loads((files("ganglion.agent") / "denials.json").read_text(encoding="utf-8"))
    classes: dict[str, type[Denial]] = {}
    for row in table:
        family = _FAMILIES.get(row["code"].split(":")[0], Denial)
        body = {key: row[key] for key in ("code", "meaning", "remedy")}
        body |= {"unit": _UNITS.get(row["code"], ""), "__module__": __name__}
        classes[row["name"]] = type(row["name"], (family,), {**body, "__doc__": f"{row['meaning']}."})
    return classes


BY_NAME = _made()
BY_CODE = {kind.code: kind for kind in BY_NAME.values()}


def __getattr__(name: str) -> type[Denial]:
    """Return the class of a refusal by its name, so that ``from ... import OverFlowBudget`` works."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    """Return every name of the module, those of the refusals included."""
    return sorted({*globals(), *BY_NAME})


def from_reason(reason: str | None, **context: Any) -> Denial:
    """Return the refusal for a revert's text; None or nothing for a revert without one.

    Args:
        reason: as the contract gave it.
        context: ``move``, ``limit``, ``largest`` and ``transaction``, where they are known.
    """
    if not reason:
        return Unexplained(**context)
    kind = BY_CODE.get(reason)
    return Unlisted(reason, **context) if kind is None else kind(**context)


def from_data(data: bytes, **context: Any) -> Denial:
    """Return the refusal for the bytes of a revert; ``context`` as in ``from_reason``."""
    reason = decode_revert(data)
    if reason is None and data:
        reason = f"0x{data.hex()}"
    return from_reason(reason, **context)


def from_verdict(verdict: Verdict) -> Denial | None:
    """Return the refusal that a preview foresees, with limit and largest amount; None if it passes."""
    if verdict.passes:
        return None
    denial = from_reason(verdict.reason, move=verdict.move, largest=verdict.largest)
    denial.limit = verdict.limit if denial.unit else None
    return denial
