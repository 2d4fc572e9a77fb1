"""A bot's post: its connection, its account, and its turn in every block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ape.logging import logger
from silverback import SilverbackBot
from silverback.main import SharedState
from web3 import Web3

from bots._lib.signer import ApeSigner
from ganglion.agent.sending import Account
from ganglion.bots import Duty, Report, Settings, load

S = TypeVar("S", bound=Settings)


class Worker(Protocol):
    """What ``ganglion.bots`` makes."""

    def step(self) -> Report:
        """Do what is due in the latest block."""


class Post:
    """One bot at work.

    Args:
        name: for the log.
        bot: silverback's.
        make: makes the worker from a connection, an account and settings.
        kind: of its settings, which are read from the environment.

    Raises:
        AgentError: a setting does not fit, the treasury is not there, or the node fails.
    """

    def __init__(
        self, name: str, bot: SilverbackBot, make: Callable[[Web3, Account, S], Worker], kind: type[S]
    ) -> None:
        worker = make(bot.provider.web3, ApeSigner(bot.signer), load(kind))
        self._duty = Duty(name, worker.step, logger)

        # silverback loads the state into one worker only, and every worker's handlers read it.
        @bot.on_worker_startup()
        async def have_state(_state: Any) -> None:
            if not hasattr(bot, "state"):
                bot.state = SharedState()

    async def turn(self, number: int) -> dict[str, int]:
        """Take the turn of a block, beside the event loop; returns what silverback shows as metrics."""
        return await asyncio.to_thread(self._duty.run, number)
