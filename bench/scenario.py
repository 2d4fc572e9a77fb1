"""One treasury over N solmate strategies, in the state in which the peers' figures were taken.

A solmate ERC-20 with 6 decimals; N identical solmate ERC-4626 vaults that a third party has deposited to,
donated to and withdrawn from, so that every balance and counter of theirs is non-zero and their price is
not 1; no entry fee; petty cash open (two pokes an epoch apart); accounts that keep a rest of what they pay
from, and allow the Vault the highest amount. Seconds follow blocks and not the clock: runs repeat to the
gas unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from bench.underlying import plain_vault
from ganglion.devnet.abi import actor, call_data, decode_revert
from ganglion.devnet.artifacts import SOLMATE, solidity_artifacts
from ganglion.devnet.errors import Reverted
from ganglion.devnet.node import run_anvil
from ganglion.devnet.rpc import DEFAULT_GAS, Rpc, quantity
from tests.treasury import (
    AGENT,
    DAY,
    DEPLOYER,
    DEPOSITOR,
    GOVERNOR,
    HOUR,
    INTENT,
    LEAVER,
    MANDATE,
    MAX_UINT,
    STRANGER,
    Limits,
    Treasury,
    deploy,
    deploy_vyper,
    intent_of,
    mandate_of,
)

COUNTS = (1, 3, 10)
UNIT = 10**6  # asset wei
HELD = 1_000_000 * UNIT  # what the holder has deposited
ALLOCATED = 600_000 * UNIT  # of it in strategies, in equal parts
AMOUNT = 1_000 * UNIT  # what each operation moves
NEWCOMER = actor("newcomer")  # has never held a share
HAND = actor("hand")  # the account that the Vault obeys where there is no Executor
ETHER = hex(10**24)
PETTY = Limits(petty_share=1_000, petty_fee=5)

DEPOSIT = "deposit(uint256,address)"
WITHDRAW = "withdraw(uint256,address,address)"
SLICE = "redeem_slice(uint256,address,address,uint256)"
ALLOCATE = "allocate(uint256,uint256,uint256)"
DEALLOCATE = "deallocate(uint256,uint256,uint256)"
MULTI = "multi((address,bytes,uint256,bool)[])"


class Hand(Enum):
    """Whom the Vault obeys."""

    ACCOUNT = "account"
    FORWARDER = "forwarder"  # a contract that only passes calls on
    EXECUTOR = "executor"


@dataclass(frozen=True)
class Scenario:
    """A settled treasury over ``count`` strategies; under an Executor, Reflexes with a mandate beside it."""

    rpc: Rpc
    treasury: Treasury
    count: int
    hand: Hand
    reflexes: str = ""

    def mined(self, transaction: Mapping[str, Any]) -> dict[str, Any]:
        """Mine a transaction alone in the next block and return its receipt.

        Raises:
            Reverted: it failed.
        """
        request = {"gas": quantity(DEFAULT_GAS), **transaction}
        transaction_hash = self.rpc.call("eth_sendTransaction", request)
        self.rpc.call("evm_mine")
        receipt = self.rpc.call("eth_getTransactionReceipt", transaction_hash)
        if receipt["status"] != "0x1":
            data = self.rpc.revert_data(transaction_hash)
            raise Reverted(decode_revert(data), data, transaction_hash)
        return receipt

    def undone(self) -> AbstractContextManager[None]:
        """Undo what the block does to the chain."""
        return self.rpc.undone()

    def moves(self, moves: Sequence[tuple[int, int]], nonce: int = 0) -> dict[str, Any]:
        """The transaction that makes all moves, each (strategy, asset wei; negative out), by the hand.

        ``nonce`` is that of the agent's intent, where the hand is an Executor.
        """
        calls = [
            call_data(ALLOCATE if amount > 0 else DEALLOCATE, identifier, abs(amount), 0)
            for identifier, amount in moves
        ]
        vault, executor = self.treasury.vault, self.treasury.executor
        if self.hand is Hand.ACCOUNT:
            (data,) = calls
            return {"from": HAND, "to": vault, "data": data}
        if self.hand is Hand.FORWARDER:
            forwarded = [(vault, bytes.fromhex(data[2:]), 0, True) for data in calls]
            return {"from": HAND, "to": executor, "data": call_data(MULTI, forwarded)}
        intent = intent_of(AGENT, [(identifier, amount, 0) for identifier, amount in moves], nonce=nonce)
        return {"from": AGENT, "to": executor, "data": call_data(f"execute({INTENT})", intent)}


@contextmanager
def running(count: int, hand: Hand, *, hooks: bool = False) -> Iterator[Scenario]:
    """A scenario on an anvil of its own; ``hooks`` takes solmate's MockERC4626, which counts calls."""
    with run_anvil() as url, Rpc(url) as rpc:
        rpc.call("anvil_setBlockTimestampInterval", 1)
        yield _build(rpc, count, hand, hooks)


