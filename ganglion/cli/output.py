"""How commands speak: tables for people, one JSON object for programs, errors on stderr, exit codes."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click
from rich.console import Console

from ganglion.agent import AgentError, Denial, NotSettled
from ganglion.untrusted import clean

from .values import error_of

FAILED, USAGE, REFUSED, NOT_GENUINE, UNSETTLED, INTERRUPTED = 1, 2, 3, 4, 5, 130

Command = Callable[..., None]


class CommandFailed(AgentError):
    """A command cannot be carried out; the message names the option and the remedy."""


def console() -> Console:
    """Return a console that takes nothing for markup and breaks no address."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one line on stderr."""
    Console(stderr=True, highlight=False).print(clean(text, 2_000), markup=False, soft_wrap=True)


def emit(data: dict[str, Any], *, indent: int | None = 2) -> None:
    """Print a JSON object; everything but ASCII is escaped, so that no text of others acts on a terminal."""
    click.echo(json.dumps(data, indent=indent))


def fail(error: Exception, as_json: bool) -> NoReturn:
    """Tell a failure and end with its exit code."""
    if as_json:
        emit({"ok": False, "error": error_of(error)})
    else:
        Console(stderr=True, highlight=False).print(
            clean(str(error), 2_000), style="red", markup=False, soft_wrap=True
        )
    sys.exit(_code(error))


def _code(error: Exception) -> int:
    if isinstance(error, Denial):
        return REFUSED
    return UNSETTLED if isinstance(error, NotSettled) else FAILED


def reported(command: Command) -> Command:
    """Give a command ``--json``, and turn failures into a message and an exit code."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object; see `ganglion --help`.")
    @functools.wraps(command)
    def run(*arguments: Any, as_json: bool, **options: Any) -> None:
        try:
            command(*arguments, as_json=as_json, **options)
        except AgentError as error:
            fail(error, as_json)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    return run
