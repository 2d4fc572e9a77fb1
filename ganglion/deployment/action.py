"""What every action of governance is: typed fields that become calls of a treasury's contracts."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .chain import Call
from .config import MAX_GROUPS
from .errors import ConfigInvalid
from .fields import Section
from .site import Site


class BaseAction(Section, ABC):
    """One action, with its fields."""

    @abstractmethod
    def calls(self, site: Site) -> list[Call]:
        """Return the calls that carry the action out."""


def identifier(site: Site, strategy: str) -> int:
    """Return the id of a strategy by the name in the configuration, or by the number that the Vault gave it.

    Raises:
        ConfigInvalid: there is no such strategy.
    """
    known = site.treasury.identifiers
    if strategy in known:
        return known[strategy]
    if strategy.isdecimal() and 0 < int(strategy) < 256:
        return int(strategy)
    names = ", ".join(known)
    raise ConfigInvalid("action", [f"strategy: no strategy {strategy!r}; known are {names}, or give its id"])


def group_number(site: Site, group: str) -> int:
    """Return the number of a risk group by its name in the configuration, or as it is given, 1 to 31.

    Raises:
        ConfigInvalid: there is no such group.
    """
    known = site.treasury.numbers
    if group in known:
        return known[group]
    if group.isdecimal() and 0 < int(group) <= MAX_GROUPS:
        return int(group)
    names = ", ".join(known) or "none"
    remedy = f"known are {names}, or give its number, 1 to {MAX_GROUPS}"
    raise ConfigInvalid("action", [f"group: no group {group!r}; {remedy}"])
