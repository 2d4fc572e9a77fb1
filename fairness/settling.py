"""What settling an epoch costs, whoever and however many are in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairness.controls import NavBatch
from fairness.market import BLOCK_GAS, PAPER, Ground, holders
from fairness.ours import Queue
from fairness.runs import Script, opened
from ganglion.devnet.abi import call_data
from ganglion.devnet.errors import Reverted
from ganglion.devnet.rpc import DEFAULT_GAS
from tests.treasury import DAY, STRANGER

COUNTS = (10, 1_000)
TOTAL = 10_000 * PAPER
DUST = 10_000  # requests
REQUEST = "requestRedeem(uint256,address,address)"
LEAST = 10**4 * 10**12  # shares that a request must have: 10**4 virtual shares of an asset with 6 decimals


@dataclass(frozen=True)
class Settled:
    """One settlement.

    Attributes:
        requests: in the epoch.
        gas: of the transaction that settles it.
        claim_gas: of the transaction by which one holder then takes its cash; None where nobody claimed.
    """

    requests: int
    gas: int
    claim_gas: int | None = None


def _script(count: int) -> Script:
    """Everybody holds the same, a third is idle, and a part of the rest is liquid."""
    invested = TOTAL * 2 // 3
    sizes = (TOTAL // count,) * count
    return Script(sizes=sizes, invested=invested, before=0, loss=0, liquid=invested // 5)


def settled(kind: type[Queue | NavBatch], ground: Ground, count: int) -> Settled:
    """Have ``count`` holders request half of their shares each, and settle them."""
    script = _script(count)
    with ground.undone():
        system, crowd = opened(kind, ground, script)
        _restrict(system, script)
        _request(system, crowd)
        ground.pass_day()
        gas = system.settle_epoch()
        return Settled(count, gas, system.claim_gas(crowd[-1], 1))


def settled_dust(ground: Ground, count: int = DUST) -> Settled:
    """Have one holder file ``count`` requests of the least size for other controllers, beside nine others.

    The dust and the settlement are simulated on top of the chain: ten thousand blocks would take minutes.
    """
    script = _script(COUNTS[0])
    with ground.undone():
        system, crowd = opened(Queue, ground, script)
        _restrict(system, script)
        _request(system, crowd[1:])
        dust, now = crowd[0], ground.rpc.timestamp()
        filed = [_call(dust, system.desk, call_data(REQUEST, LEAST, each, dust)) for each in holders(count)]
        settling = [_call(STRANGER, system.desk, call_data("settle()"))]
        results = ground.rpc.simulate_v1([_block(now + 1, filed), _block(now + 2 + DAY, settling)])
    failed = [call for block in results for call in block["calls"] if call["status"] != "0x1"]
    if failed:
        raise Reverted("a request or the settlement failed", bytes.fromhex(failed[0]["returnData"][2:]))
    return Settled(count + len(crowd) - 1, int(results[1]["calls"][0]["gasUsed"], 16))


def _call(sender: str, to: str, data: str) -> dict[str, str]:
    return {"from": sender, "to": to, "data": data, "gas": hex(DEFAULT_GAS)}


def _block(time: int, calls: list[dict[str, str]]) -> dict[str, Any]:
    return {"blockOverrides": {"time": hex(time), "gasLimit": BLOCK_GAS}, "calls": calls}


def _request(system: Queue | NavBatch, crowd: Sequence[str]) -> None:
    """Everybody holds the same: half of it is requested by all, in one block."""
    shares = system.shares(crowd[0]) // 2
    system.ground.together([(each, system.desk, REQUEST, shares, each, each) for each in crowd])


def _restrict(system: Queue | NavBatch, script: Script) -> None:
    system.begin()
    system.market.dry()
    system.market.refill(script.liquid or 0)
