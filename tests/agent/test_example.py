"""The example agent, as a user runs it, on the local mainnet with the example's treasury."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils import keccak

from ganglion import devnet
from ganglion.agent import Client, Treasury
from ganglion.agent.outbox import FileOutbox
from ganglion.deployment import deploy, opening
from ganglion.devnet import Devnet
from tests.deploy.stage import Deployed, Stage, example_treasury
from tools.vyper_source import ROOT

EXAMPLE = ROOT / "examples" / "agent.py"
MNEMONIC = "test test test test test test test test test test test junk"  # Foundry's accounts
DAY = 86_400
DEPOSIT = 2_000_000 * 10**6  # the mandate's loss per intent lets all of it move at once
MOST_LINES = 60
WEIGHTS = {1: 3_000, 2: 3_000, 3: 2_000}  # the example's own
CLOSE = 30  # bps of what the planner leaves for drift and loss


@dataclass
class Opened:
    """A treasury that is open, funded and idle, and the key of its agent."""

    net: Devnet
    treasury: Treasury
    manifest: Path
    key: str

    @property
    def client(self) -> Client:
        """A client that only reads."""
        return Client.connect(self.net.url, self.treasury)

    def run(self, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the example once, as its own process."""
        command = [sys.executable, str(EXAMPLE), self.net.url, str(self.manifest), str(folder)]
        known = {**os.environ, "PYTHONPATH": str(ROOT), "AGENT_KEY": self.key, **environment}
        return subprocess.run(command, env=known, capture_output=True, text=True, timeout=120)


def agents_key(address: str) -> str:
    """The key of the example's agent, which anyone has."""
    Account.enable_unaudited_hdwallet_features()
    accounts = (Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{i}") for i in range(10))
    return next(each.key.to_0x_hex() for each in accounts if each.address == address)


@pytest.fixture(scope="module")
def opened(mainnet_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path = tmp_path_factory.mktemp("deployments") / "treasury.json"
    with devnet.start(fork_url=mainnet_url) as net:
        stage = Stage.of(net)
        stage.fund_deployer()
        manifest = deploy(example_treasury(), stage.chain, stage.sender(), path)
        deployed = Deployed(stage, manifest, path)
        net.rpc.warp(DAY)
        for operation in opening.operations(deployed.site, manifest):
            for call in operation.calls:
                deployed.impersonate(deployed.at("Timelock"), call)
        holder = net.actor("endowment")
        net.fund_eth(holder, 10**18)
        net.fund(holder, DEPOSIT)
        vault = deployed.at("Vault")
        net.rpc.transact(holder, net.addresses.usdc, "approve(address,uint256)", vault, DEPOSIT)
        net.rpc.transact(holder, vault, "deposit(uint256,address)", DEPOSIT, holder)
        net.rpc.transact(holder, vault, "poke()")  # as a keeper would: references follow what was earned
        agent = manifest.treasury.mandates[0].agent
        net.fund_eth(agent, 10**18)
        yield Opened(net, Treasury.load(path), path, agents_key(agent))


def test_example__fits_in_sixty_lines():
    assert len(EXAMPLE.read_text().splitlines()) < MOST_LINES


def test_example__allocates_explains_and_keeps_its_reason_then_beats(opened: Opened, tmp_path: Path):
    agent = Account.from_key(opened.key).address
    before = opened.client.observe(agent)
    done = opened.run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "executed in block" in done.stdout
    after = opened.client.observe(agent)
    shares = {each.id: each.book * 10_000 // after.totals.books for each in after.strategies}
    assert [abs(shares[each] - WEIGHTS[each]) <= CLOSE for each in WEIGHTS] == [True] * 3, shares
    assert after.agent.standing.sequence == before.agent.standing.sequence + 1
    (kept,) = (tmp_path / "reasons").iterdir()
    assert kept.stem == keccak(kept.read_bytes()).hex()
    (record,) = [FileOutbox(tmp_path / "outbox").get(file.stem) for file in (tmp_path / "outbox").glob("0x*")]
    assert record.intent.reason.hex() == kept.stem
    assert record.closed == "executed"
    opened.net.rpc.warp(60)
    again = opened.run(tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    beaten = opened.client.observe(agent)
    assert beaten.agent.standing.sequence == after.agent.standing.sequence
    assert beaten.agent.standing.seen > after.agent.standing.seen


@pytest.mark.parametrize(
    ("change", "message"),
    [({"AGENT_KEY": "0x" + "01" * 32}, "NoMandate"), ({"AGENT_KEY": "nonsense"}, "Error")],
)
def test_example__wrong_key__says_so_and_changes_nothing(opened: Opened, tmp_path: Path, change, message):
    before = opened.client.observe(Account.from_key(opened.key).address)
    done = opened.run(tmp_path, **change)
    assert done.returncode == 1
    assert message in done.stderr
    assert opened.client.observe(before.agent.agent).head == before.head
