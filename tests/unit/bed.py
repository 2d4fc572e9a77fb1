"""A treasury under test: short names for its calls, its refusals and its events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ganglion.devnet.abi import actor, call_data, decode
from ganglion.devnet.errors import Reverted
from ganglion.devnet.rpc import Rpc
from tests import treasury
from tests.modes import Group, Mode, TokenFlag
from tests.treasury import (
    ACTORS,
    AGENT,
    DAY,
    DEPLOYER,
    DEPOSITOR,
    ETHER,
    GOVERNOR,
    GUARDIAN,
    HOUR,
    LEAVER,
    MAX_UINT,
    MOVED,
    POSITION,
    STRANGER,
    Limits,
    Terms,
    Treasury,
    deploy_hostile,
    deploy_token,
    deploy_vyper,
)
from tests.unit.events import Event, decoded
from tests.unit.refusals import Refusal

EXECUTOR = actor("executor")
CURATOR = actor("curator")
HOSTILE_AGENT = actor("hostile_agent")
ZERO = "0x" + "00" * 20
DEAD = "0x000000000000000000000000000000000000dEaD"
EVERYONE = {
    "governor": GOVERNOR,
    "guardian": GUARDIAN,
    "deployer": DEPLOYER,
    "executor": EXECUTOR,
    "curator": CURATOR,
    "agent": AGENT,
    "hostile_agent": HOSTILE_AGENT,
    "depositor": DEPOSITOR,
    "leaver": LEAVER,
    "stranger": STRANGER,
}

M112 = 2**112 - 1
BPS = 10_000
PROBE = 10**18
YEAR = 31_536_000
CALM, STRESS, WINDDOWN = range(3)
OK, SUSPECT, QUARANTINED = range(1, 4)
FUNDS = 1_000_000  # whole tokens that the depositor pays in
PLACED = 200_000  # whole tokens allocated to each of the three strategies

DEPOSIT = "deposit(uint256,address)"
MINT = "mint(uint256,address)"
WITHDRAW = "withdraw(uint256,address,address)"
REDEEM = "redeem(uint256,address,address)"
SLICE = "redeem_slice(uint256,address,address,uint256)"
TRANSFER = "transfer(address,uint256)"
TRANSFER_FROM = "transferFrom(address,address,uint256)"
APPROVE = "approve(address,uint256)"
ALLOCATE = "allocate(uint256,uint256,uint256)"
DEALLOCATE = "deallocate(uint256,uint256,uint256)"
CALL = "(address,bytes,uint256,bool)"


def ceil_div(a: int, b: int) -> int:
    """Quotient rounded up."""
    return -(-a // b)


@contextmanager
def reverts(reason: str | Refusal | None) -> Iterator[None]:
    """Pass if the block reverts with exactly this reason; None for a revert without any."""
    wanted = f"vault: {reason.value}" if isinstance(reason, Refusal) else reason
    with pytest.raises(Reverted) as caught:
        yield
    assert caught.value.reason == wanted, f"{caught.value}; expected {wanted!r}"


def payload(signature: str, *arguments: Any) -> bytes:
    """Calldata as bytes, for calls that others make."""
    return bytes.fromhex(call_data(signature, *arguments)[2:])


@dataclass
class Bed(Treasury):
    """A Treasury whose ``executor`` is an actor unless it is made with the real one."""

    @classmethod
    def make(
        cls,
        rpc: Rpc,
        decimals: int = 6,
        flags: TokenFlag = TokenFlag.PLAIN,
        executor: str | None = EXECUTOR,
        **settings: Any,
    ) -> Bed:
        """Deploy an asset and a seeded, unsealed treasury over it; ``executor`` None for the real one."""
        for account in EVERYONE.values():
            rpc.call("anvil_setBalance", account, hex(10**6 * ETHER))
        bed = cls.create(rpc, deploy_token(rpc, decimals, flags), executor=executor, **settings)
        assert isinstance(bed, Bed)
        return bed

    def list_hostile(self, count: int = 1, terms: Terms | None = None, offset: int = 0) -> int:
        """List ``count`` honest strategies with dials; returns the id of the last."""
        for _ in range(count):
            identifier = self.list(deploy_hostile(self.rpc, self.asset, offset), terms)
        return identifier

    def fund(self) -> Bed:
        """Seal, let strategies open, and have the depositor pay FUNDS in and wait out the seasoning."""
        self.seal()
        self.rpc.warp(self.epoch)
        self.deposit(DEPOSITOR, FUNDS * self.unit)
        self.rpc.warp(HOUR)
        return self

    def fund_nothing(self) -> Bed:
        """Seal and let strategies open; nobody deposits."""
        self.seal()
        self.rpc.warp(self.epoch)
        return self

    def invest(self) -> Bed:
        """Allocate PLACED to each strategy."""
        for identifier in range(1, len(self.strategies) + 1):
            self.allocate(identifier, PLACED * self.unit)
        return self

    # -- the chain ------------------------------------------------------------
    def now(self) -> int:
        """Timestamp of the latest block."""
        return self.rpc.timestamp()

    def at(self, timestamp: int) -> None:
        """Give the next block this timestamp; without it each block comes a second after the last."""
        self.rpc.call("evm_setNextBlockTimestamp", hex(timestamp))

    def act(self, sender: str, signature: str, *arguments: Any) -> dict[str, Any]:
        """Send a call to the Vault."""
        return self.rpc.transact(sender, self.vault, signature, *arguments)

    def view(self, signature: str, *arguments: Any, returns: str = "uint256") -> Any:
        """Return the one value of a view of the Vault."""
        return self.rpc.read(self.vault, signature, *arguments, returns=(returns,))

    def foreseen(self, sender: str, signature: str, *arguments: Any, returns: Any = ("uint256",)) -> Any:
        """Return what a call to the Vault would return in the next block."""
        transaction = {"from": sender, "to": self.vault, "data": call_data(signature, *arguments)}
        values = decode(returns, self.rpc.eth_call(transaction, "pending"))
        return values[0] if len(values) == 1 else values

    def moved(self, signature: str, *arguments: Any) -> tuple[int, ...]:
        """Return what an allocation or deallocation would: assets, units, loss, exposure, lo."""
        return self.foreseen(self.executor, signature, *arguments, returns=MOVED)

    # -- strategies -----------------------------------------------------------
    def dial(self, identifier: int, group: Group, mode: Mode, param: int = 0) -> None:
        """Turn a dial of a hostile strategy."""
        strategy = self.strategies[identifier - 1]
        self.rpc.transact(HOSTILE_AGENT, strategy, "set_mode(uint8,uint8,uint256)", group, mode, param)

    def mark(self, identifier: int, value: int) -> None:
        """Make a strategy answer every read with ``value`` asset wei."""
        self.dial(identifier, Group.READ, Mode.RETURN_VALUE, value)

    def fail(self, identifier: int, fails: bool = True) -> None:
        """Make every read of a strategy fail, or answer again."""
        self.dial(identifier, Group.READ, Mode.REVERT_REASON if fails else Mode.HONEST)

    def gain(self, identifier: int, amount: int) -> None:
        """Raise what backs a strategy's units."""
        strategy = self.strategies[identifier - 1]
        self.rpc.transact(STRANGER, self.asset, "mint(address,uint256)", strategy, amount)
        self.rpc.transact(STRANGER, strategy, "gain(uint256)", amount)

    def lose(self, identifier: int, amount: int) -> None:
        """Lower what backs a strategy's units."""
        self.rpc.transact(STRANGER, self.strategies[identifier - 1], "lose(uint256)", amount)

    def share_strategy(self, identifier: int) -> None:
        """Let a stranger hold units too, so that the strategy keeps a price when the Vault leaves it."""
        strategy, amount = self.strategies[identifier - 1], 1_000 * self.unit
        self.rpc.transact(STRANGER, self.asset, "mint(address,uint256)", STRANGER, amount)
        self.rpc.transact(STRANGER, self.asset, APPROVE, strategy, amount)
        self.rpc.transact(STRANGER, strategy, DEPOSIT, amount, STRANGER)

    def worth(self, identifier: int) -> int:
        """What a strategy's units are truly worth."""
        return self.rpc.read(self.strategies[identifier - 1], "worth(address)", self.vault)

    def quarantine(self, identifier: int) -> None:
        """Have a strategy fail twice, an hour apart."""
        self.fail(identifier)
        self.poke()
        self.rpc.warp(HOUR)
        self.poke()
        assert self.status(identifier) == QUARANTINED

    def status(self, identifier: int) -> int:
        """OK, SUSPECT, QUARANTINED, or 0 for none."""
        return (self.word(POSITION, identifier) >> 224) & 255

    def limits(self, **changes: int) -> None:
        """Set the limits to the default ones with ``changes``."""
        self.set_limits(Limits(**changes))

    def terms(self, identifier: int, **changes: Any) -> None:
        """Set a strategy's terms to the default ones with ``changes``."""
        self.govern(f"set_terms(uint256,{treasury.TERMS})", identifier, Terms(**changes).tuple())

    # -- the ledger -----------------------------------------------------------
    @property
    def unit(self) -> int:
        """One whole token."""
        return 10**self.decimals

    @property
    def epoch(self) -> int:
        """Seconds of an epoch, one day in every bed here."""
        return DAY

    @property
    def virtual(self) -> int:
        """Virtual shares."""
        return 10 ** max(3, 18 - self.decimals)

    def supply(self) -> int:
        """Shares outstanding with the virtual ones."""
        return self.view("totalSupply()") + self.virtual

    def fingerprint(self) -> list[str]:
        """Storage roots of everything that a refused call must leave as it was."""
        found = [self.vault, self.steward, self.executor, self.asset, self.queue, self.sentinel]
        found += self.strategies
        proofs = self.rpc.batch(("eth_getProof", (address, [], "latest")) for address in found)
        return [proof["storageHash"] for proof in proofs]

    @contextmanager
    def refused(self, reason: str | Refusal | None) -> Iterator[None]:
        """Pass if the block reverts with exactly this reason and leaves every storage word as it was."""
        before = self.fingerprint()
        with reverts(reason):
            yield
        assert self.fingerprint() == before

    def events(self, receipt: dict[str, Any]) -> list[Event]:
        """Events of the Vault, the queue, the Steward, the Executor and the Sentinel in a transaction."""
        return decoded(receipt, (self.vault, self.queue, self.steward, self.executor, self.sentinel))


