"""bench/gas.json is what the contracts cost now, and what they cost is within the targets."""

from __future__ import annotations

import json

import pytest

from bench import __main__ as command
from bench.operations import NAMES, OPERATIONS, measure
from bench.report import TARGET, Check, baselines, checks, verdict
from ganglion.devnet.errors import ToolMissing

REQUIRED = {
    "warm_deposit",
    "new_holder_deposit",
    "withdraw_idle",
    "redeem_slice",
    "allocate",
    "deallocate",
    "total_assets_exec",
    "poke",
    "sentinel_poke",
    "sentinel_poke_latching",
    "fire",
    "trim",
    "veto",
    "execute_1_move",
    "execute_signed",
    "promise_journal",
    "promise_group",
    "promise_policy",
}
COUNTS = ("1", "3", "10")


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads(command.GAS.read_text())


def test_gas_json__every_count__has_every_operation(recorded):
    for count in COUNTS:
        expected = {operation.name for operation in OPERATIONS if operation.least <= int(count)}
        assert expected >= REQUIRED
        for figures in (recorded[count], recorded["hooks"][count]):
            assert set(figures) - {"move_forwarding"} == expected
    for name in ("move", "execute_move", "execute_3_moves"):
        assert all(name in recorded[count] for count in ("3", "10"))


def test_gas_json__targets_and_live_marking_peers__hold(recorded):
    figures = {count: recorded[count] for count in COUNTS}
    assert verdict(figures) == []
    compared = {(check.key, check.count, check.against) for check in checks(figures)}
    for key, row in baselines()["targets"].items():
        assert {(key, count, TARGET) for count in row} <= compared
    assert {("execute_signed", count, TARGET) for count in COUNTS} <= compared
    assert ("redeem_slice", "10", "Euler Earn") in compared
    assert ("allocate", "3", "Morpho Vault V2") in compared
    assert not {key for key, _, _ in compared} & {"move", "deallocate"}


@pytest.mark.parametrize("count", [1, 3])
def test_measure__few_strategies__equals_gas_json(recorded, count):
    assert measure(count) == recorded[str(count)], (
        "gas has changed: run `make bench` and commit bench/gas.json"
    )


def test_gas_json__reactions__stand_in_their_order(recorded):
    for count in COUNTS:
        gas = recorded[count]
        assert gas["poke"] < gas["sentinel_poke"] < gas["poke"] + 15_000
        assert gas["sentinel_poke"] < gas["sentinel_poke_latching"]
        assert 0 < gas["veto"] < gas["veto_below_book"] < 1_000


def test_measure__hooks__cost_a_slice_more(recorded):
    hooked = measure(1, ["redeem_slice", "warm_deposit"], hooks=True)
    assert hooked == {name: recorded["hooks"]["1"][name] for name in ("warm_deposit", "redeem_slice")}
    assert 5_000 < hooked["redeem_slice"] - recorded["1"]["redeem_slice"] < 5_200
    assert hooked["warm_deposit"] == recorded["1"]["warm_deposit"]


@pytest.mark.parametrize(
    ("ours", "against", "passed"),
    [(100, TARGET, True), (101, TARGET, False), (99, "Euler Earn", True), (100, "Euler Earn", False)],
)
def test_check__at_the_limit__target_holds_and_a_tie_with_a_peer_does_not(ours, against, passed):
    assert Check("allocate", "1", ours, 100, against).passed is passed


def test_command__figure_over_its_target__exits_1_and_names_it(monkeypatch, capsys, recorded):
    document = json.loads(json.dumps(recorded))
    document["3"]["warm_deposit"] = 107_001
    monkeypatch.setattr(command, "measured", lambda names: document)
    monkeypatch.setattr("sys.argv", ["bench", "--json", "--only", "warm_deposit"])
    assert command.main() == 1
    out, err = capsys.readouterr()
    assert err == "bench: warm_deposit over 3: 107,001 is 1 above the target of 107,000\n"
    assert [check["passed"] for check in json.loads(out)["checks"]].count(False) == 1


def test_command__one_operation__leaves_gas_json_alone(monkeypatch, capsys, recorded):
    monkeypatch.setattr(command, "measured", lambda names: recorded)
    monkeypatch.setattr("sys.argv", ["bench", "--only", "poke"])
    before = command.GAS.stat().st_mtime_ns
    assert command.main() == 0
    assert command.GAS.stat().st_mtime_ns == before
    assert "targets and peers' figures hold" in capsys.readouterr().out


def test_command__no_node__says_what_is_missing(monkeypatch, capsys):
    def missing(names):
        raise ToolMissing("anvil is missing; run `make setup`")

    monkeypatch.setattr(command, "measured", missing)
    monkeypatch.setattr("sys.argv", ["bench"])
    assert command.main() == 1
    assert capsys.readouterr().err == "bench: anvil is missing; run `make setup`\n"


def test_command__unknown_operation__is_refused_with_the_names(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench", "--only", "teleport"])
    with pytest.raises(SystemExit, match="2"):
        command.main()
    error = capsys.readouterr().err
    assert all(name in error for name in NAMES)
