"""A campaign that compares nothing would pass, too: each mutant is a model that is wrong in one place."""

from __future__ import annotations

import pytest
from eth_abi import encode
from hypothesis import HealthCheck, Phase, find, settings

from ganglion.devnet.abi import call_data
from tests.model import (
    budgets,
    capital,
    caps,
    executor,
    exit_queue,
    exit_records,
    fees,
    position,
    price,
    reflexes,
    runoff,
    sentinel,
    trim,
    upkeep,
    vault,
)
from tests.model.arithmetic import BPS, HOUR, PROBE, YEAR
from tests.stateful import wire
from tests.stateful.campaign import MAX_STEPS, OPERATIONS, Mismatch, plan, run
from tests.stateful.driver import amount
from tests.stateful.mutating import constant, instead, method, search, up_in
from tests.stateful.operations import holders, keepers, leavers, stress

POKE = vault.Vault.poke
ALLOCATE = capital.allocate
LATCH = vault.Vault.latch
UNWIND = runoff.unwind
ACT = reflexes.Reflexes._act


def _poke_by_anyone(self: vault.Vault, direct: bool = True) -> upkeep.Observation:
    return POKE(self)


def _allocate_while_dry(market: vault.Vault, *arguments: int) -> capital.Moved:
    dry, market.dry = market.dry, False
    try:
        return ALLOCATE(market, *arguments)
    finally:
        market.dry = dry


def _unwind_for_all(market, place, most=runoff.EVERYTHING, direct=False) -> None:
    UNWIND(market, place, most, True)


def _good_clears(confirmed: bool, self: sentinel.Sentinel, number: int, bad: bool | None, _: int) -> bool:
    if bad is False:
        self.memory = (*self.memory[:number], sentinel.Memory(), *self.memory[number + 1 :])
    return confirmed


def _recover_at_once(_: None, self: sentinel.Sentinel) -> None:
    if self.vault.state is vault.State.STRESS and self.recovery.good == sentinel.GOODS:
        self._change(vault.State.CALM, sentinel.Cause.RECOVERED, self.recovery.first_at)


def _latch_for_all(self: vault.Vault, state: int, caller: str = "sentinel") -> None:
    LATCH(self, state)


def _lapse_early(self: sentinel.Sentinel) -> bool:
    return self.vault.now >= self.beat_at + self.silence


def _charges(market: vault.Vault) -> bool:
    return bool(market.fees.management or market.fees.performance)


def _short_at_once(self: position.Position, now: int, epoch: int) -> None:
    self.short_first = now if now - self.short_last > epoch else self.short_first
    self.short_last, self.clean_at, self.owes = now, 0, position.SHORT_OWES


def _veto_on_higher_price(self: price.Price) -> bool:
    fallen = (self.hi - self.dark) * BPS < self.reference * (BPS - price.FALL_VETO)
    return self.failed or fallen or self.dark * BPS > (self.lo + self.dark) * price.DARK_VETO


def _whole_mark(place: position.Position) -> int:
    mark = place.mark(place.units)
    if place.status is position.Status.QUARANTINED:
        return 0
    return place.book if mark is None else mark


def _recover_and_remember(_: None, self: sentinel.Sentinel) -> None:
    if self.vault.state is vault.State.CALM:
        self.recovery = sentinel.Recovery(sentinel.GOODS, self.changes[-1].since, self.vault.now)


def _trim_anything(self: reflexes.Reflexes, identifier: int, order: reflexes.Order) -> int:
    if order.action != reflexes.Action.TRIM:
        return ACT(self, identifier, order)
    return trim.trim(self.executor, order.target, reflexes.REFLEXES)


def _cover_without_window(market: vault.Vault, place: position.Position, liquid: int) -> runoff.Cover:
    return runoff.Cover(min(place.coverage, liquid) if place.runoff else liquid, 0, 0)


def _never_failing(now: int, place: position.Position, redeemed: int, joined: int, failed: bool) -> int:
    return 0


def _take_nothing(place: position.Position) -> int:
    return 0


def _guard_of_one_mark(_: int, self: position.Position, units: int) -> int:
    return units * min(self.reference_price, self.last) >> self.scale


