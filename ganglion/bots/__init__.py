"""What the bots in ``bots/`` do in one block, without Ape and without a clock of its own.

Each bot is an object with ``step() -> Report``; ``Duty`` runs it once a block, turns every failure into a
logged reason and never raises. Whatever a bot needs to know it reads from the chain: nothing is lost when it
is restarted.
"""

from .deeds import Deed, Outcome, Report
from .duty import Duty
from .keeper import Call, Keeper
from .rebalancing import Rebalancer
from .settings import (
    RebalancerSettings,
    SentinelSettings,
    Settings,
    SettlerSettings,
    load,
)
from .settling import Settler
from .start import rebalancer, sentinel, settler
from .watching import Watcher

__all__ = [
    "Call",
    "Deed",
    "Duty",
    "Keeper",
    "Outcome",
    "Rebalancer",
    "RebalancerSettings",
    "Report",
    "SentinelSettings",
    "Settings",
    "Settler",
    "SettlerSettings",
    "Watcher",
    "load",
    "rebalancer",
    "sentinel",
    "settler",
]
