from __future__ import annotations

import pytest

from ganglion.devnet import Devnet, Reverted, Rpc, RpcError
from ganglion.devnet.abi import actor, call_data, decode_revert, encode, selector
from ganglion.devnet.errors import NodeFailed
from ganglion.devnet.node import free_port

WAD = 10**18
TARGET = "0x00000000000000000000000000000000000000ee"


def reverting_with(data: bytes) -> str:
    """Runtime code that reverts with ``data``, which follows 12 bytes of code."""
    return "0x" + (bytes.fromhex(f"60{len(data):02x}600c60003960{len(data):02x}6000fd") + data).hex()


@pytest.fixture
def sender(net: Devnet) -> str:
    net.fund_eth(net.actor("sender"), 10 * WAD)
    return net.actor("sender")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (selector("Error(string)") + encode(["string"], ["not liquid"]), "not liquid"),
        (selector("Panic(uint256)") + encode(["uint256"], [0x11]), "panic: arithmetic overflow"),
        (selector("Panic(uint256)") + encode(["uint256"], [0x99]), "panic: 0x99"),
        (selector("TooMuch(uint256)") + encode(["uint256"], [7]), None),
        (b"", None),
    ],
)
def test_send__reverting_target__raises_reason_and_bytes(
    net: Devnet, sender: str, data: bytes, reason: str | None
) -> None:
    net.rpc.call("anvil_setCode", TARGET, reverting_with(data))
    tx = {"from": sender, "to": TARGET}
    with pytest.raises(Reverted) as mined:
        net.rpc.send(tx)
    with pytest.raises(Reverted) as called:
        net.rpc.eth_call(tx)
    assert (
        (mined.value.reason, mined.value.data) == (called.value.reason, called.value.data) == (reason, data)
    )
    assert net.rpc.call("eth_getTransactionReceipt", mined.value.transaction_hash)["status"] == "0x0"
    assert called.value.transaction_hash is None


@pytest.mark.parametrize("data", [b"", b"\x01\x02", b"\xff" * 68])
def test_decode_revert__bytes_of_no_known_error__none(data: bytes) -> None:
    assert decode_revert(data) is None


@pytest.mark.parametrize("rest", [b"\x00" * 31, encode(["bytes"], [b"\xff\xfe"])])
def test_decode_revert__reason_that_is_no_text__none(rest: bytes) -> None:
    assert decode_revert(selector("Error(string)") + rest) is None


def test_send__unfunded_sender__raises_rpc_error(net: Devnet) -> None:
    with pytest.raises(RpcError, match="Insufficient funds"):
        net.rpc.send({"from": actor("penniless"), "to": TARGET, "value": 1})


def test_batch__mixed__answers_in_order_and_raises_for_the_first_failure(net: Devnet) -> None:
    answers = net.rpc.batch([("eth_chainId", ()), ("web3_sha3", ("0x",)), ("eth_chainId", ())])
    assert answers[0] == answers[2] == "0x1"
    assert answers[1].startswith("0xc5d246")
    assert net.rpc.batch([]) == []
    with pytest.raises(RpcError) as caught:
        net.rpc.batch([("eth_chainId", ()), ("no_such_method", ()), ("neither", ())])
    assert caught.value.method == "no_such_method"


def test_simulate_v1__two_blocks__warps_overrides_and_mines_nothing(net: Devnet) -> None:
    head, now = net.rpc.call("eth_blockNumber"), net.rpc.timestamp()
    pauper, weth = actor("penniless"), net.addresses.weth
    deposit = {"from": pauper, "to": weth, "data": call_data("deposit()"), "value": hex(WAD)}
    balance = {"from": pauper, "to": weth, "data": call_data("balanceOf(address)", pauper)}
    overdraw = {"from": pauper, "to": weth, "data": call_data("withdraw(uint256)", 2 * WAD)}
    blocks = net.rpc.simulate_v1(
        [
            {"calls": [deposit, overdraw], "blockOverrides": {"time": hex(now + 100)}},
            {"calls": [balance], "blockOverrides": {"time": hex(now + 100_000)}},
        ],
        {pauper: {"balance": hex(2 * WAD)}},
    )
    assert [int(block["timestamp"], 16) - now for block in blocks] == [100, 100_000]
    assert [call["status"] for block in blocks for call in block["calls"]] == ["0x1", "0x0", "0x1"]
    assert int(blocks[1]["calls"][0]["returnData"], 16) == WAD
    assert net.rpc.call("eth_blockNumber") == head
    assert net.rpc.read(weth, "balanceOf(address)", pauper) == 0


def test_mine_and_warp__advance_blocks_and_time(net: Devnet) -> None:
    block, now = int(net.rpc.call("eth_blockNumber"), 16), net.rpc.timestamp()
    net.rpc.mine(3)
    assert int(net.rpc.call("eth_blockNumber"), 16) == block + 3
    assert net.rpc.warp(86_400) >= now + 86_400
    assert net.rpc.timestamp() >= now + 86_400


def test_rpc__connection_closed_by_the_node__next_request_opens_another(net: Devnet) -> None:
    with Rpc(net.url) as rpc:
        rpc.call("eth_chainId")
        rpc._connection.sock.shutdown(2)
        assert rpc.call("eth_chainId") == "0x1"


def test_rpc__nobody_listens__names_the_url() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NodeFailed, match=f"no answer from {url}"):
        Rpc(url).call("eth_chainId")


@pytest.mark.parametrize("url", ["127.0.0.1:8545", "ws://127.0.0.1:8545", "http://"])
def test_rpc__not_http__refused_with_an_example(url: str) -> None:
    with pytest.raises(NodeFailed, match=r"give one like http://127\.0\.0\.1:8545"):
        Rpc(url)
