"""The anvil process: found, started on a free port, waited for, ended with its owner."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from .errors import DevnetError, NodeFailed, ToolMissing
from .rpc import Rpc

HOST = "127.0.0.1"
CHAIN_ID = 1
GENESIS_TIMESTAMP = 1_767_225_600  # 2026-01-01 00:00:00 UTC
LOCAL_HARDFORK = "cancun"
# A node that forks the real chain must run its current code; local gas figures are cancun's.
FORK_HARDFORK = "prague"
READY_TIMEOUT = 30.0
PORT_ATTEMPTS = 3


def find_anvil() -> str:
    """Return the path of anvil: beside this interpreter first, then on PATH; raises ToolMissing."""
    beside = Path(sys.executable).parent / "anvil"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("anvil")
    if found is None:
        raise ToolMissing(
            "anvil is missing; run `make setup` (npm ci && node tools/link_anvil.mjs), "
            "or install Foundry with foundryup and put it on PATH"
        )
    return found


def free_port() -> int:
    """Return a TCP port on localhost that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def port_is_taken(port: int) -> bool:
    """Return whether something listens on ``port`` of localhost."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


@contextlib.contextmanager
def run_anvil(port: int | None = None, fork_url: str | None = None) -> Iterator[str]:
    """Run an anvil with chain id 1 and yield its URL; the process ends with the block or the program.

    Args:
        port: to listen on; None or 0 takes a free one.
        fork_url: RPC to fork; None starts an empty chain at GENESIS_TIMESTAMP.

    Raises:
        ToolMissing: there is no anvil.
        NodeFailed: the port is taken, or anvil ended before it answered; carries anvil's last words.
    """
    # An anvil leaves the states that it moved to disk behind when it ends: hundreds of megabytes a test run.
    with tempfile.TemporaryDirectory(prefix="ganglion-anvil-", ignore_cleanup_errors=True) as states:
        process, url = _start(port, fork_url, states)
        try:
            yield url
        finally:
            _stop(process)


def _start(port: int | None, fork_url: str | None, states: str) -> tuple[subprocess.Popen[bytes], str]:
    if port and port_is_taken(port):
        raise NodeFailed(f"port {port} is in use; choose another with --port, or --port 0 for any free one")
    for attempt in range(PORT_ATTEMPTS):
        chosen = port or free_port()
        try:
            return _launch(_command(chosen, fork_url, states), f"http://{HOST}:{chosen}")
        except NodeFailed:
            # A free port may have been taken between the probe and the start; a given one was ours to lose.
            if port or not port_is_taken(chosen) or attempt == PORT_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _command(port: int, fork_url: str | None, states: str) -> list[str]:
    command = [find_anvil(), "--host", HOST, "--port", str(port), "--chain-id", str(CHAIN_ID)]
    command += ["--cache-path", states]
    if fork_url is None:
        command += ["--hardfork", LOCAL_HARDFORK, "--timestamp", str(GENESIS_TIMESTAMP)]
    else:
        command += ["--hardfork", FORK_HARDFORK, "--fork-url", fork_url, "--no-storage-caching"]
    return [*command, "--auto-impersonate", "--no-request-size-limit", "--quiet"]


def _launch(command: Sequence[str], url: str) -> tuple[subprocess.Popen[bytes], str]:
    with tempfile.TemporaryFile() as log:
        # Its own session: Ctrl-C in a terminal reaches this program only, which then ends the node.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        atexit.register(_stop, process)
        try:
            _wait_until_ready(process, url, log)
        except BaseException:
            _stop(process)
            raise
    return process, url


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: IO[bytes]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NodeFailed(f"anvil ended with code {process.returncode}: {_tail(log)}")
        try:
            with Rpc(url, timeout=READY_TIMEOUT) as rpc:
                rpc.call("eth_chainId")
            return
        except DevnetError:
            time.sleep(0.02)
    raise NodeFailed(f"anvil did not answer within {READY_TIMEOUT:.0f} s: {_tail(log)}")


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return " ".join(line.strip() for line in lines[-6:] if line.strip()) or "it said nothing"


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
