"""A node that lies: the real one's answers, changed on the way."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from web3 import HTTPProvider, Web3

Meddle = Callable[[str, list[Any], Any], Any]


class Meddler(HTTPProvider):
    """Asks the real node, and lets ``meddle(method, params, answer)`` change the JSON-RPC answer."""

    def __init__(self, url: str, meddle: Meddle) -> None:
        super().__init__(url)
        self.asked: list[tuple[str, list[Any]]] = []
        self._meddle = meddle

    def make_request(self, method: Any, params: Any) -> Any:
        self.asked.append((method, params))
        return self._meddle(method, params, deepcopy(super().make_request(method, params)))

    def count(self, method: str) -> int:
        """How often a method was asked."""
        return sum(asked == method for asked, _ in self.asked)


def meddled(url: str, meddle: Meddle) -> tuple[Web3, Meddler]:
    """A connection to a node that lies."""
    provider = Meddler(url, meddle)
    return Web3(provider), provider


def honest(_method: str, _params: list[Any], answer: Any) -> Any:
    """Change nothing."""
    return answer


def logs_as(change: Callable[[list[dict[str, Any]]], Any]) -> Meddle:
    """Change the logs alone."""

    def meddle(method: str, _params: list[Any], answer: Any) -> Any:
        return answer | {"result": change(answer["result"])} if method == "eth_getLogs" else answer

    return meddle
