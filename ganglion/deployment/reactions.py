"""How a treasury reacts by itself, as the operator's file says it: signals of stress, standing orders, fees.

The bounds are those of Sentinel, Reflexes and Steward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from .fields import Address, Amount, Bps, Duration, Hash, Instant, Section, document, field_path
from .mandates import DAY, NOBODY, PERMISSIONS, Kept
from .quantities import MAX_AMOUNT, MAX_INSTANT

HOUR = 3_600
SIGNALS = ("fall", "liquid", "age", "dark", "short")  # in the order of the contract
STATES = ("calm", "stress", "winddown")
CONDITIONS = {"price": 1, "liquidity": 2, "idle": 4, "state": 8, "group": 16}
MOVES = {"deallocate": 1, "trim": 2}
MAX_ORDERS = 64
ALWAYS = 10_000  # bps: idle is below the whole as soon as anything is allocated, and no price falls by more

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Threshold(Section):
    """From where on a signal is bad, and up to where it is good again; bps."""

    bad_when_low: ClassVar[bool] = False
    bad: int
    good: int

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.bad == self.good or (self.bad < self.good) is not self.bad_when_low:
            side = "over" if self.bad_when_low else "under"
            raise ValueError(
                f"good ({self.good} bps) must lie {side} bad ({self.bad} bps); between is neither"
            )
        return self


class Fall(Threshold):
    """By how much the marks stand below the references."""

    bad: Annotated[Bps, Field(ge=50, le=2_000)] = 300
    good: Annotated[Bps, Field(ge=10, le=1_000)] = 50


class Liquid(Threshold):
    """How much of the total could be had at once: bad when low."""

    bad_when_low: ClassVar[bool] = True
    bad: Annotated[Bps, Field(ge=100, le=5_000)] = 800
    good: Annotated[Bps, Field(ge=200, le=9_000)] = 2_000


class Age(Threshold):
    """How old the books are, in bps of an epoch."""

    bad: Annotated[Bps, Field(ge=10_000, le=60_000)] = 20_000
    good: Annotated[Bps, Field(ge=1_000, le=30_000)] = 10_000


class Dark(Threshold):
    """How much of the total is in quarantine."""

    bad: Annotated[Bps, Field(ge=50, le=3_000)] = 500
    good: Annotated[Bps, Field(ge=1, le=1_000)] = 100


class Short(Dark):
    """How much of the total is in strategies whose last unwind fell short."""


class SignalLimits(Section):
    """When each signal is bad and when it is good, as ISentinel.Limits."""

    fall: Fall = Field(default_factory=Fall)
    liquid: Liquid = Field(default_factory=Liquid)
    age: Age = Field(default_factory=Age)
    dark: Dark = Field(default_factory=Dark)
    short: Short = Field(default_factory=Short)

    def limits(self) -> list[list[int]]:
        """Return bad and good of each signal, in the contract's order; a list, as a manifest keeps it."""
        thresholds = (getattr(self, name) for name in SIGNALS)
        return [[threshold.bad, threshold.good] for threshold in thresholds]


class SentinelSection(SignalLimits):
    """Signals, and how long governance may be silent before anyone may wind the Vault down."""

    silence: Annotated[Duration, Field(ge=7 * DAY, le=365 * DAY)] = 60 * DAY


class Fees(Section):
    """What pokes charge those who stay, as IVault.Fees; none unless given."""

    management: Annotated[Bps, Field(le=200)] = 0
    performance: Annotated[Bps, Field(le=2_000)] = 0
    receiver: Address | None = None

    @model_validator(mode="after")
    def _received(self) -> Self:
        if self.receiver is None and (self.management or self.performance):
            raise ValueError("receiver is missing while there is a fee; name who gets the shares")
        return self

    def words(self) -> tuple[int, int, str]:
        """Return the ABI tuple."""
        return (self.management, self.performance, self.receiver or NOBODY)


