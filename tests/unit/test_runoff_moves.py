"""allocate, deallocate and evacuate where leavers wait: they are paid first, and only covered units move."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import LEAVER, STRANGER
from tests.unit.bed import ALLOCATE, DEALLOCATE, EXECUTOR, M112, STRESS, WINDDOWN, ceil_div
from tests.unit.events import event
from tests.unit.leavers import HOLDERS, SECOND, Leavers
from tests.unit.refusals import Refusal

EVACUATE = "evacuate(uint256,uint256)"


@pytest.fixture
def waiting(leavers: Leavers) -> Leavers:
    """A tenth of the first strategy waits, and nothing of it is liquid."""
    leavers.drain(1)
    leavers.settled()
    return leavers


def split(bed: Leavers, liquid: int) -> tuple[int, int]:
    """Units that leavers and stayers get of a first liquidity."""
    part = ceil_div(liquid * bed.waiting(1), bed.waiting(1) + bed.units(1))
    return part, liquid - part


# ------------------------------------------------------------------ deallocate


def test_deallocate__liquidity_came__pays_leavers_first_and_takes_what_is_covered(waiting: Leavers) -> None:
    bed = waiting
    liquid = 100_000 * bed.unit
    part, covered = split(bed, liquid)
    held, waited, idle, owed = bed.units(1), bed.waiting(1), bed.idle(), bed.owed()
    bed.liquid(1, liquid)
    receipt = bed.deallocate(1, M112)
    assert bed.runoff(1) == (waited - part, part)
    assert bed.units(1) == held - covered
    assert (bed.idle(), bed.owed()) == (idle + covered, owed + part)
    assert bed.coverage(1) == (0, 0, 0)
    assert bed.events(receipt) == [
        event(bed.vault, "Unwound", id=1, units=part, assets=part),
        event(bed.vault, "Deallocated", id=1, assets=covered, units=covered, loss=0),
    ]
    assert bed.is_solvent()


def test_deallocate__part_of_what_is_covered__lowers_coverage_by_it(waiting: Leavers) -> None:
    bed = waiting
    liquid, amount = 100_000 * bed.unit, 30_000 * bed.unit
    covered = split(bed, liquid)[1]
    bed.liquid(1, liquid)
    bed.deallocate(1, amount)
    assert bed.coverage(1)[0] == covered - amount


def test_deallocate__nothing_liquid__is_refused(waiting: Leavers) -> None:
    with waiting.refused(Refusal.NOT_LIQUID):
        waiting.deallocate(1, 1)


def test_deallocate__liquid_and_not_covered__is_refused(waiting: Leavers) -> None:
    bed = waiting
    bed.refill(1)
    bed.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    with bed.refused(Refusal.NOT_LIQUID):
        bed.deallocate(1, 1)


def test_deallocate__drained_below_coverage__takes_what_is_there(waiting: Leavers) -> None:
    bed = waiting
    bed.liquid(1, 100_000 * bed.unit)
    bed.unwind(1)
    covered = bed.coverage(1)[0]
    bed.liquid(1, 10_000 * bed.unit)
    idle = bed.idle()
    bed.deallocate(1, M112)
    assert bed.idle() == idle + 10_000 * bed.unit
    assert bed.coverage(1) == (covered - 10_000 * bed.unit, 0, bed.now())


def test_deallocate__all_liquid__pays_everyone_and_goes_on_as_without_leavers(waiting: Leavers) -> None:
    bed = waiting
    bed.refill(1)
    held, waited = bed.units(1), bed.waiting(1)
    bed.deallocate(1, 50_000 * bed.unit)
    assert bed.runoff(1) == (0, waited)
    assert bed.units(1) == held - 50_000 * bed.unit
    bed.deallocate(1, M112)
    assert (bed.units(1), bed.runoff(1)) == (0, (0, waited))
    bed.unwind(1)
    assert bed.runoff(1) == (0, 0)
    assert bed.of(1, LEAVER).pending == 0


def test_deallocate__what_the_vault_unwound__is_credited_by_the_next_unwind(waiting: Leavers) -> None:
    bed = waiting
    bed.liquid(1, 100_000 * bed.unit)
    before = bed.of(1, LEAVER).assets
    bed.deallocate(1, bed.unit)
    came = bed.runoff(1)[1]
    receipt = bed.unwind(1)
    assert bed.events(receipt) == [event(bed.queue, "Credited", strategy=1, generation=1, assets=came)]
    assert bed.of(1, LEAVER).assets == pytest.approx(before + came, abs=1)


def test_deallocate__what_the_vault_unwound__is_credited_before_others_join(waiting: Leavers) -> None:
    bed = waiting
    bed.liquid(1, 100_000 * bed.unit)
    bed.deallocate(1, bed.unit)
    came, seen = bed.runoff(1)[1], bed.of(1, LEAVER)
    bed.drain(1)
    bed.request(SECOND, bed.shares(SECOND))
    bed.mature()
    receipt = bed.settle()
    names = [entry.name for entry in bed.events(receipt)]
    assert names.index("Credited") < names.index("Joined")
    credited = next(entry for entry in bed.events(receipt) if entry.name == "Credited")
    assert credited.fields["assets"] == came
    assert bed.of(1, LEAVER).assets == seen.assets
    assert bed.of(2, SECOND).assets == bed.of(2, SECOND).paid + bed.of(2, SECOND).assets


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_deallocate__state_not_calm__pays_leavers_first(waiting: Leavers, state: int) -> None:
    waiting.latch(state)
    waiting.refill(1)
    waiting.deallocate(1, waiting.unit)
    assert waiting.waiting(1) == 0


def test_deallocate__leavers_wait_elsewhere__is_as_without(waiting: Leavers) -> None:
    waiting.deallocate(2, M112)
    assert waiting.units(2) == 0
    assert waiting.waiting(1) > 0


def test_moves__anyone_but_the_executor__are_refused(waiting: Leavers) -> None:
    waiting.refill(1)
    for signature in (ALLOCATE, DEALLOCATE):
        with waiting.refused(Refusal.UNAUTHORISED):
            waiting.act(STRANGER, signature, 1, waiting.unit, 0)


# ------------------------------------------------------------------ allocate


def test_allocate__brings_its_liquidity__is_covered(waiting: Leavers) -> None:
    bed, amount = waiting, 10_000 * waiting.unit
    held, waited = bed.units(1), bed.waiting(1)
    bed.refill(1)
    bed.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    bed.poke()
    receipt = bed.allocate(1, amount)
    assert (bed.units(1), bed.waiting(1)) == (held + amount, waited)
    assert bed.coverage(1)[0] == amount
    told = event(bed.vault, "Allocated", id=1, assets=amount, units=amount, loss=0)
    assert bed.events(receipt) == [told]
    bed.dial(1, Group.REDEEM, Mode.HONEST)
    bed.deallocate(1, amount)
    assert bed.waiting(1) == 0


def test_allocate__half_of_it_liquid__covers_half(leavers: Leavers) -> None:
    bed, amount = leavers, 10_000 * leavers.unit
    bed.drain(1)
    bed.exit_now(LEAVER, bed.shares(LEAVER) // 11)
    bed.refill(1)
    bed.dial(1, Group.REDEEM, Mode.REVERT_REASON)
    bed.dial(1, Group.MAX, Mode.LIE_DOWN, 5_000)
    bed.allocate(1, amount)
    assert bed.coverage(1)[0] == pytest.approx(amount // 2, abs=1)


def test_allocate__locks_capital_in__is_refused_beyond_a_hundredth(waiting: Leavers) -> None:
    bed = waiting
    assert bed.waiting(1) * 100 > bed.units(1) + bed.waiting(1)
    with bed.refused(Refusal.LOCKED_IN):
        bed.allocate(1, bed.unit)
    bed.poke()
    bed.allocate(2, bed.unit)


def test_allocate__less_than_a_hundredth_waits__passes_uncovered(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    bed.exit_now(LEAVER, bed.shares(LEAVER) // 11)
    assert 0 < bed.waiting(1) * 100 <= bed.units(1) + bed.waiting(1)
    held = bed.units(1)
    receipt = bed.allocate(1, 5_000 * bed.unit)
    assert bed.units(1) == held + 5_000 * bed.unit
    assert bed.coverage(1)[0] == 0
    assert bed.events(receipt) == [
        event(bed.vault, "Allocated", id=1, assets=5_000 * bed.unit, units=5_000 * bed.unit, loss=0)
    ]


def test_allocate__all_liquid__pays_leavers_and_goes_on_as_without(waiting: Leavers) -> None:
    waiting.refill(1)
    held, waited = waiting.units(1), waiting.waiting(1)
    waiting.poke()
    waiting.allocate(1, 5_000 * waiting.unit)
    assert waiting.runoff(1) == (0, waited)
    assert waiting.units(1) == held + 5_000 * waiting.unit


def test_allocate__where_only_proceeds_are_left__is_as_without(waiting: Leavers) -> None:
    bed = waiting
    bed.refill(1)
    bed.deallocate(1, bed.unit)
    assert bed.runoff(1)[0] == 0 < bed.runoff(1)[1]
    bed.drain(1)
    bed.poke()
    bed.allocate(1, 5_000 * bed.unit)
    bed.unwind(1)
    assert bed.of(1, LEAVER).pending == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda bed: bed.latch(STRESS), Refusal.NOT_CALM),
        (lambda bed: bed.limits(idle_floor=10_000), Refusal.IDLE_FLOOR),
        (lambda bed: bed.govern("set_ceiling(uint256,uint256)", 1, 1), Refusal.OVER_CEILING),
    ],
    ids=["state", "idle floor", "ceiling"],
)
def test_allocate__where_leavers_wait__keeps_every_other_limit(
    leavers: Leavers, trouble: object, reason: Refusal
) -> None:
    bed = leavers.drain(1)
    bed.exit_now(LEAVER, bed.shares(LEAVER) // 11)
    trouble(bed)  # type: ignore[operator]
    with bed.refused(reason):
        bed.allocate(1, 5_000 * bed.unit)


# ------------------------------------------------------------------ evacuate


def test_evacuate__by_anyone__brings_covered_units_to_idle(waiting: Leavers) -> None:
    bed = waiting
    liquid = 100_000 * bed.unit
    part, covered = split(bed, liquid)
    held, idle, total = bed.units(1), bed.idle(), bed.totals()[0]
    bed.liquid(1, liquid)
    receipt = bed.act(STRANGER, EVACUATE, 1, M112)
    assert (bed.units(1), bed.idle()) == (held - covered, idle + covered)
    assert bed.totals()[0] == total
    assert bed.events(receipt) == [
        event(bed.vault, "Unwound", id=1, units=part, assets=part),
        event(bed.vault, "Deallocated", id=1, assets=covered, units=covered, loss=0),
    ]
    assert bed.is_solvent()


def test_evacuate__result__is_what_a_deallocation_tells(waiting: Leavers) -> None:
    waiting.liquid(1, 100_000 * waiting.unit)
    amount = 10_000 * waiting.unit
    found = waiting.foreseen(STRANGER, EVACUATE, 1, amount, returns=("uint256",) * 5)
    assert found == (amount, amount, 0, 0, 0)


def test_evacuate__leavers__get_what_they_would_without(waiting: Leavers) -> None:
    bed = waiting
    bed.liquid(1, 100_000 * bed.unit)
    snapshot = bed.rpc.call("evm_snapshot")
    bed.unwind(1)
    alone = bed.of(1, LEAVER)
    bed.rpc.call("evm_revert", snapshot)
    bed.act(STRANGER, EVACUATE, 1, M112)
    assert bed.of(1, LEAVER) == alone


@pytest.mark.parametrize("state", [STRESS, WINDDOWN])
def test_evacuate__state_not_calm__passes(waiting: Leavers, state: int) -> None:
    waiting.latch(state)
    waiting.liquid(1, 100_000 * waiting.unit)
    waiting.act(STRANGER, EVACUATE, 1, M112)


def test_evacuate__hardly_anything_waits__is_refused(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    shares = bed.shares(LEAVER) // 11
    bed.exit_now(LEAVER, shares)
    bed.liquid(1, 100_000 * bed.unit)
    assert 0 < bed.waiting(1) * 100 <= bed.units(1) + bed.waiting(1)
    with bed.refused(Refusal.NOT_WAITING):
        bed.act(STRANGER, EVACUATE, 1, M112)
    bed.drain(1)
    bed.exit_now(LEAVER, bed.shares(LEAVER) // 10)
    assert bed.waiting(1) * 100 > bed.units(1) + bed.waiting(1)
    bed.liquid(1, 100_000 * bed.unit)
    bed.act(STRANGER, EVACUATE, 1, M112)


def test_evacuate__exactly_a_hundredth__is_refused_and_one_unit_more_passes(waiting: Leavers) -> None:
    bed = waiting
    hundredth = bed.units(1) // 99
    bed.refill(1)
    bed.unwind(1, bed.waiting(1) - hundredth - 1)
    assert bed.waiting(1) == hundredth + 1
    bed.liquid(1, bed.coverage(1)[0])
    snapshot = bed.rpc.call("evm_snapshot")
    bed.act(STRANGER, EVACUATE, 1, bed.unit)
    bed.rpc.call("evm_revert", snapshot)
    bed.rpc.call("anvil_setBalance", bed.queue, hex(10**18))
    bed.act(bed.queue, "give_back(uint256)", 1)
    assert bed.waiting(1) == hundredth
    with bed.refused(Refusal.NOT_WAITING):
        bed.act(STRANGER, EVACUATE, 1, bed.unit)


@pytest.mark.parametrize("identifier", [0, 2, 4, 255])
def test_evacuate__nothing_waits__is_refused(waiting: Leavers, identifier: int) -> None:
    with waiting.refused(Refusal.NOT_WAITING):
        waiting.act(STRANGER, EVACUATE, identifier, M112)


def test_evacuate__leavers_are_all_paid_first__is_refused(waiting: Leavers) -> None:
    waiting.refill(1)
    with waiting.refused(Refusal.NOT_WAITING):
        waiting.act(STRANGER, EVACUATE, 1, M112)


def test_evacuate__nothing_covered__is_refused(waiting: Leavers) -> None:
    with waiting.refused(Refusal.NOT_LIQUID):
        waiting.act(STRANGER, EVACUATE, 1, M112)


def test_evacuate__of_nothing__is_refused(waiting: Leavers) -> None:
    waiting.liquid(1, 100_000 * waiting.unit)
    with waiting.refused(Refusal.ZERO_AMOUNT):
        waiting.act(STRANGER, EVACUATE, 1, 0)


def test_evacuate__strategy_charges_more_than_its_tolerance__is_refused(waiting: Leavers) -> None:
    waiting.liquid(1, 100_000 * waiting.unit)
    waiting.unwind(1)
    waiting.dial(1, Group.FEE, Mode.EXIT_FEE, 51)
    with waiting.refused(Refusal.SLIPPAGE):
        waiting.act(STRANGER, EVACUATE, 1, M112)


def test_evacuate__while_a_third_party_drains__saves_what_is_covered(waiting: Leavers) -> None:
    bed = waiting
    bed.liquid(1, 100_000 * bed.unit)
    bed.act(STRANGER, EVACUATE, 1, 40_000 * bed.unit)
    covered = bed.coverage(1)[0]
    assert covered > 0
    bed.drain(1)
    bed.ripen()
    bed.unwind(1)
    assert bed.coverage(1)[0] == covered
    for holder in HOLDERS[1:]:
        bed.exit_now(holder, bed.shares(holder))
    assert bed.is_solvent()


def test_moves__of_an_agent_between_exits__outrun_no_leaver(leavers: Leavers) -> None:
    bed = leavers.drain(1)
    bed.settled(LEAVER)
    bed.liquid(1, 30_000 * bed.unit)
    before = bed.of(1, LEAVER).assets
    part, _ = split(bed, 30_000 * bed.unit)
    for _ in range(4):
        bed.rpc.transact(EXECUTOR, bed.vault, DEALLOCATE, 1, 5_000 * bed.unit, 0)
    assert bed.of(1, LEAVER).assets == pytest.approx(before + part, abs=4)
