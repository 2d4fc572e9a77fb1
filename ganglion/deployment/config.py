"""One YAML file describes one treasury: every parameter, role and limit that a deployment sets.

The bounds repeated here and in reactions.py are the contracts' own, so that a wrong value is named before
anything is sent. docs/DEPLOYMENT.md explains every field.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from .errors import ConfigInvalid
from .fields import (
    Address,
    Amount,
    Bps,
    Count,
    Duration,
    Section,
    Switch,
    distinct,
    explain,
    read_yaml,
)
from .mandates import DAY, MandateTerms
from .reactions import (
    Fees,
    NamedOrder,
    OrderTerms,
    ReflexesSection,
    SentinelSection,
    Watched,
    misnamed,
)

GAS_BUDGET = 14_000_000  # of a transaction's 2**24; Steward.GAS_BUDGET
GAS_FIXED = 1_500_000
SIGNIFICANT = 10**6  # a deposit cap is stored with six significant digits
DUST = 1_000  # asset wei
MAX_RATE = 65_535  # bps a year
MAX_GROUPS = 31
MAX_INFLOW, MAX_INFLOW_WINDOW = 2**100, 2**24  # asset wei, seconds

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class Asset(Section):
    """The ERC-20 held; symbol and decimals are compared with the chain."""

    address: Address
    symbol: Annotated[str, Field(pattern=r"^\S{1,16}$")]
    decimals: Annotated[Count, Field(ge=6, le=18)]


class VaultSection(Section):
    """The share token and the length of an epoch; ``seed`` asset wei pay for the dead shares."""

    name: Annotated[str, Field(pattern=r"^[\x20-\x7e]{1,25}$")]
    symbol: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,5}$")]
    epoch: Annotated[Duration, Field(ge=3_600, le=7 * DAY)]
    seed: Annotated[Amount, Field(ge=DUST)]


class TimelockSection(Section):
    """Seconds between a proposal and its execution."""

    delay: Annotated[Duration, Field(ge=3_600, le=30 * DAY)]


class SafeSection(Section):
    """An existing Safe by its address, or owners and threshold of one to create."""

    address: Address | None = None
    owners: list[Address] = Field(default_factory=list)
    threshold: Annotated[Count, Field(ge=2)] | None = None
    salt: Annotated[Count, Field(ge=0, lt=2**256)] = 0

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.address is not None:
            if self.owners or self.threshold is not None:
                raise ValueError("give either address, or owners and threshold to create a Safe; not both")
            return self
        if self.threshold is None or len(self.owners) < self.threshold:
            raise ValueError("give address, or at least as many owners as threshold (2 or more)")
        return self

    _unique = field_validator("owners")(lambda owners: distinct(owners, "an owner"))


class Limits(Section):
    """Limits of the whole Vault, as IVault.Limits."""

    deposit_cap: Annotated[Amount, Field(gt=0)]
    entry_fee: Annotated[Bps, Field(le=50)]
    hold: Annotated[Duration, Field(le=7 * DAY)]
    petty_share: Annotated[Bps, Field(le=1_000)]
    petty_fee: Annotated[Bps, Field(le=1_000)]
    idle_floor: Annotated[Bps, Field(le=10_000)]

    @field_validator("deposit_cap")
    @classmethod
    def _storable(cls, cap: int) -> int:
        digits = str(cap).rstrip("0")
        if len(digits) > len(str(SIGNIFICANT)) - 1:
            raise ValueError(f"{cap} wei has more than six significant digits, which is all that is stored")
        return cap

    @field_validator("petty_fee")
    @classmethod
    def _petty(cls, fee: int, info: ValidationInfo) -> int:
        if fee == 0 and info.data.get("petty_share"):
            raise ValueError("0 bps while petty_share is not; set a fee, or set petty_share to 0 bps")
        return fee

    def words(self, deposit_cap: int | None = None) -> tuple[int, ...]:
        """Return the ABI tuple, with another deposit cap (asset wei) if given."""
        cap = self.deposit_cap if deposit_cap is None else deposit_cap
        return (cap, self.entry_fee, self.hold, self.petty_share, self.petty_fee, self.idle_floor)


class Terms(Section):
    """What one strategy is allowed to be, as IVault.Terms; gas in units of gas."""

    read_gas: Annotated[Count, Field(gt=0, le=GAS_BUDGET, multiple_of=1_000)]
    write_gas: Annotated[Count, Field(gt=0, le=GAS_BUDGET, multiple_of=1_000)]
    charges_on_exit: Switch
    max_rate: Annotated[Bps, Field(le=MAX_RATE)]
    tolerance: Annotated[Bps, Field(le=10_000)]
    band: Annotated[Bps, Field(le=10_000)]

    def words(self) -> tuple[int, int, bool, int, int, int]:
        """Return the ABI tuple."""
        gas = (self.read_gas, self.write_gas)
        return (*gas, self.charges_on_exit, self.max_rate, self.tolerance, self.band)


class Cap(Section):
    """Operating cap of a strategy: asset wei, and bps of the total."""

    absolute: Amount
    relative: Annotated[Bps, Field(le=10_000)]


class Inflow(Section):
    """What may enter a strategy: asset wei that refill evenly over one window of seconds."""

    limit: Annotated[Amount, Field(lt=MAX_INFLOW)]
    window: Annotated[Duration, Field(ge=1, lt=MAX_INFLOW_WINDOW)]

    def words(self) -> tuple[int, int]:
        """Return limit and window."""
        return (self.limit, self.window)


class Strategy(Section):
    """One ERC-4626 vault over the asset; the name is used in this file and in commands only."""

    name: Name
    address: Address
    ceiling: Amount
    cap: Cap
    inflow: Inflow | None = None
    terms: Terms

    @model_validator(mode="after")
    def _cap_below_ceiling(self) -> Self:
        if self.cap.absolute > self.ceiling:
            raise ValueError("cap.absolute is over the ceiling; the Vault would refuse it")
        return self


class Group(Section):
    """A risk group: strategies that fail together, and what all of them may hold; members by name."""

    name: Name
    members: Annotated[list[str], Field(min_length=1)]
    absolute: Amount
    relative: Annotated[Bps, Field(le=10_000)]

    _unique = field_validator("members")(lambda members: distinct(members, "a member"))

    def words(self, identifiers: Mapping[str, int]) -> tuple[int, int, int]:
        """Return members as a bitmap, asset wei and bps, given the ids of the strategies by name."""
        return (sum(1 << identifiers[name] for name in self.members), self.absolute, self.relative)


class Treasury(Section):
    """Everything that a deployment sets."""

    chain_id: Annotated[Count, Field(ge=1)]
    asset: Asset
    vault: VaultSection
    timelock: TimelockSection
    safe: SafeSection
    guardians: Annotated[list[Address], Field(min_length=1, max_length=8)]
    curator: Address
    limits: Limits
    strategies: Annotated[list[Strategy], Field(min_length=1, max_length=10)]
    groups: Annotated[list[Group], Field(max_length=MAX_GROUPS)] = Field(default_factory=list)
    sentinel: SentinelSection = Field(default_factory=SentinelSection)
    reflexes: ReflexesSection
    fees: Fees = Field(default_factory=Fees)
    mandates: list[MandateTerms] = Field(default_factory=list)

    _unique = field_validator("guardians")(lambda guardians: distinct(guardians, "a guardian"))

    @property
    def identifiers(self) -> dict[str, int]:
        """Ids that the Vault gives to the strategies, by name: 1 upwards in the order of the file."""
        return {strategy.name: place for place, strategy in enumerate(self.strategies, 1)}

    @property
    def numbers(self) -> dict[str, int]:
        """Numbers of the risk groups by name: 1 upwards in the order of the file."""
        return {group.name: place for place, group in enumerate(self.groups, 1)}

    @property
    def orders(self) -> list[NamedOrder]:
        """Standing orders in the order of their ids, 1 upwards."""
        groups = [Watched(group.name, tuple(group.members), group.relative) for group in self.groups]
        return self.reflexes.standing(self.identifiers, groups)

    def order_words(self, order: OrderTerms) -> tuple[int, ...]:
        """Return the ABI tuple of a standing order over this treasury's strategies and groups."""
        return order.words(self.identifiers.__getitem__, self.numbers.__getitem__)

    @field_validator("strategies")
    @classmethod
    def _strategies(cls, strategies: list[Strategy]) -> list[Strategy]:
        distinct([strategy.name for strategy in strategies], "a name")
        distinct([strategy.address for strategy in strategies], "an address")
        gas = sum(3 * strategy.terms.read_gas + strategy.terms.write_gas for strategy in strategies)
        total = gas * 65 // 64 + GAS_FIXED
        if total > GAS_BUDGET:
            raise ValueError(
                f"read_gas and write_gas of all strategies need {total} gas, {GAS_BUDGET} at most; lower them"
            )
        return strategies

    @field_validator("groups")
    @classmethod
    def _groups(cls, groups: list[Group]) -> list[Group]:
        distinct([group.name for group in groups], "a name")
        return groups

    @model_validator(mode="after")
    def _known(self) -> Self:
        distinct([mandate.agent for mandate in self.mandates], "mandates: an agent")
        listed = [
            (f"mandates[{i}].strategies", mandate.strategies) for i, mandate in enumerate(self.mandates)
        ]
        listed += [(f"groups[{i}].members", group.members) for i, group in enumerate(self.groups)]
        for path, names in listed:
            unknown = [name for name in names if name not in self.identifiers]
            if unknown:
                known = ", ".join(self.identifiers)
                raise ValueError(f"{path}: no strategy {unknown[0]}; known are {known}")
        return self

    @model_validator(mode="after")
    def _orders(self) -> Self:
        wrong = misnamed(self.orders, list(self.identifiers), list(self.numbers))
        if wrong is not None:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _separate_roles(self) -> Self:
        holders = {guardian: f"guardians[{i}]" for i, guardian in enumerate(self.guardians)}
        holders[self.curator] = "curator"
        holders |= {owner: f"safe.owners[{i}]" for i, owner in enumerate(self.safe.owners)}
        for place, mandate in enumerate(self.mandates):
            if mandate.agent in holders:
                other = holders[mandate.agent]
                raise ValueError(
                    f"mandates[{place}].agent: {mandate.agent} is {other} too; an agent holds no other role"
                )
        return self

    def canonical(self) -> dict[str, Any]:
        """Return the same treasury as text in one unit each, which ``parse`` accepts; documents as hashes."""
        return self.model_dump(mode="json")

    def holders(self) -> dict[str, str]:
        """Return every account with a role, and the path of the first field that names it."""
        named = [(guardian, f"guardians[{i}]") for i, guardian in enumerate(self.guardians)]
        named += [(self.curator, "curator")]
        named += [(owner, f"safe.owners[{i}]") for i, owner in enumerate(self.safe.owners)]
        named += [(mandate.agent, f"mandates[{i}].agent") for i, mandate in enumerate(self.mandates)]
        named += [] if self.fees.receiver is None else [(self.fees.receiver, "fees.receiver")]
        return dict(reversed(named))


def parse(content: Any, source: str = "configuration", folder: Path | None = None) -> Treasury:
    """Return the treasury that parsed YAML describes.

    Args:
        content: mapping whose scalars are text, as ``fields.read_yaml`` or ``Treasury.canonical`` give it.
        source: name for messages.
        folder: where the files of mandates are looked up.

    Raises:
        ConfigInvalid: names every wrong field.
    """
    if not isinstance(content, dict):
        raise ConfigInvalid(source, ["is empty or no mapping; start from examples/treasury.yaml"])
    context: dict[str, Any] = {"folder": folder}
    try:
        asset = Asset.model_validate(content.get("asset", {}))
    except ValidationError as error:
        raise ConfigInvalid(source, [f"asset.{line}" for line in explain(error, Asset)]) from None
    context |= {"symbol": asset.symbol, "decimals": asset.decimals}
    try:
        return Treasury.model_validate(content, context=context)
    except ValidationError as error:
        raise ConfigInvalid(source, explain(error, Treasury)) from None


def load(path: Path) -> Treasury:
    """Return the treasury that a YAML file describes; raises ConfigInvalid, which names every wrong field."""
    return parse(read_yaml(path), str(path), path.parent)
