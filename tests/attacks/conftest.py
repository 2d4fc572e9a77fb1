"""One anvil and one treasury a session. Most tests simulate on it; what mines must undo it.

A fixture that undoes by a snapshot asks for `shared_stage`, which must stand before the snapshot is taken.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.attacks.stage import Stage, open_treasury


@pytest.fixture(scope="session")
def attacked_node() -> Iterator[Rpc]:
    """Run the node."""
    with run_anvil() as url, Rpc(url) as rpc:
        yield rpc


@pytest.fixture(scope="session")
def shared_stage(attacked_node: Rpc) -> Stage:
    """Set up the treasury that all tests simulate on."""
    return open_treasury(attacked_node)


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """Give a test the treasury and undo what it mined."""
    with shared_stage.undone():
        yield shared_stage


@pytest.fixture
def rpc(attacked_node: Rpc, shared_stage: Stage) -> Iterator[Rpc]:
    """Give a test the node, for a treasury of its own, and undo what it mined."""
    snapshot = attacked_node.call("evm_snapshot")
    yield attacked_node
    assert attacked_node.call("evm_revert", snapshot)
