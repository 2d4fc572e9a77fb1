"""The bots as real silverback processes over one treasury, driven block by block."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ganglion.devnet.artifacts import ROOT
from soak.ground import BOTS, TARGETS, Ground

NETWORK = "ethereum:local:foundry"
START = 120.0  # seconds in which a process must have started
TURN = 60.0  # seconds in which a block must have been handled
STOP = 10.0  # seconds after which a process that was told to end is ended
MOST_BLOCKS = 30  # in which a bot must have done what is due
_MNEMONIC = "test test test test test test test test test test test junk"  # of Ape's and anvil's accounts
_LOOK = 0.02  # seconds between two looks
_ENDING = "Shutdown started"  # what a runner says
_HANDLED = re.compile(r"SUCCESS.*\[block=(0x[0-9a-f]{64})")


class Missed(AssertionError):
    """A bot did not do its job, or a process did not live."""


def ape_accounts() -> dict[str, LocalAccount]:
    """Ape's first test accounts, one for each bot, as ``TEST::0`` and so on name them."""
    Account.enable_unaudited_hdwallet_features()
    path = "m/44'/60'/0'/0/{}".format
    return {name: Account.from_mnemonic(_MNEMONIC, account_path=path(i)) for i, name in enumerate(BOTS)}


@dataclass
class Process:
    """One silverback process.

    Attributes:
        name: for messages.
        log: what it says.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def told(self) -> str:
        """Everything that it has said."""
        return self.log.read_text(errors="replace")

    def handled(self) -> set[str]:
        """Hashes of the blocks that it has handled."""
        return set(_HANDLED.findall(self.told()))

    def alive(self) -> None:
        """Raise Missed with its last words if it has ended."""
        if self.process.poll() is not None:
            raise Missed(f"{self.name} ended with code {self.process.returncode}: {self.told()[-2_000:]}")

    def stop(self) -> None:
        """Have it end."""
        self.process.terminate()
        deadline = time.monotonic() + STOP
        # Once it shuts down, silverback waits for a last answer of its websocket, which does not come.
        while self.process.poll() is None and time.monotonic() < deadline and _ENDING not in self.told():
            time.sleep(_LOOK)
        self.process.kill()
        self.process.wait()


@dataclass
class Company:
    """Processes over one treasury.

    Attributes:
        ground: the treasury; its accounts must be ``ape_accounts()``.
        folder: for logs and Ape's data.
        broker: environment of silverback's broker; empty for the one in memory.
    """

    ground: Ground
    folder: Path
    broker: Mapping[str, str]

    def environment(self, bot: str) -> dict[str, str]:
        """What the processes of a bot are told."""
        place = self.ground.place
        told = {
            "APE_FOUNDRY_HOST": self.ground.rpc.url,
            "APE_DATA_FOLDER": str(self.folder / bot),
            "MAINNET_RPC_URL": self.ground.rpc.url,  # ape-config.yaml names it; nothing here forks
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "SILVERBACK_BOT_NAME": bot,
            "GANGLION_VAULT": place.vault,
            "GANGLION_EXECUTOR": place.executor,
            "GANGLION_LENS": place.lens,
            "GANGLION_REFLEXES": self.ground.reflexes,
            "GANGLION_TARGETS": str({str(k): v for k, v in TARGETS.items()}).replace("'", '"'),
            "GANGLION_POLL": "0.05",
        }
        return dict(os.environ) | told | {k: v.replace("{bot}", bot) for k, v in self.broker.items()}

    @contextmanager
    def running(
        self, bot: str, *command: str, name: str = "", environment: Mapping[str, str] | None = None
    ) -> Iterator[Process]:
        """Run ``silverback <command> <bot>`` until the block ends."""
        log = self.folder / f"{name or bot}.log"
        account = ("--network", NETWORK, "--account", f"TEST::{BOTS.index(bot)}")
        line = [str(Path(sys.executable).parent / "silverback"), *command, bot, *account]
        with log.open("wb") as out:
            started = subprocess.Popen(
                line,
                cwd=self._workplace(),
                env=environment or self.environment(bot),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        process = Process(name or bot, started, log)
        try:
            yield process
        finally:
            process.stop()

    def _workplace(self) -> Path:
        """A folder like the project's for silverback, which writes its state to where it is run."""
        place = self.folder / "workplace"
        place.mkdir(exist_ok=True)
        for name in ("ape-config.yaml", "bots"):
            if not (place / name).exists():
                (place / name).symlink_to(ROOT / name)
        return place

    def ready(self, processes: list[Process], words: str = "Startup complete") -> None:
        """Wait until processes have said that they have started; the words are a runner's."""
        for each in processes:
            _until(lambda each=each: words in each.told(), START, [each])

    def drive(self, processes: list[Process], done: Callable[[], bool], spacing: int) -> int:
        """Mine blocks, and let each be handled, until something is done; returns how many it took.

        Raises:
            Missed: it was not done within MOST_BLOCKS, or a process ended.
        """
        rpc = self.ground.rpc
        for block in range(1, MOST_BLOCKS + 1):
            rpc.warp(spacing)
            mined = rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
            _until(
                lambda mined=mined: done() or any(mined in each.handled() for each in processes),
                TURN,
                processes,
            )
            if done():
                return block
        last = "\n".join(f"--- {each.name}\n{each.told()[-1_500:]}" for each in processes)
        raise Missed(f"not done within {MOST_BLOCKS} blocks\n{last}")


def _until(holds: Callable[[], bool], seconds: float, processes: list[Process]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        for each in processes:
            each.alive()
        if time.monotonic() > deadline:
            last = "\n".join(f"--- {each.name}\n{each.told()[-1_500:]}" for each in processes)
            raise Missed(f"nothing came within {seconds:.0f} s\n{last}")
        time.sleep(_LOOK)