MUTANTS = {
    "deposit rounds up": method(vault.Vault, "shares_for_deposit", lambda shares, *_: shares + 1),
    "redeem rounds up": method(vault.Vault, "assets_for_redeem", lambda assets, *_: assets + 1),
    "the vault rounds down": up_in(vault),
    "books and references round down": up_in(position),
    "deallocations round down": up_in(capital),
    "seasoning in whole seconds": constant(vault, "FRACTION", 1),
    "veto at 2.99%": constant(price, "FALL_VETO", 299),
    "entry gap of 2.99%": constant(vault, "ENTRY_GAP", 299),
    "petty gap of 11 bps": constant(vault, "PETTY_GAP", 11),
    "a little more dust": constant(position, "DUST", 1_200),
    "a mark waits a second longer": constant(position, "HOUR", HOUR + 1),
    "a book grows a year too fast": constant(position, "YEAR", YEAR - 1),
    "another probe": constant(position, "PROBE", PROBE - 1),
    "guard of one mark": method(position.Position, "guard", _guard_of_one_mark),
    "cut stands a second less": constant(caps, "CUT_STANDS", 604_799),
    "budget refills late": method(budgets.Budget, "spent_at", lambda spent, *_: spent + (spent > 0)),
    "code may poke": lambda patch: patch.setattr(vault.Vault, "poke", _poke_by_anyone),
    "slices leave no dust behind": constant(vault, "DUST", 0),
    "slices leave more dust behind": constant(vault, "DUST", 1_200),
    "quarantine ends a read early": constant(position, "RETURN_READS", 2),
    "a share too many": constant(vault, "MOST_SHARES", 2**128 + 1),
    "a wei too many": constant(vault, "MAX_112", 2**112),
    "smaller positions": constant(capital, "LEAST_BOOK", 900_000),
    "dark veto at 4%": constant(price, "DARK_VETO", 400),
    "saturated references": constant(position, "MAX_ABOVE", 60_000),
    "days of another length": constant(position, "DAY", 21_600),
    "donations count": method(vault.Vault, "excess", lambda *_: 0),
    "parts of leavers round down": up_in(runoff),
    "conversions round up": up_in(exit_records),
    "withdrawals round down": up_in(exit_queue),
    "a dip lowers coverage at once": instead(runoff, "cover", _cover_without_window),
    "failures are forgotten": instead(runoff, "_failing_since", _never_failing),
    "what the vault unwound is lost": instead(runoff, "take_unsynced", _take_nothing),
    "agents are not covered": instead(runoff, "cover_more", lambda place, units: None),
    "leavers leave more dust behind": constant(runoff, "DUST", 1_010),
    "patience of a day less": constant(position, "PATIENCE", 29 * 86_400),
    "a fiftieth is much": constant(capital, "FEW", 50),
    "points never get thin": constant(exit_queue, "THIN", 2**60),
    "no carry is followed": constant(exit_records, "MOST_CARRIES", 0),
    "coarser cash of a point": constant(exit_records, "CASH_UNIT", 2**60),
    "a share less to ask for": constant(exit_queue, "LEAST_REQUEST", 10**4 - 1),
    "seven oldest": constant(exit_queue, "OLDEST", 7),
    "an hour of a second": constant(sentinel, "SPACING", 1),
    "an hour and a second": constant(sentinel, "SPACING", HOUR + 1),
    "one good observation clears": method(sentinel.Sentinel, "_remember", _good_clears),
    "two good observations end stress": constant(sentinel, "GOODS", 2),
    "stress ends within an epoch": method(sentinel.Sentinel, "_recover", _recover_at_once),
    "a heartbeat lapses a second early": instead(sentinel.Sentinel, "lapsed", property(_lapse_early)),
    "liquidity is bad when it is high": constant(sentinel, "LIQUID", 0),
    "the age rounds down": up_in(sentinel),
    "shortfalls round down": up_in(upkeep),
    "dry at 7.95%": constant(upkeep, "DRY", 795),
    "allocations while dry": instead(capital, "allocate", _allocate_while_dry),
    "fresh for three epochs": constant(capital, "STALE", 3),
    "fees on the higher price": instead(fees, "base", lambda market, seen: market.price().hi),
    "fees in stress": instead(fees, "may_charge", lambda market, seen: _charges(market) and not seen.veto),
    "fees under a veto": instead(
        fees, "may_charge", lambda market, seen: _charges(market) and seen.state == 0
    ),
    "fees of two days": constant(fees, "DAY", 172_800),
    "fees of a shorter year": constant(fees, "YEAR", YEAR - 1),
    "fee shares are seasoned": constant(fees, "SEASONING", HOUR),
    "the mark of fees rounds down": up_in(fees),
    "agents' unwinds are judged": instead(runoff, "unwind", _unwind_for_all),
    "two clean unwinds": constant(position, "SHORT_OWES", 2),
    "an unwind of anything counts": constant(runoff, "COUNTS", 10**40),
    "one short unwind is enough": instead(position.Position, "_fell_short", _short_at_once),
    "unwinds a second less apart": constant(position, "SPACING", HOUR - 1),
    "unwinds a second further apart": constant(position, "SPACING", HOUR + 1),
    "short unwinds are never outlived": instead(position.Position, "outlive", lambda *_: None),
    "the veto looks at the higher price": instead(price.Price, "veto", property(_veto_on_higher_price)),
    "marks above their references": instead(upkeep.Upkeep, "_marked", staticmethod(_whole_mark)),
    "a first mark at any price": constant(fees, "LEVEL", 10**4),
    "a recovery is remembered": method(sentinel.Sentinel, "_recover", _recover_and_remember),
    "a reflex trims anything": instead(reflexes.Reflexes, "_act", _trim_anything),
    "a shorter silence lapses": constant(sentinel, "LEFT", 0),
    "what is owed is never forgotten": instead(position.Position, "forget", lambda self: None),
    "targets at 8.1%": constant(executor, "LEAST_LIQUID", 810),
    "anybody latches": instead(vault.Vault, "latch", _latch_for_all),
    "guardians loosen limits": instead(sentinel.Thresholds, "looser_than", lambda self, other: False),
    "a trim a second later": constant(trim, "HOUR", 1),
    "a trim remembers for two days": constant(trim, "DAY", 172_800),
    "a trim loses all of the tolerance": constant(trim, "LOSS", 1),
    "a reflex a second later": constant(reflexes, "SPACING", 1),
    "a reflex is armed for two days": constant(reflexes, "DAY", 172_800),
}