def deploy_caller(rpc: Rpc) -> str:
    """Deploy a contract that calls for others, with ether for its gas."""
    caller = deploy_vyper(rpc, "contracts/mocks/Caller.vy")
    rpc.call("anvil_setBalance", caller, hex(ETHER))
    return caller


def calling_constructor(target: str, data: bytes) -> str:
    """Creation code (0x-hex) of a contract that calls while it has no code, and reverts as the call does."""
    padded = data + bytes(-len(data) % 32)
    code = b""
    for start in range(0, len(padded), 32):
        code += b"\x7f" + padded[start : start + 32] + b"\x61" + start.to_bytes(2, "big") + b"\x52"  # MSTORE
    code += b"\x5f\x5f\x61" + len(data).to_bytes(2, "big") + b"\x5f\x5f\x73" + bytes.fromhex(target[2:])
    code += b"\x5a\xf1\x3d\x5f\x5f\x3e"  # GAS CALL, RETURNDATACOPY
    code += b"\x61" + (len(code) + 7).to_bytes(2, "big") + b"\x57\x3d\x5f\xfd\x5b"  # JUMPI else REVERT
    return "0x" + (code + b"\x00").hex()


__all__ = [
    "ACTORS",
    "MAX_UINT",
    "Bed",
    "Refusal",
    "calling_constructor",
    "deploy_caller",
    "reverts",
]
