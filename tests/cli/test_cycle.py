"""Observe, plan, simulate, submit: an agent's cycle on the command line."""

from __future__ import annotations

import json

import pytest

from ganglion.cli.intents import intent_of
from tests.agent.stage import AGENT, RELAYER, K
from tests.cli.conftest import KEY


def test_observe__json__tells_amounts_as_digits(ganglion, stage):
    ran = ganglion("observe", "--json")
    assert (ran.code, ran.err) == (0, "")
    snapshot = ran.told["snapshot"]
    assert ran.told["ok"] is True
    assert snapshot["totals"]["idle"] == str(stage.desk.idle())
    assert {each["id"] for each in snapshot["strategies"]} == {1, 2, 3}
    assert snapshot["agent"]["flow"]["limit"] == str(500 * K)
    assert snapshot["number"] == int(stage.rpc.call("eth_blockNumber"), 16)


def test_observe__text__shows_strategies_and_budgets(ganglion):
    ran = ganglion("observe")
    assert ran.code == 0
    assert "CALM" in ran.out
    assert "500,000 of 500,000 left" in ran.out
    assert ran.err == ""


def test_plan_simulate_submit__an_intent_in_a_file__is_executed_once(ganglion, stage, tmp_path):
    file = str(tmp_path / "intent.json")
    planned = ganglion("plan", "--target", "1=20", "--target", "3=10", "--out", file, "--json")
    assert planned.code == 0, planned.out + planned.err
    moves = planned.told["plan"]["moves"]
    assert moves
    assert {move["id"] for move in moves} <= {1, 3}
    assert all(isinstance(move["assets"], str) for move in moves)
    simulated = ganglion("simulate", "--intent", file, "--json")
    assert simulated.told["simulation"]["passes"] is True
    assert stage.desk.position(1)[0] == 0, "a simulation moved something"
    first = ganglion("submit", "--intent", file, "--yes", "--json", GANGLION_PRIVATE_KEY=KEY)
    assert first.code == 0, first.out + first.err
    again = ganglion("submit", "--intent", file, "--yes", "--json", GANGLION_PRIVATE_KEY=KEY)
    assert (again.code, again.told["simulation"]) == (0, None)
    assert again.told["executed"] == first.told["executed"]
    assert stage.client().observe().agent.standing.sequence == 1
    assert stage.desk.position(1)[1] > 0


def test_submit__tells_what_was_executed_and_no_key(ganglion):
    ran = ganglion("submit", "--move", f"2:+{10 * K}", "--yes", "--json", GANGLION_PRIVATE_KEY=KEY)
    assert ran.code == 0, ran.out + ran.err
    entry = ran.told["executed"]["entry"]
    assert (entry["kind"], entry["agent"]) == (1, AGENT.address)
    assert entry["moves"][0]["assets"] == str(10 * K)
    assert KEY[2:] not in ran.out + ran.err


def test_submit__without_yes_and_without_a_terminal__sends_nothing(ganglion, stage):
    ran = ganglion("submit", "--move", f"2:+{K}", GANGLION_PRIVATE_KEY=KEY)
    assert ran.code == 1
    assert "--yes" in ran.err
    assert "it would pass" in ran.out, "the simulation comes first"
    assert stage.client().observe().agent.standing.sequence == 0


def test_submit__keystore__opens_with_the_password(ganglion, tmp_path, stage):
    keystore = tmp_path / "agent.json"
    keystore.write_text(json.dumps(AGENT.encrypt("correct horse", iterations=2)))
    arguments = ("submit", "--move", f"1:+{K}", "--yes", "--json", "--keystore", str(keystore))
    assert ganglion(*arguments, GANGLION_KEYSTORE_PASSWORD="wrong").code == 1
    assert stage.client().observe().agent.standing.sequence == 0
    ran = ganglion(*arguments, GANGLION_KEYSTORE_PASSWORD="correct horse")
    assert ran.code == 0, ran.out + ran.err


def test_simulate__what_the_contracts_refuse__is_exit_code_3_with_the_limit(ganglion):
    ran = ganglion("simulate", "--move", f"1:+{600 * K}", "--json")
    assert ran.code == 3
    assert ran.told["ok"] is False
    assert ran.told["error"]["code"] == "executor: over flow budget"
    assert ran.told["error"]["remedy"]


def test_submit__what_the_contracts_refuse__is_exit_code_3_and_sends_nothing(ganglion, stage):
    before = stage.rpc.call("eth_getTransactionCount", AGENT.address, "latest")
    for arguments in (("--json",), ()):
        ran = ganglion("submit", "--move", f"1:+{600 * K}", "--yes", *arguments, GANGLION_PRIVATE_KEY=KEY)
        assert ran.code == 3
        assert "over flow budget" in ran.out
    assert stage.rpc.call("eth_getTransactionCount", AGENT.address, "latest") == before


