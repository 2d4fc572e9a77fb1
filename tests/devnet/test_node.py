from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ganglion import devnet
from ganglion.devnet import Devnet, Rpc, node, seed
from ganglion.devnet.devnet import RPC_VARIABLE
from ganglion.devnet.errors import NodeFailed, NotMainnet, NotSeeded, ToolMissing

COMMAND = [sys.executable, "-m", "ganglion.devnet"]


def is_running(url: str) -> bool:
    return node.port_is_taken(int(url.rsplit(":", 1)[1]))


def test_run_anvil__block_left__node_is_gone() -> None:
    with node.run_anvil() as url:
        assert is_running(url)
        with Rpc(url) as rpc:
            assert rpc.call("eth_chainId") == "0x1"
            assert rpc.timestamp() == node.GENESIS_TIMESTAMP
    assert not is_running(url)


def test_run_anvil__error_inside__node_is_gone() -> None:
    with pytest.raises(ZeroDivisionError), node.run_anvil() as url:
        _ = 1 // 0
    assert not is_running(url)


def test_run_anvil__states_on_disk__gone_with_the_node(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with node.run_anvil() as url, Rpc(url) as rpc:
        (states,) = tmp_path.iterdir()
        for _ in range(4):  # more than the 500 states that stay in memory
            rpc.batch([("evm_mine", [])] * 200)
        assert list(states.rglob("*.json"))
    assert list(tmp_path.iterdir()) == []


def test_run_anvil__port_in_use__says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(NodeFailed, match=f"port {port} is in use; choose another"), node.run_anvil(port):
            pass


def test_run_anvil__upstream_dead__carries_anvils_words() -> None:
    dead = f"http://127.0.0.1:{node.free_port()}"
    with pytest.raises(NodeFailed, match=r"anvil ended with code 1: .*onnect"), node.run_anvil(fork_url=dead):
        pass


def test_find_anvil__nowhere__names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolMissing, match=r"anvil is missing; run `make setup`.*foundryup"):
        node.find_anvil()


def test_attach__running_net__same_addresses_and_it_stays(session_net: Devnet) -> None:
    with devnet.attach(session_net.url) as net:
        assert net == session_net
        assert net.market.state() == session_net.market.state()
    assert is_running(session_net.url)


def test_attach__empty_chain__refused_with_the_remedy() -> None:
    with (
        node.run_anvil() as url,
        pytest.raises(NotSeeded, match="lacks the seeded market; start one with"),
        devnet.attach(url),
    ):
        pass


def test_start__fork_of_a_chain_with_only_canonical_contracts__seeds_the_rest_there() -> None:
    built = seed.build_all()
    with node.run_anvil() as upstream, Rpc(upstream) as rpc:
        seed.plant_canonical(rpc, built)
        with devnet.start(fork_url=upstream) as net:
            assert net.forked
            assert net.market.state().utilisation_bps == 8_000
            assert net.market.set_utilisation(10_000).liquidity == 0
            holder = net.actor("holder")
            net.fund(holder, 9)
            assert net.rpc.read(net.addresses.usdc, "balanceOf(address)", holder) == 9
            with devnet.attach(net.url) as attached:
                assert attached.forked
        assert not seed.is_seeded(rpc), "the upstream stays as it was"


def test_start__variable_set__forks_it(session_net: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RPC_VARIABLE, session_net.url)
    with devnet.start() as net:
        assert net.forked
        assert net.market.state() == session_net.market.state()
        before = session_net.rpc.call("eth_blockNumber")
        net.market.set_utilisation(10_000)
        assert session_net.rpc.call("eth_blockNumber") == before


def test_start__fork_of_no_mainnet__refused_and_nothing_runs() -> None:
    with (
        node.run_anvil() as upstream,
        pytest.raises(NotMainnet, match=r"no code at 0xC02a\w+ \(weth\); point MAINNET_RPC_URL"),
        devnet.start(fork_url=upstream),
    ):
        pass


def test_fund__token_without_open_mint__balance_is_written(session_net: Devnet) -> None:
    # Any ERC-20 without a public mint stands for the real USDC: here a vault's share token at its address.
    with node.run_anvil(fork_url=session_net.url) as url, devnet.attach(url) as net:
        code = "0x" + net.rpc.code(net.addresses.snekmate_vault).hex()
        net.rpc.call("anvil_setCode", net.addresses.usdc, code)
        holder = net.actor("holder")
        net.fund(holder, 11)
        net.fund(holder, 2)
        assert net.rpc.read(net.addresses.usdc, "balanceOf(address)", holder) == 13


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command__json_until_a_signal__describes_itself_and_cleans_up(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RPC_VARIABLE, "")
    process = subprocess.Popen([*COMMAND, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        lines = iter(process.stdout.readline, "")
        text = ""
        for line in lines:
            text += line
            if line == "}\n":
                break
        described = json.loads(text)
        assert is_running(described["url"])
        assert described["addresses"]["morpho"] == "0xBBBBBbbBBb9cC5e90e3b3Af64bdAF62C37EEFFCb"
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert not is_running(described["url"])
    finally:
        process.kill()
        process.wait()


def test_command__port_in_use__one_line_and_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RPC_VARIABLE, "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"devnet: port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr
