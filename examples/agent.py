"""A whole agent: it keeps a treasury at its weights, and keeps the reason for every intent.

    AGENT_KEY=0x… python examples/agent.py http://127.0.0.1:8545 deployments/treasury.json agent/

One run is one decision; a timer runs it again. Killed at any point it executes nothing twice: what it has
signed stands in the folder, and the next run settles that first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from eth_account import Account

from ganglion.agent import AgentError, Client, Executed, FileOutbox, Treasury, explain
from ganglion.agent.intent import canonical
from ganglion.planning import Problem, Targets, plan

WEIGHTS = {1: 3_000, 2: 3_000, 3: 2_000}  # bps of the treasury by strategy; the rest stays idle


def act(client: Client, reasons: Path) -> Executed | None:
    """Observe, plan, simulate, explain, submit; None if there was nothing to do but beat."""
    for earlier in client.resume():
        print(explain(earlier) if isinstance(earlier, Executed) else earlier)
    snapshot = client.observe()
    found = plan(Problem.of(snapshot, drift=10), Targets(WEIGHTS, min_move=1_000 * snapshot.unit))
    if not found.moves:
        client.beat()
        return None
    reason = {"weights": str(WEIGHTS), "block": snapshot.number, "totals": snapshot.totals.as_dict()}
    intent = client.intent(found.moves, snapshot=snapshot, reason=reason)
    simulation = client.simulate(intent)
    print(explain(simulation, snapshot))
    if simulation.denial:
        raise simulation.denial
    (reasons / f"{intent.reason.hex()}.json").write_text(canonical(reason), encoding="utf-8")
    executed = client.submit(intent)
    print(explain(executed, snapshot))
    return executed


def main(url: str, manifest: str, folder: str) -> None:
    """Decide once."""
    reasons, account = Path(folder, "reasons"), Account.from_key(os.environ["AGENT_KEY"])
    reasons.mkdir(parents=True, exist_ok=True)
    act(Client.connect(url, Treasury.load(manifest), account, FileOutbox(Path(folder, "outbox"))), reasons)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AgentError, KeyError, TypeError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
