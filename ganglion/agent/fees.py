"""EIP-1559 fees of a transaction and of what replaces it."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Invalid
from .steps import Steps, ask
from .wire import as_int, field

GWEI = 10**9
_LEAST_BUMP = 1_125  # per mille: nodes replace a pending transaction only for an eighth more of both fees


@dataclass(frozen=True, slots=True)
class Fee:
    """What a transaction pays, wei per gas."""

    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How much a transaction may pay, wei per gas.

    Attributes:
        ceiling: most that any attempt offers.
        tip: for whoever builds the block; None asks the node.
        headroom: the offer is this many times the base fee, and the tip.
        bump: what a replacement offers of the attempt before it, per mille; at least 1125.
    """

    ceiling: int = 500 * GWEI
    tip: int | None = None
    headroom: int = 2
    bump: int = 1_250

    def __post_init__(self) -> None:
        """Check the bounds; raises Invalid, which names the field."""
        if self.bump < _LEAST_BUMP:
            raise Invalid(
                f"bump: {self.bump}, and nodes replace a transaction for {_LEAST_BUMP} per mille only"
            )
        if self.ceiling <= 0 or self.headroom < 1 or (self.tip is not None and self.tip < 0):
            raise Invalid("ceiling, headroom and tip: give positive numbers of wei per gas")

    def offer(self, base: int, tip: int) -> Fee:
        """Return what to offer at a base fee, both wei per gas, below the ceiling."""
        wanted = base * self.headroom + (tip if self.tip is None else self.tip)
        return Fee(min(wanted, self.ceiling), min(tip if self.tip is None else self.tip, self.ceiling))

    def replacement(self, before: Fee, now: Fee) -> Fee | None:
        """Return what replaces a pending offer, at least what one would offer now; None above the ceiling."""
        raised = Fee(*(-(-part * self.bump // 1_000) for part in (before.max_fee, before.tip)))
        fee = Fee(max(raised.max_fee, now.max_fee), max(raised.tip, now.tip))
        return fee if fee.max_fee <= self.ceiling else None


def going_rate(policy: FeePolicy) -> Steps[Fee]:
    """Return what to offer for the next block; raises NodeError."""
    block = yield from ask("eth_getBlockByNumber", "latest", False)
    base = as_int("eth_getBlockByNumber", field("eth_getBlockByNumber", block, "baseFeePerGas"))
    if policy.tip is not None:
        return policy.offer(base, policy.tip)
    tip = yield from ask("eth_maxPriorityFeePerGas")
    return policy.offer(base, as_int("eth_maxPriorityFeePerGas", tip))