class OrderTerms(Section):
    """One standing order, as IReflexes.Order; strategies by name.

    ``threshold`` is for all but state, which has ``state``; ``watched`` is a strategy for price and
    liquidity, a risk group for group; ``most`` and ``max_loss`` are for what is deallocated, while a trim
    goes back to the cap.
    """

    when: Literal["price", "liquidity", "idle", "state", "group"]
    watched: str | None = None
    threshold: Annotated[Bps, Field(ge=1, le=10_000)] | None = None
    state: Literal["stress", "winddown"] | None = None
    move: Literal["deallocate", "trim"]
    target: str
    least: Annotated[Amount, Field(ge=1)] = 1
    most: Amount | None = None
    max_loss: Amount | None = None
    cooldown: Annotated[Duration, Field(ge=HOUR, le=30 * DAY)]
    bounty: Amount = 0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        in_state, moved = self.when == "state", self.move == "deallocate"
        wanted = {
            "watched": self.when in ("price", "liquidity", "group"),
            "threshold": not in_state,
            "state": in_state,
            "most": moved,
            "max_loss": moved,
        }
        for name, is_wanted in wanted.items():
            if (getattr(self, name) is None) is is_wanted:
                because = f"when {self.when}, move {self.move}"
                raise ValueError(f"{name}: {'missing; add it' if is_wanted else 'remove it'} ({because})")
        if self.when == "price" and self.threshold == ALWAYS:
            raise ValueError(f"threshold: no price falls by more than {ALWAYS} bps; lower it")
        if self.when == "group" and self.threshold == ALWAYS:
            raise ValueError(f"threshold: no group holds more than {ALWAYS} bps of the whole; lower it")
        if self.most is not None and self.least > self.most:
            raise ValueError(f"least: {self.least} wei is over most, {self.most} wei; lower it")
        if (self.max_loss or 0) >= self.least:
            raise ValueError(f"max_loss: {self.max_loss} wei is not under least, {self.least} wei; lower it")
        return self

    def words(self, strategy: Callable[[str], int], group: Callable[[str], int]) -> tuple[int, ...]:
        """Return the ABI tuple; ``strategy`` and ``group`` give the number of what has a name."""
        threshold = STATES.index(self.state) if self.state is not None else self.threshold or 0
        named = group if self.when == "group" else strategy
        watched = 0 if self.watched is None else named(self.watched)
        amounts = (self.least, self.least if self.most is None else self.most, self.max_loss or 0)
        about = (CONDITIONS[self.when], watched, threshold, MOVES[self.move], strategy(self.target))
        return (*about, *amounts, self.cooldown, self.bounty)


@dataclass(frozen=True)
class Watched:
    """A risk group as standing orders see it: the names of its members, and its relative cap in bps."""

    name: str
    members: tuple[str, ...]
    relative: int


class NamedOrder(OrderTerms):
    """A standing order of the configuration; the name is used in this file and in messages only."""

    name: Name


