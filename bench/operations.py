"""What is measured: each operation is one transaction, alone in its block, on a settled treasury."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bench.exits import EXITS
from bench.operation import BASE, Operation, Transaction, intrinsic, moves
from bench.promises import PROMISES
from bench.scenario import (
    AMOUNT,
    COUNTS,
    DEPOSIT,
    HELD,
    NEWCOMER,
    SLICE,
    WITHDRAW,
    Hand,
    Scenario,
    running,
)
from bench.stress import STRESS
from ganglion.devnet.abi import call_data, encode
from ganglion.devnet.artifacts import vyper_artifact
from tests.treasury import DEPLOYER, DEPOSITOR, LEAVER, STRANGER, VAULT_ARGUMENTS, blueprint_code

Gas = dict[str, int]


def _vault(sender: str, signature: str, *arguments: Any) -> Callable[[Scenario], Transaction]:
    data = call_data(signature, *arguments)
    return lambda scenario: {"from": sender, "to": scenario.treasury.vault, "data": data}


def _slice(part: int) -> Callable[[Scenario], Transaction]:
    def transaction(scenario: Scenario) -> Transaction:
        shares = scenario.treasury.shares(DEPOSITOR) // part
        return _vault(DEPOSITOR, SLICE, shares, DEPOSITOR, DEPOSITOR, 0)(scenario)

    return transaction


def _allow_finite(scenario: Scenario) -> None:
    treasury = scenario.treasury
    data = call_data("approve(address,uint256)", treasury.vault, 100 * HELD)
    scenario.mined({"from": DEPOSITOR, "to": treasury.asset, "data": data})


def _create(scenario: Scenario) -> Transaction:
    treasury = scenario.treasury
    blueprints = [
        scenario.mined({"from": DEPLOYER, "data": blueprint_code(f"contracts/{name}.vy")})["contractAddress"]
        for name in ("ExitQueue", "VaultAnnex")
    ]
    values = (treasury.asset, treasury.steward, *blueprints, 86_400, "Treasury", "TRS")
    code = vyper_artifact("contracts/Vault.vy").initcode + encode(VAULT_ARGUMENTS, values)
    return {"from": DEPLOYER, "data": "0x" + code.hex()}


OPERATIONS = (
    Operation("warm_deposit", _vault(DEPOSITOR, DEPOSIT, AMOUNT, DEPOSITOR), "deposit by a holder"),
    Operation(
        "warm_deposit_finite_allowance",
        _vault(DEPOSITOR, DEPOSIT, AMOUNT, DEPOSITOR),
        "the same where the token also counts down an allowance",
        prepare=_allow_finite,
    ),
    Operation(
        "new_holder_deposit", _vault(NEWCOMER, DEPOSIT, AMOUNT, NEWCOMER), "by an account that never held"
    ),
    Operation("returning_deposit", _vault(LEAVER, DEPOSIT, AMOUNT, LEAVER), "by one that held once and left"),
    Operation("withdraw_idle", _vault(DEPOSITOR, WITHDRAW, AMOUNT, DEPOSITOR, DEPOSITOR), "petty cash"),
    Operation("redeem_slice", _slice(100), "a hundredth of a holding, through all strategies"),
    Operation("redeem_slice_all", _slice(1), "a whole holding, through all strategies"),
    Operation("allocate", moves((1, AMOUNT)), "idle to strategy, the Vault alone"),
    Operation("deallocate", moves((1, -AMOUNT)), "strategy to idle, the Vault alone"),
    Operation(
        "move",
        moves((1, -AMOUNT), (2, AMOUNT)),
        "strategy to strategy in one transaction, through a contract that only forwards",
        hand=Hand.FORWARDER,
        least=2,
    ),
    Operation("execute_1_move", moves((1, AMOUNT)), "an agent's intent: one allocation", Hand.EXECUTOR),
    Operation(
        "execute_move", moves((1, -AMOUNT), (2, AMOUNT)), "strategy to strategy", Hand.EXECUTOR, least=2
    ),
    Operation(
        "execute_3_moves",
        moves((1, -AMOUNT), (2, AMOUNT // 2), (3, AMOUNT // 2)),
        "one strategy to two",
        Hand.EXECUTOR,
        least=3,
    ),
    Operation("poke", _vault(STRANGER, "poke()"), "books and references follow the strategies"),
    Operation(
        "transfer", _vault(DEPOSITOR, "transfer(address,uint256)", NEWCOMER, AMOUNT), "to a new holder"
    ),
    Operation("total_assets_exec", _vault(STRANGER, "totalAssets()"), "execution alone", execution_only=True),
    *PROMISES,
    *EXITS,
    *STRESS,
    Operation("create_vault", _create, "deployment of a Vault with its queue and its annex, from blueprints"),
)
NAMES = tuple(operation.name for operation in OPERATIONS)


def measure(count: int, names: Iterable[str] = NAMES, *, hooks: bool = False) -> Gas:
    """Gas of each named operation over ``count`` strategies; those that need more strategies are left out.

    ``move_forwarding`` beside ``move`` is what of it is spent outside the Vault, without the base of 21,000.
    """
    wanted = [
        operation for operation in OPERATIONS if operation.name in set(names) and operation.least <= count
    ]
    gas: Gas = {}
    for hand in dict.fromkeys(operation.hand for operation in wanted):
        with running(count, hand, hooks=hooks) as scenario:
            for operation in (each for each in wanted if each.hand is hand):
                gas |= _measure_one(scenario, operation)
    return {
        name: gas[name]
        for operation in wanted
        for name in gas
        if name.removesuffix("_forwarding") == operation.name
    }


def _measure_one(scenario: Scenario, operation: Operation) -> Gas:
    with scenario.undone():
        operation.prepare(scenario)
        transaction = operation.transaction(scenario)
        receipt = scenario.mined(transaction)
        used = int(receipt["gasUsed"], 16)
        if operation.execution_only:
            return {operation.name: used - intrinsic(transaction["data"])}
        if operation.hand is Hand.FORWARDER:
            inside = _inside(scenario, receipt["transactionHash"])
            return {operation.name: used, f"{operation.name}_forwarding": used - BASE - inside}
    return {operation.name: used - _used_without(scenario, operation)}


def _used_without(scenario: Scenario, operation: Operation) -> int:
    """Gas of the same operation without what it is asked about, or of the other one; 0 if not compared."""
    if not operation.is_compared:
        return 0
    with scenario.undone():
        operation.prepare(scenario)
        if operation.without is not None:
            operation.without(scenario)
        transaction = operation.instead or operation.transaction
        return int(scenario.mined(transaction(scenario))["gasUsed"], 16)


def _inside(scenario: Scenario, transaction_hash: str) -> int:
    """Gas that the forwarder's calls to the Vault used, refunds of the transaction not deducted."""
    trace = scenario.rpc.call("debug_traceTransaction", transaction_hash, {"tracer": "callTracer"})
    return sum(int(call["gasUsed"], 16) for call in trace["calls"])


def measure_all(
    counts: Iterable[int] = COUNTS, names: Iterable[str] = NAMES, *, hooks: bool = False
) -> dict[str, Gas]:
    """Gas by number of strategies, as gas.json holds it."""
    return {str(count): measure(count, names, hooks=hooks) for count in counts}
