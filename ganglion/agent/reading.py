"""What an agent reads of a treasury: one block, one preview, one simulation. Nothing here changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_typing import ChecksumAddress

from .abi import EXECUTOR, LENS
from .denials import Denial, from_data
from .errors import ChainMismatch, ContractMismatch, NodeError
from .intent import Intent, checked_address, nonce_position
from .snapshot import Snapshot
from .steps import Steps, ask
from .structs import Journaled, Verdict
from .treasury import Treasury
from .wire import Block, as_bytes, as_int, block_id, field, hexed, revert_of

_NO_SUCH_METHOD = (-32601, -32004)
_SUCCESS = 1


@dataclass(frozen=True, slots=True)
class Simulation:
    """What an intent would do if it were the next transaction.

    Attributes:
        denial: why it would be refused; None if it would pass.
        gas: what it would use; None where the node could not tell.
        entry: the journal's entry that it would make, with what each move measured; None if it is refused or
            the node cannot simulate logs.
        after: the treasury behind it; None as for ``entry``.
        method: how it was simulated, ``eth_simulateV1`` or ``eth_call``.
    """

    denial: Denial | None
    gas: int | None
    entry: Journaled | None
    after: Snapshot | None
    method: str

    @property
    def passes(self) -> bool:
        """Whether it would be executed."""
        return self.denial is None


def call(to: str, data: bytes, block: Block = "latest", sender: str | None = None) -> Steps[bytes]:
    """Return what a call answers on top of a block; raises the Denial if it reverts, NodeError."""
    transaction = {"to": to, "input": hexed(data)} | ({} if sender is None else {"from": sender})
    try:
        answer = yield from ask("eth_call", transaction, block_id(block))
    except NodeError as error:
        raise revert_of(error) or error from None
    return as_bytes("eth_call", answer)


def verify(treasury: Treasury) -> Steps[None]:
    """Check that the node serves the treasury's chain and that Executor and Lens are the Vault's own.

    Raises:
        ChainMismatch: the node serves another chain.
        ContractMismatch: an address is not what it was named as, or belongs to another Vault.
    """
    chain_id = as_int("eth_chainId", (yield from ask("eth_chainId")))
    if chain_id != treasury.chain_id:
        wanted = f"the treasury stands on chain {treasury.chain_id}"
        raise ChainMismatch(
            f"the node serves chain {chain_id}, and {wanted}; connect to a node of that chain"
        )
    for abi, address in ((EXECUTOR, treasury.executor), (LENS, treasury.lens)):
        try:
            vault = abi.decode("vault", (yield from call(address, abi.encode("vault"))))
        except (Denial, NodeError):
            raise ContractMismatch(f"no {abi.name} answers at {address}; check the treasury's file") from None
        if checked_address("vault", vault) != treasury.vault:
            raise ContractMismatch(
                f"the {abi.name} at {address} serves the Vault {vault}, not {treasury.vault}"
            )


def observe(treasury: Treasury, agent: str, block: Block = "latest") -> Steps[Snapshot]:
    """Return the treasury at one block, with an agent's mandate and budgets.

    Raises:
        ContractMismatch: the Vault obeys another Executor than the treasury names.
        NodeError: the node failed, or what it answered is no snapshot.
    """
    data = LENS.encode("observe", checked_address("agent", agent))
    try:
        answer = yield from call(treasury.lens, data, block)
    except Denial as denial:
        text = f"the Lens at {treasury.lens} gives no snapshot ({denial.code or 'no reason given'})"
        raise ContractMismatch(f"{text}; was a contract that the Vault names replaced?") from None
    return _checked(treasury, answer)


def _checked(treasury: Treasury, answer: bytes) -> Snapshot:
    snapshot = Snapshot.of_answer(answer)
    if (snapshot.vault, snapshot.executor) != (treasury.vault, treasury.executor):
        named = f"{snapshot.vault} with the Executor {snapshot.executor}"
        raise ContractMismatch(f"the Lens tells of the Vault {named}, not of the treasury's")
    return snapshot


def preview(treasury: Treasury, intent: Intent, block: Block = "latest") -> Steps[Verdict]:
    """Return what the Lens foresees for an intent, assuming that strategies pay as they answer now."""
    answer = yield from call(treasury.lens, LENS.encode("preview", intent.as_tuple()), block)
    return Verdict.of(LENS.decode("preview", answer))


def execution(intent: Intent, signature: bytes | None) -> bytes:
    """Return the calldata of ``execute``, or with a signature of ``execute_signed``."""
    if signature is None:
        return EXECUTOR.encode("execute", intent.as_tuple())
    return EXECUTOR.encode("execute_signed", intent.as_tuple(), signature)


def simulate(
    treasury: Treasury,
    intent: Intent,
    sender: str | None = None,
    signature: bytes | None = None,
    block: Block = "latest",
) -> Steps[Simulation]:
    """Return what an intent would do on top of a block; nothing is sent.

    Args:
        treasury: where.
        intent: what.
        sender: who sends it; the agent unless given.
        signature: of the agent, to simulate ``execute_signed``.
        block: on top of which.

    Raises:
        NodeError: the node can neither simulate nor call.
    """
    transaction = {
        "from": intent.agent if sender is None else checked_address("sender", sender),
        "to": treasury.executor,
        "input": hexed(execution(intent, signature)),
    }
    try:
        return (yield from _simulated(treasury, intent.agent, transaction, block))
    except NodeError as error:
        if error.code not in _NO_SUCH_METHOD:
            raise
    return (yield from _called(transaction, block))


def _simulated(
    treasury: Treasury, agent: ChecksumAddress, transaction: dict[str, Any], block: Block
) -> Steps[Simulation]:
    method = "eth_simulateV1"
    look = {"from": agent, "to": treasury.lens, "input": hexed(LENS.encode("observe", agent))}
    wanted = {"blockStateCalls": [{"calls": [transaction]}, {"calls": [look]}], "validation": False}
    answer = yield from ask(method, wanted, block_id(block))
    try:
        done, seen = (each["calls"][0] for each in answer)
    except (IndexError, KeyError, TypeError, ValueError):
        raise NodeError(method, "the answer is no simulation of two blocks") from None
    gas = as_int(method, field(method, done, "gasUsed"))
    if as_int(method, field(method, done, "status")) != _SUCCESS:
        return Simulation(_denial(done), gas, None, None, method)
    entry = entry_of(treasury, field(method, done, "logs"))
    after = _checked(treasury, as_bytes(method, field(method, seen, "returnData")))
    return Simulation(None, gas, entry, after, method)


def _denial(done: Mapping[str, Any]) -> Denial:
    error = done.get("error")
    data = done.get("returnData")
    if data in (None, "0x") and isinstance(error, Mapping):
        data = error.get("data")
    return from_data(as_bytes("eth_simulateV1", data or "0x"))


def _called(transaction: dict[str, Any], block: Block) -> Steps[Simulation]:
    try:
        yield from ask("eth_call", transaction, block_id(block))
        gas = yield from ask("eth_estimateGas", transaction, block_id(block))
    except NodeError as error:
        denial = revert_of(error)
        if denial is None:
            raise
        return Simulation(denial, None, None, None, "eth_call")
    return Simulation(None, as_int("eth_estimateGas", gas), None, None, "eth_call")


def entry_of(treasury: Treasury, logs: Any) -> Journaled | None:
    """Return the journal's entry among the logs of a transaction that made one intent; None without one."""
    topic = hexed(EXECUTOR.events["Journaled"].topic)
    for log in logs if isinstance(logs, list) else []:
        topics = field("logs", log, "topics")
        if str(field("logs", log, "address")).lower() == treasury.executor.lower() and topics[:1] == [topic]:
            data = as_bytes("logs", field("logs", log, "data"))
            return Journaled.of_log([as_bytes("logs", each) for each in topics], data)
    return None


def nonce_is_used(treasury: Treasury, intent: Intent, block: Block = "latest") -> Steps[bool]:
    """Return whether the intent's nonce was used or cancelled."""
    word, bit = nonce_position(intent.nonce)
    data = EXECUTOR.encode("nonces", intent.agent, word)
    used = EXECUTOR.decode("nonces", (yield from call(treasury.executor, data, block)))
    return bool(used >> bit & 1)
