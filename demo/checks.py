"""What the demo must be able to prove; a single failure ends it with a non-zero exit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ganglion.devnet.abi import event_topic
from ganglion.devnet.rpc import Rpc

TRANSFER = event_topic("Transfer(address,address,uint256)")


@dataclass
class Checks:
    """Named statements that turned out true or false."""

    results: list[tuple[str, bool, str]] = field(default_factory=list)

    def expect(self, name: str, holds: bool, detail: str = "") -> None:
        """Note whether a statement holds."""
        self.results.append((name, bool(holds), detail))

    def equal(self, name: str, left: Any, right: Any) -> None:
        """Note whether two values are equal, to the wei."""
        self.expect(name, left == right, f"{left} = {right}" if left == right else f"{left} is not {right}")

    @property
    def failed(self) -> list[tuple[str, bool, str]]:
        """The statements that do not hold."""
        return [result for result in self.results if not result[1]]


@dataclass(frozen=True)
class Flows:
    """Asset wei that crossed the Vault's border since it was created, by counterparty."""

    received: dict[str, int]
    paid: dict[str, int]

    @property
    def balance(self) -> int:
        """What must be left."""
        return sum(self.received.values()) - sum(self.paid.values())


def flows(rpc: Rpc, asset: str, vault: str, from_block: int) -> Flows:
    """Read every transfer of the asset from and to the Vault, as the asset's own events tell it."""
    sides = []
    for place in (2, 1):
        topics: list[str | None] = [TRANSFER, None, None]
        topics[place] = "0x" + vault[2:].lower().rjust(64, "0")
        query = {"address": asset, "fromBlock": hex(from_block), "toBlock": "latest", "topics": topics}
        totals: dict[str, int] = {}
        for entry in rpc.call("eth_getLogs", query):
            counterparty = "0x" + entry["topics"][3 - place][-40:]
            totals[counterparty] = totals.get(counterparty, 0) + int(entry["data"], 16)
        sides.append(totals)
    return Flows(received=sides[0], paid=sides[1])
