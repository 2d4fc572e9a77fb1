"""A small JSON-RPC client over one kept-alive connection, for anvil.

One instance serves one thread. It adds no retry on a request that reached the node: a transaction is
sent once or not at all.
"""

from __future__ import annotations

import http.client
import json
import select
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from .abi import call_data, decode, decode_revert
from .errors import NodeFailed, Reverted, RpcError

# Enough for any transaction here and under EIP-7825's 2**24; it also spares the node an estimate.
DEFAULT_GAS = 16_000_000
SETTLE_TIMEOUT = 2.0  # seconds


def quantity(value: int | str) -> str:
    """Return ``value`` as the JSON-RPC quantity encoding; hex strings pass unchanged."""
    return value if isinstance(value, str) else hex(value)


class Rpc:
    """JSON-RPC client.

    Args:
        url: http or https address of the node.
        timeout: seconds to wait for one answer.
    """

    def __init__(self, url: str, timeout: float = 120.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NodeFailed(
                f"rpc url {url!r} is not an http(s) address; give one like http://127.0.0.1:8545"
            )
        self.url = url
        self._ids = count(1)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connect(parts.hostname, parts.port, timeout=timeout)

    def __enter__(self) -> Rpc:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a later request opens a new one."""
        self._connection.close()

    def call(self, method: str, *params: Any) -> Any:
        """Return the result of one request.

        Raises:
            RpcError: the node answered with an error.
            NodeFailed: the node did not answer.
        """
        if method == "evm_revert":
            self._settle()
        return self._result(method, self._post(self._request(method, params)))

    def _settle(self) -> None:
        """Wait a moment until mined transactions have left the pool.

        anvil gives a receipt before that; going back at once would mine such a transaction again.
        """
        deadline = time.monotonic() + SETTLE_TIMEOUT
        while int(self.call("txpool_status")["pending"], 16) and time.monotonic() < deadline:
            time.sleep(0.001)

    def batch(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Return the results of ``(method, params)`` pairs sent as one HTTP request, in their order.

        Raises:
            RpcError: for the first request that failed; the others were executed all the same.
        """
        listed = list(requests)
        if not listed:
            return []
        bodies = [self._request(method, params) for method, params in listed]
        answers = {answer["id"]: answer for answer in self._post(bodies)}
        return [
            self._result(method, answers[body["id"]])
            for (method, _), body in zip(listed, bodies, strict=True)
        ]

    def read(
        self,
        to: str,
        signature: str,
        *arguments: Any,
        returns: Sequence[str] = ("uint256",),
        block: str = "latest",
    ) -> Any:
        """Return the decoded answer of a view: a single value, or a tuple for several ``returns``.

        Raises:
            Reverted: the view reverted.
        """
        data = self.eth_call({"to": to, "data": call_data(signature, *arguments)}, block)
        values = decode(returns, data)
        return values[0] if len(values) == 1 else values

    def eth_call(self, tx: Mapping[str, Any], block: str = "latest") -> bytes:
        """Return the raw bytes that ``tx`` would return on top of ``block``; raises Reverted."""
        try:
            return bytes.fromhex(self.call("eth_call", _hexed(tx), block)[2:])
        except RpcError as error:
            raise _as_revert(error) from None

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what the block does to the chain.

        Raises:
            NodeFailed: anvil lost the state to go back to.
        """
        snapshot = self.call("evm_snapshot")
        try:
            yield
        finally:
            if not self.call("evm_revert", snapshot):
                raise NodeFailed("anvil lost the state to go back to")

    def send(self, tx: Mapping[str, Any]) -> dict[str, Any]:
        """Send ``tx`` from an impersonated ``from``, and return its receipt once it is mined.

        ``value``, ``gas`` and ``nonce`` may be integers (wei, gas units). Needs automine.

        Raises:
            Reverted: the transaction was mined and failed, or failed before it could be.
            RpcError: the node refused it (unfunded sender, not impersonated).
        """
        try:
            receipt = self.call("eth_sendTransactionSync", {"gas": quantity(DEFAULT_GAS), **_hexed(tx)})
        except RpcError as error:
            raise _as_revert(error) from None
        if receipt["status"] != "0x1":
            data = self.revert_data(receipt["transactionHash"])
            raise Reverted(decode_revert(data), data, receipt["transactionHash"])
        return receipt

    def transact(
        self, sender: str, to: str, signature: str, *arguments: Any, value: int = 0
    ) -> dict[str, Any]:
        """Send a call of ``signature`` with ``value`` wei, and return its receipt; see ``send``."""
        return self.send({"from": sender, "to": to, "data": call_data(signature, *arguments), "value": value})

    def revert_data(self, transaction_hash: str) -> bytes:
        """Return the bytes that a mined, failed transaction reverted with."""
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self.call("debug_traceTransaction", transaction_hash, options)
        return bytes.fromhex(trace.get("output", "0x")[2:])

    def simulate_v1(
        self,
        blocks: Sequence[Mapping[str, Any]],
        state_overrides: Mapping[str, Any] | None = None,
        block: str = "latest",
    ) -> list[dict[str, Any]]:
        """Return the results of ``eth_simulateV1``: nothing is mined, and no sender needs to be funded.

        Args:
            blocks: each ``{"calls": [...], "blockOverrides": {...}}``; ``blockOverrides.time`` warps.
            state_overrides: applied before the first block, ``{address: {"balance": ..., "code": ...}}``.
            block: what to simulate on.

        A call that reverts is a result (``status`` 0x0, bytes in ``returnData``), not an error.
        """
        prepared = [dict(entry) for entry in blocks]
        if state_overrides and prepared:
            prepared[0]["stateOverrides"] = {**prepared[0].get("stateOverrides", {}), **state_overrides}
        return self.call("eth_simulateV1", {"blockStateCalls": prepared}, block)

    def timestamp(self) -> int:
        """Return the timestamp of the latest block, in seconds."""
        return int(self.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def mine(self, blocks: int = 1) -> None:
        """Mine ``blocks`` empty blocks."""
        self.call("anvil_mine", quantity(blocks))

    def warp(self, seconds: int) -> int:
        """Mine one block ``seconds`` (at least 1) after the latest, and return its timestamp."""
        target = self.timestamp() + seconds
        self.call("evm_setNextBlockTimestamp", quantity(target))
        self.call("evm_mine")
        return target

    def code(self, address: str) -> bytes:
        """Return the runtime code at ``address``; empty where there is none."""
        return bytes.fromhex(self.call("eth_getCode", address, "latest")[2:])

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: Any) -> Any:
        payload = json.dumps(body, separators=(",", ":")).encode()
        self._drop_closed_connection()
        try:
            self._connection.request("POST", self._path, payload, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            reason = str(error) or type(error).__name__
            raise NodeFailed(f"no answer from {self.url}: {reason}; is the node running?") from error
        except BaseException:
            # An interrupt between request and answer would hand this answer to the next request.
            self._connection.close()
            raise
        try:
            return json.loads(answer)
        except ValueError:
            text = answer[:200].decode(errors="replace")
            raise NodeFailed(f"{self.url} answered HTTP {response.status} and no JSON: {text}") from None

    def _drop_closed_connection(self) -> None:
        # An idle connection with something to read has been closed by the node: noticed before the
        # request and not after, no request is ever sent twice.
        sock = self._connection.sock
        if sock is not None and select.select([sock], [], [], 0)[0]:
            self._connection.close()

    @staticmethod
    def _result(method: str, answer: Mapping[str, Any]) -> Any:
        error = answer.get("error")
        if error is not None:
            raise RpcError(method, error.get("code", 0), error.get("message", ""), error.get("data"))
        return answer["result"]


def _hexed(tx: Mapping[str, Any]) -> dict[str, Any]:
    return {key: quantity(value) if isinstance(value, int) else value for key, value in tx.items()}


def _as_revert(error: RpcError) -> Exception:
    if error.code != 3 and "revert" not in str(error).lower():
        return error
    data = bytes.fromhex(error.data[2:]) if isinstance(error.data, str) else b""
    return Reverted(decode_revert(data), data)
