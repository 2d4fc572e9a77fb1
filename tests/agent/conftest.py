"""One anvil a session with one treasury; what a test does to it is undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.agent.stage import Stage


@pytest.fixture(scope="session")
def session_stage() -> Iterator[Stage]:
    with run_anvil() as url, Rpc(url) as rpc:
        rpc.call("anvil_setBlockTimestampInterval", 1)
        yield Stage.build(rpc)


@pytest.fixture
def stage(session_stage: Stage) -> Iterator[Stage]:
    """The treasury with its capital idle."""
    with session_stage.rpc.undone():
        yield session_stage
        session_stage.automine(True)
    session_stage.rpc.mine()
