"""What a refusal, a preview, a simulation or an outcome says, for people and for programs.

told = explain(simulation, snapshot)
print(told.text)
json.dumps(told.data)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .denials import Denial, from_verdict
from .outcome import Executed
from .reading import Simulation
from .snapshot import Snapshot
from .structs import Done, Journaled, Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text of a few lines, and the same as JSON values."""

    text: str
    data: dict[str, Any]

    def __str__(self) -> str:
        """Return the text."""
        return self.text


def explain(
    subject: Denial | Verdict | Simulation | Executed, snapshot: Snapshot | None = None
) -> Explanation:
    """Say what happened or would happen.

    Args:
        subject: what to explain.
        snapshot: makes amounts readable in whole tokens; asset wei without it.
    """
    decimals = None if snapshot is None else snapshot.decimals
    if isinstance(subject, Denial):
        return _denied(subject, decimals)
    if isinstance(subject, Verdict):
        denial = from_verdict(subject)
        return _passing() if denial is None else _denied(denial, decimals)
    if isinstance(subject, Executed):
        return _executed(subject, decimals)
    return _simulated(subject, decimals)


def amount(assets: int, decimals: int | None) -> str:
    """Return an amount in whole tokens, exactly; in asset wei where the decimals are not known."""
    if decimals is None:
        return f"{assets:,} wei"
    whole, rest = divmod(abs(assets), 10**decimals)
    sign = "-" if assets < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{decimals}d}".rstrip("0") if rest else "")


def _passing() -> Explanation:
    return Explanation("it would pass", {"passes": True})


def _denied(denial: Denial, decimals: int | None) -> Explanation:
    lines = [f"refused: {denial.code}", f"meaning: {denial.meaning}", f"remedy: {denial.remedy}"]
    if denial.move is not None:
        lines.append(f"move: number {denial.move + 1} of the intent")
    if denial.limit is not None:
        told = (
            amount(denial.limit, decimals)
            if denial.unit == "asset wei"
            else f"{denial.limit:,} {denial.unit}"
        )
        lines.append(f"limit: {told.strip()}")
    if denial.largest is not None:
        lines.append(f"most of this move that would pass: {amount(denial.largest, decimals)}")
    if denial.transaction is not None:
        lines.append(f"transaction: {denial.transaction}, which cost its gas")
    return Explanation("\n".join(lines), {"passes": False, **denial.as_dict()})


def _moves(entry: Journaled, decimals: int | None) -> list[str]:
    lines = [_move(done, decimals) for done in entry.moves]
    return [*lines, f"lost in all: {amount(entry.loss, decimals)}"]


def _move(done: Done, decimals: int | None) -> str:
    verb, to = ("allocates", "to") if done.assets > 0 else ("deallocates", "from")
    lost = f", losing {amount(done.loss, decimals)}" if done.loss else ""
    return f"{verb} {amount(abs(done.assets), decimals)} {to} strategy {done.id}{lost}"


def _simulated(simulation: Simulation, decimals: int | None) -> Explanation:
    data: dict[str, Any] = {"method": simulation.method, "gas": simulation.gas}
    if simulation.denial is not None:
        told = _denied(simulation.denial, decimals)
        return Explanation(told.text, told.data | data)
    lines = ["it would pass" + ("" if simulation.gas is None else f", for {simulation.gas:,} gas")]
    if simulation.entry is not None:
        lines += _moves(simulation.entry, decimals)
        data["entry"] = simulation.entry.as_dict()
    return Explanation("\n".join(lines), {"passes": True, **data})


def _executed(done: Executed, decimals: int | None) -> Explanation:
    data: dict[str, Any] = {
        "passes": True,
        "transaction": done.transaction,
        "block": done.block,
        "gas": done.gas,
    }
    lines = [f"executed in block {done.block} for {done.gas:,} gas: {done.transaction}"]
    if done.entry is not None:
        lines += [f"journal entry {done.entry.sequence}", *_moves(done.entry, decimals)]
        data["entry"] = done.entry.as_dict()
    return Explanation("\n".join(lines), data)
