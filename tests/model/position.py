"""One listed strategy in the Vault's ledger: units, book, what is remembered of its price, and its health."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tests.model.arithmetic import BPS, DAY, DUST, HOUR, PROBE, YEAR, up
from tests.model.strategy import Strategy

MAX_PRICE = 2**48 - 1
MAX_ABOVE = 65_535  # bps
RETURN_BAND = 300  # bps within which a quarantined strategy's reads must stay
RETURN_READS = 3
SHORT_OWES = 3  # clean unwinds after two short ones
SPACING = HOUR  # between the two, and between clean ones
PATIENCE = 30 * DAY  # of failures, after which leavers take any price


class Status(IntEnum):
    """Health of a strategy."""

    OK = 1
    SUSPECT = 2
    QUARANTINED = 3


@dataclass(frozen=True)
class Terms:
    """What a strategy is allowed: bps a year, bps, bps."""

    charges_on_exit: bool = False
    max_rate: int = 5_000
    tolerance: int = 50
    band: int = 300


@dataclass(eq=False)
class Position:
    """Ledger entry of one strategy; amounts in units and asset wei, prices scaled by ``2**scale`` a unit."""

    id: int
    world: Strategy
    terms: Terms
    ceiling: int
    open_at: int
    scale: int
    book: int  # of all units, or of PROBE units while there are none
    day: int
    today: int  # highest book price of the remembered day
    before: int  # of the day before it
    last: int  # mark
    previous: int  # mark before it, an hour earlier at least
    last_at: int
    units: int = 0
    status: Status = Status.OK
    above: int = 0  # reference over book, bps
    failed_at: int = 0
    good_at: int = 0
    good: int = 0  # good reads in a row that count
    live: bool = True  # not retired
    runoff: int = 0  # X: units of leavers that wait to become cash
    coverage: int = 0  # R: units of the stayers that were offered liquidity; 0 while nothing waits
    low: int = 0  # highest liquidity seen in the challenge window
    since: int = 0  # start of the challenge window; 0 while there is none
    unsynced: int = 0  # proceeds of runoff that the Vault unwound itself, asset wei
    failing: int = 0  # since when redeems for leavers fail; 0 while they do not, or nothing waits
    owes: int = 0  # clean unwinds after short ones, before unwinding counts as sound again
    short_first: int = 0  # time of the first short unwind of those without an epoch between
    short_last: int = 0  # time of the last short one
    clean_at: int = 0  # time of the last clean one since

    @classmethod
    def listed(
        cls, identifier: int, world: Strategy, terms: Terms, ceiling: int, now: int, epoch: int
    ) -> Position:
        """A strategy as it is listed: every price remembered is the one of now."""
        book = world.read(PROBE, terms.charges_on_exit) or 0
        scale = 0
        while (book << scale) // PROBE < 2**31:
            scale += 1
        price = (book << scale) // PROBE
        return cls(
            identifier, world, terms, ceiling, now + epoch, scale, book, now // DAY, *(price,) * 4, now
        )

    @property
    def probe(self) -> int:
        """Units whose price is asked for."""
        return self.units or PROBE

    @property
    def reference_price(self) -> int:
        """Highest book price of the remembered day and the one before."""
        return max(self.today, self.before)

    def mark(self, units: int) -> int | None:
        """What the strategy says that units are worth."""
        return self.world.read(units, self.terms.charges_on_exit)

    def guard(self, units: int) -> int:
        """Guard value of units: the reference, unless two marks an hour apart have both been lower."""
        return units * min(self.reference_price, max(self.last, self.previous)) >> self.scale

    def worth(self, units: int) -> int:
        """Book value of units, the stayers' or the leavers'."""
        return self.book * units // self.probe

    @property
    def dark(self) -> bool:
        """Whether no price of it can be had: in quarantine, or retired."""
        return not self.live or self.status is Status.QUARANTINED

    @property
    def waits(self) -> bool:
        """Whether leavers wait for something here, be it only for the queue's accounts."""
        return self.runoff > 0 or self.unsynced > 0

    def unwound(self, now: int, epoch: int, units: int, proceeds: int | None) -> None:
        """Note how an unwind went that counts; ``proceeds`` None if it failed."""
        if proceeds is None:
            self._fell_short(now, epoch)
        elif not (self.failing or self.owes):
            return
        elif proceeds * BPS + BPS < self.guard(units) * (BPS - self.terms.tolerance):
            self._fell_short(now, epoch)
        elif self.owes and now - self.clean_at >= SPACING:
            self.clean_at, self.owes = now, self.owes - 1

    def _fell_short(self, now: int, epoch: int) -> None:
        """One moment costs nothing: only what is seen again later, and not too late, is owed for."""
        if now - self.short_last > epoch:
            self.short_first, self.owes = now, 0
        self.short_last, self.clean_at = now, 0
        if now - self.short_first >= SPACING:
            self.owes = SHORT_OWES

    def outlive(self, now: int, epoch: int) -> None:
        """Owe nothing any more once an epoch has passed without a short unwind."""
        if now - self.short_last > epoch:
            self.owes = 0

    def forget(self) -> None:
        """Owe nothing any more once nobody waits."""
        if not self.waits:
            self.owes = 0

    def keep(self, now: int, waited: int, leaving: int) -> int:
        """Part of the guard value in bps that a redemption must bring.

        For units that have ``waited`` it falls while redeems fail; for those ``leaving`` now it does not.
        """
        strict = patient = BPS - self.terms.tolerance
        if self.failing:
            patient -= strict * min(now - self.failing, PATIENCE) // PATIENCE
        return up(waited * patient + leaving * strict, waited + leaving)

    def _scaled(self, value: int, probe: int) -> int:
        return min((value << self.scale) // probe, MAX_PRICE)

    def release(self, units: int) -> int:
        """Take units out of the ledger; returns the book that is let go with dust."""
        kept, left = self.book - up(self.book * units, self.units), self.units - units
        if left == 0 or (kept < DUST and self.guard(left) < DUST):
            self.book = self.book * PROBE // self.units
            self.units = 0
            return kept
        self.units, self.book = left, kept
        return 0

    def poke(self, now: int, elapsed: int) -> None:
        """Note price and health; ``elapsed`` seconds since the last poke of the Vault, at most a day."""
        probe = self.probe
        mark = self.mark(probe)
        if mark is None:
            self._failed(now)
            return
        self._succeeded(now, self._scaled(mark, probe))
        self._turn_day(now, probe)
        ceiling = probe * self.reference_price >> self.scale
        if self.status is not Status.QUARANTINED:
            grown = self.book + up(self.book * self.terms.max_rate * elapsed, BPS * YEAR)
            self.book = min(mark, max(grown, ceiling))
        self.above = 0
        if ceiling > self.book:
            over = up((ceiling - self.book) * BPS, self.book) if self.book else MAX_ABOVE
            self.above = min(over, MAX_ABOVE)
        self.today = max(self.today, self._scaled(self.book, probe))
        if now - self.last_at >= HOUR:
            self.previous, self.last, self.last_at = self.last, self._scaled(mark, probe), now

    def _turn_day(self, now: int, probe: int) -> None:
        day, price = now // DAY, self._scaled(self.book, probe)
        if day == self.day:
            return
        self.before = max(price, self.today) if self.day == day - 1 else price
        self.day, self.today = day, price

    def _failed(self, now: int) -> None:
        self.good = 0
        if self.status is Status.OK:
            self.status, self.failed_at = Status.SUSPECT, now
        elif self.status is Status.SUSPECT and now - self.failed_at >= HOUR:
            self.status = Status.QUARANTINED

    def _succeeded(self, now: int, price: int) -> None:
        if self.status is Status.OK:
            return
        needed = 2
        if self.status is Status.QUARANTINED:
            needed = RETURN_READS
            if abs(price - self.last) * BPS > self.last * RETURN_BAND:
                self.good = 0
        if self.good and now - self.good_at < HOUR:
            return
        self.good, self.good_at = self.good + 1, now
        if self.good >= needed:
            self.status, self.good = Status.OK, 0
