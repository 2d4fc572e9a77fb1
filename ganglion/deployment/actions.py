"""Governance in words: typed actions, each with its fields, that become calls of a treasury's contracts.

action: set_cap
strategy: morpho
absolute: 4_000_000 USDC
relative: 4_000 bps
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from .action import BaseAction, identifier
from .chain import Call
from .config import Limits, Terms
from .errors import ConfigInvalid
from .executor_actions import (
    Note,
    OnAgent,
    SetCap,
    SetCurator,
    SetGroup,
    SetGroupCap,
    SetInflow,
    SetMandate,
    Trim,
)
from .fields import Address, Amount, Count, Duration, Switch, line
from .reaction_actions import (
    DefundBounties,
    FundBounties,
    RemoveOrder,
    SetFees,
    SetOrder,
    SetSafe,
    SetSentinel,
    SetSignalLimits,
    SetSilence,
    WindDown,
)
from .site import Site
from .steps import GUARDED


class SetLimits(Limits, BaseAction):
    """Set the limits of the whole Vault; all of them."""

    action: Literal["set_limits"]

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_limits."""
        return [site.call("Steward", "set_limits", self.words())]


class ListStrategy(BaseAction):
    """List a strategy; capital may enter one epoch later, if a cap and a mandate let it."""

    action: Literal["list_strategy"]
    address: Address
    ceiling: Amount
    terms: Terms

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.list_strategy."""
        return [site.call("Steward", "list_strategy", self.address, self.terms.words(), self.ceiling)]


class SetTerms(BaseAction):
    """Change the terms of a live strategy."""

    action: Literal["set_terms"]
    strategy: str
    terms: Terms

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_terms."""
        return [site.call("Steward", "set_terms", identifier(site, self.strategy), self.terms.words())]


class SetCeiling(BaseAction):
    """Set the most that a strategy may hold; guardians only lower it."""

    action: Literal["set_ceiling"]
    strategy: str
    ceiling: Amount

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_ceiling."""
        return [site.call("Steward", "set_ceiling", identifier(site, self.strategy), self.ceiling)]


class Retire(BaseAction):
    """Drop an empty strategy, or write the book of a quarantined one down to 0."""

    action: Literal["retire", "write_down"]
    strategy: str

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.retire or Steward.write_down."""
        return [site.call("Steward", self.action, identifier(site, self.strategy))]


class SetEntryPaused(BaseAction):
    """Pause or resume entry; guardians only pause."""

    action: Literal["set_entry_paused"]
    paused: Switch

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_entry_paused."""
        return [site.call("Steward", "set_entry_paused", self.paused)]


class SetGuardian(BaseAction):
    """Appoint or remove a guardian in all four contracts, which no guardian can cancel."""

    action: Literal["set_guardian"]
    guardian: Address
    active: Switch

    def calls(self, site: Site) -> list[Call]:
        """Return the canceller's role in the Timelock, then every set_guardian."""
        role = site.read("Timelock", "CANCELLER_ROLE")
        change = "grantRole" if self.active else "revokeRole"
        return [
            site.call("Timelock", change, role, self.guardian),
            *(site.call(name, "set_guardian", self.guardian, self.active) for name in GUARDED),
        ]


class SetExecutor(BaseAction):
    """Name the contract that moves capital."""

    action: Literal["set_executor"]
    executor: Address

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_executor."""
        return [site.call("Steward", "set_executor", self.executor)]


class Recover(BaseAction):
    """Send away tokens that reached the Vault without being anyone's; ``units`` of the token's smallest."""

    action: Literal["recover"]
    token: Address
    receiver: Address
    units: Count

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.recover."""
        return [site.call("Steward", "recover", self.token, self.receiver, self.units)]


class UpdateDelay(BaseAction):
    """Change the Timelock's delay."""

    action: Literal["update_delay"]
    delay: Annotated[Duration, Field(ge=3_600, le=30 * 86_400)]

    def calls(self, site: Site) -> list[Call]:
        """Return Timelock.update_delay."""
        return [site.call("Timelock", "update_delay", self.delay)]


KINDS = (
    SetLimits,
    ListStrategy,
    SetTerms,
    SetCeiling,
    Retire,
    SetEntryPaused,
    SetGuardian,
    SetExecutor,
    Recover,
    SetMandate,
    OnAgent,
    SetCap,
    SetGroup,
    SetGroupCap,
    SetInflow,
    SetCurator,
    UpdateDelay,
    WindDown,
    SetSentinel,
    SetSignalLimits,
    SetSilence,
    SetSafe,
    SetFees,
    SetOrder,
    RemoveOrder,
    FundBounties,
    DefundBounties,
    Trim,
    Note,
)
Action = (
    SetLimits
    | ListStrategy
    | SetTerms
    | SetCeiling
    | Retire
    | SetEntryPaused
    | SetGuardian
    | SetExecutor
    | Recover
    | SetMandate
    | OnAgent
    | SetCap
    | SetGroup
    | SetGroupCap
    | SetInflow
    | SetCurator
    | UpdateDelay
    | WindDown
    | SetSentinel
    | SetSignalLimits
    | SetSilence
    | SetSafe
    | SetFees
    | SetOrder
    | RemoveOrder
    | FundBounties
    | DefundBounties
    | Trim
    | Note
)
_ADAPTER: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="action")])


def names() -> list[str]:
    """Return the names of all actions."""
    return [name for kind in KINDS for name in kind.model_fields["action"].annotation.__args__]  # type: ignore[union-attr]


def parse(site: Site, content: Any, source: str = "action", folder: Path | None = None) -> Action:
    """Return one action.

    Args:
        site: the treasury, whose asset gives amounts their unit.
        content: mapping with the field ``action`` and the action's own fields, as text.
        source: name for messages.
        folder: where the file of a mandate is looked up.

    Raises:
        ConfigInvalid: names every wrong field.
    """
    asset = site.treasury.asset
    context = {"symbol": asset.symbol, "decimals": asset.decimals, "folder": folder}
    try:
        return _ADAPTER.validate_python(content, context=context)
    except ValidationError as error:
        raise ConfigInvalid(source, [_problem(problem) for problem in error.errors()]) from None


def _problem(problem: Any) -> str:
    if problem["type"].startswith("union_tag"):
        return f"action: write one of {', '.join(names())}"
    # The first part of the location is the action itself.
    return line(problem, problem["loc"][1:], {name for kind in KINDS for name in kind.model_fields})


def parse_all(site: Site, content: Any, source: str, folder: Path | None = None) -> list[Action]:
    """Return a list of actions, or the only one; see ``parse``."""
    listed = content if isinstance(content, list) else [content]
    if not listed:
        raise ConfigInvalid(source, ["lists no action; name at least one"])
    many = len(listed) > 1
    return [
        parse(site, entry, f"{source}[{i}]" if many else source, folder) for i, entry in enumerate(listed)
    ]


def from_words(words: Sequence[str]) -> dict[str, Any]:
    """Return the mapping that ``set_cap strategy=morpho absolute='4 USDC'`` means.

    A dot opens a section (``terms.band=100 bps``); brackets make a list (``strategies=[morpho,solmate]``).

    Raises:
        ConfigInvalid: a word is no ``field=value``.
    """
    content: dict[str, Any] = {"action": words[0]} if words else {}
    for word in words[1:]:
        path, separator, value = word.partition("=")
        if not separator or not path:
            raise ConfigInvalid("action", [f"{word!r} is no field=value; write it like strategy=morpho"])
        *sections, name = path.split(".")
        inner = content
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[name] = _listed(value[1:-1]) if value.startswith("[") and value.endswith("]") else value
    return content


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []
