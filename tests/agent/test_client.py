"""Observe, preview, simulate and explain, on a real node with the real contracts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from web3 import HTTPProvider, Web3

from ganglion.agent import (
    ChainMismatch,
    Client,
    ConnectionLost,
    ContractMismatch,
    Invalid,
    Treasury,
    allocate,
    deallocate,
    explain,
    reason_hash,
    withdraw_all,
)
from ganglion.agent.abi import EXECUTOR, LENS
from ganglion.agent.denials import (
    NotTheRelayer,
    OverFlowBudget,
    StrategyNotAllowed,
    from_verdict,
)
from ganglion.agent.intent import digest, intent_hash, mandate_hash
from ganglion.agent.snapshot import Permission, State, Status
from ganglion.devnet.node import free_port
from tests.agent.stage import AGENT, RELAYER, K, Stage
from tests.treasury import GOVERNOR, deploy_vyper

FLOW = 500 * K


# -- observe ------------------------------------------------------------------


def test_observe__tells_what_the_contracts_do(stage: Stage):
    snapshot = stage.client().observe()
    assert (snapshot.vault, snapshot.executor) == (stage.treasury.vault, stage.treasury.executor)
    assert sorted(each.id for each in snapshot.strategies) == [1, 2, 3]
    assert {each.status for each in snapshot.strategies} == {Status.OK}
    assert snapshot.stress.state == State.CALM
    assert (snapshot.decimals, snapshot.totals.idle) == (6, stage.desk.idle())
    assert snapshot.agent.agent == AGENT.address
    assert snapshot.agent.mandate.permissions == Permission.ALLOCATE | Permission.DEALLOCATE
    assert (snapshot.agent.flow.limit, snapshot.agent.flow.left) == (FLOW, FLOW)
    assert snapshot.head == stage.desk.head()[0]


def test_observe__at_a_block__is_of_that_block(stage: Stage):
    client = stage.client()
    before = client.observe()
    client.submit(client.intent([allocate(1, 10 * K)]))
    for block in (before.number, bytes.fromhex(block_hash(stage, before.number)[2:])):
        assert client.observe(block=block) == before
    assert client.observe().totals.idle == before.totals.idle - 10 * K


def block_hash(stage: Stage, number: int) -> str:
    return stage.rpc.call("eth_getBlockByNumber", hex(number), False)["hash"]


@pytest.mark.parametrize("block", [-1, "soon", b"short", True])
def test_observe__block_that_is_none__is_refused(stage: Stage, block):
    with pytest.raises(Invalid, match=r"^block"):
        stage.client().observe(block=block)


def test_observe__another_agent__has_no_mandate(stage: Stage):
    snapshot = stage.client().observe(RELAYER.address)
    assert snapshot.agent.mandate.permissions == Permission(0)
    assert snapshot.agent.standing.mandate == bytes(32)


# -- verification -------------------------------------------------------------


def test_first_call__another_chain__is_refused(stage: Stage):
    other = replace(stage.treasury, chain_id=8_453)
    with pytest.raises(ChainMismatch, match="serves chain 1, and the treasury stands on chain 8453"):
        Client.connect(stage.rpc.url, other, AGENT).observe()


@pytest.mark.parametrize(
    ("field", "message"),
    [("executor", "no Executor answers"), ("lens", "no Lens answers"), ("vault", "not 0x0000")],
)
def test_first_call__an_address_that_is_not_the_vaults_own__is_refused(stage: Stage, field, message):
    other = replace(stage.treasury, **{field: "0x" + "00" * 19 + "99"})
    with pytest.raises(ContractMismatch, match=message):
        Client.connect(stage.rpc.url, other, AGENT).observe()


def test_first_call__an_executor_that_the_vault_has_left__is_refused(stage: Stage):
    types = ["address", "address"]
    other = deploy_vyper(stage.rpc, "contracts/Executor.vy", types, (stage.treasury.vault, GOVERNOR))
    stage.desk.govern("set_executor(address)", other)
    with pytest.raises(ContractMismatch, match=rf"(?i)with the Executor {other}"):
        stage.client().observe()
    stage.desk.govern("set_executor(address)", GOVERNOR)
    with pytest.raises(ContractMismatch, match="gives no snapshot"):
        stage.client().observe()


def test_no_node__is_a_lost_connection_that_tells_no_url():
    url = f"http://user:secret@127.0.0.1:{free_port()}/key"
    treasury = Treasury(1, *["0x" + "11" * 20] * 3)
    with pytest.raises(ConnectionLost) as caught:
        Client.connect(url, treasury, AGENT).observe()
    assert "secret" not in str(caught.value)
    assert "key" not in str(caught.value)


def test_without_an_account__reads_and_nothing_else(stage: Stage):
    client = stage.client(None)
    assert client.observe(AGENT.address).agent.agent == AGENT.address
    intent = client.intent([allocate(1, K)], agent=AGENT.address)
    for call in (client.observe, client.beat, lambda: client.submit(intent)):
        with pytest.raises(Invalid, match=r"^account"):
            call()


def test_manifest__names_the_contracts(stage: Stage, tmp_path):
    names = {"Vault": stage.treasury.vault, "Executor": stage.treasury.executor, "Lens": stage.treasury.lens}
    contracts = {name: {"address": address, "block": 5} for name, address in names.items()}
    path = tmp_path / "treasury.json"
    path.write_text(json.dumps({"chain_id": 1, "contracts": contracts}))
    assert Treasury.load(path) == stage.treasury


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "contracts.Vault.address is missing"),
        ('{"chain_id": 1, "contracts": {}}', "contracts.Vault.address is missing"),
        ('{"chain_id": 1, "contracts": {"Vault": {"address": 5}}}', "contracts.Executor.address is missing"),
    ],
)
def test_manifest__that_is_none__names_the_field(tmp_path, content, message):
    path = tmp_path / "treasury.json"
    path.write_text(content)
    with pytest.raises(Invalid, match=message):
        Treasury.load(path)
    with pytest.raises(Invalid, match="No such file"):
        Treasury.load(tmp_path / "missing.json")


# -- intents ------------------------------------------------------------------


def test_intent__has_deadline_nonce_and_reason(stage: Stage):
    client = stage.client()
    snapshot = client.observe()
    intent = client.intent([allocate(1, K)], snapshot=snapshot, reason={"why": "rates"}, valid_for=60)
    assert intent.deadline == snapshot.time + 60
    assert intent.nonce == 1
    assert intent.max_loss == snapshot.agent.mandate.max_loss
    assert intent.reason == reason_hash({"why": "rates"})


def test_intent__nonces_that_are_used_or_cancelled__are_left_out(stage: Stage):
    client = stage.client()
    data = "0x" + EXECUTOR.encode("cancel_nonces", 0, 0b1110).hex()
    stage.rpc.send({"from": AGENT.address, "to": stage.treasury.executor, "data": data})
    intent = client.intent([allocate(1, K)])
    assert intent.nonce == 4
    client.submit(intent)
    assert client.intent([allocate(1, K)]).nonce == 5


def test_hashes__are_the_chains(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, 5 * K), withdraw_all(2)], reason="why")
    mandate = client.observe().agent.standing.mandate
    for name, mine in (
        ("intent_hash", intent_hash(intent, mandate)),
        ("digest", digest(intent, stage.treasury.domain, mandate)),
    ):
        data = "0x" + LENS.encode(name, intent.as_tuple()).hex()
        assert stage.rpc.eth_call({"to": stage.treasury.lens, "data": data}) == mine


def test_mandate_hash__is_the_one_in_force(stage: Stage):
    stage.desk.grant(agent=AGENT.address)
    snapshot = stage.client().observe()
    granted = mandate_hash(AGENT.address, snapshot.agent.mandate, snapshot.sequence)
    assert granted == snapshot.agent.standing.mandate


# -- preview, simulate, explain -----------------------------------------------


def test_preview__over_the_flow__names_limit_and_largest(stage: Stage):
    client = stage.client()
    verdict = client.preview(client.intent([allocate(1, FLOW + 1)]))
    denial = from_verdict(verdict)
    assert isinstance(denial, OverFlowBudget)
    assert (denial.limit, denial.largest) == (FLOW, FLOW)
    assert client.preview(client.intent([allocate(1, denial.largest)])).passes


def test_simulate__tells_what_each_move_measured(stage: Stage):
    client = stage.client()
    before = client.observe()
    simulation = client.simulate(
        client.intent([allocate(1, 20 * K), allocate(2, 5 * K), deallocate(1, 2 * K)])
    )
    assert simulation.passes
    assert simulation.method == "eth_simulateV1"
    assert [(done.id, done.assets) for done in simulation.entry.moves] == [
        (1, 20 * K),
        (2, 5 * K),
        (1, -2 * K),
    ]
    assert simulation.after.totals.idle == before.totals.idle - 23 * K
    assert client.observe().totals.idle == before.totals.idle


def test_simulate__what_it_foretells__happens(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, 20 * K)])
    simulation = client.simulate(intent)
    executed = client.submit(intent)
    assert executed.entry.moves == simulation.entry.moves
    assert executed.entry.head != bytes(32)
    assert abs(executed.gas - simulation.gas) < 5_000


def test_simulate__refused__is_the_denial(stage: Stage):
    client = stage.client()
    simulation = client.simulate(client.intent([allocate(9, K)]))
    assert isinstance(simulation.denial, StrategyNotAllowed)
    assert (simulation.entry, simulation.after) == (None, None)


def test_simulate__as_relayed(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, K)], relayer=RELAYER.address)
    signature = client.sign(intent, AGENT)
    assert client.simulate(intent, RELAYER.address, signature).passes
    assert isinstance(client.simulate(intent, GOVERNOR, signature).denial, NotTheRelayer)


class OldNode(HTTPProvider):
    """A node without eth_simulateV1."""

    def make_request(self, method, params):
        if method == "eth_simulateV1":
            return {
                "jsonrpc": "2.0",
                "id": 1,
                "error": {"code": -32601, "message": "the method does not exist"},
            }
        return super().make_request(method, params)


def test_simulate__node_that_cannot__is_asked_by_eth_call(stage: Stage):
    client = Client(Web3(OldNode(stage.rpc.url)), stage.treasury, AGENT)
    passing = client.simulate(client.intent([allocate(1, K)]))
    assert (passing.method, passing.denial, passing.entry) == ("eth_call", None, None)
    assert passing.gas > 100_000
    assert isinstance(client.simulate(client.intent([allocate(9, K)])).denial, StrategyNotAllowed)


def test_explain__for_people_and_programs(stage: Stage):
    client = stage.client()
    snapshot = client.observe()
    intent = client.intent([allocate(1, 1_500_000), deallocate(1, 500_000)])
    told = explain(client.simulate(intent), snapshot)
    assert "allocates 1.5 to strategy 1" in told.text
    assert "deallocates 0.5 from strategy 1" in str(told)
    assert json.loads(json.dumps(told.data))["passes"] is True
    refused = explain(client.preview(client.intent([allocate(1, FLOW + 1)])), snapshot)
    assert "limit: 500,000\n" in refused.text
    assert refused.data["largest"] == FLOW
    executed = explain(client.submit(intent))
    assert "journal entry" in executed.text
    assert json.loads(json.dumps(executed.data))["entry"]["kind"] == 1
    assert explain(client.preview(client.intent([allocate(1, K)]))).text == "it would pass"
