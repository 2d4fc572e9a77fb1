"""The ExitQueue: requests become records, records become cash, and each user claims a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from tests.model import runoff
from tests.model.arithmetic import Refused, up
from tests.model.exit_records import (
    Generation,
    Line,
    Record,
    Request,
    Slice,
    Standing,
    Walked,
    private,
    standing,
    walk,
)
from tests.model.parameters import State
from tests.model.position import Position, Status
from tests.model.vault import Vault

LEAST_REQUEST = 10**4  # times the virtual shares
MOST_SHARES = 2**128 - 1
THIN = 2**28  # points for a unit, above which a new generation starts
OLDEST = 8  # unfinished requests that ERC-7540's own calls reach
ALL = runoff.EVERYTHING
NOBODY = "nobody"  # whose name is the zero address


def insist(condition: bool, reason: str) -> None:
    """Refuse with the queue's reason unless ``condition``."""
    if not condition:
        raise Refused(f"queue: {reason}")


@dataclass(eq=False)
class ExitQueue:
    """The queue of one Vault; everything in its tables is replaced, never changed."""

    TABLES: ClassVar = ("records", "requests", "unfinished", "generations", "operators")
    vault: Vault
    records: dict[int, Record] = field(default_factory=dict)
    requests: dict[tuple[str, int], Request] = field(default_factory=dict)
    unfinished: dict[str, tuple[int, ...]] = field(default_factory=dict)  # by controller, oldest first
    generations: dict[int, tuple[Generation, ...]] = field(default_factory=dict)  # by strategy
    operators: dict[tuple[str, str], bool] = field(default_factory=dict)
    open_id: int = 0  # of the epoch that takes requests; 0 before the first
    open_shares: int = 0
    opened_at: int = 0
    last_id: int = 0

    def parts(self) -> list[object]:
        """What a call may change here, for ``Undo``."""
        return [self]

    # -- authorisation ---------------------------------------------------------

    def set_operator(self, holder: str, operator: str, approved: bool) -> None:
        """Let an operator act for a holder, or no longer."""
        self.operators[holder, operator] = approved

    def may_act(self, caller: str, holder: str) -> bool:
        """Whether a caller is the holder or an operator of the holder."""
        return caller == holder or self.operators.get((holder, caller), False)

    def _spender(self, caller: str, owner: str) -> str:
        return owner if self.may_act(caller, owner) else caller

    # -- the open epoch --------------------------------------------------------

    @property
    def due(self) -> bool:
        """Whether the open epoch can be settled."""
        return self.open_shares > 0 and self.vault.now >= self.opened_at + self.vault.epoch

    def request_redeem(self, caller: str, shares: int, controller: str, owner: str) -> int:
        """Ask to leave with the open epoch; returns its id."""
        insist(controller != NOBODY, "no controller")
        whole = 0 < shares == self.vault.shares[owner]
        insist(whole or shares >= LEAST_REQUEST * self.vault.virtual, "below the least request")
        if self.due:
            self.settle()
        insist(self.open_shares + shares <= MOST_SHARES, "too many shares")
        self.vault.escrow(owner, self._spender(caller, owner), shares)
        if self.open_id == 0:
            self.open_id = self._next_id()
        if self.open_shares == 0:
            self.opened_at = self.vault.now
        self.open_shares += shares
        key = controller, self.open_id
        if key not in self.requests:
            self.unfinished[controller] = (*self.unfinished.get(controller, ()), self.open_id)
        asked = self.requests.get(key, Request(0))
        self.requests[key] = replace(asked, shares=asked.shares + shares)
        return self.open_id

    def cancel(self, caller: str, identifier: int, controller: str, receiver: str) -> int:
        """Take a request of the open epoch back; returns the shares."""
        insist(self.may_act(caller, controller), "not the controller")
        asked = self._request(controller, identifier)
        insist(identifier == self.open_id, "settled")
        self.open_shares -= asked.shares
        self._forget(controller, identifier)
        self.vault.give_back(receiver, asked.shares)
        return asked.shares

    def settle(self) -> int:
        """Turn the open epoch into a record; returns its id."""
        insist(self.due, "not due")
        identifier = self.open_id
        self.records[identifier], promised = self._leave(self.open_shares, ALL)
        due, cash = self.opened_at + self.vault.epoch, self.records[identifier].cash
        self.vault.tell("Settled", identifier, self.open_shares, cash, promised, due)
        self.open_id = self.open_shares = self.opened_at = 0
        return identifier

    def exit_now(
        self, caller: str, shares: int, receiver: str, owner: str, min_cash: int, tries: int = ALL
    ) -> tuple[int, int]:
        """Leave at once; returns the id of what waits, or 0, and the cash that was paid."""
        insist(shares > 0, "zero shares")
        insist(shares <= MOST_SHARES, "too many shares")
        self.vault.collect(owner, self._spender(caller, owner), shares)
        record = replace(self._leave(shares, tries)[0], own=True)
        insist(record.cash >= min_cash, "below min_cash")
        identifier = 0
        if record.slices:
            identifier = self._next_id()
            self.records[identifier] = record
            waiting = max(1, sum(part.shares for part in record.slices))
            self._add(owner, identifier, Request(shares, max(0, shares - waiting), record.cash))
        self.vault.pay_owed(receiver, record.cash)
        return identifier, record.cash

    def _next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    # -- runoff ----------------------------------------------------------------

    def _leave(self, shares: int, tries: int) -> tuple[Record, int]:
        """The record of an exit, and what it stood at before, asset wei."""
        left = runoff.leave(self.vault, shares, tries)
        total = left.cash + sum(part.worth for part in left.parts)
        slices = []
        for part in left.parts:
            position = self.vault.ever_listed(part.id)
            self._credit(part.id, part.credited)
            standing_for = shares * part.worth // total if total else 0
            joined = self._join(position, part.joined, standing_for) if part.joined else None
            if joined is not None:
                slices.append(joined)
        record = Record(shares, left.cash, self.vault.now if slices else 0, tuple(slices))
        return record, left.promised

    def _join(self, position: Position, units: int, shares: int) -> Slice | None:
        """Give points for units that the Vault has added to its runoff already."""
        before = position.runoff - units
        self._begin_generation(position.id, before)
        generations = self.generations[position.id]
        current = generations[-1]
        points = kept = units
        if current.points:
            points = units * current.points // before
            kept = points * before // current.points
        if kept < units:
            runoff.return_unit(position)
        if kept == 0:
            return None
        grown = replace(current, points=current.points + points)
        self.generations[position.id] = (*generations[:-1], grown)
        return Slice(position.id, len(generations) - 1, points, current.received, kept, shares)

    def _begin_generation(self, strategy: int, units: int) -> None:
        """Start a generation where there is none, none waits, or too few units are left for its points."""
        generations = self.generations.get(strategy, ())
        if not generations:
            self.generations[strategy] = (Generation(),)
        elif generations[-1].points == 0 or units == 0:
            self.generations[strategy] = (*generations, Generation())
        elif units * THIN < generations[-1].points:
            ended = replace(generations[-1], carry=units)
            self.generations[strategy] = (*generations[:-1], ended, Generation(points=units))

    def _credit(self, strategy: int, proceeds: int) -> None:
        if proceeds:
            generations = self.generations[strategy]
            self.generations[strategy] = (*generations[:-1], generations[-1].credited(proceeds))

    def _sync(self, position: Position) -> int:
        unsynced = runoff.sync(position)
        self._credit(position.id, unsynced)
        return unsynced

    def unwind(self, strategy: int, most: int = ALL, direct: bool = True) -> int:
        """Turn runoff into cash, as far as it is liquid; returns what was credited, asset wei.

        With ``most`` 0 nothing is asked for; only what the Vault unwound itself is credited.
        ``direct``: whether the caller is an account without code.
        """
        position = self.vault.ever_listed(strategy)
        if position is None:
            return 0
        if most:
            runoff.unwind(self.vault, position, most, direct)
        return self._sync(position)

    def write_off(self, strategy: int) -> None:
        """Let nobody wait any longer for a strategy whose book is 0; what it still pays goes to the same."""
        position = self.vault.ever_listed(strategy)
        insist(position is None or (position.book == 0 and position.dark), "not worthless")
        insist(position is not None and position.runoff > 0, "nothing waits")
        generations = self.generations[strategy]
        self.generations[strategy] = (*generations[:-1], replace(generations[-1], written_off=True))

    def line(self, position: Position) -> Line:
        """A strategy's generations with what the Vault has unwound itself."""
        generations = self.generations.get(position.id, ())
        if generations and position.unsynced:
            generations = (*generations[:-1], generations[-1].credited(position.unsynced))
        return Line(generations, position.runoff)

    def lines(self) -> dict[int, Line]:
        """All lines by strategy."""
        return {position.id: self.line(position) for position in self.vault.positions}

    def walked(self, part: Slice) -> Walked:
        """What a slice has received, and what waits for it."""
        return walk(self.line(self.vault.ever_listed(part.strategy)), part)

    def _standing(self, record: Record) -> Standing:
        return standing(record, self.lines())

    # -- claims ----------------------------------------------------------------

    def claimable(self, controller: str, identifier: int) -> tuple[int, int]:
        """Shares and assets of a request that can be claimed now."""
        asked = self.requests.get((controller, identifier))
        if asked is None or identifier not in self.records:
            return 0, 0
        record = self.records[identifier]
        converted, cash, _ = self._standing(record)
        shares = asked.shares * converted // record.shares - asked.claimed
        assets = asked.shares * cash // record.shares - asked.paid
        return max(0, shares), max(0, assets)

    def proceeds(self, identifier: int) -> tuple[int, int, bool]:
        """Shares of a record, its cash so far in asset wei, and whether more may come."""
        if identifier not in self.records:
            return 0, 0, False
        record = self.records[identifier]
        stands = self._standing(record)
        return record.shares, stands.cash, stands.waits

    def pending(self, controller: str, identifier: int) -> int:
        """Shares of a request that wait."""
        asked = self.requests.get((controller, identifier), Request(0))
        return asked.shares - asked.claimed - self.claimable(controller, identifier)[0]

    def _oldest(self, controller: str) -> list[tuple[int, int, int]]:
        """Id, shares and assets of what ERC-7540's own calls reach; the open epoch takes a place, too."""
        return [
            (identifier, *self.claimable(controller, identifier))
            for identifier in self.unfinished.get(controller, ())[:OLDEST]
        ]

    def max_redeem(self, controller: str) -> int:
        """Most shares that ``redeem`` takes."""
        return sum(shares for _, shares, _ in self._oldest(controller))

    def max_withdraw(self, controller: str) -> int:
        """Most assets that ``withdraw`` pays."""
        return sum(assets for _, _, assets in self._oldest(controller))

    def redeem(self, caller: str, shares: int, receiver: str, controller: str) -> int:
        """Claim shares, the oldest request first; returns the assets, rounded down for each request."""
        insist(self.may_act(caller, controller), "not the controller")
        rest, total = shares, 0
        for identifier, most, assets in self._oldest(controller):
            part = min(rest, most)
            if part:
                paid = assets * part // most
                self._claimed(controller, identifier, part, paid, paid == assets)
                rest, total = rest - part, total + paid
        insist(rest == 0, "over maxRedeem")
        self.vault.pay_owed(receiver, total)
        return total

    def withdraw(self, caller: str, assets: int, receiver: str, controller: str) -> int:
        """Claim assets, the oldest request first; returns the shares, rounded up for each request."""
        insist(self.may_act(caller, controller), "not the controller")
        rest, total = assets, 0
        for identifier, shares, most in self._oldest(controller):
            part = min(rest, most)
            if part:
                taken = up(shares * part, most)
                self._claimed(controller, identifier, taken, part, part == most)
                rest, total = rest - part, total + taken
        insist(rest == 0, "over maxWithdraw")
        self.vault.pay_owed(receiver, assets)
        return total

    def claim(self, caller: str, identifier: int, controller: str, receiver: str) -> tuple[int, int]:
        """Claim all of a request that can be had; returns shares and assets, 0 where there is none."""
        insist(self.may_act(caller, controller), "not the controller")
        shares, assets = self.claimable(controller, identifier)
        if shares or assets:
            self._claimed(controller, identifier, shares, assets, True)
            self.vault.pay_owed(receiver, assets)
        return shares, assets

    def _claimed(self, controller: str, identifier: int, shares: int, assets: int, all_cash: bool) -> None:
        """Note a claim; a request that nothing can come for any more is forgotten."""
        asked = self.requests[controller, identifier]
        claimed = asked.claimed + shares
        self.requests[controller, identifier] = Request(asked.shares, claimed, asked.paid + assets)
        if claimed == asked.shares:
            self._finish(controller, identifier)
            if all_cash and not self._standing(self.records[identifier]).waits:
                del self.requests[controller, identifier]

    def _request(self, controller: str, identifier: int) -> Request:
        asked = self.requests.get((controller, identifier))
        insist(asked is not None, "no such request")
        return asked

    def _add(self, controller: str, identifier: int, asked: Request) -> None:
        self.requests[controller, identifier] = asked
        if asked.claimed < asked.shares:
            self.unfinished[controller] = (*self.unfinished.get(controller, ()), identifier)

    def _finish(self, controller: str, identifier: int) -> None:
        left = self.unfinished.get(controller, ())
        self.unfinished[controller] = tuple(number for number in left if number != identifier)

    def _forget(self, controller: str, identifier: int) -> None:
        del self.requests[controller, identifier]
        self._finish(controller, identifier)

    # -- private records and payment in kind -----------------------------------

    def detach(self, caller: str, identifier: int, controller: str) -> int:
        """Turn a user's part of a record into a record of its own; returns its id."""
        insist(self.may_act(caller, controller), "not the controller")
        asked = self._request(controller, identifier)
        insist(identifier in self.records, "not settled")
        if self.records[identifier].own:
            return identifier
        own = private(self.records[identifier], asked.shares)
        self._forget(controller, identifier)
        number = self._next_id()
        self.records[number] = own
        self._add(controller, number, asked)
        return number

    def in_kind(self, caller: str, identifier: int, controller: str, strategy: int, receiver: str) -> int:
        """Hand out the units of one strategy that wait for a user; returns how many."""
        insist(self.may_act(caller, controller), "not the controller")
        identifier = self.detach(caller, identifier, controller)
        record, position = self.records[identifier], self.vault.ever_listed(strategy)
        aged = self.vault.now >= record.time + self.vault.epoch
        sick = position is not None and position.live and position.status is Status.QUARANTINED
        insist(aged or sick or self.vault.state is State.WINDDOWN, "not yet in kind")
        insist(position is not None, "nothing waits")
        self._sync(position)
        taken = next((part for part in record.slices if part.strategy == strategy), None)
        insist(taken is not None, "nothing waits")
        walked = self.walked(taken)
        insist(walked.waiting > 0, "nothing waits")
        rest = tuple(part for part in record.slices if part is not taken)
        self.records[identifier] = replace(record, cash=record.cash + walked.cash, slices=rest)
        generations = self.generations[strategy]
        current = generations[-1]
        gone = walked.waiting * current.points // position.runoff
        self.generations[strategy] = (*generations[:-1], replace(current, points=current.points - gone))
        runoff.hand_out(self.vault, position, walked.waiting, receiver)
        return walked.waiting
