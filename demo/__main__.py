"""``python -m demo [--json]``: exits 0 only if everything adds up to the wei."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "examples" / "treasury.yaml"
RPC = "MAINNET_RPC_URL"


@contextmanager
def _fork(say: Callable[[str], None]) -> Iterator[object]:
    """Start the local mainnet (itself a fork where MAINNET_RPC_URL is set), and Ape's fork of it."""
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    from ganglion.devnet import attach, start

    with tempfile.TemporaryDirectory() as folder, start(progress=say) as upstream:
        # Both before Ape is imported: where it forks from, and a data folder that no other run shares.
        os.environ[RPC], os.environ["APE_DATA_FOLDER"] = upstream.url, folder
        say("forking it with Ape")
        from ape import networks
        from ape.logging import logger

        logger.set_level("ERROR")
        fork = networks.parse_network_choice("ethereum:mainnet-fork:foundry")
        with fork as provider, attach(str(provider.uri)) as net:
            yield net


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def main(as_json: bool) -> None:
    """A treasury at work on a local fork: deploy, wire to a Safe, allocate, fail, leave whole."""
    os.chdir(ROOT)
    from .show import Show

    started = time.monotonic()
    show = Show(as_json)
    with _fork(lambda line: show.console.print(f"[dim]{line}[/]")) as net:
        from .play import play

        checks = play(net, CONFIG, show)
    show.end(checks, time.monotonic() - started)
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
