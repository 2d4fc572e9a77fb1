"""Whatever a node answers is read with suspicion: it becomes a refusal, the node's error, or a lost line."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from web3 import AsyncWeb3, Web3
from web3.providers import AsyncBaseProvider, BaseProvider

from ganglion.agent import ConnectionLost, NodeError, Treasury, explain
from ganglion.agent.denials import NoMandate, OverFlowBudget, Unexplained, Unlisted, Veto, from_reason
from ganglion.agent.fees import Fee, FeePolicy, going_rate
from ganglion.agent.intent import Intent, allocate
from ganglion.agent.outcome import find
from ganglion.agent.reading import entry_of, observe, simulate, verify
from ganglion.agent.steps import ask, run, run_async
from ganglion.agent.wire import revert_of
from ganglion.devnet.abi import encode, selector

ADDRESS = "0x" + "11" * 20
TREASURY = Treasury(1, ADDRESS, ADDRESS, ADDRESS)
INTENT = Intent(ADDRESS, (allocate(1, 5),), 1, 2, 3)
VETO = "0x" + (selector("Error(string)") + encode(["string"], ["vault: 7"])).hex()


class Saying(BaseProvider):
    """A node that gives one answer to everything."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    def make_request(self, method: Any, params: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class SayingLater(AsyncBaseProvider):
    """As ``Saying``, asynchronously."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    async def make_request(self, method: Any, params: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def node(result: Any) -> Web3:
    return Web3(Saying({"jsonrpc": "2.0", "id": 1, "result": result}))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NodeError("eth_call", "execution reverted: vault: 7", 3, VETO), Veto),
        (NodeError("eth_call", "VM execution error", -32015, f"Reverted {VETO}"), Veto),
        (NodeError("eth_call", "reverted", -32000, {"data": VETO}), Veto),
        (NodeError("eth_call", "execution reverted: executor: no mandate", 3), NoMandate),
        (NodeError("eth_call", "execution reverted", 3, "0x"), Unexplained),
        (NodeError("eth_call", "execution reverted: Toast", -32000), Unlisted),
    ],
)
def test_revert__as_each_kind_of_node_tells_it__is_the_denial(error: NodeError, kind: type):
    assert type(revert_of(error)) is kind


@pytest.mark.parametrize(
    "error",
    [
        NodeError("eth_call", "header not found", -32000),
        NodeError("eth_call", "limit exceeded", -32005, {"see": "https://example.org"}),
        NodeError("eth_call", "odd", -32000, "0xzz"),
    ],
)
def test_failure_of_the_node__is_no_denial(error: NodeError):
    assert revert_of(error) is None


@pytest.mark.parametrize(
    "answer", [None, [], "text", {}, {"error": "text"}, {"id": 1}], ids=lambda answer: repr(answer)
)
def test_answer__that_is_not_json_rpc__is_an_error_of_the_node(answer: Any):
    with pytest.raises(NodeError, match="not JSON-RPC"):
        run(Web3(Saying(answer)), ask("eth_chainId"))
    with pytest.raises(NodeError, match="not JSON-RPC"):
        asyncio.run(run_async(AsyncWeb3(SayingLater(answer)), ask("eth_chainId")))


@pytest.mark.parametrize(
    ("raised", "kind"),
    [(ValueError("<html>"), NodeError), (OSError("gone"), ConnectionLost), (TimeoutError(), ConnectionLost)],
)
def test_exception_of_a_provider__is_told_without_its_text(raised: Exception, kind: type):
    with pytest.raises(kind) as caught:
        run(Web3(Saying(raised)), ask("eth_chainId"))
    assert "gone" not in str(caught.value)
    with pytest.raises(kind):
        asyncio.run(run_async(AsyncWeb3(SayingLater(raised)), ask("eth_chainId")))


def test_error__text_of_a_node__is_cut():
    long = {"error": {"code": "many", "message": "x" * 10_000}}
    with pytest.raises(NodeError) as caught:
        run(Web3(Saying(long)), ask("eth_chainId"))
    assert len(str(caught.value)) < 300
    assert caught.value.code == 0


ODD = [None, 5, "0x", "0xzz", "text", [], [{}], {}, {"status": "0x1"}]


@pytest.mark.parametrize("result", ODD, ids=repr)
@pytest.mark.parametrize(
    "steps",
    [
        lambda: verify(TREASURY),
        lambda: observe(TREASURY, ADDRESS),
        lambda: simulate(TREASURY, INTENT),
        lambda: find(TREASURY, INTENT),
        lambda: going_rate(FeePolicy()),
    ],
    ids=["verify", "observe", "simulate", "find", "fees"],
)
def test_result__that_is_none__is_an_error_of_the_node(steps: Any, result: Any):
    with pytest.raises(NodeError):
        run(node(result), steps())


@pytest.mark.parametrize("logs", [None, [], [{"address": "0x22", "topics": [], "data": "0x"}]])
def test_logs__without_the_executors_entry__have_none(logs: Any):
    assert entry_of(TREASURY, logs) is None


def test_fees__offer_and_replacement():
    policy = FeePolicy(ceiling=1_000, tip=10, headroom=2)
    assert policy.offer(100, 999) == Fee(210, 10)
    assert policy.offer(600, 999) == Fee(1_000, 10)
    assert FeePolicy(ceiling=1_000).offer(100, 50) == Fee(250, 50)
    assert policy.replacement(Fee(210, 10), Fee(210, 10)) == Fee(263, 13)
    assert policy.replacement(Fee(210, 10), Fee(400, 10)) == Fee(400, 13)
    assert policy.replacement(Fee(900, 10), Fee(210, 10)) is None


def test_explain__denial__in_its_own_unit():
    flow = explain(
        from_reason("executor: over flow budget", move=1, limit=5_000, largest=3_000, transaction="0xab")
    )
    assert "number 2 of the intent" in flow.text
    assert "limit: 5,000 wei" in flow.text
    assert "would pass: 3,000 wei" in flow.text
    assert "transaction: 0xab" in flow.text
    share = explain(from_reason("executor: over relative cap", limit=4_000))
    assert "limit: 4,000 bps" in share.text
    assert share.data["denial"] == "OverRelativeCap"
    assert isinstance(from_reason("executor: over flow budget"), OverFlowBudget)
