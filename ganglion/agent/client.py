"""A treasury for an agent over a synchronous connection; ``async_client`` has the same methods to await.

client = Client.connect(url, Treasury.load("deployments/treasury.json"), Account.from_key(key))
snapshot = client.observe()
intent = client.intent(plan(snapshot, goal).moves, snapshot=snapshot, reason={"why": "rates moved"})
print(explain(client.simulate(intent), snapshot))
executed = client.submit(intent)
"""

from __future__ import annotations

from collections.abc import Sequence

from web3 import HTTPProvider, Web3

from .core import Core
from .drafting import VALID_FOR, Draft, Reason
from .errors import AgentError
from .intent import Intent, Move, TypedSigner
from .outbox import Outbox
from .outcome import Executed
from .reading import Simulation
from .sending import Account, Policy
from .snapshot import Snapshot
from .steps import Steps, T, run
from .structs import ZERO_ADDRESS, Verdict
from .treasury import Treasury
from .wire import Block

REQUEST_TIMEOUT = 30  # seconds that one answer may take


class Client:
    """A treasury as one account sees it. Every method may raise NodeError and ConnectionLost; the first call
    verifies the treasury and may raise ChainMismatch and ContractMismatch.

    Args:
        w3: a connection.
        treasury: where.
        account: who signs and sends; None to read only.
        outbox: where signed transactions are kept until they are settled; in memory unless given.
        policy: fees and patience.
    """

    def __init__(
        self,
        w3: Web3,
        treasury: Treasury,
        account: Account | None = None,
        outbox: Outbox | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.w3 = w3
        self._core = Core(treasury, account, outbox, policy)

    @classmethod
    def connect(
        cls,
        url: str,
        treasury: Treasury,
        account: Account | None = None,
        outbox: Outbox | None = None,
        policy: Policy | None = None,
    ) -> Client:
        """Return a client of the node at an http(s) address; the arguments are as above."""
        # Retries are the client's own: it knows what may be sent twice.
        provider = HTTPProvider(url, {"timeout": REQUEST_TIMEOUT}, exception_retry_configuration=None)
        return cls(Web3(provider), treasury, account, outbox, policy)

    def _run(self, steps: Steps[T]) -> T:
        return run(self.w3, steps)

    @property
    def treasury(self) -> Treasury:
        """Where the client acts."""
        return self._core.treasury

    def verify(self) -> None:
        """Check chain id and that Executor and Lens are the Vault's own.

        Raises:
            ChainMismatch: the node serves another chain.
            ContractMismatch: an address is not what it was named as, or belongs to another Vault.
        """
        self._run(self._core.verify())

    def observe(self, agent: str | None = None, block: Block = "latest") -> Snapshot:
        """Return the treasury at one block, with an agent's mandate and budgets.

        Args:
            agent: whose; the account's unless given.
            block: number, tag or hash.
        """
        return self._run(self._core.observe(agent, block))

    def preview(self, intent: Intent, block: Block = "latest") -> Verdict:
        """Return what the Lens foresees: the reason, the limit that binds, the most that would pass."""
        return self._run(self._core.preview(intent, block))

    def simulate(
        self,
        intent: Intent,
        sender: str | None = None,
        signature: bytes | None = None,
        block: Block = "latest",
    ) -> Simulation:
        """Return what an intent would do as the next transaction; nothing is sent.

        Args:
            intent: what.
            sender: who sends it; the agent unless given.
            signature: of the agent, to simulate ``execute_signed``.
            block: on top of which.
        """
        return self._run(self._core.simulate(intent, sender, signature, block))

    def intent(
        self,
        moves: Sequence[Move],
        *,
        snapshot: Snapshot | None = None,
        max_loss: int | None = None,
        reason: Reason = "",
        valid_for: int = VALID_FOR,
        relayer: str = ZERO_ADDRESS,
        agent: str | None = None,
    ) -> Intent:
        """Return an intent with a deadline, an unused nonce and the hash of its reason; nothing is sent.

        Args:
            moves: up to ten, made in this order.
            snapshot: that the agent decided by; the latest unless given.
            max_loss: most that they may lose together, asset wei; what the mandate allows unless given.
            reason: text or JSON values without floats; keep it, only its hash is journaled.
            valid_for: seconds after the snapshot until when it may be executed.
            relayer: the only account that may send it; any unless given.
            agent: whose; the account's unless given.

        Raises:
            Invalid: names the field that does not fit.
        """
        draft = Draft(moves, max_loss, reason, valid_for, relayer)
        return self._run(self._core.intent(draft, snapshot, agent))

    def sign(self, intent: Intent, signer: TypedSigner) -> bytes:
        """Return the agent's signature, which holds while the mandate in force now does; raises Invalid."""
        return self._run(self._core.sign(intent, signer))

    def submit(self, intent: Intent) -> Executed:
        """Send an intent as its agent, and wait until it is executed: once, or not at all.

        Called again with the same intent it goes on where it stopped, and returns what was executed.

        Raises:
            Denial: it was refused, and nothing of it is still on its way.
            NotSettled: the policy's time is up, or an earlier intent is open; ask again, or ``resume``.
            Invalid: the account is not the agent, or the intent could be executed twice.
        """
        return self._run(self._core.submit(intent))

    def relay(self, intent: Intent, signature: bytes) -> Executed:
        """Send an intent that its agent signed, and wait as ``submit`` does; raises the same."""
        return self._run(self._core.relay(intent, signature))

    def beat(self) -> Executed:
        """Give the agent's sign of life, and wait until it is mined; raises Denial, NotSettled."""
        return self._run(self._core.beat())

    def outcome(self, intent: Intent) -> Executed | None:
        """Return how the chain executed an intent, whoever sent it; None if it did not.

        Raises:
            NonceUsed, WrongSequence: another intent took its place: it will never be executed.
        """
        return self._run(self._core.outcome(intent))

    def resume(self) -> list[Executed | AgentError]:
        """Settle everything that an earlier life left in the outbox: what was executed, or why not.

        Raises:
            NotSettled: the policy's time is up for one of them.
        """
        return self._run(self._core.resume())
