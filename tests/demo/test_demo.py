"""The demo as a user runs it: its own process, its own chain, exit code 0 only if everything adds up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ganglion.devnet.artifacts import ROOT
from ganglion.devnet.devnet import RPC_VARIABLE

SCENES = 21
TIME_LIMIT = 180  # seconds, what the README promises


@pytest.fixture(scope="module")
def told() -> dict:
    """What ``python -m demo --json`` prints."""
    environment = {key: value for key, value in os.environ.items() if key != RPC_VARIABLE}
    command = [sys.executable, "-m", "demo", "--json"]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * TIME_LIMIT
    )
    assert run.stdout, run.stderr[-2_000:]
    played = json.loads(run.stdout)
    failed = [check for check in played.get("checks", []) if not check["holds"]]
    assert run.returncode == 0, f"{failed} {run.stderr[-2_000:]}"
    return played


def test_demo__on_a_fresh_fork__plays_every_scene_in_time(told: dict) -> None:
    assert [scene["scene"] for scene in told["scenes"]] == list(range(1, SCENES + 1))
    assert told["seconds"] < TIME_LIMIT


def test_demo__at_its_end__every_check_holds(told: dict) -> None:
    assert told["ok"]
    assert len(told["checks"]) >= 55
    assert [check for check in told["checks"] if not check["holds"]] == []


def test_demo__signed_intent__is_relayed_once_and_only_as_signed(told: dict) -> None:
    facts = told["scenes"][4]["facts"]
    assert facts["moved"] == 100_000 * 10**6
    assert facts["with its loss limit doubled"] == "executor: bad signature"
    assert facts["sent again"] == "executor: nonce used"


def test_demo__group__refuses_and_says_how_much_would_pass(told: dict) -> None:
    facts = told["scenes"][6]["facts"]
    assert facts["140,000 USDC more into snekmate"] == "executor: over group share"
    held, total = facts["solmate and snekmate hold"], 5_000_100 * 10**6
    assert abs(held + facts["would pass"] - total * 52 // 100) <= 100


def test_demo__journal__replayed_to_the_chains_head(told: dict) -> None:
    facts = told["scenes"][20]["facts"]
    assert facts["head, from the events"] == facts["head, on chain"]
    entries = {row["kind"]: int(row["of it"]) for row in facts["entries"]}
    assert set(entries) == {"grant", "intent", "revocation", "note"}
    assert int(facts["head, on chain"][-10:], 16) == sum(entries.values())
    assert facts["with a wei of loss added to one intent"] == "altered"


def test_demo__loss__is_in_the_price_in_its_block(told: dict) -> None:
    prices = {row[""]: row for row in told["scenes"][10]["facts"]["the price, before and after"]}
    total, part = prices["the Vault's total"], prices["morpho's part of it"]
    assert total["before"] - total["after"] == part["before"] - part["after"] > 0


def test_demo__shock__is_answered_in_its_block(told: dict) -> None:
    refused = {"entry": "vault: 7", "petty cash": "vault: 7", "allocation": "vault: 7"}
    assert told["scenes"][10]["facts"]["in the same block"] == refused


def test_demo__stress__is_latched_an_hour_later_and_pays_the_same(told: dict) -> None:
    facts = told["scenes"][11]["facts"]
    assert facts["first poke"] > 300
    assert facts["second poke"] == "stress"
    before, after = facts["a third holder's exit, without and with the latch"]
    assert before == after > 0
    assert set(facts["now"].values()) == {"vault: 5"}


def test_demo__stranger__brings_capital_home_and_is_paid(told: dict) -> None:
    facts = told["scenes"][12]["facts"]
    assert facts["home"] >= 10_000 * 10**6
    assert facts["bounty"] == 25 * 10**6
    assert facts["once more"] == "reflexes: cooling down"


def test_demo__recovery__takes_three_good_pokes_and_leaves_a_record(told: dict) -> None:
    facts = told["scenes"][14]["facts"]
    assert facts["pokes, twelve hours apart"] == 3
    changes = [row[""].split(",")[0] for row in facts["changes of the state, from the chain"]]
    assert changes == ["calm to stress: fall", "stress to calm: recovered"]
    (promise,) = facts["promises, from the chain"]
    assert 0 <= promise["promised"] - promise["brought"] <= 6


def test_demo__run__pays_ours_alike_and_the_first_of_the_others_more(told: dict) -> None:
    rows = told["scenes"][18]["facts"]["what each gets"]
    assert [row["order of leaving"] for row in rows] == [str(place) for place in range(1, 41)]
    for title in rows[0]:
        paid = [float(row[title]) for row in rows]
        if title.startswith("Ganglion"):
            assert set(paid) == {8.0}
        elif title != "order of leaving":
            assert paid[0] > 8.5
            assert paid[-1] < 7.5


def test_demo__picture__is_saved_as_png_and_svg(told: dict) -> None:
    files = [Path(name) for name in told["scenes"][18]["facts"]["picture"]]
    assert [file.suffix for file in files] == [".png", ".svg"]
    assert files[0].read_bytes().startswith(b"\x89PNG")
    assert "<svg" in files[1].read_text()


def test_checks__a_false_statement__fails_the_demo() -> None:
    from demo.checks import Checks

    checks = Checks()
    checks.equal("one", 1, 1)
    checks.equal("two", 2, 3)
    assert [name for name, _, _ in checks.failed] == ["two"]
