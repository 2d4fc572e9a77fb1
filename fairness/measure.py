"""Everything that is measured, in one document: what reports/fairness.json holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fairness.controls import NavBatch
from fairness.externality import Regime, externality
from fairness.market import Ground
from fairness.orders import (
    ORDER_BOUND,
    dry_then_loss,
    in_accounts,
    in_orders,
    permuted,
    scarce_then_loss,
    split,
)
from fairness.ours import OURS, Queue
from fairness.runs import ROWS, SYSTEMS, Outcome, forty, on_paper, run_once
from fairness.settling import COUNTS, DUST, settled, settled_dust
from fairness.systems import System

Document = dict[str, Any]
Progress = Callable[[str], None]

CONDITIONS = (
    "anvil; an asset of 6 decimals; one honest ERC-4626 strategy each, with scripted liquidity and losses; "
    " an epoch of a day; no petty cash; seeded, so that a run repeats to the wei"
)
PAPER_SCALE = 10  # the run on paper gives each holder ten


@dataclass(frozen=True)
class Effort:
    """How much is tried.

    Attributes:
        orders: of the same requests, for each of two scripts.
        paths: counterfactuals where liquidity is counted in assets.
        exact_paths: counterfactuals under P1 and P2, each.
        counts: requests in an epoch that is settled.
        dust: requests of the least size in one epoch.
        parts: in how many a holder leaves that splits.
    """

    orders: int = 25
    paths: int = 60
    exact_paths: int = 12
    counts: tuple[int, ...] = COUNTS
    dust: int = DUST
    parts: int = 7


def measured(
    ground: Ground, effort: Effort, progress: Progress, kinds: Sequence[type[System]] = SYSTEMS
) -> Document:
    """Measure systems, the treasury's queue among them; ``progress`` hears what is being done."""
    return {
        "conditions": CONDITIONS,
        "effort": asdict(effort),
        "paper": paper(ground, progress),
        "systems": {kind.key: _system(kind, ground, effort, progress) for kind in kinds},
        "splitting": _splitting(ground, effort, progress),
        "dust": _dust(ground, effort, progress),
    }


def paper(ground: Ground, progress: Progress) -> list[Document]:
    """The run on paper, row by row: what the peer pays, what its control pays here, what we pay."""
    rows = []
    for row in ROWS:
        progress(f"on paper: {row.peer}")
        script = on_paper(row.timing)
        outcomes = {kind.key: run_once(kind, ground, script) for kind in (row.kind, *OURS)}
        rows.append(
            {
                "peer": row.peer,
                "control": row.kind.key,
                "loss": row.timing.name.lower(),
                "fair": PAPER_SCALE * script.fair,
                "published": {"first": row.first, "last": row.last},
                "measured": {key: _ends(outcome) for key, outcome in outcomes.items()},
            }
        )
    return rows


def _ends(outcome: Outcome) -> dict[str, float]:
    return {"first": PAPER_SCALE * outcome.first, "last": PAPER_SCALE * outcome.last}


def _system(kind: type[System], ground: Ground, effort: Effort, progress: Progress) -> Document:
    progress(f"{kind.title}: forty holders")
    run = run_once(kind, ground, forty())
    return {
        "title": kind.title,
        "stands_for": kind.stands_for,
        "ours": kind.ours,
        "run": asdict(run),
        "permutations": _permutations(kind, ground, effort, progress),
        "externality": _externality(kind, ground, effort, progress),
        "settle_gas": _settle_gas(kind, ground, effort, progress),
    }


def _permutations(kind: type[System], ground: Ground, effort: Effort, progress: Progress) -> Document:
    progress(f"{kind.title}: {2 * effort.orders} orders of the same requests")
    tried = [permuted(kind, ground, script(), effort.orders) for script in (dry_then_loss, scarce_then_loss)]
    return {
        "tried": sum(each.tried for each in tried),
        "worst_spread": max(each.worst_spread for each in tried),
        "worst_wei": max(each.worst_wei for each in tried),
        "bound_wei": ORDER_BOUND,
    }


def _externality(kind: type[System], ground: Ground, effort: Effort, progress: Progress) -> Document:
    found = {}
    for regime in Regime:
        count = effort.paths if regime is Regime.ASSETS else effort.exact_paths
        progress(f"{kind.title}: {count} counterfactuals, {regime.value}")
        found[regime] = asdict(externality(kind, ground, regime, count))
    main = found[Regime.ASSETS]
    main.pop("over_bound")  # P3 has none
    return {**main, "P1": found[Regime.STILL], "P2": found[Regime.UNITS]}


def _settle_gas(
    kind: type[System], ground: Ground, effort: Effort, progress: Progress
) -> dict[str, int] | None:
    if not issubclass(kind, Queue | NavBatch):
        return None
    progress(f"{kind.title}: settling {' and '.join(f'{count:,}' for count in effort.counts)} requests")
    return {str(count): settled(kind, ground, count).gas for count in effort.counts}


def _splitting(ground: Ground, effort: Effort, progress: Progress) -> list[Document]:
    progress("leaving in parts")
    return [
        {"system": kind.key, "script": script.__name__, "over": parting.__name__}
        | asdict(split(kind, ground, script(), parting, effort.parts))
        for kind in OURS
        for script in (dry_then_loss, scarce_then_loss)
        for parting in (in_orders, in_accounts)
    ]


def _dust(ground: Ground, effort: Effort, progress: Progress) -> Document:
    progress(f"settling {effort.dust:,} requests of the least size")
    found = settled_dust(ground, effort.dust)
    return {"requests": found.requests, "settle_gas": found.gas}
