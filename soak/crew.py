"""The three bots over connections that break, and their restarts."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from requests.exceptions import ConnectionError as Lost
from web3 import HTTPProvider, Web3

from ganglion.agent.errors import AgentError, ConnectionLost
from ganglion.bots import Duty, Report, rebalancer, sentinel, settler
from ganglion.bots.settings import RebalancerSettings, SentinelSettings, SettlerSettings
from soak.ground import BOTS, TARGETS, UNIT, Ground

LOST_BEFORE, LOST_AFTER = 0.0005, 0.0005  # of all requests, before and after the node has seen them
# anvil mines what it is sent: nothing needs to be waited for long.
_PATIENCE = {"patience": 2.0, "poll": 0.01, "replace_after": 1.0}


class Lossy(HTTPProvider):
    """A connection to a node that breaks now and then, before or after a request has reached it.

    Args:
        url: of the node.
        chance: where the chances come from.
    """

    def __init__(self, url: str, chance: random.Random) -> None:
        super().__init__(url, {"timeout": 60}, exception_retry_configuration=None)
        self._chance = chance
        self.lost = 0

    def make_request(self, method: Any, params: Any) -> Any:
        """Ask the node; raises Lost where the connection breaks."""
        roll = self._chance.random()
        if roll < LOST_BEFORE:
            self.lost += 1
            raise Lost("the connection broke before the request went out")
        answer = super().make_request(method, params)
        if roll > 1 - LOST_AFTER:
            self.lost += 1
            raise Lost("the connection broke before the answer came in")
        return answer


class Errors(logging.Handler):
    """Keeps what a bot logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(record.getMessage())


class Crew:
    """The bots, driven block by block as ``bots/`` drives them.

    Args:
        ground: the treasury.
        chance: where the chances come from.

    Attributes:
        deeds: how often each bot did what, by outcome.
        restarts: of any bot.
        errors: what must not happen.
    """

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self.ground, self._chance = ground, chance
        self.deeds: Counter[str] = Counter()
        self.restarts = 0
        self.errors = Errors()
        self._log = logging.Logger("soak", logging.INFO)
        self._log.addHandler(self.errors)
        self._provider = Lossy(ground.rpc.url, chance)
        self._w3 = Web3(self._provider)
        self._duties: dict[str, Duty] = {}
        self._unexpected = 0

    @property
    def lost(self) -> int:
        """Requests or answers that were lost."""
        return self._provider.lost

    @property
    def unexpected(self) -> int:
        """Exceptions that no step may raise, over all lives of all bots."""
        return self._unexpected + sum(duty.unexpected for duty in self._duties.values())

    def work(self, number: int) -> None:
        """Tell every bot of a block, in any order."""
        for name in self._chance.sample(BOTS, len(BOTS)):
            if name not in self._duties:
                self._start(name)
            if name in self._duties:
                self._duties[name].run(number)

    def restart(self, name: str) -> None:
        """End a bot; its next life begins with the next block and knows nothing of this one."""
        duty = self._duties.pop(name, None)
        if duty is not None:
            self._unexpected += duty.unexpected
            self.restarts += 1

    def _start(self, name: str) -> None:
        place, account = self.ground.place, self.ground.accounts[name]
        told: dict[str, Any] = {
            "vault": place.vault,
            "executor": place.executor,
            "lens": place.lens,
            **_PATIENCE,
        }
        try:
            if name == "rebalancer":
                step = rebalancer(
                    self._w3, account, RebalancerSettings(targets=TARGETS, band=100, **told)
                ).step
            elif name == "settler":
                step = settler(self._w3, account, SettlerSettings(least_credit=UNIT, **told)).step
            else:
                step = sentinel(
                    self._w3, account, SentinelSettings(reflexes=self.ground.reflexes, **told)
                ).step
        except ConnectionLost:
            self.deeds[f"{name} start failed"] += 1
            return
        self._duties[name] = Duty(name, lambda: self._kept(name, step), self._log)

    def _kept(self, name: str, step: Callable[[], Report]) -> Report:
        try:
            report = step()
        except AgentError:
            self.deeds[f"{name} look failed"] += 1
            raise
        self.deeds.update(f"{name} {deed.what.split()[0]} {deed.outcome}" for deed in report.deeds)
        return report
