"""``make bots-redis``: each bot over Redis, one runner and two workers, on a local treasury.

    python -m tools.bots_redis [--json]

Starts redis-server on a free port in a temporary folder, a node, and for each bot a runner and two workers.
Shows each bot doing its jobs on chain, and ends everything. Exits with 1 if a bot or a worker did nothing.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from ganglion.devnet.errors import DevnetError, NodeFailed, ToolMissing
from ganglion.devnet.node import HOST, free_port, port_is_taken
from soak.ground import BOTS, Ground, ground
from tests.bots.company import Company, Missed, Process, ape_accounts
from tests.bots.scenes import SCENES

SERVER = "redis-server"
WORKERS = 2
START = 10.0  # seconds in which the server must answer


@contextlib.contextmanager
def run_redis(folder: Path) -> Iterator[str]:
    """Run a Redis server that keeps nothing, and yield its URL; it ends with the block.

    Raises:
        ToolMissing: there is none.
        NodeFailed: it did not start.
    """
    found = shutil.which(SERVER)
    if found is None:
        raise ToolMissing(f"{SERVER} is missing; install it (Debian: apt-get install redis-server)")
    port = free_port()
    command = [found, "--port", str(port), "--bind", HOST, "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no"]
    with (folder / "redis.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + START
        while not port_is_taken(port):
            if server.poll() is not None or time.monotonic() > deadline:
                said = (folder / "redis.log").read_text(errors="replace")[-500:]
                raise NodeFailed(f"{SERVER} did not start: {said}")
            time.sleep(0.02)
        yield f"redis://{HOST}:{port}"
    finally:
        server.terminate()
        try:
            server.wait(START)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def broker(url: str) -> dict[str, str]:
    """Return silverback's settings for a queue of each bot's own."""
    queue = {"url": url, "queue_name": "ganglion-BOT", "socket_timeout": None}
    return {
        "SILVERBACK_BROKER_CLASS": "taskiq_redis:ListQueueBroker",
        "SILVERBACK_BROKER_KWARGS": json.dumps(queue).replace("BOT", "{bot}"),
        "SILVERBACK_RESULT_BACKEND_CLASS": "taskiq_redis:RedisAsyncResultBackend",
        "SILVERBACK_RESULT_BACKEND_KWARGS": json.dumps({"redis_url": url}),
    }


def play(place: Ground, company: Company, bot: str) -> dict[str, Any]:
    """Run one bot and have it do its jobs; returns how many blocks each took, and each worker's turns.

    Raises:
        Missed: a job was not done, a worker had no turn, or a process did not live.
    """
    with ExitStack() as stack:
        names = [f"{bot}-worker-{number}" for number in range(1, WORKERS + 1)]
        workers = [
            stack.enter_context(company.running(bot, "worker", "--workers", "1", name=name)) for name in names
        ]
        runner = stack.enter_context(company.running(bot, "run", name=f"{bot}-runner"))
        company.ready(workers, "Loaded Silverback Bot")
        company.ready([runner])
        jobs = {}
        for scene in SCENES[bot]:
            scene.prepare(place)
            jobs[scene.title] = company.drive(workers, lambda scene=scene: scene.done(place), scene.spacing)
        company.drive(workers, lambda: _all_had_a_turn(workers), 120)
        return {
            "jobs, in blocks": jobs,
            "blocks handled": {each.name: len(each.handled()) for each in workers},
        }


def _all_had_a_turn(workers: list[Process]) -> bool:
    return all(each.handled() for each in workers)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def main(as_json: bool) -> None:
    """Rebalancer, settler and sentinel over Redis, each with two workers."""
    console = Console(stderr=as_json)
    told: dict[str, Any] = {}
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ganglion-bots-")))
            url = stack.enter_context(run_redis(folder))
            place = stack.enter_context(ground(ape_accounts()))
            company = Company(place, folder, broker(url))
            for bot in BOTS:
                told[bot] = play(place, company, bot)
                for title, blocks in told[bot]["jobs, in blocks"].items():
                    console.print(f"[green]✓[/] {bot}: {title}  [dim]{blocks} blocks[/]", highlight=False)
                turns = ", ".join(f"{name} {count}" for name, count in told[bot]["blocks handled"].items())
                console.print(
                    f"[green]✓[/] {bot}: every worker had its turn  [dim]{turns}[/]", highlight=False
                )
    except (DevnetError, Missed) as error:
        console.print("[red]✗[/]", escape(str(error)), highlight=False)
        sys.exit(1)
    if as_json:
        print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
