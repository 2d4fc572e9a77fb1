"""``python -m ganglion.devnet``: keep a local mainnet running and print its addresses."""

from __future__ import annotations

import json
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console
from rich.table import Column, Table

from .devnet import RPC_VARIABLE, Devnet, start
from .errors import DevnetError, NodeFailed

DEFAULT_PORT = 8545
_WATCH_INTERVAL = 2.0  # seconds


@click.command()
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def main(port: int, as_json: bool) -> None:
    """Run a local Ethereum mainnet until Ctrl-C, and print its addresses.

    Set MAINNET_RPC_URL to fork that RPC instead of seeding an empty chain.
    """
    errors = Console(stderr=True, highlight=False)
    _interrupt_on_signals()
    begun, ready = time.monotonic(), False
    try:
        with start(port, progress=lambda line: errors.print(f"[dim]{line} …[/dim]")) as net:
            ready = True
            seconds = time.monotonic() - begun
            if as_json:
                click.echo(json.dumps(net.describe(), indent=2))
            else:
                _show(Console(), net, seconds)
            _watch(net)
    except DevnetError as error:
        errors.print(f"devnet: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        # Being told to stop is how a running net ends; before that it is an interruption.
        sys.exit(0 if ready else 130)


def _interrupt_on_signals() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # Once only: a second signal must not interrupt the end of the node.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)


def _watch(net: Devnet) -> NoReturn:
    while True:
        time.sleep(_WATCH_INTERVAL)
        try:
            net.rpc.call("eth_chainId")
        except NodeFailed as error:
            raise NodeFailed(f"the node ended by itself ({error})") from None


def _show(console: Console, net: Devnet, seconds: float) -> None:
    origin = f"a fork of {RPC_VARIABLE}" if net.forked else "an empty chain"
    console.print(f"Local mainnet at [bold]{net.url}[/bold]: chain id 1, {origin}, ready in {seconds:.1f} s")
    contracts = Table("contract", "address", title="Contracts", title_justify="left")
    for name, address in net.addresses.as_dict().items():
        contracts.add_row(name, address)
    console.print(contracts)
    state = net.market.state()
    market = Table("", Column("", overflow="fold"), title="Market", title_justify="left", show_header=False)
    market.add_row("id", "0x" + net.market_params.id.hex())
    market.add_row("supplied", f"{state.total_supply_assets / 10**6:,.2f} USDC")
    market.add_row("borrowed", f"{state.total_borrow_assets / 10**6:,.2f} USDC")
    market.add_row("utilisation", f"{state.utilisation_bps / 100:.2f} %")
    market.add_row("fee on interest", f"{state.fee / 10**16:.0f} %")
    market.add_row("WETH price", f"{net.market.price() / 10**24:,.2f} USDC")
    console.print(market)
    console.print("Any sender is impersonated. Ctrl-C ends it.")


if __name__ == "__main__":
    main(prog_name="python -m ganglion.devnet")
