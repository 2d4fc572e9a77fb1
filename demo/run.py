"""The run: forty holders leave and a loss falls in the middle, ours beside the control group."""

from __future__ import annotations

from pathlib import Path

from fairness.controls import FirstCome, NavBatch, NeverFalls, StoredPriceBorne
from fairness.market import ground
from fairness.ours import OURS
from fairness.picture import drawn, saved
from fairness.report import ALIKE, UNLIKE
from fairness.runs import Outcome, forty, run_once
from fairness.systems import System

from .checks import Checks
from .show import Show

SHOWN: tuple[type[System], ...] = (*OURS, FirstCome, NavBatch, StoredPriceBorne, NeverFalls)
HELD = 10  # what each holder has deposited


def the_run(show: Show, checks: Checks, folder: Path) -> None:
    """Play the run on every system, print payouts by order of leaving, and save the picture."""
    show.scene("The run: forty holders leave, a third is liquid, a loss falls in the middle")
    with ground() as place:
        outcomes = {kind: run_once(kind, place, forty()) for kind in SHOWN}
    show.fact("each holds", HELD, f"{HELD}; {HELD * forty().fair:g} of it is left in the end")
    _table(outcomes, show)
    for kind, outcome in outcomes.items():
        told = f"first {HELD * outcome.first:.2f}, last {HELD * outcome.last:.2f}"
        if kind.ours:
            alike = outcome.spread <= ALIKE and abs(outcome.first - outcome.fair) <= 1e-6
            checks.expect(f"{kind.title}: first and last leave with the same, the fair part", alike, told)
        else:
            checks.expect(f"{kind.title}: the first gain what the last lose", outcome.spread >= UNLIKE, told)
    ours = {kind.title for kind in OURS}
    payouts = {kind.title: outcome.payouts for kind, outcome in outcomes.items()}
    files = saved(drawn(payouts, ours, forty().fair), folder)
    names = " and ".join(f"{folder.name}/{file.name}" for file in files)
    show.fact("picture", [str(file) for file in files], names)


def _table(outcomes: dict[type[System], Outcome], show: Show) -> None:
    columns = ["order of leaving", *(kind.title for kind in outcomes)]
    lines = zip(*(outcome.payouts for outcome in outcomes.values()), strict=True)
    rows = [[str(place), *(f"{HELD * part:.4f}" for part in line)] for place, line in enumerate(lines, 1)]
    show.table("what each gets", columns, rows)
