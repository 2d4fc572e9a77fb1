"""What an agent's intent costs when it is signed, and what each promise that binds it adds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from eth_account import Account
from eth_utils import keccak

from bench import less
from bench.operation import Operation, Transaction, moves
from bench.scenario import AMOUNT, ETHER, Hand, Scenario
from ganglion.devnet.abi import call_data
from ganglion.devnet.artifacts import vyper_artifact
from tests.treasury import (
    AGENT,
    DAY,
    DEPLOYER,
    GOVERNOR,
    HOUR,
    INTENT,
    MANDATE,
    STRANGER,
    intent_of,
    mandate_of,
)
from tests.unit.journal import Domain, digest, signature

EXECUTOR = "contracts/Executor.vy"
POLICY = "contracts/mocks/ConsentingPolicy.vy"
LIMIT = 2**99  # asset wei: never reached
SIGNER = keccak(text="bench: an agent with a key")
# Nonces: one that was used up before, so that their word is not zero, and the next.
USED, FRESH = 1, 2

JOURNAL = less.Part(
    "journal",
    "Executor",
    "promises.py",
    (
        (
            EXECUTOR,
            "    journaling._append(journaling.INTENT, intent.agent, mandate, hash, intent.reason, done)\n",
            "",
        ),
    ),
)
BUDGETS = less.Part(
    "budgets",
    "Executor",
    "promises.py",
    (
        (
            EXECUTOR,
            "    debt: uint256 = mandates._charge(intent.agent, terms, used, allocated, lost)\n",
            "    debt: uint256 = 0\n",
        ),
    ),
)

_one_move = moves((1, AMOUNT))


def _send(scenario: Scenario, sender: str, signature: str, *arguments: Any) -> None:
    data = call_data(signature, *arguments)
    scenario.mined({"from": sender, "to": scenario.treasury.executor, "data": data})


def _grant(scenario: Scenario, agent: str = AGENT, **changes: Any) -> None:
    mandate = mandate_of(strategies=2 ** (scenario.count + 1) - 2, **changes)
    _send(scenario, GOVERNOR, f"set_mandate(address,{MANDATE})", agent, mandate)


def _granted(**changes: Any) -> Callable[[Scenario], None]:
    return lambda scenario: _grant(scenario, **changes)


# ------------------------------------------------------------------ signed


def _signatory() -> str:
    return Account.from_key(SIGNER).address


def _employed(scenario: Scenario) -> None:
    """An agent with a key has a mandate and has used a nonce."""
    scenario.rpc.call("anvil_setBalance", _signatory(), ETHER)
    _grant(scenario, _signatory())
    _send(scenario, _signatory(), "cancel_nonces(uint256,uint256)", 0, 1 << USED)


def _relayed(scenario: Scenario) -> Transaction:
    """A stranger sends an allocation that the agent has signed."""
    executor, agent = scenario.treasury.executor, _signatory()
    types = ("bytes32", "uint256", "uint256", "bool")
    mandate = scenario.rpc.read(executor, "standing(address)", agent, returns=types)[0]
    intent = intent_of(agent, [(1, AMOUNT, 0)], nonce=FRESH)
    signed = signature(SIGNER, digest(Domain(executor), intent, mandate))
    data = call_data(f"execute_signed({INTENT},bytes)", intent, signed)
    return {"from": STRANGER, "to": executor, "data": data}


# ------------------------------------------------------------------ promises


def _with_nonce(scenario: Scenario) -> Transaction:
    return scenario.moves([(1, AMOUNT)], nonce=FRESH)


def _nonce_used(scenario: Scenario) -> None:
    _send(scenario, AGENT, "cancel_nonces(uint256,uint256)", 0, 1 << USED)


def _limited(scenario: Scenario, window: int = DAY) -> None:
    """The first strategy has an inflow limit, or with a window of 0 none."""
    _send(scenario, GOVERNOR, "set_inflow(uint256,uint256,uint256)", 1, LIMIT, window)


def _grouped(scenario: Scenario, dissolved: bool = False) -> None:
    """All strategies are in one group, or in none."""
    members = 0 if dissolved else 2 ** (scenario.count + 1) - 2
    _send(scenario, GOVERNOR, "set_group(uint256,uint256,uint256,uint256)", 1, members, LIMIT, 10_000)


def _policed(scenario: Scenario) -> None:
    """The mandate names a policy that agrees at once."""
    code = "0x" + vyper_artifact(POLICY).initcode.hex()
    policy = scenario.mined({"from": DEPLOYER, "data": code})["contractAddress"]
    _grant(scenario, policy=policy)


def _promise(name: str, about: str, **compared: Any) -> Operation:
    return Operation(
        f"promise_{name}", compared.pop("transaction", _one_move), about, Hand.EXECUTOR, **compared
    )


PROMISES = (
    Operation(
        "execute_signed",
        _relayed,
        "`execute_1_move` by a relayer, with the agent's signature and a nonce",
        Hand.EXECUTOR,
        prepare=_employed,
    ),
    _promise(
        "journal",
        "what of `execute_1_move` is its entry: hashes, head and event",
        without=partial(less.take_out, JOURNAL),
    ),
    _promise(
        "budgets",
        "what of it is charging flow and loss, the count and the sign of life",
        without=partial(less.take_out, BUDGETS),
    ),
    _promise(
        "group",
        "what one group of all strategies adds to it",
        prepare=_grouped,
        without=partial(_grouped, dissolved=True),
    ),
    _promise(
        "inflow",
        "what an inflow limit on the strategy adds",
        prepare=_limited,
        without=partial(_limited, window=0),
    ),
    _promise(
        "policy",
        "what asking a policy twice adds, beside its own work",
        prepare=_policed,
        without=_granted(),
    ),
    _promise("heartbeat", "what a heartbeat adds", prepare=_granted(heartbeat=HOUR), without=_granted()),
    _promise(
        "nonce",
        "what a nonce adds, in a word that is not zero",
        transaction=_with_nonce,
        prepare=_nonce_used,
        instead=_one_move,
    ),
)
