from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion import devnet
from ganglion.devnet import Devnet

from .strategy import Strategy


@pytest.fixture(scope="session")
def session_net() -> Iterator[Devnet]:
    with devnet.start(fork_url="") as net:
        yield net


@pytest.fixture
def net(session_net: Devnet) -> Iterator[Devnet]:
    snapshot = session_net.rpc.call("evm_snapshot")
    yield session_net
    assert session_net.rpc.call("evm_revert", snapshot)
    session_net.rpc.mine()


@pytest.fixture
def strategy(net: Devnet) -> Strategy:
    return Strategy(net)


@pytest.fixture
def depositor(net: Devnet, strategy: Strategy) -> str:
    return strategy.ready("depositor")
