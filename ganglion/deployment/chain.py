"""A chain as a deployment needs it: reads, simulations and transactions over any web3 connection.

Who signs is the caller's: an account of Ape, an unlocked account of a node, a hardware wallet behind either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from eth_abi.exceptions import DecodingError
from eth_typing import ChecksumAddress
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError, TimeExhausted, Web3RPCError
from web3.types import TxData, TxParams, TxReceipt

from ganglion.devnet.abi import call_data, decode, decode_revert

from .errors import DeploymentError, TransactionFailed

LOG_RANGE = 10_000  # blocks; public nodes refuse wider ranges
REHEARSAL_GAS = 16_000_000  # a transaction's, under the 2**24 of EIP-7825
RECEIPT_TIMEOUT, POLL = 600, 0.05  # seconds
_UNKNOWN_METHOD = -32601


@dataclass(frozen=True)
class Outcome:
    """What a simulated call did: None or why it reverted, and gas used."""

    reason: str | None
    gas: int


@dataclass(frozen=True)
class Call:
    """One call, and in words what it does; ``to`` None creates a contract, ``at`` says where."""

    to: str | None
    data: bytes
    what: str
    at: str | None = None


class Sender(Protocol):
    """An account that sends transactions."""

    @property
    def address(self) -> str:
        """Its checksum address."""

    def send(self, to: str | None, data: bytes) -> str:
        """Broadcast a transaction and return its hash; raises TransactionFailed if it is refused."""


class UnlockedSender:
    """An account that the node itself signs for, as anvil does for impersonated ones."""

    def __init__(self, w3: Web3, address: str) -> None:
        self._w3 = w3
        self._address = address

    @property
    def address(self) -> str:
        """Checksum address of the account."""
        return self._address

    def send(self, to: str | None, data: bytes) -> str:
        """Broadcast a transaction and return its hash; raises TransactionFailed if it is refused."""
        transaction: dict[str, Any] = {"from": self._address, "data": HexBytes(data)}
        if to is not None:
            transaction["to"] = to
        try:
            return self._w3.eth.send_transaction(cast(TxParams, transaction)).to_0x_hex()
        except (ContractLogicError, Web3RPCError) as error:
            raise TransactionFailed(reason_of(error)) from None


class Chain:
    """Reads, simulations and receipts of one chain.

    Args:
        w3: a connection; Ape's ``provider.web3`` or ``Web3(HTTPProvider(url))``.
    """

    def __init__(self, w3: Web3) -> None:
        self.w3 = w3

    @property
    def chain_id(self) -> int:
        """Chain id as the node says."""
        return self.w3.eth.chain_id

    def timestamp(self, block: int | None = None) -> int:
        """Timestamp of a block, in seconds; of the latest one unless given."""
        return self.w3.eth.get_block("latest" if block is None else cast(Any, block))["timestamp"]

    def code(self, address: str) -> bytes:
        """Runtime code at an address; empty where there is none."""
        return bytes(self.w3.eth.get_code(cast(ChecksumAddress, address)))

    def contract(self, address: str, abi: Sequence[dict[str, Any]]) -> Contract:
        """A contract by address and ABI."""
        return self.w3.eth.contract(cast(ChecksumAddress, address), abi=abi)

    def ask(
        self,
        address: str,
        signature: str,
        *arguments: Any,
        returns: Sequence[str] = ("uint256",),
        gas: int | None = None,
    ) -> Any:
        """Return the decoded answer of a view of any contract: one value, or a tuple for several ``returns``.

        Raises:
            DeploymentError: it reverts, or answers something else; also when ``gas`` does not suffice.
        """
        call: dict[str, Any] = {"to": address, "data": call_data(signature, *arguments)}
        if gas is not None:
            call["gas"] = hex(gas)
        try:
            values = decode(returns, self.call(call))
        except (TransactionFailed, DecodingError) as error:
            raise DeploymentError(f"{address} does not answer {signature}: {error}") from None
        return values[0] if len(values) == 1 else values

    def call(
        self, transaction: dict[str, Any], overrides: dict[str, Any] | None = None, block: str = "latest"
    ) -> bytes:
        """Return the raw answer of a call on top of a block; raises TransactionFailed with its reason."""
        # Straight to the node: a verification makes hundreds of calls, and web3 takes longer than the node.
        parameters = [transaction, block] if overrides is None else [transaction, block, overrides]
        answer = self.w3.provider.make_request(cast(Any, "eth_call"), parameters)
        error = answer.get("error")
        if error is None:
            return bytes.fromhex(answer["result"][2:])
        data = error.get("data")
        reason = decode_revert(bytes.fromhex(data[2:])) if isinstance(data, str) else None
        raise TransactionFailed(reason or str(error.get("message")))

    def nonce(self, address: str, block: str = "latest") -> int:
        """Number of transactions that an account has sent; with ``pending`` those not mined as well."""
        return self.w3.eth.get_transaction_count(cast(ChecksumAddress, address), cast(Any, block))

    def receipt(self, transaction: str) -> TxReceipt:
        """Wait for a transaction to succeed and return its receipt; raises TransactionFailed."""
        try:
            receipt = self.w3.eth.wait_for_transaction_receipt(cast(Any, transaction), RECEIPT_TIMEOUT, POLL)
        except TimeExhausted:
            raise TransactionFailed(f"{transaction} was not mined within {RECEIPT_TIMEOUT} s") from None
        if receipt["status"] != 1:
            raise TransactionFailed(self._revert_reason(transaction))
        return receipt

    def constructed(
        self, address: str, sender: str, creation: bytes, elsewhere: Mapping[str, bytes] | None = None
    ) -> bytes:
        """Return the runtime code, immutables included, that creation code would leave at an address now.

        Args:
            address: where.
            sender: who creates it.
            creation: creation code with its arguments.
            elsewhere: code to assume at other addresses; empty for an account that was never used.

        Raises:
            DeploymentError: the constructor reverts, or the node cannot override code in a call.
        """
        assumed = {other: _assumed(code) for other, code in (elsewhere or {}).items()}
        try:
            return self.call({"from": sender, "to": address}, {**assumed, address: _creating(creation)})
        except TransactionFailed as error:
            raise DeploymentError(f"the constructor for {address} could not be run: {error}") from None

    def rehearse(self, sender: str, calls: Sequence[Call]) -> list[Outcome] | None:
        """Simulate calls of one sender in a row, on top of the latest block.

        A creation runs as a call to its own address, with the creation code there: nodes differ in whether
        they simulate transactions without a receiver.

        Returns:
            One outcome per call, or None if the node cannot simulate.
        """
        blocks: list[dict[str, Any]] = []
        overrides: dict[str, dict[str, Any]] = {}
        codes: dict[str, bytes] = {}
        for call in calls:
            if call.at is not None:
                overrides[call.at] = _creating(call.data)
            blocks.append({"calls": [self._simulated(sender, call)], "stateOverrides": overrides})
            overrides = {}
            if call.at is not None:
                codes[call.at] = self.constructed(call.at, sender, call.data, codes)
                overrides = {call.at: {"code": "0x" + codes[call.at].hex()}}
        request = {"blockStateCalls": blocks, "validation": False}
        answer = self.w3.provider.make_request(cast(Any, "eth_simulateV1"), [request, "latest"])
        if "error" in answer:
            if answer["error"].get("code") == _UNKNOWN_METHOD:
                return None
            raise DeploymentError(f"the node could not simulate: {answer['error'].get('message')}")
        return [self._outcome(block["calls"][0]) for block in answer["result"]]

    @staticmethod
    def _simulated(sender: str, call: Call) -> dict[str, Any]:
        if call.at is not None:
            return {"from": sender, "to": call.at, "gas": hex(REHEARSAL_GAS)}
        return {"from": sender, "to": call.to, "input": "0x" + call.data.hex(), "gas": hex(REHEARSAL_GAS)}

    @staticmethod
    def _outcome(result: dict[str, Any]) -> Outcome:
        gas = int(result["gasUsed"], 16)
        if int(result["status"], 16) == 1:
            return Outcome(None, gas)
        error = result.get("error") or {}
        data = result.get("returnData") or error.get("data") or "0x"
        reason = decode_revert(bytes.fromhex(data[2:])) or error.get("message") or "reverted without a reason"
        return Outcome(reason, gas)

    def _revert_reason(self, transaction: str) -> str:
        """Return why a mined transaction failed, by running it again on the block before."""
        sent = self.w3.eth.get_transaction(cast(Any, transaction))
        call = {"from": sent["from"], "data": sent["input"].to_0x_hex(), "gas": hex(sent["gas"])}
        if sent.get("to") is not None:
            call["to"] = sent["to"]
        try:
            self.call(call, block=hex(sent["blockNumber"] - 1))
        except TransactionFailed as error:
            return str(error)
        return "no reason given; it may have run out of gas"

    def logs(self, contract: Contract, event: str, from_block: int, **indexed: Any) -> Iterator[Any]:
        """Yield the decoded arguments of a contract's events, oldest first; ``indexed`` as in ``events``."""
        for entry in self.events(contract, event, from_block, **indexed):
            yield entry["args"]

    def events(self, contract: Contract, event: str, from_block: int, **indexed: Any) -> Iterator[Any]:
        """Yield a contract's decoded events with their blocks, oldest first.

        Only those whose indexed arguments have the values of ``indexed``.
        """
        latest = self.w3.eth.block_number
        for start in range(from_block, latest + 1, LOG_RANGE):
            end = min(start + LOG_RANGE - 1, latest)
            yield from contract.events[event]().get_logs(indexed, from_block=start, to_block=end)

    def sent_with(self, sender: str, nonce: int, from_block: int) -> TxData | None:
        """Return the mined transaction that an account sent with a nonce since a block, or None."""
        low, high = from_block, self.w3.eth.block_number
        if self.nonce(sender) <= nonce:
            return None
        while low < high:
            middle = (low + high) // 2
            if self.nonce(sender, cast(Any, middle)) > nonce:
                high = middle
            else:
                low = middle + 1
        block = self.w3.eth.get_block(low, full_transactions=True)
        for transaction in cast(Sequence[TxData], block["transactions"]):
            if transaction["from"] == sender and transaction["nonce"] == nonce:
                return transaction
        return None


def _creating(creation: bytes) -> dict[str, Any]:
    """State of an account whose creation code is about to run; a contract's own creations count from 1."""
    return {"code": "0x" + creation.hex(), "nonce": "0x1"}


def _assumed(code: bytes) -> dict[str, Any]:
    """State of an account with this code, or of one that was never used."""
    return {"code": "0x" + code.hex()} if code else {"code": "0x", "nonce": "0x0", "state": {}}


def reason_of(error: Exception) -> str:
    """Return the reason that a revert carries, without the node's words around it."""
    text = getattr(error, "message", None) or str(error)
    return text.removeprefix("execution reverted: ").removeprefix("revert: ")
