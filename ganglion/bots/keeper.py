"""Calls that anyone may make, sent by one account: one at a time, with bounded gas and retries.

Every call of a keeper may be made twice without harm, because the contracts refuse the second. So nothing is
written down: after a restart the chain says what is left to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from eth_typing import ChecksumAddress

from ganglion.agent import reading
from ganglion.agent.abi import ContractAbi
from ganglion.agent.client import Client
from ganglion.agent.denials import Denial
from ganglion.agent.errors import AgentError, NotSettled
from ganglion.agent.intent import checked_address
from ganglion.agent.outbox import MemoryOutbox
from ganglion.agent.sending import Account, Delivery, Order, Policy
from ganglion.agent.snapshot import Snapshot
from ganglion.agent.steps import run

from .deeds import Deed, Outcome, failed, told
from .rests import Rests


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        what: its name in reports, the same every time.
        to: the contract.
        data: calldata.
    """

    what: str
    to: ChecksumAddress
    data: bytes


class Keeper:
    """An account at work in a treasury.

    Args:
        client: the treasury and its node.
        account: who signs and pays the gas.
        policy: fees and patience of one transaction.
        most_gas: gas of one block after which no further transaction is begun.
    """

    def __init__(self, client: Client, account: Account, policy: Policy, most_gas: int) -> None:
        self._client, self._account, self._policy = client, account, policy
        self._most_gas = most_gas
        self.address = checked_address("account", account.address)
        self._open: tuple[Call, Delivery] | None = None
        self._block = -1
        self._gas = 0
        self._rests = Rests()

    # -- a block --------------------------------------------------------------

    def begin(self) -> tuple[Snapshot, list[Deed]]:
        """Look at the latest block, and go on with what the block before left unfinished.

        Raises:
            AgentError: the treasury cannot be read.
        """
        snapshot = self._client.observe(self.address)
        self._block, self._gas = snapshot.number, 0
        if self._open is None:
            return snapshot, []
        deed = self._deliver()
        return self._client.observe(self.address), [deed]

    def view(self, to: ChecksumAddress, abi: ContractAbi, function: str, *arguments: Any) -> Any:
        """Return what a view answers; raises Denial, NodeError, ConnectionLost."""
        answer = run(self._client.w3, reading.call(to, abi.encode(function, *arguments)))
        return abi.decode(function, answer)

    def foresee(self, call: Call) -> bytes:
        """Return what a call would answer on top of the latest block; raises the Denial if it would fail."""
        return run(self._client.w3, reading.call(call.to, call.data, "latest", self.address))

    def attempt(self, call: Call) -> Deed:
        """Send a call and wait until it is mined, as long as the policy is patient."""
        if self._open is not None:
            return Deed(call.what, Outcome.WAITING, f"{self._open[0].what} is still on its way")
        if self._gas >= self._most_gas:
            return Deed(call.what, Outcome.WAITING, f"this block's {self._most_gas} gas are spent")
        if why := self._rests.why(call.what, self._block):
            return Deed(call.what, Outcome.WAITING, why)
        # To the delivery, the contract that is called stands where the Executor stands for an agent.
        place = replace(self._client.treasury, executor=call.to)
        order = Order(None, call.data)
        self._open = call, Delivery(place, self._account, order, MemoryOutbox(), self._policy)
        return self._deliver()

    def _deliver(self) -> Deed:
        assert self._open is not None, "something is on its way"
        call, delivery = self._open
        try:
            done = run(self._client.w3, delivery.run())
        except NotSettled as late:
            return Deed(call.what, Outcome.WAITING, told(late))
        except AgentError as error:
            self._open = None
            if isinstance(error, Denial) and error.transaction is not None:
                self._rests.failed(call.what, self._block)
            return failed(call.what, error)
        self._open = None
        self._rests.done(call.what)
        self._gas += done.gas
        return Deed(call.what, Outcome.DONE, f"transaction {done.transaction}", done.gas)
