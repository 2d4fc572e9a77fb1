"""What is written: the report, its checks, its tables, the picture, and the command."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from fairness import __main__ as command
from fairness.controls import NavBatch
from fairness.market import Ground
from fairness.measure import Document, Effort, measured
from fairness.ours import OURS
from fairness.picture import drawn, saved
from fairness.report import checks, forty_table, paper_table, systems_table

LITTLE = Effort(orders=2, paths=2, exact_paths=2, counts=(10, 40), dust=60, parts=3)
KINDS = (*OURS, NavBatch)


@pytest.fixture(scope="module")
def document(place: Ground) -> Document:
    """A document that little effort went into."""
    said: list[str] = []
    made = measured(place, LITTLE, said.append, KINDS)
    assert len(said) > len(KINDS)
    return made


def failed(document: Document) -> list[str]:
    return [check.name for check in checks(document) if not check.holds]


def test_measured__every_system__has_what_the_report_promises(document: Document) -> None:
    assert list(document["systems"]) == [kind.key for kind in KINDS]
    for system in document["systems"].values():
        assert {"first", "last", "spread", "fair", "payouts"} <= set(system["run"])
        assert len(system["run"]["payouts"]) == 40
        assert system["permutations"]["tried"] == 2 * LITTLE.orders
        assert {"mean", "p99", "max", "P1", "P2"} <= set(system["externality"])
    gas = {key: system["settle_gas"] for key, system in document["systems"].items()}
    assert {key for key, each in gas.items() if each} == {"ganglion_queue", "nav_batch"}
    assert list(gas["ganglion_queue"]) == ["10", "40"]


def test_checks__as_measured__hold(document: Document) -> None:
    assert failed(document) == []
    assert len(checks(document)) > 25


def _unfair_run(document: Document) -> None:
    document["systems"]["ganglion_queue"]["run"]["spread"] = 1e-6


def _unfair_order(document: Document) -> None:
    document["systems"]["ganglion_exit_now"]["permutations"]["worst_wei"] = 4_009


def _harm(document: Document) -> None:
    document["systems"]["ganglion_exit_now"]["externality"]["P2"]["over_bound"] = 1


def _fair_control(document: Document) -> None:
    document["systems"]["nav_batch"]["permutations"]["worst_wei"] = 0


def _other_row(document: Document) -> None:
    document["paper"][0]["measured"]["stored_price"]["last"] = 8.0


def _our_row(document: Document) -> None:
    document["paper"][1]["measured"]["ganglion_queue"]["last"] = 7.9


def _split(document: Document) -> None:
    document["splitting"][0]["gain"] = document["splitting"][0]["bound"] + 1


def _gas(document: Document) -> None:
    document["systems"]["ganglion_queue"]["settle_gas"]["40"] += 1


def _dust(document: Document) -> None:
    document["dust"]["settle_gas"] += 1


SPOILED = {
    _unfair_run: "ganglion_queue: all forty are paid alike",
    _unfair_order: "ganglion_exit_now: the order of the same requests changes nothing (P6)",
    _harm: "ganglion_exit_now: nobody's exit changes another's payoff (P1, P2)",
    _fair_control: "nav_batch fails: the order of the same requests changes nothing (P6)",
    _other_row: "Yearn V3, loss visible but not reported: the control pays what the peer pays",
    _our_row: "Euler Earn, price never falls: here everybody gets 8.0",
    _split: "ganglion_exit_now, dry_then_loss: 3 parts in_orders pay no more than one",
    _gas: "settling costs the same for any number of requests",
    _dust: "69 dust requests change nothing",
}


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_checks__one_figure_is_off__say_which(document: Document, spoil: Any) -> None:
    spoiled = copy.deepcopy(document)
    spoil(spoiled)
    assert failed(spoiled) == [SPOILED[spoil]]


def test_tables__as_measured__show_every_system(document: Document) -> None:
    console = Console(width=200, record=True, quiet=True)
    for table in (forty_table(document), paper_table(document), systems_table(document)):
        console.print(table)
    assert forty_table(document).row_count == 40
    assert paper_table(document).row_count == len(document["paper"])
    assert systems_table(document).row_count == len(KINDS)


def test_saved__twice__writes_the_same_bytes(tmp_path: Path) -> None:
    payouts = {"ours": [0.8, 0.8, 0.8], "theirs": [1.0, 0.7, 0.7]}
    files = [saved(drawn(payouts, {"ours"}, 0.8), tmp_path / name) for name in ("one", "two")]
    assert [file.name for file in files[0]] == ["payout_by_arrival.png", "payout_by_arrival.svg"]
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert "theirs" in drawn(payouts, {"ours"}, 0.8).axes[0].get_legend_handles_labels()[1]


@pytest.mark.parametrize(("spoil", "code"), [(None, 0), (_our_row, 1)], ids=["fair", "unfair"])
def test_command__writes_and_exits(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, code: int
) -> None:
    told = copy.deepcopy(document)
    if spoil:
        spoil(told)
    asked: list[Effort] = []
    monkeypatch.setattr(command, "measured", lambda place, effort, hear: asked.append(effort) or told)
    options = ["--reports", str(tmp_path), "--orders", "3", "--paths", "4"]
    result = CliRunner().invoke(command.main, options)
    assert result.exit_code == code, result.output
    assert (asked[0].orders, asked[0].paths) == (3, 4)
    written = json.loads((tmp_path / "fairness.json").read_text())
    assert written["systems"].keys() == document["systems"].keys()
    assert all(check["holds"] for check in written["checks"]) is (code == 0)
    assert {file.name for file in tmp_path.iterdir()} == {
        "fairness.json",
        "payout_by_arrival.png",
        "payout_by_arrival.svg",
    }
