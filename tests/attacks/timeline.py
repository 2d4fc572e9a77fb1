"""Sequences of calls at chosen times, run in one ``eth_simulateV1`` request: fast, and nothing is mined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.abi import call_data, decode, decode_revert
from ganglion.devnet.rpc import Rpc

GAS = 16_000_000


@dataclass(frozen=True)
class Outcome:
    """What one call did.

    Attributes:
        ok: whether it succeeded.
        data: what it returned or reverted with.
        gas: gas used by the transaction.
        logs: events it left, as the node tells them.
    """

    ok: bool
    data: bytes
    gas: int
    logs: tuple[dict[str, Any], ...] = ()

    @property
    def word(self) -> int:
        """The one number that a successful call returned."""
        assert self.ok, self.reason
        assert len(self.data) == 32, self.data
        return int.from_bytes(self.data, "big")

    @property
    def reason(self) -> str:
        """The reason of a failure; empty where it gave none."""
        assert not self.ok, "the call succeeded"
        return decode_revert(self.data) or ""

    def decoded(self, *types: str) -> tuple[Any, ...]:
        """The values that a successful call returned."""
        assert self.ok, self.reason
        return decode(types, self.data)


class Timeline:
    """A sequence of calls, built first and then run on top of the latest block."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._time = rpc.timestamp() + 1
        self._blocks: list[dict[str, Any]] = []
        self._open()

    def call(self, sender: str, to: str, signature: str, *arguments: Any, gas: int = GAS) -> int:
        """Add a call and return its place in the outcomes."""
        data = call_data(signature, *arguments)
        return self.raw(sender, to, data, gas=gas)

    def raw(self, sender: str, to: str, data: str, gas: int = GAS) -> int:
        """Add a call by its data and return its place in the outcomes."""
        self._blocks[-1]["calls"].append({"from": sender, "to": to, "data": data, "gas": hex(gas)})
        return sum(len(block["calls"]) for block in self._blocks) - 1

    @property
    def now(self) -> int:
        """Timestamp of the block that is being filled."""
        return self._time

    def wait(self, seconds: int) -> None:
        """Let time pass, in a new block."""
        self._time += seconds
        self._open()

    def erase(self, address: str) -> None:
        """Take the code of a contract away, as if it had destroyed itself, in a new block."""
        self.wait(1)
        self._blocks[-1]["stateOverrides"] = {address: {"code": "0x"}}

    def run(self) -> list[Outcome]:
        """Return what each call did, in order."""
        results = self._rpc.simulate_v1([block for block in self._blocks if block["calls"] or len(block) > 2])
        return [_outcome(call) for block in results for call in block["calls"]]

    def _open(self) -> None:
        self._blocks.append(
            {"blockOverrides": {"time": hex(self._time), "gasLimit": hex(10**12)}, "calls": []}
        )


def run_once(rpc: Rpc, calls: Sequence[tuple[Any, ...]]) -> list[Outcome]:
    """Run ``(sender, to, signature, *arguments)`` in one block and return what each did."""
    timeline = Timeline(rpc)
    for entry in calls:
        timeline.call(*entry)
    return timeline.run()


def _outcome(call: dict[str, Any]) -> Outcome:
    data = bytes.fromhex(call["returnData"][2:])
    return Outcome(call["status"] == "0x1", data, int(call["gasUsed"], 16), tuple(call["logs"]))
