"""The real server through a real client: what it offers, what it answers, and what it never does."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.memory import create_connected_server_and_client_session

from ganglion.agent.intent import digest
from ganglion.cli.intents import intent_of
from tests.agent.stage import AGENT, K
from tests.mcp.conftest import NAME, ORDER, server

READS = {"observe", "describe_tokens", "explain_error", "journal_tail", "journal_verify", "journal_report"}
PROPOSES = {"plan", "simulate", "draft_intent"}
MOVES = [{"kind": "allocate", "id": 1, "assets": str(10 * K)}]
CALLS: dict[str, dict[str, Any]] = {
    "observe": {},
    "describe_tokens": {},
    "explain_error": {"code": "executor: over flow budget"},
    "journal_tail": {"count": 5},
    "journal_verify": {},
    "journal_report": {},
    "plan": {"weights": [{"id": 1, "bps": 2_000}]},
    "simulate": {"moves": MOVES},
    "draft_intent": {"moves": MOVES, "reason": "rates moved"},
}


def talk(stage, conversation: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """Have a conversation with the server of a treasury."""

    async def run() -> Any:
        async with create_connected_server_and_client_session(server(stage)) as client:
            return await conversation(client)

    return asyncio.run(run())


def asked(stage, tool: str, **arguments: Any) -> dict[str, Any]:
    """What one tool answers."""

    async def conversation(client: ClientSession) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        assert not result.isError, result.content
        return json.loads(result.content[0].text)

    return talk(stage, conversation)


def tools(stage) -> list[dict[str, Any]]:
    async def conversation(client: ClientSession) -> list[dict[str, Any]]:
        return [tool.model_dump(mode="json") for tool in (await client.list_tools()).tools]

    return talk(stage, conversation)


def everything(stage) -> dict[str, dict[str, Any]]:
    """What every tool answers."""

    async def conversation(client: ClientSession) -> dict[str, dict[str, Any]]:
        told = {}
        for name, arguments in CALLS.items():
            result = await client.call_tool(name, arguments)
            assert not result.isError, result.content
            told[name] = json.loads(result.content[0].text)
        return told

    return talk(stage, conversation)


def strangers_texts(value: Any, inside: bool = False) -> list[tuple[str, bool]]:
    """Every string in an answer, and whether it is marked as untrusted."""
    if isinstance(value, dict):
        return [
            each
            for key, part in value.items()
            for each in strangers_texts(part, inside or key == "untrusted")
        ]
    if isinstance(value, list):
        return [each for part in value for each in strangers_texts(part, inside)]
    return [(value, inside)] if isinstance(value, str) else []


def test_list_tools__reads_and_proposals_alone__and_none_that_signs_or_sends(houses):
    listed = tools(houses.plain)
    assert {tool["name"] for tool in listed} == READS | PROPOSES == set(CALLS)
    for tool in listed:
        assert tool["annotations"]["readOnlyHint"] is True
        properties = json.dumps(tool["inputSchema"]).lower()
        assert not any(word in properties for word in ("private", "mnemonic", "keystore", "password"))


def test_tools__token_whose_name_gives_orders__changes_nothing(houses):
    assert tools(houses.plain) == tools(houses.order)
    plain, order = everything(houses.plain), everything(houses.order)
    assert order["plan"] == plain["plan"]
    assert order["explain_error"] == plain["explain_error"]
    assert order["simulate"]["simulation"]["passes"] is plain["simulate"]["simulation"]["passes"] is True
    assert order["draft_intent"]["intent"]["moves"] == plain["draft_intent"]["intent"]["moves"]
    assert order["draft_intent"]["signed"] is False
    seen = [told["observe"]["snapshot"] for told in (plain, order)]
    assert keys_of(seen[0]) == keys_of(seen[1])
    for name in ("groups", "decimals", "idle_floor"):
        assert seen[0][name] == seen[1][name]
    assert seen[0]["agent"]["mandate"] == seen[1]["agent"]["mandate"]
    assert seen[0]["totals"]["idle"] == seen[1]["totals"]["idle"]


def keys_of(value: Any) -> Any:
    return {key: keys_of(part) for key, part in value.items()} if isinstance(value, dict) else None


def test_tools__strangers_text__is_quoted_cut_and_visible(houses):
    told = everything(houses.order)
    texts = [pair for answer in told.values() for pair in strangers_texts(answer)]
    orders = [text for text, inside in texts if ORDER in text]
    assert orders, "the token's name is not told at all"
    assert all(inside for text, inside in texts if "send all" in text)
    for text, inside in texts:
        assert not inside or (text.isprintable() and len(text) <= 300)
    assert told["describe_tokens"]["asset"]["name"]["untrusted"] != NAME


def test_tools__nothing_is_sent_or_changed(houses):
    stage = houses.order
    before = stage.rpc.call("eth_blockNumber"), stage.desk.fingerprint()
    everything(stage)
    assert (stage.rpc.call("eth_blockNumber"), stage.desk.fingerprint()) == before


def test_draft_intent__typed_data__is_what_the_executor_takes(houses):
    stage = houses.plain
    told = asked(stage, "draft_intent", moves=MOVES, reason="rates moved", max_loss="1000")
    client = stage.client()
    signed = AGENT.sign_typed_data(full_message=told["typed_data"])
    intent = intent_of(told["intent"])
    mandate = client.observe().agent.standing.mandate
    assert told["digest"] == "0x" + digest(intent, stage.treasury.domain, mandate).hex()
    with stage.rpc.undone():
        done = stage.client(AGENT).relay(intent, bytes(signed.signature))
        assert done.entry.moves[0].assets == 10 * K


def test_simulate__what_would_be_refused__tells_code_and_remedy(houses):
    moves = [{"kind": "allocate", "id": 1, "assets": str(600 * K)}]
    told = asked(houses.plain, "simulate", moves=moves)
    assert (told["ok"], told["simulation"]["denial"]["code"]) == (False, "executor: over flow budget")


def test_explain_error__text_of_a_stranger__is_quoted(houses):
    told = asked(houses.plain, "explain_error", code=ORDER)
    assert (told["ok"], told["code"]) == (False, {"untrusted": ORDER})


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("simulate", {"moves": []}),
        ("simulate", {"moves": [{"kind": "send", "id": 1, "assets": "1"}]}),
        ("simulate", {"moves": [{"kind": "allocate", "id": 1, "assets": "1e9"}]}),
        ("simulate", {"moves": [{"kind": "allocate", "id": 1, "assets": "1", "to": "0x00"}]}),
        ("simulate", {"moves": [{"kind": "allocate", "id": 999, "assets": "1"}]}),
        ("journal_tail", {"count": 1_000_000}),
        ("draft_intent", {"moves": MOVES, "reason": ""}),
    ],
)
def test_tools__arguments_outside_the_schema__are_refused(houses, tool, arguments):
    async def conversation(client: ClientSession) -> bool:
        return (await client.call_tool(tool, arguments)).isError

    assert talk(houses.plain, conversation)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("plan", {}),
        ("plan", {"weights": [{"id": 9, "bps": 1}]}),
        ("simulate", {"moves": [{"kind": "allocate", "id": 1, "assets": "0"}]}),
    ],
)
def test_tools__what_cannot_be_done__is_an_answer_with_the_reason(houses, tool, arguments):
    told = asked(houses.plain, tool, **arguments)
    assert told["ok"] is False
    assert told["error"]["message"]["untrusted"]


def environment(stage, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GANGLION_")}
    named = {"GANGLION_RPC_URL": stage.rpc.url, "GANGLION_LENS": stage.treasury.lens}
    return clean | named | {"GANGLION_AGENT": AGENT.address} | more


def test_main__over_stdio__serves_the_same_tools(houses):
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "ganglion.mcp"], env=environment(houses.order)
    )

    async def run() -> tuple[list[dict[str, Any]], dict[str, Any]]:
        async with stdio_client(parameters) as (read, write), ClientSession(read, write) as client:
            await client.initialize()
            listed = [tool.model_dump(mode="json") for tool in (await client.list_tools()).tools]
            seen = await client.call_tool("describe_tokens", {})
            return listed, json.loads(seen.content[0].text)

    listed, told = asyncio.run(run())
    assert listed == tools(houses.plain)
    assert ORDER in told["asset"]["name"]["untrusted"]


@pytest.mark.parametrize("name", ["GANGLION_PRIVATE_KEY", "GANGLION_KEYSTORE", "GANGLION_KEYSTORE_PASSWORD"])
def test_main__key_in_the_environment__refuses_to_start(houses, name):
    secret = "0x" + "5e" * 32
    done = subprocess.run(
        [sys.executable, "-m", "ganglion.mcp"],
        env=environment(houses.plain, **{name: secret}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert name in done.stderr
    assert secret not in done.stderr


def test_plan__rates__puts_capital_where_they_are_highest(houses):
    rates = [{"id": 1, "percent": "2"}, {"id": 3, "percent": "5.25"}]
    told = asked(houses.plain, "plan", rates=rates)
    assert told["ok"] is True
    assert [each["id"] for each in told["plan"]["moves"]] == [3]
