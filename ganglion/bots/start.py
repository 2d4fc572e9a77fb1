"""Bots from settings, a connection and an account."""

from __future__ import annotations

from web3 import Web3

from ganglion.agent.client import Client
from ganglion.agent.outbox import FileOutbox, MemoryOutbox
from ganglion.agent.sending import Account

from .keeper import Keeper
from .rebalancing import Rebalancer
from .settings import KeeperSettings, RebalancerSettings, SentinelSettings, SettlerSettings
from .settling import Settler
from .watching import Watcher


def rebalancer(w3: Web3, account: Account, settings: RebalancerSettings) -> Rebalancer:
    """Return a rebalancer whose account is the agent.

    Raises:
        AgentError: a setting does not fit, the treasury is not there, or the node fails.
    """
    outbox = FileOutbox(settings.outbox) if settings.outbox else MemoryOutbox()
    client = Client(w3, settings.treasury(w3), account, outbox, settings.policy)
    client.verify()
    return Rebalancer(client, settings)


def settler(w3: Web3, account: Account, settings: SettlerSettings) -> Settler:
    """Return a settler; raises as ``rebalancer``."""
    return Settler(_keeper(w3, account, settings), settings)


def sentinel(w3: Web3, account: Account, settings: SentinelSettings) -> Watcher:
    """Return a sentinel; raises as ``rebalancer``."""
    return Watcher(_keeper(w3, account, settings), settings.orders(), settings)


def _keeper(w3: Web3, account: Account, settings: KeeperSettings) -> Keeper:
    client = Client(w3, settings.treasury(w3), account, policy=settings.policy)
    client.verify()
    return Keeper(client, account, settings.policy, settings.most_gas)
