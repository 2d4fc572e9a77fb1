"""What both clients are made of: every call as steps, which a connection carries out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from eth_typing import ChecksumAddress

from . import reading
from .drafting import Draft, drafted
from .errors import AgentError, Invalid, NotSettled
from .intent import Intent, TypedSigner, checked_address, sign
from .outbox import MemoryOutbox, Outbox
from .outcome import Executed, find
from .reading import Simulation
from .sending import Account, Delivery, Order, Policy, open_records
from .snapshot import Snapshot
from .steps import Steps
from .structs import Verdict
from .treasury import Treasury
from .wire import Block

T = TypeVar("T")


class Core:
    """A treasury as one account sees it. Methods return steps; the first of them verifies the treasury.

    Args:
        treasury: where.
        account: who signs and sends; None to read only.
        outbox: where signed transactions are kept until they are settled; in memory unless given.
        policy: fees and patience.
    """

    def __init__(
        self,
        treasury: Treasury,
        account: Account | None = None,
        outbox: Outbox | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.treasury = treasury
        self.account = account
        self.outbox: Outbox = MemoryOutbox() if outbox is None else outbox
        self.policy = Policy() if policy is None else policy
        self._is_verified = False

    def require_account(self) -> Account:
        """Return the account; raises Invalid without one."""
        if self.account is None:
            raise Invalid("account: none, and this needs one; give the client an account of eth_account")
        return self.account

    def agent(self, named: str | None) -> ChecksumAddress:
        """Return the agent that is named, or the account; raises Invalid without either."""
        if named is not None:
            return checked_address("agent", named)
        return checked_address("account", self.require_account().address)

    def verify(self) -> Steps[None]:
        """See ``reading.verify``."""
        yield from reading.verify(self.treasury)
        self._is_verified = True

    def _verified(self, steps: Callable[..., Steps[T]], *arguments: Any) -> Steps[T]:
        if not self._is_verified:
            yield from self.verify()
        return (yield from steps(self.treasury, *arguments))

    def observe(self, agent: str | None, block: Block) -> Steps[Snapshot]:
        """See ``reading.observe``."""
        return self._verified(reading.observe, self.agent(agent), block)

    def preview(self, intent: Intent, block: Block) -> Steps[Verdict]:
        """See ``reading.preview``."""
        return self._verified(reading.preview, intent, block)

    def simulate(
        self, intent: Intent, sender: str | None, signature: bytes | None, block: Block
    ) -> Steps[Simulation]:
        """See ``reading.simulate``."""
        return self._verified(reading.simulate, intent, sender, signature, block)

    def intent(self, draft: Draft, snapshot: Snapshot | None, agent: str | None) -> Steps[Intent]:
        """See ``drafting.drafted``; nonces that are on their way are left out."""
        address = self.agent(agent)
        kept = (record.intent for record in self.outbox.open())
        taken = frozenset(intent.nonce for intent in kept if intent is not None and intent.agent == address)
        return self._verified(drafted, address, draft, snapshot, taken)

    def sign(self, intent: Intent, signer: TypedSigner) -> Steps[bytes]:
        """Return the agent's signature under the mandate in force; see ``intent.sign``."""
        snapshot = yield from self.observe(intent.agent, "latest")
        return sign(intent, self.treasury.domain, snapshot.agent.standing.mandate, signer)

    def submit(self, intent: Intent) -> Steps[Executed]:
        """Send an intent as its agent; see ``sending.Delivery.run``."""
        if self.agent(None) != intent.agent:
            wanted = f"the agent {intent.agent}; `sign` it with the agent's key and `relay` that"
            raise Invalid(f"account: {self.agent(None)} is not {wanted}")
        return self._deliver(Order.direct(intent), self.outbox)

    def relay(self, intent: Intent, signature: bytes) -> Steps[Executed]:
        """Send an intent that its agent signed; see ``sending.Delivery.run``."""
        return self._deliver(Order.signed(intent, signature), self.outbox)

    def beat(self) -> Steps[Executed]:
        """Give a sign of life; nothing of it is kept, because twice does no harm."""
        return self._deliver(Order.beat(), MemoryOutbox())

    def _deliver(self, order: Order, outbox: Outbox) -> Steps[Executed]:
        delivery = Delivery(self.treasury, self.require_account(), order, outbox, self.policy)
        return self._verified(lambda _: delivery.run())

    def outcome(self, intent: Intent) -> Steps[Executed | None]:
        """See ``outcome.find``."""
        return self._verified(find, intent)

    def resume(self) -> Steps[list[Executed | AgentError]]:
        """Go on with everything of the account that an earlier life left open, oldest first."""
        settled: list[Executed | AgentError] = []
        for record in open_records(self.outbox, self.treasury, self.agent(None)):
            try:
                settled.append((yield from self._deliver(Order(record.intent, record.data), self.outbox)))
            except NotSettled:
                raise
            except AgentError as error:
                settled.append(error)
        return settled
