"""The command against a real treasury: one anvil a session, what a test does is undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from ganglion.cli import main
from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.agent.stage import AGENT, Stage

KEY = "0x" + bytes(AGENT.key).hex()


@dataclass(frozen=True)
class Ran:
    """How the command ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        return json.loads(self.out)


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
    session_stage.rpc.mine()


@pytest.fixture
def environment(stage: Stage) -> dict[str, str]:
    """What names node, treasury and agent; no key."""
    return {
        "GANGLION_RPC_URL": stage.rpc.url,
        "GANGLION_LENS": stage.treasury.lens,
        "GANGLION_AGENT": AGENT.address,
        "COLUMNS": "200",
    }


@pytest.fixture
def ganglion(environment: dict[str, str]) -> Callable[..., Ran]:
    """Run the command in this process; stdin is no terminal."""

    def run(*arguments: str, **variables: str) -> Ran:
        done = CliRunner(mix_stderr=False).invoke(main, arguments, env=environment | variables)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def process(environment: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Start the command as a process of its own, with pipes."""

    def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GANGLION_")}
        return subprocess.Popen(
            [sys.executable, "-m", "ganglion", *arguments],
            env=clean | environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
