"""The treasury that the tests of the EIPs meet: four holders over three strategies, and time that passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import Rpc
from tests.unit.leavers import Leavers, open_leavers


@contextmanager
def opened() -> Iterator[Leavers]:
    """Run a chain on which a second passes per block, with an open treasury on it."""
    with run_anvil() as url, Rpc(url) as rpc:
        rpc.call("anvil_setBlockTimestampInterval", 1)
        yield open_leavers(rpc)


@contextmanager
def undone(bed: Leavers) -> Iterator[Leavers]:
    """Give a treasury and take back what was done with it."""
    snapshot = bed.rpc.call("evm_snapshot")
    yield bed
    bed.rpc.call("evm_revert", snapshot)
