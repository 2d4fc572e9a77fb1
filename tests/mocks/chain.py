"""An anvil of our own and the mocks on it, for tests that need no Ape."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from ganglion.devnet.abi import call_data, encode, selector
from ganglion.devnet.artifacts import EVM_VERSION, ROOT, vyper_artifact
from ganglion.devnet.errors import NodeFailed, Reverted, RpcError
from ganglion.devnet.rpc import Rpc, quantity
from tests.modes import SINK, TokenFlag

ANVIL = ROOT / ".venv" / "bin" / "anvil"
GAS = 3_000_000
START_TIMEOUT = 20.0
UNIT = 10**6  # of the 6-decimal asset

CALL = "(address,bytes,uint256,bool)"


@cache
def initcode(name: str) -> bytes:
    """Return the creation code of ``contracts/mocks/<name>.vy``."""
    return vyper_artifact(f"contracts/mocks/{name}.vy").initcode


@contextmanager
def anvil() -> Iterator[Rpc]:
    """Run an anvil on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [os.fspath(ANVIL), "--port", str(port), "--hardfork", EVM_VERSION, "--silent"]
    process = subprocess.Popen(command)
    try:
        with Rpc(f"http://127.0.0.1:{port}") as rpc:
            _wait(rpc, process)
            yield rpc
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(rpc: Rpc, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            rpc.call("eth_chainId")
            return
        except NodeFailed:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@dataclass(frozen=True)
class Outcome:
    """What one transaction does.

    Attributes:
        ok: whether it succeeds.
        data: what it returns or reverts with.
        gas: gas used once mined.
    """

    ok: bool
    data: bytes
    gas: int

    @property
    def word(self) -> int:
        """The answer as a number."""
        assert self.ok, self.data
        assert len(self.data) == 32, self.data
        return int.from_bytes(self.data, "big")

    @property
    def reason(self) -> str:
        """The text of the revert."""
        assert not self.ok
        assert self.data[:4] == selector("Error(string)"), self.data
        length = int.from_bytes(self.data[36:68], "big")
        return self.data[68 : 68 + length].decode()


@dataclass(frozen=True)
class World:
    """A node, role accounts and deployers."""

    rpc: Rpc
    depositor: str
    receiver: str
    hostile_agent: str

    def deploy(self, name: str, types: Sequence[str] = (), *arguments: Any) -> str:
        """Return the address of a new mock."""
        data = "0x" + (initcode(name) + encode(types, arguments)).hex()
        return self.rpc.send({"from": self.hostile_agent, "data": data})["contractAddress"]

    def token(self, flags: TokenFlag = TokenFlag.PLAIN, decimals: int = 6) -> str:
        """Return the address of a new WeirdToken."""
        types = ["string", "string", "uint8", "uint256"]
        return self.deploy("WeirdToken", types, "Weird Token", "WEIRD", decimals, int(flags))

    def strategy(self, token: str, offset: int = 0) -> str:
        """Return the address of a new HostileStrategy in which the depositor and a stranger hold units."""
        strategy = self.deploy("HostileStrategy", ["address", "uint8"], token, offset)
        for holder in (self.depositor, self.hostile_agent):
            self.send(holder, token, "mint(address,uint256)", holder, 10_000 * UNIT)
            self.send(holder, token, "approve(address,uint256)", strategy, 5_000 * UNIT)
            self.send(holder, strategy, "deposit(uint256,address)", 1_000 * UNIT, holder)
        return strategy

    def call(self, sender: str, to: str, signature: str, *arguments: Any, gas: int = GAS) -> Outcome:
        """Return what a transaction would do, without mining it; ``gas`` of the outcome is 0."""
        tx = {"from": sender, "to": to, "data": call_data(signature, *arguments), "gas": quantity(gas)}
        try:
            return Outcome(True, self.rpc.eth_call(tx), 0)
        except Reverted as error:
            return Outcome(False, error.data, 0)
        except RpcError:
            return Outcome(False, b"", 0)

    def send(self, sender: str, to: str, signature: str, *arguments: Any, gas: int = GAS) -> Outcome:
        """Mine a transaction and return what it did."""
        foreseen = self.call(sender, to, signature, *arguments, gas=gas)
        tx = {"from": sender, "to": to, "data": call_data(signature, *arguments), "gas": quantity(gas)}
        receipt = self.rpc.call("eth_sendTransactionSync", tx)
        ok = receipt["status"] == "0x1"
        assert ok == foreseen.ok
        return Outcome(ok, foreseen.data, int(receipt["gasUsed"], 16))

    def read(self, to: str, signature: str, *arguments: Any, returns: str = "uint256") -> Any:
        """Return the one value of a view."""
        return self.rpc.read(to, signature, *arguments, returns=(returns,))

    def set_mode(self, strategy: str, group: int, mode: int, param: int = 0) -> Outcome:
        """Turn a dial."""
        return self.send(self.hostile_agent, strategy, "set_mode(uint8,uint8,uint256)", group, mode, param)

    def balance(self, token: str, owner: str) -> int:
        """Return an ERC-20 balance."""
        return self.read(token, "balanceOf(address)", owner)

    def books(self, token: str, strategy: str) -> dict[str, int]:
        """Return everything that an act on a strategy can move."""
        counts = {f"units of {who}": self.read(strategy, "units_of(address)", who) for who in self.holders}
        cash = {f"asset of {who}": self.balance(token, who) for who in (*self.holders, strategy, SINK)}
        allowed = self.read(strategy, "allowance(address,address)", self.depositor, self.receiver)
        names = ("held", "supply", "reentry_attempts")
        return (
            counts | cash | {"allowed": allowed} | {name: self.read(strategy, f"{name}()") for name in names}
        )

    @property
    def holders(self) -> tuple[str, str, str]:
        """Every role."""
        return (self.depositor, self.receiver, self.hostile_agent)

    def undone(self) -> AbstractContextManager[None]:
        """Undo what the block does to the chain."""
        return self.rpc.undone()
