"""What the veto costs is measured against a Vault that really lacks it, and against nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import less, veto
from bench.scenario import AMOUNT, DEPOSIT, Hand, running
from bench.stress import STRESS
from ganglion.devnet.abi import call_data
from ganglion.devnet.errors import CompilationFailed, Reverted
from tests.treasury import DEPOSITOR

PREPARED = {operation.name: operation for operation in STRESS}
DEPOSITED = call_data(DEPOSIT, AMOUNT, DEPOSITOR)


@pytest.fixture(scope="module")
def scenario():
    with running(1, Hand.ACCOUNT) as settled:
        yield settled


def deposit(scenario):
    return scenario.mined({"from": DEPOSITOR, "to": scenario.treasury.vault, "data": DEPOSITED})


def test_take_out__price_fell_and_was_booked__lets_in_what_the_veto_refuses(scenario):
    with scenario.undone():
        PREPARED["sentinel_poke_latching"].prepare(scenario)
        with pytest.raises(Reverted, match=r"vault: 7$"):
            deposit(scenario)
        veto.take_out(scenario)
        deposit(scenario)


def test_take_out__settled__changes_nothing_but_gas(scenario):
    seen = []
    for prepare in (lambda _: None, veto.take_out):
        with scenario.undone():
            prepare(scenario)
            receipt = deposit(scenario)
            logs = [(log["address"], log["topics"], log["data"]) for log in receipt["logs"]]
            treasury = scenario.treasury
            seen.append((logs, treasury.shares(DEPOSITOR), treasury.totals(), int(receipt["gasUsed"], 16)))
    assert seen[0][:3] == seen[1][:3]
    assert 0 < seen[0][3] - seen[1][3] < 1_000


def test_take_out__other_code__is_refused(scenario):
    with scenario.undone():
        scenario.rpc.call("anvil_setCode", scenario.treasury.vault, "0x00")
        with pytest.raises(CompilationFailed, match=r"does not run contracts/Vault\.vy"):
            veto.take_out(scenario)


@pytest.mark.parametrize(("source", "count"), [("b = 1\n", 0), ("a = 1\na = 1\n", 2)])
def test_replace_once__not_once__is_refused_with_the_text(tmp_path: Path, source: str, count: int):
    file = tmp_path / "entry.vy"
    file.write_text(source)
    with pytest.raises(CompilationFailed, match=rf"entry\.vy has {count} of 'a = 1' and not one"):
        less.replace_once(file, "a = 1\n", "", "veto.py")
    assert file.read_text() == source


def test_code_without__text_gone_from_the_sources__is_refused():
    part = replace(veto.VETO, texts=((veto.ENTRY, "    if totals.vote:\n", ""),))
    with pytest.raises(CompilationFailed, match=r"adapt bench/veto\.py"):
        less.code_without(part)


def test_code_without__rest_does_not_compile__is_refused():
    part = replace(veto.VETO, texts=((veto.PRICING, "    dark: uint256 = 0\n", ""),))
    with pytest.raises(CompilationFailed, match="Vault without its veto does not compile"):
        less.code_without(part)
