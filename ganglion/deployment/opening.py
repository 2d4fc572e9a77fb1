"""What the Safe has to accept before a sealed treasury opens: the deposit cap, and each mandate.

A deployer can configure, but not open: until the Safe has scheduled these operations and the Timelock's delay
is over, nothing can be deposited and no agent may act. Each is an operation of its own, so that a guardian
can cancel one mandate and leave the rest.
"""

from __future__ import annotations

from eth_utils import keccak

from . import governance
from .chain import Call
from .governance import Operation, Phase, Status
from .manifest import Manifest
from .quantities import show_amount
from .site import Site


def operations(site: Site, manifest: Manifest) -> list[Operation]:
    """Return the operations that open the treasury of a manifest: limits first, then the mandates."""
    treasury = manifest.treasury
    cap = show_amount(treasury.limits.deposit_cap, treasury.asset.symbol, treasury.asset.decimals)
    calls = [site.call("Steward", "set_limits", treasury.limits.words(), what=f"open deposits up to {cap}")]
    for mandate in treasury.mandates:
        words = mandate.words(treasury.identifiers)
        what = f"grant the mandate of {mandate.agent}"
        calls.append(site.call("Executor", "set_mandate", mandate.agent, words, what=what))
    seed = bytes.fromhex(manifest.config_hash[2:])
    return [Operation((call,), keccak(seed + place.to_bytes(32, "big"))) for place, call in enumerate(calls)]


def statuses(site: Site, manifest: Manifest) -> list[tuple[Operation, Status]]:
    """Return each opening operation and where it stands."""
    return [(operation, governance.status(site, operation.id)) for operation in operations(site, manifest)]


def acceptance(site: Site, manifest: Manifest) -> list[Call]:
    """Return the Safe's batch: it schedules every opening operation that is not scheduled yet.

    Raises:
        OperationRefused: one of them would revert.
    """
    current = statuses(site, manifest)
    left = [operation for operation, status in current if status.phase is Phase.UNSCHEDULED]
    return governance.scheduling(site, left)


def ready(site: Site, manifest: Manifest) -> list[Call]:
    """Return the calls, anybody's, that execute the opening operations whose delay is over."""
    current = statuses(site, manifest)
    return [operation.execute(site) for operation, status in current if status.phase is Phase.READY]
