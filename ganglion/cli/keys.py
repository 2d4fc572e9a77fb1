"""The account that signs: from a keystore file or an environment variable, never from the command line."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from eth_account import Account
from eth_account.signers.local import LocalAccount

from .output import CommandFailed

KEY = "GANGLION_PRIVATE_KEY"
PASSWORD = "GANGLION_KEYSTORE_PASSWORD"  # name of a variable, not a password

KEYSTORE = click.option(
    "--keystore",
    envvar="GANGLION_KEYSTORE",
    show_envvar=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keystore file (JSON, as geth and eth_account write it) of the account that signs. Its password is"
    f" asked for, or read from {PASSWORD}.",
)


def signing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--keystore``; it gets the account."""

    @KEYSTORE
    @functools.wraps(command)
    def wrapped(*arguments: Any, keystore: Path | None, **options: Any) -> None:
        command(*arguments, account=account(keystore), **options)

    return wrapped


def account(keystore: Path | None) -> LocalAccount:
    """Return the account of a keystore, or of the key in the environment.

    Raises:
        CommandFailed: neither is given, or it does not open; no message holds any of its content.
    """
    key = os.environ.get(KEY)
    if keystore is not None and key:
        raise CommandFailed(f"--keystore: {KEY} is set, too; give one of both")
    if keystore is not None:
        return _opened(keystore)
    if not key:
        raise CommandFailed(f"--keystore: none; give a keystore file, or set {KEY} to a key in hex")
    try:
        return Account.from_key(key)
    except Exception:
        # Whatever eth_account says of a bad key may hold it.
        raise CommandFailed(f"{KEY}: no private key; set it to 0x and 64 hex digits") from None


def _opened(path: Path) -> LocalAccount:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CommandFailed(f"--keystore: {path} cannot be read as JSON; give a keystore file") from None
    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise CommandFailed(f"--keystore: nobody to ask for the password; set {PASSWORD}")
        password = click.prompt(f"Password of {path.name}", hide_input=True, err=True)
    try:
        return Account.from_key(Account.decrypt(content, password))
    except Exception:
        # Of all that can be wrong with a keystore, nothing but this may be told.
        raise CommandFailed(f"--keystore: {path} does not open; check the file and its password") from None
