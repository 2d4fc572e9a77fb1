"""A treasury of six strategies on a node of its own, with a Lens, for plans that are really executed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.planning.ground import Ground


@pytest.fixture(scope="module", params=[6, 18], ids=["6 decimals", "18 decimals"])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """The treasury, funded, with nothing allocated."""
    with run_anvil() as url, Rpc(url) as node:
        node.call("anvil_setBlockTimestampInterval", 1)
        yield Ground.make(node, request.param, executor=None).laid()
