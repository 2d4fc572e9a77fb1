"""One anvil and one strategy a session, undone after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils import to_checksum_address

from tests.mocks.bench import Bench
from tests.mocks.chain import UNIT, World, anvil


@pytest.fixture(scope="session")
def node() -> Iterator[World]:
    """Run the node and name its accounts."""
    with anvil() as rpc:
        accounts = [to_checksum_address(account) for account in rpc.call("eth_accounts")]
        yield World(rpc, *accounts[:3])


@pytest.fixture(scope="session")
def used_strategy(node: World) -> Bench:
    """Set up a strategy in which 2,000 were deposited by two and 200 were gained."""
    bench = Bench(node)
    node.send(node.hostile_agent, bench.token, "mint(address,uint256)", bench.strategy, 200 * UNIT)
    assert bench.act("gain(uint256)", 200 * UNIT).ok
    return bench


@pytest.fixture
def world(node: World, used_strategy: Bench) -> Iterator[World]:
    """Give a test the node and undo what it did."""
    with node.undone():
        yield node


@pytest.fixture
def bench(world: World, used_strategy: Bench) -> Bench:
    """Give a test the strategy; what it does is undone with ``world``."""
    return used_strategy
