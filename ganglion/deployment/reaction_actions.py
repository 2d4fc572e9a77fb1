"""Actions on how a treasury reacts by itself: the Sentinel, the standing orders and the fees."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ganglion.devnet.abi import call_data

from .action import BaseAction, group_number, identifier
from .chain import Call
from .fields import Address, Amount, Bps, Count, Duration
from .mandates import DAY
from .reactions import MAX_ORDERS, SIGNALS, Fees, OrderTerms, SignalLimits
from .site import Site

OrderId = Annotated[Count, Field(ge=1, le=MAX_ORDERS)]


class WindDown(BaseAction):
    """Move the Vault into WINDDOWN, for good."""

    action: Literal["wind_down"]

    def calls(self, site: Site) -> list[Call]:
        """Return Sentinel.wind_down."""
        return [site.call("Sentinel", "wind_down")]


class SetSentinel(BaseAction):
    """Name the contract that moves the Vault between its states."""

    action: Literal["set_sentinel"]
    sentinel: Address

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_sentinel."""
        return [site.call("Steward", "set_sentinel", self.sentinel)]


class SetSignalLimits(SignalLimits, BaseAction):
    """Set when each signal is bad and when it is good; all of them. Guardians only tighten."""

    action: Literal["set_signal_limits"]

    @model_validator(mode="before")
    @classmethod
    def _all_given(cls, content: Any) -> Any:
        # Elsewhere a signal that is left out has a default, which would loosen or tighten it unseen here.
        for signal in SIGNALS:
            given = content.get(signal)
            for side in ("bad", "good"):
                if not isinstance(given, dict) or side not in given:
                    raise ValueError(f"{signal}.{side}: missing; add it")
        return content

    def calls(self, site: Site) -> list[Call]:
        """Return Sentinel.set_limits."""
        return [site.call("Sentinel", "set_limits", self.limits())]


class SetSilence(BaseAction):
    """Set how long governance may be silent."""

    action: Literal["set_silence"]
    silence: Annotated[Duration, Field(ge=7 * DAY, le=365 * DAY)]

    def calls(self, site: Site) -> list[Call]:
        """Return Sentinel.set_silence."""
        return [site.call("Sentinel", "set_silence", self.silence)]


class SetSafe(BaseAction):
    """Name whose heartbeat it is."""

    action: Literal["set_safe"]
    safe: Address

    def calls(self, site: Site) -> list[Call]:
        """Return Sentinel.set_safe."""
        return [site.call("Sentinel", "set_safe", self.safe)]


class SetFees(Fees, BaseAction):
    """Set what pokes charge; both rates."""

    action: Literal["set_fees"]
    management: Annotated[Bps, Field(le=200)]
    performance: Annotated[Bps, Field(le=2_000)]

    def calls(self, site: Site) -> list[Call]:
        """Return Steward.set_fees."""
        return [site.call("Steward", "set_fees", self.words())]


class SetOrder(OrderTerms, BaseAction):
    """Set a standing order, or replace one."""

    action: Literal["set_order"]
    id: OrderId

    def calls(self, site: Site) -> list[Call]:
        """Return Reflexes.set_order."""
        words = self.words(lambda name: identifier(site, name), lambda name: group_number(site, name))
        return [site.call("Reflexes", "set_order", self.id, words)]


class RemoveOrder(BaseAction):
    """Remove a standing order."""

    action: Literal["remove_order"]
    id: OrderId

    def calls(self, site: Site) -> list[Call]:
        """Return Reflexes.remove_order."""
        return [site.call("Reflexes", "remove_order", self.id)]


class FundBounties(BaseAction):
    """Pay into the budget that bounties are paid from; whoever acts, from its own assets."""

    action: Literal["fund_bounties"]
    assets: Annotated[Amount, Field(ge=1)]

    def calls(self, site: Site) -> list[Call]:
        """Return the asset's approve, then Reflexes.fund."""
        asset, reflexes = site.treasury.asset, site.addresses["Reflexes"]
        data = call_data("approve(address,uint256)", reflexes, self.assets)
        approve = Call(asset.address, bytes.fromhex(data[2:]), f"{asset.symbol}.approve({self.assets})")
        return [approve, site.call("Reflexes", "fund", self.assets)]


class DefundBounties(BaseAction):
    """Take from the budget that bounties are paid from; what was earned stays."""

    action: Literal["defund_bounties"]
    receiver: Address
    assets: Annotated[Amount, Field(ge=1)]

    def calls(self, site: Site) -> list[Call]:
        """Return Reflexes.defund."""
        return [site.call("Reflexes", "defund", self.receiver, self.assets)]
