"""A treasury for an agent over an asynchronous connection: ``Client``'s methods, to await.

async with AsyncClient.connect(url, treasury, account) as client:
    snapshot = await client.observe()
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from aiohttp import ClientTimeout
from web3 import AsyncHTTPProvider, AsyncWeb3

from .client import REQUEST_TIMEOUT
from .core import Core
from .drafting import VALID_FOR, Draft, Reason
from .errors import AgentError
from .intent import Intent, Move, TypedSigner
from .outbox import Outbox
from .outcome import Executed
from .reading import Simulation
from .sending import Account, Policy
from .snapshot import Snapshot
from .steps import Steps, T, run_async
from .structs import ZERO_ADDRESS, Verdict
from .treasury import Treasury
from .wire import Block


class AsyncClient:
    """A treasury as one account sees it; arguments, answers and errors are those of ``Client``."""

    def __init__(
        self,
        w3: AsyncWeb3[Any],
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
    ) -> AsyncClient:
        """Return a client of the node at an http(s) address; close it, or use it as a context."""
        timeout = {"timeout": ClientTimeout(total=REQUEST_TIMEOUT)}
        provider = AsyncHTTPProvider(url, timeout, exception_retry_configuration=None)
        return cls(AsyncWeb3(provider), treasury, account, outbox, policy)

    async def __aenter__(self) -> AsyncClient:
        """Use the client as a context."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self.w3.provider.disconnect()

    async def _run(self, steps: Steps[T]) -> T:
        return await run_async(self.w3, steps)

    @property
    def treasury(self) -> Treasury:
        """Where the client acts."""
        return self._core.treasury

    async def verify(self) -> None:
        """See ``Client.verify``."""
        await self._run(self._core.verify())

    async def observe(self, agent: str | None = None, block: Block = "latest") -> Snapshot:
        """See ``Client.observe``."""
        return await self._run(self._core.observe(agent, block))

    async def preview(self, intent: Intent, block: Block = "latest") -> Verdict:
        """See ``Client.preview``."""
        return await self._run(self._core.preview(intent, block))

    async def simulate(
        self,
        intent: Intent,
        sender: str | None = None,
        signature: bytes | None = None,
        block: Block = "latest",
    ) -> Simulation:
        """See ``Client.simulate``."""
        return await self._run(self._core.simulate(intent, sender, signature, block))

    async def intent(
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
        """See ``Client.intent``."""
        draft = Draft(moves, max_loss, reason, valid_for, relayer)
        return await self._run(self._core.intent(draft, snapshot, agent))

    async def sign(self, intent: Intent, signer: TypedSigner) -> bytes:
        """See ``Client.sign``."""
        return await self._run(self._core.sign(intent, signer))

    async def submit(self, intent: Intent) -> Executed:
        """See ``Client.submit``."""
        return await self._run(self._core.submit(intent))

    async def relay(self, intent: Intent, signature: bytes) -> Executed:
        """See ``Client.relay``."""
        return await self._run(self._core.relay(intent, signature))

    async def beat(self) -> Executed:
        """See ``Client.beat``."""
        return await self._run(self._core.beat())

    async def outcome(self, intent: Intent) -> Executed | None:
        """See ``Client.outcome``."""
        return await self._run(self._core.outcome(intent))

    async def resume(self) -> list[Executed | AgentError]:
        """See ``Client.resume``."""
        return await self._run(self._core.resume())
