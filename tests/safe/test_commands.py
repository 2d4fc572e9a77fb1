"""The commands, as `ape run` calls them, on Ape's fork: output, exit codes, and nothing sent on bad input."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from ganglion.deployment import OperationRefused
from ganglion.deployment.fields import read_yaml
from ganglion.deployment.manifest import load
from scripts import accept, act, beat, deploy, operations, propose, record, status
from scripts._lib import cli as shared

from .world import DELAY, EXAMPLE, World, account

COMMANDS = {
    "accept": accept.cli,
    "act": act.cli,
    "beat": beat.cli,
    "deploy": deploy.cli,
    "propose": propose.cli,
    "record": record.cli,
    "status": status.cli,
}
CAP = ["set_cap", "strategy=morpho", "absolute=1_000_000 USDC", "relative=10 %"]


def run(command: click.Command, *arguments: object) -> Result:
    return CliRunner(mix_stderr=False).invoke(command, [str(argument) for argument in arguments])


def network(world: World) -> list[str]:
    """The fork as a command outside of this process would reach it."""
    return ["--network", f"ethereum:devnet:{world.net.url}"]


def called(world: World, command: click.Command, *arguments: object, sub: str | None = None) -> Any:
    """The JSON that a command prints on the deployed treasury; it must succeed."""
    head = [] if sub is None else [sub]
    result = run(command, *head, *network(world), "--manifest", world.path, "--json", *arguments)
    assert result.exit_code == 0, result.stdout + result.stderr
    content = json.loads(result.stdout)
    assert content["ok"] is True
    return content


def refused(world: World, command: click.Command, *arguments: object, sub: str | None = None) -> str:
    """The message of a command that must fail, after making sure that it sent nothing."""
    head = [] if sub is None else [sub]
    before = world.net.rpc.call("eth_blockNumber")
    result = run(command, *head, *network(world), "--manifest", world.path, "--json", *arguments)
    assert result.exit_code != 0
    assert world.net.rpc.call("eth_blockNumber") == before
    if not result.stdout:
        return result.stderr
    content = json.loads(result.stdout)
    assert content["ok"] is False
    return content["message"]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    for document in ("mandate.md", "reflexes.md"):
        (tmp_path / document).write_bytes((EXAMPLE.parent / document).read_bytes())
    file = tmp_path / "treasury.yaml"
    file.write_text(EXAMPLE.read_text())
    return file


@pytest.mark.parametrize(
    "command",
    [*COMMANDS.values(), *operations.cli.commands.values()],
    ids=[*COMMANDS, *operations.cli.commands],
)
def test_help__every_command__says_what_it_is_for(command: click.Command) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    for option in ("--network", "--manifest", "--json"):
        assert option in result.output


def test_ape_run__scripts_folder__lists_every_command() -> None:
    root = EXAMPLE.parents[1]
    command = ["ape", "run", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=root)
    commands = done.stdout.split("Commands:")[1].split()
    assert {*COMMANDS, "operations"} <= set(commands)
    assert "_lib" not in commands


def test_deploy__from_the_example__addresses_and_a_manifest(
    world: World, example: Path, tmp_path: Path
) -> None:
    world.net.fund(str(account(0).address), 100 * 10**6)
    path = tmp_path / "made" / "manifest.json"
    paths = ["--config", example, "--manifest", path]
    arguments = [*network(world), "--account", "TEST::0", *paths, "--yes", "--json"]
    result = run(deploy.cli, *arguments)
    assert result.exit_code == 0, result.stdout + result.stderr
    content = json.loads(result.stdout)
    assert content["differences"] == []
    assert content["addresses"] == load(path).addresses
    assert "54/54 seal the Steward" in result.stderr
    again = run(deploy.cli, *arguments)
    assert again.exit_code == 0
    assert json.loads(again.stdout) == content


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: c["limits"].update(hold="1"), "limits.hold: '1' is not a number with its unit"),
        (
            lambda c: c["strategies"][0].update(cieling="1 USDC"),
            "cieling: unknown field; did you mean ceiling?",
        ),
        (lambda c: c.update(chain_id="5"), "chain_id: 5, but the network has 1"),
        (lambda c: c["vault"].update(seed="9_000 USDC"), "vault.seed: needs 9,000 USDC"),
        (lambda c: c.update(curator=str(account(0).address)), "is the deployer, who ends without a role"),
    ],
)
def test_deploy__bad_configuration__named_and_nothing_sent(
    world: World, example: Path, tmp_path: Path, spoil: Any, message: str
) -> None:
    content = read_yaml(example)
    spoil(content)
    example.write_text(yaml.safe_dump(content))
    before = world.chain.nonce(str(account(0).address))
    path = tmp_path / "manifest.json"
    arguments = [*network(world), "--account", "TEST::0", "--config", example, "--manifest", path, "--yes"]
    for extra in (["--json"], []):
        result = run(deploy.cli, *arguments, *extra)
        assert result.exit_code == 1
        said = json.loads(result.stdout)["message"] if extra else result.stderr
        assert message in said
    assert world.chain.nonce(str(account(0).address)) == before
    assert not path.exists()


def test_deploy__nobody_to_ask__yes_demanded(world: World, example: Path, tmp_path: Path) -> None:
    arguments = [*network(world), "--config", example, "--manifest", tmp_path / "m.json"]
    result = run(deploy.cli, *arguments, "--account", "TEST::0")
    assert result.exit_code == 2
    assert "nobody to ask; give --yes" in result.stderr
    result = run(deploy.cli, *arguments, "--yes")
    assert result.exit_code == 2
    assert "give --account, who deploys" in result.stderr


def test_status__as_deployed__agrees(world: World) -> None:
    content = called(world, status.cli)
    assert content["differences"] == []
    assert (content["open"], content["rebuilt"], content["checks"]) == (False, True, 364)
    assert [entry["status"] for entry in content["opening"]] == ["not scheduled", "not scheduled"]
    table = run(status.cli, *network(world), "--manifest", world.path, "--all")
    assert table.exit_code == 0
    assert "364 of 364 values as configured" in table.stdout


def test_status__something_differs__exit_1_and_both_values(world: World, example: Path) -> None:
    called(world, act.cli, "--account", "TEST::4", "--yes", "set_ceiling", "strategy=1", "ceiling=5 USDC")
    result = run(status.cli, *network(world), "--manifest", world.path, "--json")
    assert result.exit_code == 1
    content = json.loads(result.stdout)
    assert content["ok"] is False
    expected = {"name": "strategy morpho.ceiling", "expected": 5 * 10**12, "actual": 5 * 10**6}
    assert content["differences"] == [expected]
    assert "363 of 364 values" in run(status.cli, *network(world), "--manifest", world.path).stdout
    changed = read_yaml(example)
    changed["strategies"][0] |= {"ceiling": "5 USDC", "cap": {"absolute": "5 USDC", "relative": "40 %"}}
    example.write_text(yaml.safe_dump(changed))
    against = run(status.cli, *network(world), "--manifest", world.path, "--config", example, "--json")
    names = [entry["name"] for entry in json.loads(against.stdout)["differences"]]
    assert names == ["strategy morpho.cap.absolute"]


def test_accept_and_execute__as_the_runbook_says__open(world: World) -> None:
    accepted = called(
        world, accept.cli, "--signer", "TEST::2", "--signer", "TEST::3", "--account", "TEST::9", "--yes"
    )
    assert len(accepted["calls"]) == 2
    listed = called(world, operations.cli, sub="list")["operations"]
    assert [entry["status"].split(",")[0] for entry in listed] == ["waiting", "waiting"]
    early = refused(world, operations.cli, "--account", "TEST::9", "--yes", sub="execute")
    assert early == "no operation is ready; see `ape run operations list`"
    world.wait(DELAY)
    assert (
        len(called(world, operations.cli, "--account", "TEST::9", "--yes", sub="execute")["transactions"])
        == 2
    )
    assert called(world, status.cli)["open"] is True
    again = refused(world, accept.cli, "--signer", "TEST::2", "--signer", "TEST::3", "--yes")
    assert again == "every opening operation is scheduled or done; see `ape run status`"
    assert called(world, operations.cli, sub="list")["operations"] == []
    assert len(called(world, operations.cli, "--all", sub="list")["operations"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--signer", "TEST::1"], "1 of 2 signatures; give more --signer"),
        (["--signer", "TEST::1", "--signer", "TEST::7"], "is no owner of the Safe; owners are 0x"),
        (["--signer", "TEST::1", "--queue"], "transaction service does not know this chain"),
        ([], "give --account, who pays for the Safe's transaction"),
    ],
)
def test_accept__not_enough_owners__refused(world: World, arguments: list[str], message: str) -> None:
    assert message in refused(world, accept.cli, "--yes", *arguments)


def test_accept__treasury_is_not_as_configured__nobody_signs(world: World) -> None:
    called(world, act.cli, "--account", "TEST::4", "--yes", "set_entry_paused", "paused=true")
    said = refused(world, accept.cli, "--signer", "TEST::1", "--signer", "TEST::2", "--yes")
    assert said == "not as configured: Vault.entry paused; see `ape run status`, do not accept it"


def test_accept__export__file_for_the_safe_interface(world: World, tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    assert called(world, accept.cli, "--export", file)["exported"] == str(file)
    content = json.loads(file.read_text())
    assert content["version"] == "1.0"
    assert [entry["to"] for entry in content["transactions"]] == [world.at("Timelock")] * 2


def test_propose__words__scheduled_executed_and_read_back(world: World) -> None:
    signers = ["--signer", "TEST::1", "--signer", "TEST::3", "--yes"]
    content = called(world, propose.cli, *signers, *CAP)
    assert content["what"] == "Executor.set_cap(id=1, absolute=1000000000000, relative=1000)"
    assert content["delay"] == DELAY
    world.wait(DELAY)
    executed = ["--account", "TEST::9", "--yes", content["operation"]]
    called(world, operations.cli, *executed, sub="execute")
    assert tuple(world.site.read("Executor", "cap", 1)) == (10**12, 1_000, 0)
    said = refused(world, operations.cli, *executed, sub="execute")
    assert said.endswith(": done; only a ready operation executes")
    # The Safe's nonce is the salt: the same action is another operation the next time.
    assert called(world, propose.cli, *signers, *CAP)["operation"] != content["operation"]


def test_propose__file_with_several_actions__one_operation(world: World, tmp_path: Path) -> None:
    file = tmp_path / "queue.yaml"
    file.write_text(
        "- {action: set_ceiling, strategy: morpho, ceiling: 6_000_000 USDC}\n"
        "- {action: set_cap, strategy: morpho, absolute: 6_000_000 USDC, relative: 60 %}\n"
    )
    signers = ["--signer", "TEST::1", "--signer", "TEST::3", "--yes"]
    content = called(world, propose.cli, *signers, "--file", file)
    listed = called(world, operations.cli, sub="list")["operations"]
    assert [entry["id"] for entry in listed] == [content["operation"]]
    assert listed[0]["what"] == content["what"]
    cancelled = ["--account", "TEST::4", "--yes", content["operation"]]
    called(world, operations.cli, *cancelled, sub="cancel")
    assert called(world, operations.cli, sub="list")["operations"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either --file, or an action with its fields"),
        (
            ["set_cap", "strategy=morpho", "absolute=1 DAI", "relative=1 %"],
            "absolute: '1 DAI' is not in USDC",
        ),
        (["set_caps", "strategy=morpho"], "action: write one of set_limits"),
        (["set_cap", "morpho"], "'morpho' is no field=value"),
        (["retire", "strategy=aave"], "strategy: no strategy 'aave'"),
        (["write_down", "strategy=morpho"], "Steward.write_down(id=1) would fail: vault: 19"),
        (["--file", "gone.yaml"], "gone.yaml:\n  cannot be read: No such file"),
    ],
)
def test_propose__bad_action__named_and_nothing_sent(
    world: World, arguments: list[str], message: str
) -> None:
    said = refused(world, propose.cli, "--signer", "TEST::1", "--signer", "TEST::2", "--yes", *arguments)
    assert message in said


def test_act__guardian_cuts_at_once__owner_cannot(world: World) -> None:
    words = ["cut", "strategy=morpho", "absolute=0 USDC", "relative=0 bps"]
    called(world, act.cli, "--account", "TEST::4", "--yes", *words)
    assert tuple(world.site.read("Executor", "cap", 1))[:2] == (0, 0)
    said = refused(world, act.cli, "--account", "TEST::1", "--yes", *words)
    assert said.endswith(": authority: not a guardian")


@pytest.mark.parametrize(
    ("identifier", "message"),
    [("0x12", "'0x12' is no operation id"), ("0x" + "09" * 32, "was never scheduled; list them")],
)
def test_operations__unknown_id__refused(world: World, identifier: str, message: str) -> None:
    said = refused(world, operations.cli, "--account", "TEST::9", "--yes", identifier, sub="execute")
    assert message in said


def test_opened__manifest_unfinished_or_of_another_chain__refused(world: World, tmp_path: Path) -> None:
    manifest = load(world.path)
    path = tmp_path / "manifest.json"
    manifest.finished = False
    manifest.save(path)
    said = run(status.cli, *network(world), "--manifest", path)
    assert said.exit_code == 1
    assert "is not finished; run `ape run deploy` again first" in said.stderr
    manifest.finished, manifest.chain_id = True, 10
    manifest.save(path)
    assert "is of chain 10, not 1" in run(status.cli, *network(world), "--manifest", path).stderr
    manifest.chain_id = 1
    manifest.contracts["Vault"].address = world.net.actor("nowhere")
    manifest.save(path)
    assert "no code at the Vault of" in run(status.cli, *network(world), "--manifest", path).stderr


def test_reported__failure__one_line_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    @shared.reported
    def failing(as_json: bool) -> None:
        raise OperationRefused("too early")

    for as_json in (False, True):
        with pytest.raises(SystemExit, match="1"):
            failing(as_json=as_json)
    printed = capsys.readouterr()
    assert printed.err == "too early\n"
    assert json.loads(printed.out) == {"ok": False, "error": "OperationRefused", "message": "too early"}
