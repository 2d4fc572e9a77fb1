"""Submit, relay and beat, sync and async, on a real node with the real contracts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ganglion.agent import (
    AsyncClient,
    ConnectionLost,
    Invalid,
    NodeError,
    allocate,
    reason_hash,
)
from ganglion.agent.denials import (
    DeadlinePassed,
    NonceUsed,
    NotTheRelayer,
    OverFlowBudget,
    StrategyNotAllowed,
)
from ganglion.agent.intent import intent_hash
from ganglion.devnet.node import free_port
from tests.agent.stage import AGENT, QUICK, RELAYER, K, Stage

FLOW = 500 * K


# -- submit, relay, beat ------------------------------------------------------


def test_submit__is_executed_and_journaled(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, 20 * K)], reason="rates moved")
    mandate = client.observe().agent.standing.mandate
    executed = client.submit(intent)
    assert executed.entry.subject == intent_hash(intent, mandate)
    assert executed.entry.reason == reason_hash("rates moved")
    assert executed.entry.head == stage.desk.head()[0]
    assert stage.executions(intent) == 1


def test_submit__refused__costs_nothing(stage: Stage):
    client = stage.client()
    balance = stage.rpc.call("eth_getBalance", AGENT.address, "latest")
    with pytest.raises(OverFlowBudget):
        client.submit(client.intent([allocate(1, FLOW + 1)]))
    assert stage.rpc.call("eth_getBalance", AGENT.address, "latest") == balance


def test_submit__twice__returns_what_was_executed_once(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, K)], reason="once")
    first = client.submit(intent)
    assert client.submit(intent) == first
    assert stage.client().submit(intent) == first  # of a machine that remembers nothing
    assert stage.executions(intent) == 1


def test_submit__as_somebody_else__is_refused(stage: Stage):
    intent = stage.client().intent([allocate(1, K)])
    with pytest.raises(Invalid, match="is not the agent"):
        stage.client(RELAYER).submit(intent)


def test_submit__nothing_that_keeps_it_from_running_twice__is_refused(stage: Stage):
    client = stage.client()
    with pytest.raises(Invalid, match="nonce: 0"):
        client.submit(client.intent([allocate(1, K)]).with_nonce(0))


def test_submit__by_sequence_instead_of_nonce(stage: Stage):
    client = stage.client()
    sequence = client.observe().agent.standing.sequence
    intent = replace(client.intent([allocate(1, K)], reason="in order"), nonce=0, sequence=sequence + 1)
    executed = client.submit(intent)
    assert stage.client().submit(intent) == executed
    assert stage.executions(intent) == 1


def test_submit__nonce_that_another_intent_used__will_never_be(stage: Stage):
    client = stage.client()
    first = client.intent([allocate(1, K)])
    second = client.intent([allocate(2, K)])
    assert first.nonce == second.nonce
    client.submit(first)
    with pytest.raises(NonceUsed):
        client.submit(second)
    with pytest.raises(NonceUsed):
        client.outcome(second)


def test_submit__without_money_for_gas__is_told(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, K)])
    stage.rpc.call("anvil_setBalance", AGENT.address, "0x1")
    with pytest.raises(NodeError, match=r"(?i)insufficient funds"):
        client.submit(intent)


def test_relay__by_anyone__is_the_agents_intent(stage: Stage):
    agent, relayer = stage.client(), stage.client(RELAYER)
    intent = agent.intent([allocate(1, K)], reason="signed")
    signature = agent.sign(intent, AGENT)
    executed = relayer.relay(intent, signature)
    assert executed.entry.agent == AGENT.address
    assert agent.outcome(intent) == executed
    assert agent.submit(intent) == executed
    assert stage.executions(intent) == 1


def test_relay__by_another_than_the_named__is_refused(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, K)], relayer=RELAYER.address)
    with pytest.raises(NotTheRelayer):
        client.relay(intent, client.sign(intent, AGENT))


def test_outcome__of_an_intent_that_nobody_sent__is_none(stage: Stage):
    client = stage.client()
    assert client.outcome(client.intent([allocate(1, K)])) is None


def test_submit__after_its_deadline__is_refused(stage: Stage):
    client = stage.client()
    intent = client.intent([allocate(1, K)], valid_for=60)
    stage.rpc.warp(120)
    with pytest.raises(DeadlinePassed):
        client.submit(intent)


def test_beat__is_a_sign_of_life(stage: Stage):
    client = stage.client()
    stage.rpc.warp(1_000)
    assert client.beat().entry is None
    snapshot = client.observe()
    assert snapshot.agent.standing.seen == snapshot.time


# -- async --------------------------------------------------------------------


def test_async__observe_to_submit__as_sync(stage: Stage):
    async def act() -> None:
        async with AsyncClient.connect(stage.rpc.url, stage.treasury, AGENT, policy=QUICK) as client:
            await client.verify()
            snapshot = await client.observe()
            assert snapshot == stage.client().observe()
            intent = await client.intent([allocate(1, K)], snapshot=snapshot, reason="async")
            assert (await client.preview(intent)).passes
            assert (await client.simulate(intent)).passes
            executed = await client.submit(intent)
            assert await client.outcome(intent) == executed
            assert await client.resume() == []
            await client.beat()
            signed = await client.intent([allocate(1, K)], reason="async, signed")
            await client.relay(signed, await client.sign(signed, AGENT))
            assert stage.executions(intent) == stage.executions(signed) == 1
            with pytest.raises(StrategyNotAllowed):
                await client.submit(await client.intent([allocate(9, K)]))

    asyncio.run(act())


def test_async__no_node__is_a_lost_connection(stage: Stage):
    async def act() -> None:
        async with AsyncClient.connect(f"http://127.0.0.1:{free_port()}", stage.treasury, AGENT) as client:
            with pytest.raises(ConnectionLost):
                await client.observe()

    asyncio.run(act())
