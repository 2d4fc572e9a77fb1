"""What an agent may do, as the operator's files say it, with the amounts that the Executor can keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from .fields import Address, Amount, Duration, Hash, Instant, Section, distinct, document
from .quantities import show_amount

DAY = 86_400
NOBODY = "0x" + 40 * "0"
PERMISSIONS = {"allocate": 1, "deallocate": 2}
DIGITS = 2**40  # of an amount are kept below this, beside a power of ten
MAX_KEPT = 2**100


def kept(amount: int) -> int:
    """Return what the Executor keeps of an amount in a mandate: twelve significant digits, rounded down."""
    return amount - amount % _step(amount)


def nearest_kept(amount: int) -> int:
    """Return the amount nearest to another, the lower one of two, of which nothing would be cut off."""
    below = kept(amount)
    above = below + _step(amount)
    return above if kept(above) == above and above - amount < amount - below else below


def _step(amount: int) -> int:
    """Power of ten in which an amount of this size is kept."""
    step = 1
    while amount // step >= DIGITS:
        step *= 10
    return step


def _storable(amount: int, info: ValidationInfo) -> int:
    if kept(amount) == amount:
        return amount
    near, asset = nearest_kept(amount), info.context or {}
    told = f"{near} wei"
    if asset:
        told = show_amount(near, asset["symbol"], asset["decimals"]).replace(",", "_")
    raise ValueError(f"{amount} wei has more digits than a mandate keeps, twelve; the nearest is {told}")


Kept = Annotated[Amount, Field(lt=MAX_KEPT), AfterValidator(_storable)]


class MandateTerms(Section):
    """What one agent may do, as IExecutor.Mandate; strategies by name.

    ``heartbeat`` is the silence in seconds after which it may only reduce, 0 for none; ``policy`` is a
    contract that is asked about every intent that allocates.
    """

    agent: Address
    permissions: Annotated[list[Literal["allocate", "deallocate"]], Field(min_length=1)]
    strategies: Annotated[list[str], Field(min_length=1)]
    flow: Kept
    loss: Kept
    max_loss: Kept
    window: Annotated[Duration, Field(ge=1, le=365 * DAY)]
    expires: Instant
    heartbeat: Annotated[Duration, Field(le=365 * DAY)] = 0
    policy: Address | None = None
    document: Annotated[Hash, document()]

    @field_validator("max_loss")
    @classmethod
    def _within_budget(cls, max_loss: int, info: ValidationInfo) -> int:
        if max_loss > info.data.get("loss", max_loss):
            raise ValueError("over loss, the budget of the whole window; lower it")
        return max_loss

    _unique = field_validator("permissions", "strategies")(lambda listed: distinct(listed, "an entry"))

    def words(self, identifiers: Mapping[str, int]) -> tuple[Any, ...]:
        """Return the ABI tuple, given the ids of the strategies by name."""
        permissions = sum(PERMISSIONS[name] for name in self.permissions)
        strategies = sum(1 << identifiers[name] for name in self.strategies)
        budgets = (self.flow, self.loss, self.max_loss, self.window, self.expires)
        limits = (self.heartbeat, self.policy or NOBODY)
        return (permissions, strategies, *budgets, *limits, bytes.fromhex(self.document[2:]))
