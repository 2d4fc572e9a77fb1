"""Fees, counted a second time: what a poke must charge, from the rules alone and in exact integers."""

from __future__ import annotations

from dataclasses import dataclass

from ganglion.devnet.abi import actor
from tests.treasury import CLOCK, DAY
from tests.treasury import FEES as FEES_WORD
from tests.unit.bed import BPS, YEAR, ZERO, Bed, ceil_div
from tests.unit.events import Event, event
from tests.unit.watch import poked_at

COLLECTOR = actor("fee collector")
SET_FEES = "set_fees((uint256,uint256,address))"
SCALE = 2**48
FREE = (0, 0)
MOST = (200, 2_000)  # bps a year, bps


@dataclass(frozen=True)
class Bill:
    """What one poke charges, and the mark that it leaves."""

    management: int
    performance: int
    shares: int
    mark: int

    def told(self, bed: Bed, receiver: str = COLLECTOR) -> list[Event]:
        """The events of a bill that is not nothing."""
        paid = {"management": self.management, "performance": self.performance, "shares": self.shares}
        return [
            event(bed.vault, "Transfer", sender=ZERO, receiver=receiver, value=self.shares),
            event(bed.vault, "FeesCharged", receiver=receiver, **paid),
        ]


@dataclass(frozen=True)
class Account:
    """All that fees hang on, read before a poke."""

    rates: tuple[int, int]
    poked_at: int
    supply: int
    virtual: int
    mark: int

    @classmethod
    def of(cls, bed: Bed) -> Account:
        """Read it."""
        rates = bed.word(CLOCK) >> 224
        return cls((rates & 0xFFFF, rates >> 16), poked_at(bed), bed.supply(), bed.virtual, mark_of(bed))

    def bill(self, lo: int, now: int, low: bool = False) -> Bill:
        """What a poke at ``now`` charges that leaves the lower total at ``lo`` asset wei.

        ``low``: the poke sees a fall of more than a basis point, at which no first mark is taken.
        """
        yearly, of_gain = self.rates
        elapsed = min(now - self.poked_at, DAY)
        management = lo * yearly * elapsed // (BPS * YEAR)
        performance = 0
        if of_gain and self.mark:
            price = (lo - management + 1) * self.virtual * SCALE // self.supply
            gain = max(price - self.mark, 0) * self.supply // self.virtual // SCALE
            performance = gain * of_gain // BPS
        taken = management + performance
        shares = taken * self.supply // (lo + 1 - taken)
        mark = self.mark
        if of_gain and (self.mark or not low):
            after = ceil_div((lo + 1) * self.virtual * SCALE, self.supply + shares)
            mark = max(mark, min(after, 2**96 - 1))
        return Bill(management, performance, shares, mark)


def set_fees(bed: Bed, management: int, performance: int, receiver: str = COLLECTOR) -> dict:
    """Set fees, bps a year and bps."""
    return bed.govern(SET_FEES, (management, performance, receiver))


def mark_of(bed: Bed) -> int:
    """The highest share price that was charged, scaled; 0 if there is none."""
    return bed.word(FEES_WORD) >> 160


def charged(bed: Bed, after: int = 0, low: bool = False) -> Bill:
    """Poke ``after`` seconds from now, check all that fees do against the rules, and return the bill."""
    account, held = Account.of(bed), bed.shares(COLLECTOR)
    if after:
        bed.at(bed.now() + after)
    receipt = bed.poke()
    events = bed.events(receipt)
    poked = next(i for i, entry in enumerate(events) if entry.name == "Poked")
    bill = account.bill(events[poked].fields["lo"], bed.now(), low)
    assert events[poked + 1 :] == (bill.told(bed) if bill.shares else [])
    assert bed.shares(COLLECTOR) == held + bill.shares
    assert bed.supply() == account.supply + bill.shares
    assert mark_of(bed) == bill.mark
    return bill


def frozen(bed: Bed, after: int = 0) -> None:
    """Poke ``after`` seconds from now and check that nothing is charged and no mark moves."""
    account, held = Account.of(bed), bed.shares(COLLECTOR)
    if after:
        bed.at(bed.now() + after)
    names = [entry.name for entry in bed.events(bed.poke())]
    assert "Poked" in names
    assert not {"Transfer", "FeesCharged"} & set(names)
    assert (bed.shares(COLLECTOR), bed.supply(), mark_of(bed)) == (held, account.supply, account.mark)