def test_submit__signature_of_the_agent__is_relayed(ganglion, stage, tmp_path):
    file = tmp_path / "intent.json"
    planned = ganglion("plan", "--target", "2=5", "--out", str(file), "--json")
    assert planned.code == 0, planned.out + planned.err
    intent = intent_of(json.loads(file.read_text())["intent"])
    signature = stage.client().sign(intent, AGENT)
    arguments = ("submit", "--intent", str(file), "--signature", "0x" + signature.hex(), "--yes", "--json")
    ran = ganglion(*arguments, GANGLION_PRIVATE_KEY="0x" + bytes(RELAYER.key).hex())
    assert ran.code == 0, ran.out + ran.err
    assert ran.told["executed"]["entry"]["agent"] == AGENT.address


@pytest.mark.parametrize(
    ("arguments", "variables", "named"),
    [
        (("observe",), {"GANGLION_RPC_URL": ""}, "--rpc"),
        (("observe",), {"GANGLION_RPC_URL": "ws://127.0.0.1:1"}, "--rpc"),
        (("observe",), {"GANGLION_RPC_URL": "http://127.0.0.1:1/secret-key"}, "--rpc"),
        (("observe",), {"GANGLION_LENS": ""}, "--lens"),
        (("observe",), {"GANGLION_LENS": "0x12"}, "--lens"),
        (("observe",), {"GANGLION_LENS": "0x" + "11" * 20}, "--lens"),
        (("observe", "--manifest", "missing.json"), {"GANGLION_LENS": ""}, "--manifest"),
        (("observe", "--agent", "somebody"), {}, "--agent"),
        (("plan",), {}, "--target"),
        (("plan", "--target", "1"), {}, "--target"),
        (("plan", "--target", "1=10", "--target", "1=20"), {}, "--target"),
        (("plan", "--rate", "1=x"), {}, "--rate"),
        (("plan", "--target", "9=1"), {}, "weights"),
        (("simulate",), {}, "--intent"),
        (("simulate", "--intent", "missing.json"), {}, "--intent"),
        (("simulate", "--move", "1:0"), {}, "--move"),
        (("simulate", "--move", "one:1"), {}, "--move"),
        (("submit", "--move", "1:+1", "--yes"), {}, "--keystore"),
        (("submit", "--move", "1:+1", "--yes"), {"GANGLION_PRIVATE_KEY": "0xabc"}, "GANGLION_PRIVATE_KEY"),
        (("journal", "verify", "--to-block", "soon"), {}, "--to-block"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_command__bad_input__names_the_option_and_exits_1(ganglion, arguments, variables, named):
    for form in ((), ("--json",)):
        ran = ganglion(*arguments, *form, **variables)
        assert ran.code == 1, ran.out + ran.err
        message = ran.told["error"]["message"] if form else ran.err
        assert named in message
        assert "secret-key" not in ran.out + ran.err
        assert "0xabc" not in ran.out + ran.err


def test_simulate__file_for_another_executor__is_refused(ganglion, tmp_path):
    file = tmp_path / "intent.json"
    ganglion("plan", "--target", "2=5", "--out", str(file))
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"executor": "0x" + "11" * 20}))
    ran = ganglion("simulate", "--intent", str(file))
    assert ran.code == 1
    assert "another Executor" in ran.err


def test_command__unknown_option__is_exit_code_2(ganglion):
    assert ganglion("observe", "--private-key", "0x01").code == 2


def test_observe__manifest_of_the_deployment__names_the_treasury(ganglion, stage, tmp_path):
    treasury = stage.treasury
    contracts = {"Vault": treasury.vault, "Executor": treasury.executor, "Lens": treasury.lens}
    listed = {name: {"address": address, "block": 3} for name, address in contracts.items()}
    manifest = tmp_path / "treasury.json"
    manifest.write_text(json.dumps({"chain_id": 1, "contracts": listed}))
    arguments = ("--manifest", str(manifest), "--json")
    ran = ganglion("observe", *arguments, GANGLION_LENS="")
    assert ran.code == 0, ran.out + ran.err
    assert ran.told["snapshot"]["vault"] == treasury.vault
    verified = ganglion("journal", "verify", *arguments, GANGLION_LENS="")
    assert (verified.code, verified.told["journal"]["first_block"]) == (0, 3)
    manifest.write_text(json.dumps({"chain_id": 5, "contracts": listed}))
    other = ganglion("observe", *arguments, GANGLION_LENS="")
    assert (other.code, "--rpc" in other.told["error"]["message"]) == (1, True)


def test_submit__not_mined_in_time__is_exit_code_5_and_goes_on_when_submitted_again(
    ganglion, stage, tmp_path
):
    file, outbox = tmp_path / "intent.json", tmp_path / "outbox"
    assert ganglion("plan", "--target", "2=5", "--out", str(file), "--json").code == 0
    arguments = ("submit", "--intent", str(file), "--outbox", str(outbox), "--yes", "--json")
    stage.automine(False)
    late = ganglion(*arguments, "--timeout", "0.5", GANGLION_PRIVATE_KEY=KEY)
    assert (late.code, late.told["error"]["type"]) == (5, "NotSettled")
    (pending,) = stage.pending()
    stage.automine(True)
    stage.rpc.mine()
    ran = ganglion(*arguments, GANGLION_PRIVATE_KEY=KEY)
    assert ran.code == 0, ran.out + ran.err
    assert ran.told["executed"]["transaction"] == pending["hash"]
    assert stage.client().observe().agent.standing.sequence == 1
