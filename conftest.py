"""What every test run needs before Ape is imported: a private data folder, PATH, and the upstream of forks.

Ape forks whatever `MAINNET_RPC_URL` names. The run reserves a port, exports its URL under that name, and
starts the local mainnet there once a test marked `fork` has been collected; a run without one starts nothing.
Where the user has set the variable, the local mainnet is itself a fork of that RPC. Under xdist the workers
leave a note, and the controller, which outlives them, starts it before the first test.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

RPC = "MAINNET_RPC_URL"
SHARED = "GANGLION_TEST_FOLDER"  # folder that the controller shares with its workers
NOTE = "devnet-needed"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

_running = contextlib.ExitStack()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _prepare() -> tuple[Path, str]:
    """Set the environment that Ape reads when it is imported; returns the run's folder and the user's RPC."""
    users_rpc = "" if WORKER else os.environ.get(RPC, "")
    if not WORKER:
        folder = Path(tempfile.mkdtemp(prefix="ganglion-test-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ[SHARED] = str(folder)
        os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        os.environ[RPC] = f"http://127.0.0.1:{_free_port()}"
    folder = Path(os.environ[SHARED])
    # Ape merges the ABIs that it caches of a fork into older ones, so no two processes may share them.
    os.environ["APE_DATA_FOLDER"] = str(folder / (WORKER or "main"))
    return folder, users_rpc


FOLDER, USERS_RPC = _prepare()


def _profiles() -> None:
    common = {
        "deadline": None,
        "print_blob": True,
        "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    }
    settings.register_profile("quick", max_examples=25, stateful_step_count=20, **common)
    settings.register_profile("ci", max_examples=50, stateful_step_count=30, derandomize=True, **common)
    settings.register_profile("deep", max_examples=2_000, stateful_step_count=100, **common)
    settings.load_profile(os.environ.get("GANGLION_HYPOTHESIS_PROFILE", "quick"))


_profiles()


@functools.cache
def _start_devnet() -> None:
    from ganglion.devnet import DevnetError, start

    port = int(os.environ[RPC].rpartition(":")[2])
    try:
        _running.enter_context(start(port, fork_url=USERS_RPC))
    except DevnetError as error:
        pytest.exit(f"the local mainnet that fork tests need did not start: {error}", returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in a `fork` folder, or asks for the upstream's URL, as a fork test."""
    for item in items:
        if "fork" in item.path.parent.parts or "mainnet_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.fork)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the upstream if a selected test needs it, or tell the controller to."""
    needed = any(item.get_closest_marker("fork") for item in session.items)
    if session.config.option.collectonly or not needed:
        return
    if WORKER:
        (FOLDER / NOTE).touch()
    else:
        _start_devnet()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: object, ids: object) -> None:
    """In the controller, before tests are handed out: start the upstream if a worker asked for it."""
    if (FOLDER / NOTE).exists():
        _start_devnet()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the upstream once the workers are gone."""
    _running.close()


@pytest.fixture(scope="session")
def mainnet_url() -> str:
    """RPC that forks take their state from: the local mainnet, or the user's own."""
    return os.environ[RPC]
