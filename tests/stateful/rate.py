"""How fast the campaign is, beside a bare loop of the same requests: ``python -m tests.stateful.rate``."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import click
from hypothesis import HealthCheck, Phase, given, settings

from tests.stateful.campaign import MAX_STEPS, OPERATIONS, Blocks, run
from tests.stateful.world import World, worlds

WANTED = 0.5
BATCH = 25  # lists between two turns of the bare loop, so that both meet the same machine


@dataclass
class Rate:
    """What was measured: seconds, and calls of ``eth_simulateV1``.

    Each step is two calls: its own, and one of the reader, which asks all ``views`` of the world.
    """

    sequences: int = 0
    steps: int = 0
    calls: int = 0
    views: int = 0
    campaign_seconds: float = 0.0
    raw_seconds: float = 0.0

    def summary(self) -> dict[str, float]:
        """The counts, and calls and steps a second."""
        return {
            **asdict(self),
            "campaign_calls_per_second": self.calls / self.campaign_seconds,
            "campaign_steps_per_second": self.steps / self.campaign_seconds,
            "campaign_views_per_second": self.views / self.campaign_seconds,
            "raw_calls_per_second": self.calls / self.raw_seconds,
            "share_of_raw": self.raw_seconds / self.campaign_seconds,
        }


def measure(built: Sequence[World], sequences: int) -> Rate:
    """Run ``sequences`` lists over the worlds in turn, and their requests again without the campaign."""
    rate, turn = Rate(), 0
    while rate.sequences < sequences:
        world = built[turn % len(built)]
        requests = _campaign(world, min(BATCH, sequences - rate.sequences), rate)
        _raw(world, requests, rate)
        turn += 1
    return rate


def _campaign(world: World, examples: int, rate: Rate) -> list[Blocks]:
    """Draw, model, send, decode and compare: all that a campaign of a test does."""
    requests: list[Blocks] = []

    def simulate(blocks: Blocks) -> Blocks:
        requests.append(blocks)
        return world.rpc.simulate_v1(blocks)

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(OPERATIONS)
    def campaign(operations: tuple[int, ...]) -> None:
        rate.steps += len(run(world, operations, simulate))

    started = time.perf_counter()
    campaign()
    rate.campaign_seconds += time.perf_counter() - started
    rate.sequences += examples
    rate.views += len(world.items) * sum(len(block["calls"]) // 2 for blocks in requests for block in blocks)
    rate.calls += sum(len(block["calls"]) for blocks in requests for block in blocks)
    return requests


def _raw(world: World, requests: Sequence[Blocks], rate: Rate) -> None:
    """Send bytes that are ready and read the answers without looking at them."""
    bodies = [_body(blocks) for blocks in requests]
    parts = urlsplit(world.rpc.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    started = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    rate.raw_seconds += time.perf_counter() - started
    connection.close()


def _body(blocks: Blocks) -> bytes:
    params = [{"blockStateCalls": blocks}, "latest"]
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_simulateV1", "params": params}
    return json.dumps(body, separators=(",", ":")).encode()


@click.command()
@click.option("--sequences", default=200, show_default=True, help="Lists of 50 operations to run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(sequences: int, as_json: bool) -> None:
    """Print calls a second of the campaign and of a raw eth_simulateV1 loop; fails below half of it."""
    with worlds() as built:
        measure(built, len(built))  # both sides warm
        found = measure(built, sequences).summary()
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(f"{found['sequences']} lists of {MAX_STEPS} operations, {found['calls']} calls")
        views = found["campaign_views_per_second"]
        click.echo(
            f"campaign  {found['campaign_calls_per_second']:8,.0f} calls/s, in which {views:,.0f} views/s"
        )
        click.echo(f"raw loop  {found['raw_calls_per_second']:8,.0f} calls/s")
        click.echo(f"share     {found['share_of_raw']:8.0%} (at least {WANTED:.0%} wanted)")
    sys.exit(found["share_of_raw"] < WANTED)


if __name__ == "__main__":
    main()
