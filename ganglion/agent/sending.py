"""An intent's way onto the chain: once, or not at all.

Whatever is signed is written to the outbox before it is sent. After a lost connection the same bytes go out
again; a stuck transaction is replaced under its own account nonce, so that only one of both can be mined; and
the intent's nonce keeps even a transaction of another machine from executing it twice. How it ended is read
from the chain: the receipt, the nonce, the journal's event.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from eth_utils import keccak

from .abi import EXECUTOR
from .denials import Denial, from_reason
from .errors import AgentError, ConnectionLost, Invalid, NodeError, NotSettled
from .fees import Fee, FeePolicy, going_rate
from .intent import Intent, checked_address, digest
from .outbox import EXECUTED, REFUSED, Attempt, Outbox, Record
from .outcome import Executed, failure, find, of_receipt
from .reading import execution
from .steps import Pause, Steps, ask
from .structs import EMPTY
from .treasury import Treasury
from .wire import as_int, hexed, revert_of
from .wire import field as part

MOST_GAS = 2**24  # of a transaction, EIP-7825
_DEADLINE_PASSED = "executor: deadline passed"
# How nodes say that they have the transaction, or a later one: not failures of ours.
_KNOWN = ("already known", "known transaction", "already imported", "nonce too low", "underpriced")


class Account(Protocol):
    """Who signs transactions: an account of eth_account, or anything with its methods."""

    @property
    def address(self) -> str:
        """Its address."""

    def sign_transaction(self, transaction_dict: dict[str, Any]) -> Any:
        """Return an object with ``raw_transaction`` and ``hash`` in bytes."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patiently an intent is delivered.

    Attributes:
        fees: what it may pay.
        timeout: seconds after which ``NotSettled`` is raised; asking again goes on where it stopped.
        replace_after: seconds after which a transaction that was not mined is replaced by a dearer one.
        poll: seconds between two looks.
        confirmations: blocks that must stand on the outcome, its own included.
        gas_margin: gas limit over the node's estimate, per mille.
    """

    fees: FeePolicy = field(default_factory=FeePolicy)
    timeout: float = 300.0
    replace_after: float = 36.0
    poll: float = 1.0
    confirmations: int = 1
    gas_margin: int = 1_300

    def __post_init__(self) -> None:
        """Check the bounds; raises Invalid, which names the fields."""
        if min(self.timeout, self.replace_after, self.poll) <= 0 or self.confirmations < 1:
            raise Invalid("timeout, replace_after, poll, confirmations: give positive numbers")
        if self.gas_margin < 1_000:
            raise Invalid(f"gas_margin: {self.gas_margin}; give 1000 per mille of the estimate, or more")


@dataclass(frozen=True, slots=True)
class Order:
    """What is sent to the Executor: an intent, or None for a heartbeat, and the calldata of it."""

    intent: Intent | None
    data: bytes

    @classmethod
    def direct(cls, intent: Intent) -> Order:
        """An intent that its agent sends; raises Invalid where nothing keeps it from being executed twice."""
        if not intent.nonce and not intent.sequence:
            raise Invalid("nonce: 0, so nothing keeps the intent from being executed twice; give another")
        return cls(intent, execution(intent, None))

    @classmethod
    def signed(cls, intent: Intent, signature: bytes) -> Order:
        """An intent that anyone sends for its agent; raises Invalid without a nonce."""
        if not intent.nonce:
            raise Invalid("nonce: 0, and a signed intent needs another, or it could be sent twice")
        return cls(intent, execution(intent, signature))

    @classmethod
    def beat(cls) -> Order:
        """A sign of life."""
        return cls(None, EXECUTOR.encode("beat"))


def open_records(outbox: Outbox, treasury: Treasury, sender: str) -> list[Record]:
    """Return what an account sent to a treasury's Executor that is not settled."""
    place = (treasury.chain_id, treasury.executor, sender)
    return [each for each in outbox.open() if (each.chain_id, each.executor, each.sender) == place]