# What takes a strategy that pays short, hours between unwinds, and the last of those who wait.
FOCUS = {
    "what is owed is never forgotten": (keepers, leavers, stress),
    "patience of a day less": (keepers, leavers, stress),
    "unwinds a second less apart": (keepers, leavers, stress),
    "leavers leave more dust behind": (holders, keepers, leavers),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_campaign__wrong_model__is_found(all_worlds, monkeypatch, name):
    MUTANTS[name](monkeypatch)
    with pytest.raises(Mismatch):
        search(all_worlds, *FOCUS.get(name, ()))


def test_mismatch__shrunk__is_a_readable_list(all_worlds, monkeypatch):
    MUTANTS["redeem rounds up"](monkeypatch)
    world = all_worlds[1]

    def differs(operations):
        try:
            run(world, operations)
        except Mismatch:
            return True
        return False

    quiet = settings(
        max_examples=500, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    operations = find(OPERATIONS, differs, settings=settings(quiet, phases=[Phase.generate, Phase.shrink]))
    assert len(plan(world, operations)) <= 2
    with pytest.raises(Mismatch, match=r"(?s)two strategies.*1\. \+0 .*the last step differs:\n  \w+: chain"):
        run(world, operations)


def test_amount__every_size__covers_part_edge_dust_and_beyond():
    amounts = [amount(size, 10_000) for size in range(256)]
    assert {9_999, 10_000, 10_001} <= set(amounts)
    assert {0, 1, 2} <= set(amounts)
    assert max(amounts) == 40_000
    assert sum(0 < value < 10_000 for value in amounts) > 150


def test_wire__against_eth_abi__is_equal():
    account = "0x" + "ab" * 20
    assert wire.call("deposit(uint256,address)", 7, account) == call_data(
        "deposit(uint256,address)", 7, account
    )
    moved = capital.Moved(1, 2, 3, 4, 5)
    assert wire.moved(moved) == "0x" + encode(["uint256"] * 5, [1, 2, 3, 4, 5]).hex()
    assert wire.revert("") == "0x"


def test_drawn__zeros__are_no_steps(all_worlds):
    assert plan(all_worlds[0], [0] * MAX_STEPS) == []
    assert [step.text for step in plan(all_worlds[0], [0, 1, 0])] == ["poke()"]
