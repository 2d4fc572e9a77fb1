"""Where the gas of one call goes, instruction by instruction, from anvil's struct logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.devnet.rpc import Rpc, quantity

CALLS = {"CALL", "STATICCALL", "DELEGATECALL"}
OPTIONS = {"disableStorage": True, "enableMemory": False}
GAS_LIMIT = 16_000_000
COLD = 2_000  # a warm read costs 100, a cold one 2,100 or more


@dataclass(frozen=True)
class Step:
    """One instruction: the contract it ran in, and its own gas (of a call: without what the callee used)."""

    address: str
    counter: int
    operation: str
    gas: int

    @property
    def kind(self) -> str:
        """Class of the instruction: storage and accounts by warmth, calls, logs, locks, and the rest."""
        name = self.operation
        if name in ("SLOAD", "SSTORE"):
            return f"{name} {'cold' if self.gas >= COLD else 'warm'}"
        if name in CALLS:
            return f"call {'cold' if self.gas >= COLD else 'warm'}"
        if name.startswith("LOG"):
            return "log"
        if name in ("TLOAD", "TSTORE"):
            return "lock"
        return "computation"


def trace(rpc: Rpc, transaction: Mapping[str, Any]) -> tuple[int, list[Step]]:
    """Run a transaction on top of the latest block, as alone in the next one.

    Returns the gas that it would use, refunds deducted, and every step in order.
    """
    call = {**transaction, "gas": quantity(GAS_LIMIT)}
    result = rpc.call("debug_traceCall", call, "latest", OPTIONS)
    return result["gas"], _steps(result["structLogs"], transaction["to"].lower())


def _steps(logs: list[dict[str, Any]], root: str) -> list[Step]:
    """Charge each instruction what is left before it, less what its callee uses and what is left after."""
    frames: list[str] = [root]
    own = [log["gasCost"] for log in logs]
    open_calls: list[int] = []
    inside: list[int] = []
    addresses: list[str] = []
    for index, log in enumerate(logs):
        while len(frames) > log["depth"]:
            frames.pop()
            call, used = open_calls.pop(), inside.pop()
            own[call] = logs[call]["gas"] - log["gas"] - used
            if inside:
                inside[-1] += used + own[call]
        addresses.append(frames[-1])
        following = logs[index + 1] if index + 1 < len(logs) else None
        if following is not None and following["depth"] > log["depth"]:
            target = int(log["stack"][-2], 16)
            frames.append(f"0x{target & (2**160 - 1):040x}")
            open_calls.append(index)
            inside.append(0)
            continue
        if following is not None and following["depth"] == log["depth"]:
            own[index] = log["gas"] - following["gas"]
        if inside:
            inside[-1] += own[index]
    return [
        Step(address, log["pc"], log["op"], gas)
        for address, log, gas in zip(addresses, logs, own, strict=True)
    ]
