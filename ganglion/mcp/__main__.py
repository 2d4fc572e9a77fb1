"""``python -m ganglion.mcp``: the server on stdin and stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ganglion.agent import AgentError
from ganglion.cli.connection import AGENT, Connection, connected, required_agent
from ganglion.cli.keys import KEY, PASSWORD
from ganglion.cli.output import FAILED, CommandFailed, say

from .desk import Desk
from .server import serve

# Where one of these is set, a key is within reach of whatever the model can make the process do.
SECRETS = (KEY, "GANGLION_KEYSTORE", PASSWORD)


def refuse_secrets() -> None:
    """Raise CommandFailed where a key, or the way to one, is in the environment."""
    found = [name for name in SECRETS if os.environ.get(name)]
    if found:
        text = f"{', '.join(found)}: set, and this server must hold no key"
        raise CommandFailed(f"{text}; unset it and sign elsewhere, with `ganglion submit`")


@click.command()
@connected
@AGENT
@click.option(
    "--cache",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that keeps the journal's events between runs.",
)
def _main(connection: Connection, agent: str | None, cache: Path | None) -> None:
    """Serve one treasury over MCP on stdin and stdout, with tools that read and propose."""
    serve(Desk(connection, required_agent(agent), cache)).run("stdio")


def main() -> None:
    """Run the server; a failure is one line on stderr and exit code 1."""
    try:
        refuse_secrets()
        _main.main(prog_name="python -m ganglion.mcp", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AgentError as error:
        say(str(error))
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
