"""The core without a connection: a function yields the requests that it needs and is sent the answers.

So sync and async clients share every line of logic: ``run`` and ``run_async`` only carry requests to a node.
An ``AgentError`` of a request is raised where the request was yielded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from aiohttp import ClientError
from web3 import AsyncWeb3, Web3
from web3.exceptions import Web3Exception
from websockets.exceptions import WebSocketException

from .errors import AgentError, ConnectionLost, NodeError

T = TypeVar("T")
# requests' exceptions are OSErrors; an answer that is no JSON is a ValueError.
_LOST = (OSError, asyncio.TimeoutError, ClientError, WebSocketException, Web3Exception)


@dataclass(frozen=True, slots=True)
class Request:
    """One JSON-RPC request."""

    method: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait."""

    seconds: float


Steps = Generator[Request | Pause, Any, T]


def ask(method: str, *params: Any) -> Steps[Any]:
    """Return the result of one request.

    Raises:
        NodeError: the node answered with an error, or not as JSON-RPC demands.
        ConnectionLost: no answer came.
    """
    return (yield Request(method, params))


def run(w3: Web3, steps: Steps[T]) -> T:
    """Carry out steps over a synchronous connection and return their result."""
    try:
        effect = next(steps)
        while True:
            try:
                answer = _perform(w3, effect)
            except AgentError as error:
                effect = steps.throw(error)
            else:
                effect = steps.send(answer)
    except StopIteration as stop:
        return cast(T, stop.value)


async def run_async(w3: AsyncWeb3[Any], steps: Steps[T]) -> T:
    """Carry out steps over an asynchronous connection and return their result."""
    try:
        effect = next(steps)
        while True:
            try:
                answer = await _perform_async(w3, effect)
            except AgentError as error:
                effect = steps.throw(error)
            else:
                effect = steps.send(answer)
    except StopIteration as stop:
        return cast(T, stop.value)


def _perform(w3: Web3, effect: Request | Pause) -> Any:
    if isinstance(effect, Pause):
        return time.sleep(effect.seconds)
    try:
        # Straight to the provider: middleware would change what is asked and answered.
        answer = w3.provider.make_request(cast(Any, effect.method), list(effect.params))
    except (*_LOST, ValueError) as error:
        raise _failure(effect, error) from None
    return _result(effect, answer)


async def _perform_async(w3: AsyncWeb3[Any], effect: Request | Pause) -> Any:
    if isinstance(effect, Pause):
        return await asyncio.sleep(effect.seconds)
    try:
        answer = await w3.provider.make_request(cast(Any, effect.method), list(effect.params))
    except (*_LOST, ValueError) as error:
        raise _failure(effect, error) from None
    return _result(effect, answer)


def _failure(request: Request, error: Exception) -> AgentError:
    # The text of the exception may hold the URL, and URLs hold keys: only its kind is told.
    kind = type(error).__name__
    if isinstance(error, ValueError) and not isinstance(error, _LOST):
        return NodeError(request.method, f"the answer is not JSON ({kind})")
    return ConnectionLost(f"{request.method}: no answer from the node ({kind}); is it running and reachable?")


def _result(request: Request, answer: Any) -> Any:
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        code = error.get("code", 0)
        number = code if isinstance(code, int) else 0
        raise NodeError(request.method, str(error.get("message", "")), number, error.get("data"))
    if not isinstance(answer, dict) or "result" not in answer:
        raise NodeError(request.method, "the answer is not JSON-RPC")
    return answer["result"]
