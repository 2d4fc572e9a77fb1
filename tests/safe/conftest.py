from __future__ import annotations

from collections.abc import Iterator

import pytest
from ape import networks

from ganglion import devnet

from .world import World


@pytest.fixture(scope="session")
def session_world(mainnet_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("deployments") / "treasury.json"
    with (
        networks.parse_network_choice("ethereum:mainnet-fork:foundry") as provider,
        devnet.attach(provider.uri) as net,
    ):
        yield World.make(net, path)


@pytest.fixture
def world(session_world: World) -> Iterator[World]:
    """The example treasury, sealed and not accepted by its Safe yet."""
    with session_world.undone():
        yield session_world