def _build(rpc: Rpc, count: int, hand: Hand, hooks: bool) -> Scenario:
    for account in (HAND, NEWCOMER, DEPLOYER, STRANGER):
        rpc.call("anvil_setBalance", account, ETHER)
    asset = deploy(
        rpc,
        solidity_artifacts(SOLMATE)["MockERC20"],
        ["string", "string", "uint8"],
        ("Dollar", "USD", 6),
    )
    strategies = [_strategy(rpc, asset, hooks) for _ in range(count)]
    executor = {Hand.ACCOUNT: HAND, Hand.EXECUTOR: None}
    if hand is Hand.FORWARDER:
        executor[hand] = deploy_vyper(rpc, "contracts/mocks/Caller.vy")
    treasury = Treasury.create(rpc, asset, limits=PETTY, executor=executor[hand])
    for strategy in strategies:
        treasury.list(strategy)
    treasury.seal()
    if hand is Hand.EXECUTOR:
        _empower(treasury, count)
    scenario = Scenario(rpc, treasury, count, hand)
    _settle(scenario)
    if hand is Hand.EXECUTOR:
        scenario = replace(scenario, reflexes=_reflexes(treasury))
    # After a revert of the chain, automine can miss a transaction: from here on blocks are mined by hand.
    rpc.call("evm_setAutomine", False)
    return scenario


def _strategy(rpc: Rpc, asset: str, hooks: bool) -> str:
    built = solidity_artifacts(SOLMATE)["MockERC4626"] if hooks else plain_vault()
    strategy = deploy(rpc, built, ["address", "string", "string"], (asset, "Solmate Vault", "sVLT"))
    rpc.transact(STRANGER, asset, "mint(address,uint256)", STRANGER, 2 * HELD)
    rpc.transact(STRANGER, asset, "approve(address,uint256)", strategy, MAX_UINT)
    rpc.transact(STRANGER, strategy, DEPOSIT, HELD, STRANGER)
    rpc.transact(STRANGER, asset, "transfer(address,uint256)", strategy, HELD // 10)
    rpc.transact(STRANGER, strategy, WITHDRAW, AMOUNT, STRANGER, STRANGER)
    return strategy


def _empower(treasury: Treasury, count: int) -> None:
    call = treasury.rpc.transact
    mandate = mandate_of(strategies=2 ** (count + 1) - 2)
    call(GOVERNOR, treasury.executor, f"set_mandate(address,{MANDATE})", AGENT, mandate)
    for identifier in range(1, count + 1):
        call(GOVERNOR, treasury.executor, "set_cap(uint256,uint256,uint256)", identifier, 2**111, 10_000)


def _reflexes(treasury: Treasury) -> str:
    rpc, values = treasury.rpc, (treasury.executor, GOVERNOR)
    reflexes = deploy_vyper(rpc, "contracts/Reflexes.vy", ["address", "address"], values)
    mandate = mandate_of(2, 2, flow=0, max_loss=0)
    rpc.transact(GOVERNOR, treasury.executor, f"set_mandate(address,{MANDATE})", reflexes, mandate)
    return reflexes


def _settle(scenario: Scenario) -> None:
    rpc, treasury = scenario.rpc, scenario.treasury
    for account in (DEPOSITOR, LEAVER, NEWCOMER):
        treasury.mint(account, 2 * HELD)
    rpc.transact(DEPOSITOR, treasury.vault, DEPOSIT, HELD, DEPOSITOR)
    rpc.transact(LEAVER, treasury.vault, DEPOSIT, AMOUNT, LEAVER)
    rpc.warp(DAY + HOUR)
    for identifier in range(1, scenario.count + 1):
        rpc.send(scenario.moves([(identifier, ALLOCATED // scenario.count)]))
    for _ in range(3):
        treasury.poke()
        rpc.warp(DAY + HOUR)
    shares = treasury.shares(LEAVER)
    rpc.transact(LEAVER, treasury.vault, SLICE, shares, LEAVER, LEAVER, 0)
    rpc.warp(HOUR)
