from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ganglion import devnet
from ganglion.deployment import deploy

from .stage import Deployed, Stage, example_treasury


@pytest.fixture(scope="session")
def session_stage(mainnet_url: str) -> Iterator[Stage]:
    with devnet.start(fork_url=mainnet_url) as net:
        stage = Stage.of(net)
        stage.fund_deployer()
        yield stage


@pytest.fixture
def stage(session_stage: Stage) -> Iterator[Stage]:
    """A fork where nothing is deployed yet."""
    with session_stage.undone():
        yield session_stage


@pytest.fixture(scope="module")
def module_deployed(session_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    path = tmp_path_factory.mktemp("deployments") / "treasury.json"
    with session_stage.undone():
        manifest = deploy(example_treasury(), session_stage.chain, session_stage.sender(), path)
        yield Deployed(session_stage, manifest, path)


@pytest.fixture
def deployed(module_deployed: Deployed) -> Iterator[Deployed]:
    """The example treasury, sealed and not accepted by its Safe yet."""
    with module_deployed.stage.undone():
        yield module_deployed


@pytest.fixture
def manifest_path(tmp_path: Path) -> Path:
    return tmp_path / "deployments" / "treasury.json"
