"""Intents on the command line: from a file, or from moves."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ganglion.agent import EVERYTHING, AgentError, Intent, Invalid, Move, Treasury
from ganglion.agent.drafting import VALID_FOR
from ganglion.agent.structs import ZERO_ADDRESS

from .connection import Connection
from .output import CommandFailed
from .values import intent_file

_MOVE = re.compile(r"(?P<id>\d{1,3}):(?P<assets>-all|[+-]?\d+)(:(?P<limit>\d+))?")
_INTEGERS = ("max_loss", "deadline", "nonce", "sequence")

_LEAST = click.IntRange(min=0)
DRAFT_OPTIONS = (
    click.option(
        "--max-loss", type=_LEAST, help="Most to lose, asset wei. Default: the mandate's, or a plan's."
    ),
    click.option("--reason", default="", help="Why; its hash is journaled, so keep the text."),
    click.option("--valid-for", type=click.IntRange(min=1), default=VALID_FOR, help="Seconds. Default: 600."),
    click.option("--relayer", default=ZERO_ADDRESS, help="The only account that may send it. Default: any."),
)


@dataclass(frozen=True)
class Wish:
    """What the options ask for: an intent in a file, or moves and what belongs to them."""

    file: Path | None
    moves: tuple[str, ...]
    max_loss: int | None
    reason: str
    valid_for: int
    relayer: str

    def intent(self, connection: Connection, agent: str | None) -> Intent:
        """Return the intent; raises CommandFailed, which names the option.

        Args:
            connection: the treasury.
            agent: whose; needed for moves, and compared with that of a file.
        """
        if (self.file is None) == (not self.moves):
            raise CommandFailed(
                "--intent: give either a file that `plan --out` wrote, or --move once or more"
            )
        if self.file is not None:
            return _of_file(self.file, connection.treasury, agent)
        if agent is None:
            raise CommandFailed("--agent: none; give the agent's address, or set GANGLION_AGENT")
        moves = [move_of(text) for text in self.moves]
        return drafted(connection, moves, agent, self.max_loss, self.reason, self.valid_for, self.relayer)


def wishing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of an intent; it gets a ``Wish``."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, intent: Path | None, move: tuple[str, ...], **options: Any) -> None:
        given = {name: options.pop(name) for name in ("max_loss", "reason", "valid_for", "relayer")}
        command(*arguments, wish=Wish(intent, move, **given), **options)

    file = click.option(
        "--intent", type=click.Path(dir_okay=False, path_type=Path), help="Intent that `plan --out` wrote."
    )
    moves = click.option(
        "--move",
        multiple=True,
        metavar="ID:ASSETS[:LEAST]",
        help="Instead of --intent, in order: 2:+5000000 allocates asset wei to strategy 2, 3:-700 brings"
        " some home, 3:-all everything; LEAST is what must come of it, units or asset wei.",
    )
    for option in reversed((file, moves, *DRAFT_OPTIONS)):
        wrapped = option(wrapped)
    return wrapped


def drafted(
    connection: Connection,
    moves: list[Move],
    agent: str,
    max_loss: int | None,
    reason: str,
    valid_for: int,
    relayer: str,
) -> Intent:
    """Return an intent with a deadline and an unused nonce; raises Invalid."""
    return connection.client.intent(
        moves, max_loss=max_loss, reason=reason, valid_for=valid_for, relayer=relayer, agent=agent
    )


def move_of(text: str) -> Move:
    """Return the move that ``ID:ASSETS[:LEAST]`` means; raises CommandFailed."""
    found = _MOVE.fullmatch(text)
    try:
        if found is None:
            raise Invalid("not ID:ASSETS[:LEAST]")
        assets = EVERYTHING if found["assets"] == "-all" else int(found["assets"])
        if assets == 0:
            raise Invalid("0 assets move nothing")
        return Move(int(found["id"]), assets, int(found["limit"] or 0))
    except Invalid as error:
        raise CommandFailed(f"--move {text}: {error}; write 2:+5000000, 3:-700 or 3:-all") from None


def write_intent(path: Path, intent: Intent, treasury: Treasury) -> None:
    """Keep an intent in a file; raises CommandFailed."""
    content = json.dumps(intent_file(intent, treasury.chain_id, treasury.executor), indent=2)
    try:
        path.write_text(content + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"--out: {path}: {error.strerror}; give a file that can be written") from None


def _of_file(path: Path, treasury: Treasury, agent: str | None) -> Intent:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        place = content["chain_id"], content["executor"]
        intent = intent_of(content["intent"])
    except OSError as error:
        raise CommandFailed(
            f"--intent: {path}: {error.strerror}; give a file that `plan --out` wrote"
        ) from None
    except (AgentError, KeyError, TypeError, ValueError) as error:
        raise CommandFailed(f"--intent: {path} is no intent ({error}); write one with `plan --out`") from None
    if place != (treasury.chain_id, treasury.executor):
        raise CommandFailed(
            f"--intent: {path} is for another Executor, {place[1]} on chain {place[0]}; plan anew"
        )
    if agent is not None and intent.agent != agent:
        raise CommandFailed(f"--intent: {path} is of the agent {intent.agent}, not {agent}; act as that one")
    return intent


def intent_of(values: Mapping[str, Any]) -> Intent:
    """Inverse of ``values.plain``; raises Invalid, KeyError, TypeError or ValueError for anything else."""
    given = dict(values)
    given |= {name: int(given[name]) for name in _INTEGERS}
    given["moves"] = [
        {name: int(each[name]) for name in ("id", "assets", "limit")} for each in given["moves"]
    ]
    return Intent.from_dict(given)
