"""States of the chain, one built upon another, each built once and returned to by a snapshot."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.rpc import Rpc

PATIENCE = 10.0  # seconds

Step = tuple[str, Callable[[Any], Any]]


@dataclass
class Layer:
    """A state of the chain, and what was made of it."""

    name: str
    snapshot: str
    made: Any


class Layers:
    """A stack of states on one node: going back to one forgets those above it.

    Every state is the same whichever tests ran before, its timestamps included.
    """

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._stack = [Layer("genesis", self._snapshot(), rpc)]

    def reach(self, *steps: Step) -> Any:
        """Bring the chain to the state after ``steps`` and return what the last of them made.

        A step is a name, unique to what it builds, and a function from what the step before made.
        """
        wanted = ["genesis", *(name for name, _ in steps)]
        depth = 1
        while depth < min(len(wanted), len(self._stack)) and wanted[depth] == self._stack[depth].name:
            depth += 1
        self._back_to(depth)
        for name, build in steps[depth - 1 :]:
            made = build(self._given())
            self._stack.append(Layer(name, self._snapshot(), made))
        return self._given()

    def _back_to(self, depth: int) -> None:
        del self._stack[depth:]
        top = self._stack[-1]
        self._settle()
        assert self._rpc.call("evm_revert", top.snapshot)
        # Going back to a snapshot uses it up.
        top.snapshot = self._snapshot()

    def _settle(self) -> None:
        """Wait until mined transactions have left the pool.

        A receipt can be had before that, and going back then would mine such a transaction once more, or
        take the next one of its sender for it.
        """
        deadline = time.monotonic() + PATIENCE
        while int(self._rpc.call("txpool_status")["pending"], 16):
            assert time.monotonic() < deadline, "a transaction stays in the pool"

    def _given(self) -> Any:
        made = self._stack[-1].made
        if made is self._rpc:
            return made
        given = copy.copy(made)
        given.strategies = list(made.strategies)
        return given

    def _snapshot(self) -> str:
        return self._rpc.call("evm_snapshot")
