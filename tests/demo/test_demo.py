"""The demo as a user runs it: its own process, its own chain, exit code 0 only if everything adds up."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ganglion.devnet.artifacts import ROOT
from ganglion.devnet.devnet import RPC_VARIABLE

SCENES = 12
TIME_LIMIT = 180  # seconds, what the README promises


@pytest.fixture(scope="module")
def told() -> dict:
    """What ``python -m demo --json`` prints."""
    environment = {key: value for key, value in os.environ.items() if key != RPC_VARIABLE}
    command = [sys.executable, "-m", "demo", "--json"]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * TIME_LIMIT
    )
    assert run.returncode == 0, run.stdout[-2_000:] + run.stderr[-2_000:]
    return json.loads(run.stdout)


def test_demo__on_a_fresh_fork__plays_every_scene_in_time(told: dict) -> None:
    assert [scene["scene"] for scene in told["scenes"]] == list(range(1, SCENES + 1))
    assert told["seconds"] < TIME_LIMIT


def test_demo__at_its_end__every_check_holds(told: dict) -> None:
    assert told["ok"]
    assert len(told["checks"]) >= 25
    assert [check for check in told["checks"] if not check["holds"]] == []


def test_demo__loss__is_in_the_price_in_its_block(told: dict) -> None:
    prices = {row[""]: row for row in told["scenes"][7]["facts"]["the price, before and after"]}
    total, part = prices["the Vault's total"], prices["morpho's part of it"]
    assert total["before"] - total["after"] == part["before"] - part["after"] > 0


def test_checks__a_false_statement__fails_the_demo() -> None:
    from demo.checks import Checks

    checks = Checks()
    checks.equal("one", 1, 1)
    checks.equal("two", 2, 3)
    assert [name for name, _, _ in checks.failed] == ["two"]
