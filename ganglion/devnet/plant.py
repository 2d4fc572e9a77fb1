"""Put a contract at a given address of an anvil chain, with its constructor run and its immutables set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_utils import to_checksum_address

from .abi import actor, encode
from .artifacts import Artifact
from .errors import DevnetError
from .rpc import Rpc, quantity

_PLANTER = actor("planter")


def plant(
    rpc: Rpc, address: str, artifact: Artifact, types: Sequence[str] = (), arguments: Sequence[Any] = ()
) -> None:
    """Run ``artifact``'s constructor at ``address`` and leave its runtime code there.

    The initcode is set as code first: a call then returns what a creation would have deployed, immutables
    and ``address(this)`` included, and a transaction performs the constructor's storage writes.
    """
    initcode = "0x" + (artifact.initcode + encode(types, arguments)).hex()
    rpc.call("anvil_setCode", address, initcode)
    runtime = rpc.eth_call({"from": _PLANTER, "to": address})
    if len(runtime) != len(artifact.runtime):
        raise DevnetError(f"planting {artifact.name} at {address} gave {len(runtime)} bytes of code")
    rpc.send({"from": _PLANTER, "to": address})
    plant_code(rpc, address, runtime)


def plant_code(rpc: Rpc, address: str, runtime: bytes) -> None:
    """Set ``runtime`` as the code at ``address``, with the nonce of a created contract."""
    rpc.batch(
        [
            ("anvil_setCode", (address, "0x" + runtime.hex())),
            ("anvil_setNonce", (address, quantity(1))),
        ]
    )


def fund_planter(rpc: Rpc) -> None:
    """Give the planter gas money."""
    rpc.call("anvil_setBalance", _PLANTER, quantity(10**24))


def deploy(
    rpc: Rpc,
    sender: str,
    artifact: Artifact,
    types: Sequence[str] = (),
    arguments: Sequence[Any] = (),
) -> str:
    """Create ``artifact`` in a transaction of the impersonated ``sender`` and return its checksum address."""
    receipt = rpc.send({"from": sender, "data": "0x" + (artifact.initcode + encode(types, arguments)).hex()})
    return to_checksum_address(receipt["contractAddress"])
