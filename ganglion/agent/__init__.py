"""The agents' SDK: observe, plan, simulate, explain, submit; over web3.py, without Ape.

    from ganglion.agent import Client, Treasury, explain
    from ganglion.agent.denials import OverFlowBudget
    from ganglion.planning import Problem, Targets, plan

    client = Client.connect(url, Treasury.load("deployments/treasury.json"), account)
    snapshot = client.observe()
    moves = plan(Problem.of(snapshot), Targets({1: 6_000, 2: 3_000})).moves
    intent = client.intent(moves, snapshot=snapshot, reason="rates moved")
    print(explain(client.simulate(intent), snapshot))
    executed = client.submit(intent)

Amounts are integers of asset wei. Everything that a public function raises on purpose is an ``AgentError``;
what a contract refuses is a ``Denial``, with its meaning, remedy, limit and the largest amount that passes.
"""

from .async_client import AsyncClient
from .client import Client
from .denials import Denial
from .errors import (
    AgentError,
    ChainMismatch,
    ConnectionLost,
    ContractMismatch,
    Invalid,
    NodeError,
    NotSettled,
)
from .explain import Explanation, explain
from .fees import FeePolicy
from .intent import (
    EVERYTHING,
    Domain,
    Intent,
    Move,
    allocate,
    deallocate,
    reason_hash,
    sign,
    withdraw_all,
)
from .outbox import FileOutbox, MemoryOutbox
from .outcome import Executed
from .reading import Simulation
from .sending import Policy
from .snapshot import Snapshot
from .structs import Verdict
from .treasury import Treasury

__all__ = [
    "EVERYTHING",
    "AgentError",
    "AsyncClient",
    "ChainMismatch",
    "Client",
    "ConnectionLost",
    "ContractMismatch",
    "Denial",
    "Domain",
    "Executed",
    "Explanation",
    "FeePolicy",
    "FileOutbox",
    "Intent",
    "Invalid",
    "MemoryOutbox",
    "Move",
    "NodeError",
    "NotSettled",
    "Policy",
    "Simulation",
    "Snapshot",
    "Treasury",
    "Verdict",
    "allocate",
    "deallocate",
    "explain",
    "reason_hash",
    "sign",
    "withdraw_all",
]
