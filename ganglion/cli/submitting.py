"""``ganglion submit``: an intent is executed once, or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from eth_account.signers.local import LocalAccount

from ganglion.agent import Client, Executed, Intent, explain

from . import values
from .acting import seen, show_simulation
from .connection import Connection, connected
from .intents import Wish, wishing
from .keys import signing
from .output import REFUSED, CommandFailed, console, emit, reported


@click.command()
@reported
@connected
@signing
@wishing
@click.option("--signature", help="Relay an intent that its agent signed: the signature in hex.")
@click.option(
    "--outbox",
    envvar="GANGLION_OUTBOX",
    show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what is signed and not settled, so that a crash sends nothing twice.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=300.0, show_default=True, help="Seconds.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before sending.")
def submit(
    connection: Connection,
    account: LocalAccount,
    wish: Wish,
    signature: str | None,
    outbox: Path | None,
    timeout: float,
    yes: bool,
    as_json: bool,
) -> None:
    """Simulate an intent, show what it would do, ask, and send it; wait until it is executed.

    The account comes from --keystore, or its key from the environment variable GANGLION_PRIVATE_KEY; a key is
    never an argument and never printed.

    An --intent is executed once or not at all, however often it is submitted: one that was executed before is
    told and not sent. After exit code 5 it may still be mined; submit it again with the same --outbox.
    """
    signed = None if signature is None else _signature(signature)
    intent = wish.intent(connection, None if signed else account.address)
    client = connection.acting(account, outbox, timeout)
    told: dict[str, Any] = {"intent": values.plain(intent), "simulation": None}
    done = client.outcome(intent)
    if done is None:
        told["simulation"] = _simulated(connection, client, intent, account.address, signed, as_json)
        _confirm(yes, as_json)
        done = client.submit(intent) if signed is None else client.relay(intent, signed)
    _tell(connection, intent, done, told, as_json)


def _simulated(
    connection: Connection, client: Client, intent: Intent, sender: str, signed: bytes | None, as_json: bool
) -> dict[str, Any]:
    """Show what the intent would do; where it is refused, nothing is sent and the exit code is 3."""
    simulation = client.simulate(intent, sender, signed)
    if not as_json:
        show_simulation(connection, intent, simulation)
    if simulation.denial is not None:
        if as_json:
            raise simulation.denial
        sys.exit(REFUSED)
    return values.simulated(simulation)


def _confirm(yes: bool, as_json: bool) -> None:
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise CommandFailed("--yes: nobody to ask; give --yes to send")
    click.confirm("Send it?", abort=True, err=True)


def _tell(
    connection: Connection, intent: Intent, done: Executed, told: dict[str, Any], as_json: bool
) -> None:
    if as_json:
        emit({"ok": True, **told, "executed": values.executed(done)})
        return
    if told["simulation"] is None:
        console().print("executed before; nothing was sent")
    console().print(str(explain(done, seen(connection, intent))))


def _signature(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise CommandFailed("--signature: not hex; give the bytes that the agent's wallet returned") from None
