"""What pokes charge those who stay, in new shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.model.arithmetic import BPS, DAY, YEAR, up

if TYPE_CHECKING:
    from tests.model.upkeep import Observation
    from tests.model.vault import Vault

MARK = 2**48  # of an asset wei, in which the price of V0 shares is remembered
HIGHEST_MARK = 2**96 - 1
LEVEL = 1  # bps below the references, roundings; lower, a price is no first mark
SEASONING = 0  # seconds, of shares that fees mint


@dataclass(frozen=True)
class Fees:
    """Of the total, bps a year; of what a share gains above its highest price, bps; and who gets them."""

    management: int = 0
    performance: int = 0
    receiver: str = "nobody"


def may_charge(vault: Vault, seen: Observation) -> bool:
    """Whether a poke charges: in CALM only, and while it sees nothing that closes entry."""
    return bool(vault.fees.management or vault.fees.performance) and seen.state == 0 and not seen.veto


def base(vault: Vault, seen: Observation) -> int:
    """What fees are taken of, asset wei: nothing that the books do not hold yet."""
    return seen.lo


def charge(vault: Vault, seen: Observation) -> None:
    """Mint what is due since the poke before, of one day at most."""
    if not may_charge(vault, seen):
        return
    fees, total = vault.fees, base(vault, seen)
    management = total * fees.management * min(seen.age, DAY) // (BPS * YEAR)
    performance = 0
    if fees.performance and vault.fee_mark:
        price = (total - management + 1) * vault.virtual * MARK // vault.divisor
        gained = max(0, price - vault.fee_mark) * vault.divisor // vault.virtual // MARK
        performance = gained * fees.performance // BPS
    assets = management + performance
    shares = assets * vault.divisor // (total + 1 - assets)
    if fees.performance and (vault.fee_mark or seen.fall <= LEVEL):
        price = up((total + 1) * vault.virtual * MARK, vault.divisor + shares)
        vault.fee_mark = max(vault.fee_mark, min(price, HIGHEST_MARK))
    if shares:
        vault.issue(fees.receiver, shares, SEASONING)
        vault.tell("FeesCharged", fees.receiver, management, performance, shares)
