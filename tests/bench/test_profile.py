"""The profile accounts for every unit of gas, and puts it where it belongs."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench import profile
from bench.__main__ import GAS
from bench.operation import intrinsic
from bench.scenario import Hand, running
from bench.source_map import SourceMap
from bench.trace import Step, trace
from ganglion.devnet.artifacts import ROOT


@pytest.fixture(scope="module")
def scenario():
    with running(1, Hand.ACCOUNT) as settled:
        yield settled


@pytest.fixture(scope="module")
def vault_map():
    return SourceMap(ROOT / "contracts" / "Vault.vy")


@pytest.mark.parametrize("name", ["warm_deposit", "redeem_slice", "allocate"])
def test_trace__any_operation__sums_to_what_was_measured(scenario, name):
    transaction = profile.PROFILED[name].transaction(scenario)
    used, steps = trace(scenario.rpc, transaction)
    assert used == json.loads(GAS.read_text())["1"][name]
    refunded = intrinsic(transaction["data"]) + sum(step.gas for step in steps) - used
    assert refunded == (19_900 if name == "allocate" else 0)
    assert all(step.gas >= 0 for step in steps)


def test_trace__a_deposit__charges_each_contract(scenario):
    _, steps = trace(scenario.rpc, profile.PROFILED["warm_deposit"].transaction(scenario))
    treasury = scenario.treasury
    labels = {treasury.vault.lower(): "Vault", treasury.asset.lower(): "asset"}
    labels[treasury.strategies[0].lower()] = "strategy 1"
    shares = profile.by_contract(steps, labels)
    assert {name for name, _ in shares} == {"Vault", "asset", "strategy 1"}
    assert shares["strategy 1", "SLOAD cold"] == 2_100
    assert shares["Vault", "call cold"] == 2_600


@pytest.mark.parametrize(
    ("name", "hand", "expected"),
    [
        ("sentinel_poke", Hand.ACCOUNT, {"Sentinel", "Vault", "VaultAnnex", "asset", "strategy 1"}),
        ("unwind", Hand.ACCOUNT, {"ExitQueue", "Vault", "VaultAnnex", "asset", "strategy 1"}),
        ("fire", Hand.EXECUTOR, {"Reflexes", "Executor", "Vault", "VaultAnnex", "asset", "strategy 1"}),
    ],
)
def test_labels__any_operation__names_every_contract_that_runs(name, hand, expected):
    with running(1, hand) as settled:
        operation = profile.PROFILED[name]
        operation.prepare(settled)
        _, steps = trace(settled.rpc, operation.transaction(settled))
        shares = profile.by_contract(steps, profile._labels(settled))
        assert {contract for contract, _ in shares} == expected


def test_source_map__the_deployed_vault__is_the_code_it_describes(scenario, vault_map):
    deployed = scenario.rpc.code(scenario.treasury.vault)
    assert deployed.startswith(vault_map.code)


def test_source_map__storage_reads_of_a_deposit__stand_in_their_functions(scenario, vault_map):
    vault = scenario.treasury.vault.lower()
    _, steps = trace(scenario.rpc, profile.PROFILED["warm_deposit"].transaction(scenario))
    places = profile.by_place(steps, {vault: vault_map})
    total = profile.by_function(places)
    assert total["pricing._totals", "SLOAD cold"] == 4_200
    assert total["guarded_call._read", "call cold"] == 2_600
    line = next(place for place, kind in places if "positions[id]" in place.text and kind == "SLOAD cold")
    assert (line.function, line.file.name) == ("pricing._totals", "pricing.vy")
    assert sum(total.values()) == sum(step.gas for step in steps if step.address == vault)


def test_by_function__small_ones__are_put_together(vault_map):
    place = vault_map.at(10**9)
    shares = profile.by_function(Counter({(place, "computation"): profile.SMALL - 1}))
    assert shares == {(profile.REST, "computation"): profile.SMALL - 1}


@pytest.mark.parametrize(
    ("operation", "gas", "kind"),
    [
        ("SLOAD", 2_100, "SLOAD cold"),
        ("SLOAD", 100, "SLOAD warm"),
        ("SSTORE", 100, "SSTORE warm"),
        ("STATICCALL", 2_600, "call cold"),
        ("CALL", 100, "call warm"),
        ("LOG3", 1_756, "log"),
        ("TSTORE", 100, "lock"),
        ("ADD", 3, "computation"),
    ],
)
def test_step__by_instruction_and_price__has_a_kind(operation, gas, kind):
    assert Step("0x", 0, operation, gas).kind == kind


def test_command__too_few_strategies__says_how_many(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench.profile", "execute_move", "1"])
    assert profile.main() == 1
    assert capsys.readouterr().err == "execute_move needs at least 2 strategies\n"


def test_command__an_operation__prints_contracts_functions_and_lines(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("sys.argv", ["bench.profile", "total_assets_exec", "1", "--lines", "3"])
    assert profile.main() == 0
    output = capsys.readouterr().out
    assert "strategy 1" in output
    assert "pricing._totals" in output
    assert "ledger.positions[id]" in output
