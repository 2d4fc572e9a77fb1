"""Actions on what agents may do: mandates, caps, risk groups, inflow, and what anyone may do about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from .action import BaseAction, group_number, identifier
from .chain import Call
from .config import MAX_INFLOW, MAX_INFLOW_WINDOW
from .errors import ConfigInvalid
from .fields import Address, Amount, Bps, Duration, distinct
from .mandates import MandateTerms
from .preconditions import no_policy
from .site import Site

Share = Annotated[Bps, Field(le=10_000)]


class SetMandate(MandateTerms, BaseAction):
    """Grant or replace the mandate of an agent, which ends what it signed under the old one."""

    action: Literal["set_mandate"]

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.set_mandate; raises ConfigInvalid for a policy that is no contract."""
        if self.policy is not None and not site.chain.code(self.policy):
            raise ConfigInvalid("action", [f"policy: {no_policy(self.policy)}"])
        identifiers = {name: identifier(site, name) for name in self.strategies}
        return [site.call("Executor", "set_mandate", self.agent, self.words(identifiers))]


class OnAgent(BaseAction):
    """End the mandate of an agent (governance, guardian), or let a silent one allocate again (curator)."""

    action: Literal["revoke", "revive"]
    agent: Address

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.revoke or Executor.revive."""
        return [site.call("Executor", self.action, self.agent)]


class SetCap(BaseAction):
    """Set the operating cap of a strategy (governance, curator) or cut it (guardian)."""

    action: Literal["set_cap", "cut"]
    strategy: str
    absolute: Amount
    relative: Share

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.set_cap or Executor.cut."""
        strategy = identifier(site, self.strategy)
        return [site.call("Executor", self.action, strategy, self.absolute, self.relative)]


class SetGroup(BaseAction):
    """Set who is in a risk group and the highest caps, which lifts a cut; no members dissolve the group."""

    action: Literal["set_group"]
    group: str
    members: list[str]
    absolute: Amount
    relative: Share

    _unique = field_validator("members")(lambda members: distinct(members, "a member"))

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.set_group."""
        number, members = group_number(site, self.group), {identifier(site, name) for name in self.members}
        bitmap = sum(1 << strategy for strategy in members)
        return [site.call("Executor", "set_group", number, bitmap, self.absolute, self.relative)]


class SetGroupCap(BaseAction):
    """Set the operating cap of a risk group (governance, curator) or cut it (guardian)."""

    action: Literal["set_group_cap", "cut_group"]
    group: str
    absolute: Amount
    relative: Share

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.set_group_cap or Executor.cut_group."""
        number = group_number(site, self.group)
        return [site.call("Executor", self.action, number, self.absolute, self.relative)]


class SetInflow(BaseAction):
    """Limit what may enter a strategy (governance, curator); a window of 0 seconds lifts the limit."""

    action: Literal["set_inflow"]
    strategy: str
    limit: Annotated[Amount, Field(lt=MAX_INFLOW)]
    window: Annotated[Duration, Field(lt=MAX_INFLOW_WINDOW)]

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.set_inflow."""
        return [site.call("Executor", "set_inflow", identifier(site, self.strategy), self.limit, self.window)]


class Trim(BaseAction):
    """Bring a position back to its caps; anyone, twice, an hour to a day apart."""

    action: Literal["trim"]
    strategy: str

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.trim."""
        return [site.call("Executor", "trim", identifier(site, self.strategy))]


class Note(BaseAction):
    """Enter the Vault's changes of state and health in the journal; anyone."""

    action: Literal["note"]

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.note."""
        return [site.call("Executor", "note")]


class SetCurator(BaseAction):
    """Appoint the curator, who tunes caps and inflow inside the limits and revives silent agents."""

    action: Literal["set_curator"]
    curator: Address

    def calls(self, site: Site) -> list[Call]:
        """Return Executor.set_curator."""
        return [site.call("Executor", "set_curator", self.curator)]
