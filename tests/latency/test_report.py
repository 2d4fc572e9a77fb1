"""What is written: the document, its checks, its tables and the command. Every check can fail."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from latency import __main__ as command
from latency.ground import Ground
from latency.report import checks, griefers_table, reactions_table, shocks_table, summary
from latency.shocks import SHOCKS

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(place: Ground) -> Document:
    """Everything that is measured."""
    said: list[str] = []
    made = command.document_of(place, said.append)
    assert len(said) == len(SHOCKS) + 1
    return made


def failed(document: Document) -> list[str]:
    return [check.name for check in checks(document) if not check.holds]


def test_document__as_measured__has_what_was_promised(document: Document) -> None:
    assert failed(document) == []
    assert list(document["shocks"]) == [shock.key for shock in SHOCKS]
    assert len(checks(document)) > 50


def test_document__measured_again__is_the_same_to_the_wei(place: Ground, document: Document) -> None:
    assert json.dumps(command.document_of(place, str)) == json.dumps(document)


def _shock(key: str, *path: Any, told: Any) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        found = document["shocks"][key]
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = told

    return spoil


def _griefer(name: str, field: str, told: Any) -> Callable[[Document], None]:
    return lambda document: document["griefers"][name].update({field: told})


PRICE = "price_drop: (c) a sibling's price fell 3%: bring the other home: the next transaction"
OWN = "price_drop: (c) its price fell 3%: bring it home: the next after its spacing"
DRY = "utilisation_100: (c) less than half is liquid: bring home what is: the next once liquidity returns"
SPOILED: dict[str, tuple[Callable[[Document], None], list[str]]] = {
    "a probe that never passes": (
        _shock("bad_debt", "calm", "mint", told="vault: 7"),
        ["bad_debt: before it every probe passes"],
    ),
    "a trade at a price that is no more": (
        _shock("stale_book", "same_block", "margins", "deposit", told=-1),
        ["stale_book: (a) in the same block nobody trades on a price that is no more"],
    ),
    "a door that is open": (
        _shock("price_drop", "same_block", "doors", "redeem", told="passes"),
        [
            "price_drop: (a) in the same block nobody trades on a price that is no more",
            "price_drop: every door is shut",
        ],
    ),
    "a door that a poke leaves open": (
        _shock("utilisation_100", "same_block", "after_poke", "deposit", told="passes"),
        ["utilisation_100: every door is shut"],
    ),
    "an allocation to it": (
        _shock("bad_debt", "same_block", "allocations", "target", told="passes"),
        ["bad_debt: (b) in the same block no agent raises exposure to it"],
    ),
    "an allocation to another": (
        _shock("strategy_death", "same_block", "allocations", "other", told="passes"),
        ["strategy_death: (b) in the same block no agent raises any exposure"],
    ),
    "an allocation after the poke": (
        _shock("utilisation_100", "same_block", "after_poke", "other", told="passes"),
        ["utilisation_100: (b) after one poke no agent raises any exposure"],
    ),
    "a poke that mends nothing": (
        _shock("stale_book", "same_block", "after_poke", "other", told="vault: 7"),
        ["stale_book: (c) one poke, in the same block, mends it"],
    ),
    "an order a block late": (_shock("price_drop", "reactions", 0, "blocks", told=1), [PRICE]),
    "an order that takes two": (_shock("price_drop", "reactions", 0, "transactions", told=2), [PRICE]),
    "an order that moves nothing": (_shock("price_drop", "reactions", 0, "assets", told=0), [PRICE]),
    "a spacing that is too long": (_shock("price_drop", "reactions", 1, "seconds", told=7_201), [OWN]),
    "an order that waits on": (
        _shock("utilisation_100", "reactions", 0, "blocks_since_liquid", told=1),
        [DRY],
    ),
    "no latch": (
        _shock("bad_debt", "latch", told=None),
        ["bad_debt: (d) STRESS is latched, by what happened"],
    ),
    "another cause": (
        _shock("bad_debt", "latch", "cause", told="dark"),
        ["bad_debt: (d) STRESS is latched, by what happened"],
    ),
    "a latch for one strategy": (
        _shock("small_price_drop", "latch", told={"state": 1}),
        ["small_price_drop: (d) the whole Vault stays CALM"],
    ),
    "a gain": (_griefer("holding", "gained", 1), ["griefer, holding: gains nothing"]),
    "a loss": (
        _griefer("touching", "stayer_lost", 9),
        ["griefer, touching: no holder loses more than rounding"],
    ),
    "no way back": (_griefer("holding", "changes", 1), ["griefer, holding: into STRESS once, and out again"]),
    "stress without cause": (_griefer("without", "closed", 1), ["without a griefer the Vault stays CALM"]),
    "a quick Safe": (
        lambda document: document["control"].update(seconds=172_800),
        ["control: a Safe behind a timelock waits out the delay"],
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_checks__one_figure_is_off__say_which(document: Document, name: str) -> None:
    spoil, expected = SPOILED[name]
    spoiled = copy.deepcopy(document)
    spoil(spoiled)
    assert failed(spoiled) == expected


def test_tables__as_measured__show_every_line(document: Document) -> None:
    console = Console(width=200, record=True, quiet=True)
    tables = [shocks_table(document), reactions_table(document), griefers_table(document)]
    for table in tables:
        console.print(table)
    reactions = sum(len(shock.reactions) for shock in SHOCKS)
    assert [table.row_count for table in tables] == [len(SHOCKS), reactions + 1, 2]


def test_summary__mixed_outcomes__groups_them() -> None:
    assert summary({"deposit": "vault: 7", "mint": "vault: 7"}) == "all refused (vault: 7)"
    told = summary({"deposit": "passes", "mint": "passes", "redeem": "vault: 12"})
    assert told == "deposit, mint at the price now; redeem refused (vault: 12)"


@pytest.mark.parametrize(("name", "code"), [(None, 0), ("a gain", 1)])
@pytest.mark.parametrize("as_json", [False, True])
def test_command__writes_the_report_and_fails_if_a_check_does(
    document: Document,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str | None,
    code: int,
    as_json: bool,
) -> None:
    told = copy.deepcopy(document)
    if name:
        SPOILED[name][0](told)
    monkeypatch.setattr(command, "document_of", lambda *_: told)
    arguments = ["--reports", str(tmp_path), *(["--json"] if as_json else [])]
    result = CliRunner().invoke(command.main, arguments)
    assert result.exit_code == code, result.output
    written = json.loads((tmp_path / command.NAME).read_text())
    assert [check["holds"] for check in written["checks"]].count(False) == code
    if as_json:
        assert json.JSONDecoder().raw_decode(result.output)[0] == written