class UsualOrders(Section):
    """What the five usual orders of each strategy have in common; amounts in asset wei.

    They bring capital home when its price has fallen by ``price``, when less than ``liquidity`` of it can be
    redeemed, when the Vault's idle is under ``idle``, in WINDDOWN, and what stands over the cap. With
    ``group`` there is one more for each group it is in, when that stands by so much over its relative cap. A
    rate of 0 bps leaves its order out. Without ``most`` each moves what is liquid.
    """

    price: Annotated[Bps, Field(le=9_999)] = 300
    liquidity: Annotated[Bps, Field(le=10_000)] = 1_000
    idle: Annotated[Bps, Field(le=10_000)] = 200
    group: Annotated[Bps, Field(le=9_999)] = 0
    least: Annotated[Amount, Field(ge=1)]
    most: Amount = MAX_AMOUNT
    max_loss: Amount
    cooldown: Annotated[Duration, Field(ge=HOUR, le=30 * DAY)] = HOUR
    bounty: Amount = 0

    @field_validator("most")
    @classmethod
    def _over_least(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("least")
        if least is not None and most < least:
            raise ValueError(f"{most} wei is under least, {least} wei; raise it")
        return most

    @field_validator("max_loss")
    @classmethod
    def _under_least(cls, max_loss: int, info: ValidationInfo) -> int:
        least = info.data.get("least")
        if least is not None and max_loss >= least:
            raise ValueError(f"{max_loss} wei is not under least, {least} wei; lower it")
        return max_loss

    def of(self, strategy: str) -> list[NamedOrder]:
        """Return the orders of one strategy, without those of its groups."""
        usual: list[dict[str, Any]] = []
        for when in ("price", "liquidity"):
            if threshold := getattr(self, when):
                usual.append({"when": when, "watched": strategy, "threshold": threshold, **self._home()})
        if self.idle:
            usual.append({"when": "idle", "threshold": self.idle, **self._home()})
        usual.append({"when": "state", "state": "winddown", **self._home()})
        usual.append({"when": "idle", "threshold": ALWAYS, "move": "trim", **self._common()})
        names = [f"{strategy}_{'trim' if order['move'] == 'trim' else order['when']}" for order in usual]
        return [
            NamedOrder(name=name, target=strategy, **order) for name, order in zip(names, usual, strict=True)
        ]

    def of_group(self, group: Watched) -> list[NamedOrder]:
        """Return the orders of one group, one for each member; none where the whole is not over the cap."""
        threshold = group.relative + self.group
        if not self.group or threshold >= ALWAYS:
            return []
        order = {"when": "group", "watched": group.name, "threshold": threshold, **self._home()}
        return [NamedOrder(name=f"{member}_{group.name}", target=member, **order) for member in group.members]

    def _common(self) -> dict[str, Any]:
        return {"cooldown": self.cooldown, "bounty": self.bounty}

    def _home(self) -> dict[str, Any]:
        amounts = {"least": self.least, "most": self.most, "max_loss": self.max_loss}
        return {"move": "deallocate", **amounts, **self._common()}


class ReflexesSection(Section):
    """The mandate of the Reflexes and their standing orders: the ``usual`` of each strategy, or a list.

    The mandate only lets capital come home; ``loss`` is the budget that its losses are counted against.
    """

    loss: Kept
    window: Annotated[Duration, Field(ge=1, le=365 * DAY)] = DAY
    expires: Instant = MAX_INSTANT
    document: Annotated[Hash, document()]
    usual: UsualOrders | None = None
    orders: Annotated[list[NamedOrder], Field(max_length=MAX_ORDERS)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.usual is None) is (self.orders is None):
            raise ValueError("give either usual, or a list of orders (an empty one for none)")
        return self

    def mandate(self, identifiers: dict[str, int]) -> tuple[Any, ...]:
        """Return the ABI tuple of the mandate: every listed strategy, out only."""
        strategies = sum(1 << identifier for identifier in identifiers.values())
        budgets = (0, self.loss, 0, self.window, self.expires)
        return (PERMISSIONS["deallocate"], strategies, *budgets, 0, NOBODY, bytes.fromhex(self.document[2:]))

    def standing(self, strategies: Iterable[str], groups: Iterable[Watched]) -> list[NamedOrder]:
        """Return the orders in the order of their ids, 1 upwards, given strategies and groups in order."""
        if self.usual is None:
            return self.orders or []
        listed = [order for strategy in strategies for order in self.usual.of(strategy)]
        return listed + [order for group in groups for order in self.usual.of_group(group)]


def misnamed(orders: list[NamedOrder], strategies: list[str], groups: list[str]) -> str | None:
    """Return what is wrong with the names in orders, or their number, with its path; None if nothing is."""
    if len(orders) > MAX_ORDERS:
        return f"reflexes.usual: {len(orders)} orders follow, {MAX_ORDERS} at most; leave one kind out"
    for place, order in enumerate(orders):
        path = ("reflexes", "orders", place)
        if order.name in [other.name for other in orders[:place]]:
            return f"{field_path((*path, 'name'))}: {order.name} stands twice; rename one"
        kind, known = ("group", groups) if order.when == "group" else ("strategy", strategies)
        for field, what, names in (("watched", kind, known), ("target", "strategy", strategies)):
            name = getattr(order, field)
            if name is not None and name not in names:
                listed = ", ".join(names) or "none"
                return f"{field_path((*path, field))}: no {what} {name}; known are {listed}"
    return None
