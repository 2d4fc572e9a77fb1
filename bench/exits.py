"""What leaving costs: the ExitQueue's operations, each on a treasury in which somebody has left before.

The first exit of a Vault's life pays 19,900 gas more: it writes the slot that counts the cash of leavers.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.operation import Operation, Transaction
from bench.scenario import HELD, Scenario
from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.rpc import quantity
from tests.treasury import DAY, DEPOSITOR, MAX_UINT, STRANGER

REQUEST = "requestRedeem(uint256,address,address)"
EXIT = "exit_now(uint256,address,address,uint256,uint256)"
CLAIM = "claim(uint256,address,address)"
UNWIND = "unwind(uint256,uint256)"
SETTLE = call_data("settle()")
OTHER = actor("other leaver")
FEW, MANY = 10, 1_000  # requests of an epoch
BLOCK = 200  # requests mined together
PART = 100  # of the depositor's shares that leave in one operation


def _shares(scenario: Scenario) -> int:
    return scenario.treasury.shares(DEPOSITOR) // PART


def _queue(scenario: Scenario, sender: str, data: str) -> Transaction:
    return {"from": sender, "to": scenario.treasury.queue, "data": data}


def _request(scenario: Scenario, controller: str = DEPOSITOR) -> Transaction:
    data = call_data(REQUEST, _shares(scenario), controller, DEPOSITOR)
    return _queue(scenario, DEPOSITOR, data)


def _exit(scenario: Scenario, tries: int = MAX_UINT) -> Transaction:
    data = call_data(EXIT, _shares(scenario), DEPOSITOR, DEPOSITOR, 0, tries)
    return _queue(scenario, DEPOSITOR, data)


def _left_before(scenario: Scenario) -> None:
    """An epoch is settled and not claimed."""
    scenario.mined(_request(scenario, OTHER))
    scenario.rpc.warp(DAY)
    scenario.mined(_queue(scenario, STRANGER, SETTLE))


def _epoch_open(scenario: Scenario) -> None:
    _left_before(scenario)
    scenario.mined(_request(scenario, OTHER))


def _due(requests: int) -> Callable[[Scenario], None]:
    def prepare(scenario: Scenario) -> None:
        _left_before(scenario)
        shares = HELD // 10**6  # a hundred times the least request
        for start in range(0, requests, BLOCK):
            hashes = []
            for number in range(start, min(start + BLOCK, requests)):
                data = call_data(REQUEST, shares * 10**12, actor(f"leaver {number}"), DEPOSITOR)
                request = {"gas": quantity(200_000), **_queue(scenario, DEPOSITOR, data)}
                hashes.append(scenario.rpc.call("eth_sendTransaction", request))
            scenario.rpc.call("evm_mine")
            for transaction_hash in hashes:
                receipt = scenario.rpc.call("eth_getTransactionReceipt", transaction_hash)
                assert receipt["status"] == "0x1", "a request failed"
        scenario.rpc.warp(DAY)

    return prepare


def _settled(scenario: Scenario) -> None:
    _epoch_open(scenario)
    scenario.mined(_request(scenario))
    scenario.rpc.warp(DAY)
    scenario.mined(_queue(scenario, STRANGER, SETTLE))


def _waiting(scenario: Scenario) -> None:
    """Somebody has left, twice, without being paid by any strategy."""
    _left_before(scenario)
    for _ in range(2):
        scenario.mined(_exit(scenario, tries=0))


def _waiting_paid_once(scenario: Scenario) -> None:
    _waiting(scenario)
    for identifier in range(1, scenario.count + 1):
        scenario.mined(_queue(scenario, STRANGER, call_data(UNWIND, identifier, 10**8)))


def _claim(identifier: int) -> Callable[[Scenario], Transaction]:
    data = call_data(CLAIM, identifier, DEPOSITOR, DEPOSITOR)
    return lambda scenario: _queue(scenario, DEPOSITOR, data)


def _settle(scenario: Scenario) -> Transaction:
    return _queue(scenario, STRANGER, SETTLE)


def _unwind(scenario: Scenario) -> Transaction:
    return _queue(scenario, STRANGER, call_data(UNWIND, 1, MAX_UINT))


EXITS = (
    Operation("request", _request, "of a redemption, by a holder's first controller", prepare=_epoch_open),
    Operation("settle", _settle, f"an epoch of {FEW} requests, through all strategies", prepare=_due(FEW)),
    Operation("settle_1000_requests", _settle, f"an epoch of {MANY:,} requests", prepare=_due(MANY)),
    Operation("unwind", _unwind, "runoff of one strategy into cash", prepare=_waiting),
    Operation("claim", _claim(2), "all of a request, nothing waiting", prepare=_settled),
    Operation(
        "claim_waiting",
        _claim(2),
        "what has come so far, while units wait in all strategies",
        prepare=_waiting_paid_once,
    ),
    Operation("exit_now", _exit, "a hundredth of a holding at once, nothing waiting", prepare=_left_before),
    Operation(
        "exit_now_waiting",
        lambda scenario: _exit(scenario, tries=0),
        "the same where all of it has to wait, in every strategy",
        prepare=_waiting,
    ),
)
