"""The SDK's types as JSON values: amounts as strings of digits, which no reader makes floats of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from ganglion.agent import Denial, Executed, Intent, Simulation
from ganglion.journal import Change, Entry, Finding, Journal, Outcome, Report, change_name, kind_name
from ganglion.untrusted import clean

if TYPE_CHECKING:
    from ganglion.planning import Plan

# Integers under these names are numbers; every other one may exceed 53 bits and is a string of digits.
_NUMBERS = """
id number time block log_index first_block last_block chain_id gas kind sequence decimals entries moves status
state bad permissions epoch idle_floor liquid_part concentration relative most_relative max_rate tolerance
band read_gas write_gas owes_unwinds opens_at poked_at beat_at lapses_at due_at cut_until over_since window
closed_until expiry heartbeat seen deadline move strategy
"""
NUMBERS = frozenset(_NUMBERS.split())


def plain(value: Any, name: str = "") -> Any:
    """Return a value as JSON values; ``name`` is the field that holds it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, int):
        return int(value) if name in NUMBERS else str(int(value))
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(key): plain(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, name) for each in value]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name), each.name) for each in fields(value)}
    raise TypeError(f"{name}: {type(value).__name__} is no value of the SDK")


def error_of(error: Exception) -> dict[str, Any]:
    """Return a failure: its type and message, and what a refusal knows."""
    told: dict[str, Any] = {"type": type(error).__name__, "message": clean(str(error), 2_000)}
    if isinstance(error, Denial):
        known = {key: plain(each, key) for key, each in error.as_dict().items() if key != "denial"}
        told |= {key: clean(each) if isinstance(each, str) else each for key, each in known.items()}
    return told


def simulated(simulation: Simulation) -> dict[str, Any]:
    """Return a simulation; ``denial`` where it is refused."""
    denial = simulation.denial
    return {
        "passes": simulation.passes,
        "method": simulation.method,
        "gas": simulation.gas,
        "entry": plain(simulation.entry),
        "after": plain(simulation.after),
        "denial": None if denial is None else error_of(denial),
    }


def planned(plan: Plan) -> dict[str, Any]:
    """Return a plan; values by strategy as objects with ``id`` and ``assets``."""
    told = {"moves": plain(plan.moves), "allocated": str(plan.allocated), "loss": str(plan.loss)}
    for name in ("before", "after"):
        reach = getattr(plan, name)
        values = [{"id": identifier, "assets": str(assets)} for identifier, assets in reach.values]
        told[name] = {"idle": str(reach.idle), "values": values, "reached": reach.reached}
    return {**told, "reached": plan.reached, "limits": plain(plan.limits)}


def executed(done: Executed) -> dict[str, Any]:
    """Return what was executed."""
    return plain(done)


def intent_file(intent: Intent, chain_id: int, executor: str) -> dict[str, Any]:
    """Return an intent as it is kept in a file, bound to the Executor that it is for."""
    return {"chain_id": chain_id, "executor": executor, "intent": plain(intent)}


def journal_of(journal: Journal) -> dict[str, Any]:
    """Return what a journal is of, without its entries."""
    names = ("chain_id", "executor", "vault", "first_block", "last_block")
    told = {name: getattr(journal, name) for name in names}
    return told | {"head": plain(journal.end.head), "entries": len(journal.entries)}


def finding_of(finding: Finding) -> dict[str, Any]:
    """Return a finding."""
    told = {"sequence": finding.sequence, "problem": finding.problem}
    return told | {"detail": clean(finding.detail, 500)}


def entry_of(entry: Entry) -> dict[str, Any]:
    """Return an entry with its place."""
    told = {name: value for name, value in plain(entry).items() if name != "position"}
    place = plain(entry.position)
    return told | {"what": kind_name(entry.kind), "loss": str(entry.loss)} | place


def change_of(change: Change) -> dict[str, Any]:
    """Return a change of the Vault's state (``strategy`` 0) or of a strategy's health."""
    told = {"strategy": change.id, "value": str(change.value), "what": change_name(change)}
    return told | {"time": change.time} | plain(change.position)


def outcome_of(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome of one agent and mandate."""
    amounts = ("allocated", "deallocated", "turnover", "loss", "worth", "gain")
    return {
        "agent": outcome.agent,
        "mandate": plain(outcome.mandate),
        "kinds": dict(outcome.kinds),
        "moves": outcome.moves,
        **{name: plain(getattr(outcome, name)) for name in amounts},
        "units": [{"id": each, "units": str(units)} for each, units in outcome.units.items()],
        "unpriced": list(outcome.unpriced),
    }


def report_of(report: Report) -> dict[str, Any]:
    """Return a report; ``prices`` are fractions: so many asset wei for so many units."""
    prices = {str(each): plain(price) for each, price in report.prices.items()}
    return {
        "block": report.block,
        "time": report.time,
        "prices": prices,
        "outcomes": [outcome_of(each) for each in report.outcomes],
        "changes": [change_of(each) for each in report.changes],
    }
