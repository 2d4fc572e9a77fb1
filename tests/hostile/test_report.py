"""What is written: the report, its checks, its table, and the command."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from hostile import __main__ as command
from hostile.families import FAMILIES
from hostile.report import checks, table
from hostile.search import campaign


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A campaign of one turn in two processes."""
    said: list[str] = []
    made = campaign(1, 2, 3, said.append)
    assert said
    return {"conditions": command.CONDITIONS, **made}


def failed(document: dict[str, Any]) -> list[str]:
    return [check.name for check in checks(document) if not check.holds]


def test_campaign__two_processes__are_put_together(document):
    assert set(document["families"]) == {family.key for family in FAMILIES}
    assert document["lists"] == sum(each["lists"] for each in document["families"].values()) == 800
    assert document["calls"] == sum(each["calls"] for each in document["families"].values())
    assert document["seeds"] == ["3.0", "3.1"]
    assert failed(document) == []
    json.dumps(document)


def _broken(document: dict[str, Any]) -> None:
    document["families"]["still"]["broken"] = {"the ceiling holds": "1\nnumbers: []"}


def _over(document: dict[str, Any]) -> None:
    document["families"]["told"]["share"] = 1.01


def _flowed(document: dict[str, Any]) -> None:
    document["families"]["market"]["flow"] = 1.01


def _idle(document: dict[str, Any]) -> None:
    document["families"]["holder"]["intents"] = 0


SPOILED = {
    _broken: {"still: every property holds in every list"},
    _over: {"told: extraction stays within its closed form", "the worst list came near its bound"},
    _flowed: {"market: flow and inflow stay within theirs"},
    _idle: {"holder: intents pass and holders leave"},
}


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_checks__one_figure_is_off__say_which(document, spoil):
    spoiled = copy.deepcopy(document)
    spoil(spoiled)
    assert set(failed(spoiled)) == SPOILED[spoil]


def test_table__as_found__shows_every_family(document):
    shown = table(document)
    Console(width=200, quiet=True).print(shown)
    assert shown.row_count == len(FAMILIES)


@pytest.mark.parametrize(("spoil", "code"), [(None, 0), (_broken, 1)], ids=["sound", "broken"])
@pytest.mark.parametrize("as_json", [False, True])
def test_command__writes_and_exits(
    document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, code: int, as_json: bool
):
    told = copy.deepcopy(document)
    if spoil:
        spoil(told)
    asked: list[tuple[int, int, int]] = []
    monkeypatch.setattr(
        command, "campaign", lambda calls, workers, seed, _: asked.append((calls, workers, seed)) or told
    )
    options = ["--reports", str(tmp_path), "--calls", "5", "--seed", "4", "--workers", "1"]
    result = CliRunner().invoke(command.main, [*options, *(["--json"] if as_json else [])])
    assert result.exit_code == code, result.output
    assert asked == [(5, 1, 4)]
    written = json.loads((tmp_path / "hostile.json").read_text())
    assert all(check["holds"] for check in written["checks"]) is (code == 0)
    if as_json:
        assert json.JSONDecoder().raw_decode(result.output)[0] == written


@pytest.mark.parametrize(("profile", "calls"), [("deep", command.DEEP), ("quick", command.CALLS)])
def test_default_calls__by_profile(monkeypatch: pytest.MonkeyPatch, profile: str, calls: int):
    monkeypatch.setenv("GANGLION_HYPOTHESIS_PROFILE", profile)
    assert command.default_calls() == calls