class Delivery:
    """One order on its way.

    Args:
        treasury: where.
        account: who sends, and pays the gas.
        order: what.
        outbox: where records are kept.
        policy: how patiently.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        treasury: Treasury,
        account: Account,
        order: Order,
        outbox: Outbox,
        policy: Policy,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._treasury, self._account, self._order = treasury, account, order
        self._sender = checked_address("account", account.address)
        self._outbox, self._policy, self._clock = outbox, policy, clock
        self._key = self._make_key()
        self._record: Record | None = None
        self._accepted = ""  # hash of the attempt that the node took
        self._since = 0.0  # when it did

    def _make_key(self) -> str:
        if self._order.intent is None:
            return hexed(secrets.token_bytes(32))
        wanted = digest(self._order.intent, self._treasury.domain, EMPTY)
        return hexed(keccak(wanted + self._order.data[:4] + bytes.fromhex(self._sender[2:])))

    def run(self) -> Steps[Executed]:
        """Deliver, or go on where an earlier life stopped.

        Raises:
            Denial: it was refused, and nothing of it is still on its way.
            NotSettled: the time is up; ask again.
            NodeError: the node refuses the transaction (no money for gas, for instance).
            ConnectionLost: the time is up, and nothing was sent.
        """
        until = self._clock() + self._policy.timeout
        self._recall()
        while True:
            trouble: AgentError | None = None
            try:
                done = yield from self._round()
                if done is not None:
                    return done
            except ConnectionLost as lost:
                trouble = lost
                self._accepted = ""  # the node may have forgotten what it took, or never got it
            except NodeError as error:
                if not self._accepted:
                    raise
                trouble = error  # a read failed; what was sent is on its way all the same
            if self._clock() >= until:
                raise self._unsettled(trouble)
            yield Pause(self._policy.poll)

    def _recall(self) -> None:
        """Take up the record that an earlier life left; raises NotSettled where another one is still open."""
        kept = self._outbox.get(self._key)
        if kept is not None and kept.closed != REFUSED:
            self._record = kept
            return
        for other in open_records(self._outbox, self._treasury, self._sender):
            raise NotSettled(
                "an earlier intent of this account is not settled; `resume`, then observe and plan anew",
                other.hashes,
            )

    def _unsettled(self, trouble: AgentError | None) -> AgentError:
        if self._record is None and trouble is not None:
            return trouble
        last = f"; the last answer was: {trouble}" if trouble is not None else ""
        hashes = self._record.hashes if self._record is not None else ()
        return NotSettled(f"not settled within {self._policy.timeout:g} s; ask again{last}", hashes)

    def _round(self) -> Steps[Executed | None]:
        """Go one step further; None while it is not settled."""
        if self._record is None:
            found = yield from self._begin()
            if found is not None:
                return found
        done = yield from self._look()
        if done is not None:
            return done
        if self._accepted != self._last.hash:
            yield from self._broadcast()
            return (yield from self._look())
        if self._clock() - self._since >= self._policy.replace_after:
            yield from self._replace()
        return None

    @property
    def _known(self) -> Record:
        assert self._record is not None, "a record is made before anything is sent"
        return self._record

    @property
    def _last(self) -> Attempt:
        return self._known.attempts[-1]

    # -- the first attempt ----------------------------------------------------

    def _begin(self) -> Steps[Executed | None]:
        """Sign the first attempt and write it down, unless the chain has executed the intent already."""
        found = yield from self._find(None)
        if found is not None:
            return found
        latest = as_int("eth_blockNumber", (yield from ask("eth_blockNumber")))
        try:
            gas = yield from self._estimate()
        except Denial:
            # It may have been executed, by whoever relays it, since we looked.
            found = yield from self._find(None)
            if found is None:
                raise
            return found
        fee = yield from going_rate(self._policy.fees)
        attempt = self._sign((yield from self._count("pending")), gas, fee)
        self._keep(
            Record(
                key=self._key,
                intent=self._order.intent,
                chain_id=self._treasury.chain_id,
                executor=self._treasury.executor,
                sender=self._sender,
                data=self._order.data,
                gas=gas,
                since=latest,
                attempts=(attempt,),
            )
        )
        return None

    def _find(self, since: int | None) -> Steps[Executed | None]:
        intent = self._order.intent
        return None if intent is None else (yield from find(self._treasury, intent, since))

    def _estimate(self) -> Steps[int]:
        call = {"from": self._sender, "to": self._treasury.executor, "input": hexed(self._order.data)}
        try:
            estimate = as_int("eth_estimateGas", (yield from ask("eth_estimateGas", call)))
        except NodeError as error:
            raise revert_of(error) or error from None
        return min(MOST_GAS, -(-estimate * self._policy.gas_margin // 1_000))

    def _count(self, block: str) -> Steps[int]:
        method = "eth_getTransactionCount"
        return as_int(method, (yield from ask(method, self._sender, block)))

    def _sign(self, nonce: int, gas: int, fee: Fee) -> Attempt:
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._treasury.chain_id,
                "nonce": nonce,
                "to": self._treasury.executor,
                "value": 0,
                "data": hexed(self._order.data),
                "gas": gas,
                "maxFeePerGas": fee.max_fee,
                "maxPriorityFeePerGas": fee.tip,
            }
        )
        raw, hashed = hexed(bytes(signed.raw_transaction)), hexed(bytes(signed.hash))
        return Attempt(raw, hashed, nonce, fee.max_fee, fee.tip)

    def _keep(self, record: Record) -> None:
        self._outbox.put(record)
        self._record = record

    # -- on the way -----------------------------------------------------------

    def _broadcast(self) -> Steps[None]:
        attempt = self._last
        yield from self._give_up_if_late()
        try:
            yield from ask("eth_sendRawTransaction", attempt.raw)
        except NodeError as error:
            if not any(words in error.message.lower() for words in _KNOWN):
                raise
        self._accepted, self._since = attempt.hash, self._clock()

    def _look(self) -> Steps[Executed | None]:
        """Return how it ended; None while it has not. Raises the Denial if it was refused."""
        for attempt in reversed(self._known.attempts):
            receipt = yield from ask("eth_getTransactionReceipt", attempt.hash)
            if receipt is not None:
                return (yield from self._read(receipt))
        if self._accepted and (yield from self._count("latest")) > self._last.nonce:
            return (yield from self._displaced())
        return None

    def _read(self, receipt: Any) -> Steps[Executed | None]:
        method = "eth_getTransactionReceipt"
        block = as_int(method, part(method, receipt, "blockNumber"))
        latest = as_int("eth_blockNumber", (yield from ask("eth_blockNumber")))
        if latest - block + 1 < self._policy.confirmations:
            return None
        if as_int(method, part(method, receipt, "status")) == 1:
            done = of_receipt(self._treasury, receipt, self._order.intent)
            self._keep(self._known.ended(EXECUTED))
            return done
        return (yield from self._failed(receipt))

    def _failed(self, receipt: Any) -> Steps[Executed]:
        """A transaction of ours reverted: another may have executed the intent, else it was refused."""
        found = yield from self._elsewhere()
        if found is not None:
            return found
        sent = {"from": self._sender, "input": hexed(self._order.data), "gas": hex(self._known.gas)}
        raise self._refused((yield from failure(self._treasury, receipt, sent)))

    def _elsewhere(self) -> Steps[Executed | None]:
        """Return how another transaction executed the intent; raises the Denial if it never will be."""
        try:
            found = yield from self._find(self._known.since)
        except Denial as denial:
            raise self._refused(denial) from None
        if found is not None:
            self._keep(self._known.ended(EXECUTED))
        return found

    def _refused(self, denial: Denial) -> Denial:
        self._keep(self._known.ended(REFUSED))
        return denial

    def _displaced(self) -> Steps[Executed | None]:
        """Another transaction of the account took our nonce: ours cannot be mined any more."""
        for attempt in self._known.attempts:  # a receipt may have come between both looks
            if (yield from ask("eth_getTransactionReceipt", attempt.hash)) is not None:
                return None
        found = yield from self._elsewhere()
        if found is not None:
            return found
        fee = yield from going_rate(self._policy.fees)
        nonce = yield from self._count("pending")
        self._keep(self._known.tried(self._sign(nonce, self._known.gas, fee)))
        return None

    def _replace(self) -> Steps[None]:
        """Sign a dearer transaction in place of one that is not mined, if the ceiling lets us."""
        yield from self._give_up_if_late()
        before = Fee(self._last.max_fee, self._last.tip)
        fee = self._policy.fees.replacement(before, (yield from going_rate(self._policy.fees)))
        if fee is None:
            self._accepted = ""  # nothing dearer to send: the same again, in case the node dropped it
            return
        self._keep(self._known.tried(self._sign(self._last.nonce, self._known.gas, fee)))

    def _give_up_if_late(self) -> Steps[None]:
        """Raise DeadlinePassed if the intent is too old and no node of ours holds it any more."""
        block = yield from ask("eth_getBlockByNumber", "latest", False)
        time = as_int("eth_getBlockByNumber", part("eth_getBlockByNumber", block, "timestamp"))
        intent = self._order.intent
        if intent is None or time <= intent.deadline:
            return
        for attempt in self._known.attempts:
            if (yield from ask("eth_getTransactionByHash", attempt.hash)) is not None:
                return
        raise self._refused(from_reason(_DEADLINE_PASSED, limit=intent.deadline))
