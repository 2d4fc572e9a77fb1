"""Agents that sign, wallets that answer for agents, and policies that are asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_account import Account
from eth_utils import keccak

from ganglion.devnet.rpc import Rpc
from tests.modes import Group, Mode
from tests.treasury import ETHER, NOBODY, STRANGER, deploy_vyper
from tests.unit.desk import Desk
from tests.unit.journal import signature

BEFORE, AFTER = Group.DEPOSIT, Group.REDEEM  # the dials of a Policy
REFUSED = "executor: policy refused"
BAD = "executor: bad signature"
# Ways in which a contract that is asked does not answer its selector, each with its parameter
NO_SELECTOR = (
    (Mode.REVERT_REASON, 0),
    (Mode.REVERT_EMPTY, 0),
    (Mode.REVERT_BOMB, 0),
    (Mode.BURN_INVALID, 0),
    (Mode.BURN_LOOP, 0),
    (Mode.RETURN_NOTHING, 0),
    (Mode.RETURN_31, 0),
    (Mode.RETURN_64, 0),
    (Mode.RETURN_BOMB, 0),
    (Mode.RETURN_MAX, 0),
    (Mode.RETURN_VALUE, 0),
    (Mode.RETURN_VALUE, 1),
)


@dataclass(frozen=True)
class Key:
    """A key of an account without code."""

    label: str = "signatory"

    @cached_property
    def secret(self) -> bytes:
        """The private key."""
        return keccak(text=f"tests.unit:{self.label}")

    @property
    def address(self) -> str:
        """Its account, lower case."""
        return Account.from_key(self.secret).address.lower()

    def sign(self, hashed: bytes) -> bytes:
        """r, s and v over a hash."""
        return signature(self.secret, hashed)


KEY = Key()


def employ(desk: Desk, agent: str, **changes: Any) -> None:
    """Grant an account the default mandate with ``changes``, and ether for its own calls."""
    desk.rpc.call("anvil_setBalance", agent, hex(ETHER))
    desk.grant(agent=agent, **changes)


def deploy_policy(rpc: Rpc) -> str:
    """Deploy a policy that agrees until a dial is turned."""
    return deploy_vyper(rpc, "contracts/mocks/Policy.vy")


def deploy_wallet(rpc: Rpc, owner: str = NOBODY) -> str:
    """Deploy a wallet that takes its owner's signatures; without an owner, every signature."""
    return deploy_vyper(rpc, "contracts/mocks/Wallet.vy", ["address"], (owner,))


def turn(desk: Desk, target: str, group: Group, mode: Mode, param: int = 0) -> None:
    """Turn a dial of a policy or a wallet."""
    desk.rpc.transact(STRANGER, target, "set_mode(uint8,uint8,uint256)", group, mode, param)


def policed(desk: Desk, **changes: Any) -> str:
    """Grant the default mandate with a policy that agrees; returns the policy."""
    policy = deploy_policy(desk.rpc)
    desk.grant(policy=policy, **changes)
    return policy
