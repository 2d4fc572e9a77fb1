"""The states, once a session, on a node of their own. Tests only simulate on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.properties.erc4626.states import PLANS, State, build


@pytest.fixture(scope="session")
def states() -> Iterator[dict[str, State]]:
    """Every state, by name."""
    with run_anvil() as url, Rpc(url) as rpc:
        yield {name: build(rpc, plan) for name, plan in PLANS.items()}
