"""Limits, pause, executor and guardians: bounds, packing, events."""

from __future__ import annotations

import pytest

from ganglion.devnet.rpc import Rpc
from tests.treasury import (
    CLOCK,
    DEPLOYER,
    DEPOSITOR,
    GOVERNOR,
    GUARDIAN,
    HOT,
    LEAVER,
    LIMITS,
    LISTING,
    PETTY,
    STRANGER,
    Limits,
    deploy_vault,
    deploy_vyper,
)
from tests.unit.bed import (
    FUNDS,
    M112,
    WITHDRAW,
    ZERO,
    Bed,
    reverts,
)
from tests.unit.events import event

SET_FLAGS, SET_LIMITS, SET_IDLE_FLOOR, SET_EXECUTOR, SET_CEILING = 1, 2, 3, 4, 6
SEALED, PAUSED = 4, 8


def flags(bed: Bed) -> int:
    """State, sealed, paused."""
    return (bed.word(HOT) >> 192) & 255


def six_digits(cap: int) -> tuple[int, int]:
    """Mantissa and exponent of a deposit cap, rounded down."""
    exponent = max(len(str(cap)) - 6, 0)
    return cap // 10**exponent, exponent


# ------------------------------------------------------------------ limits


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"deposit_cap": M112 + 1}, "steward: deposit_cap too large"),
        ({"entry_fee": 51}, "steward: entry_fee over 50"),
        ({"hold": 604_801}, "steward: hold over 7 days"),
        ({"petty_share": 1_001}, "steward: petty over 1000"),
        ({"petty_fee": 1_001}, "steward: petty over 1000"),
        ({"petty_fee": 0, "petty_share": 1}, "steward: petty_fee is 0"),
        ({"idle_floor": 10_001}, "steward: idle_floor over 10000"),
    ],
    ids=str,
)
def test_set_limits__one_over__is_refused(bed: Bed, change: dict[str, int], reason: str) -> None:
    with bed.refused(reason):
        bed.limits(**change)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(M112, 50, 604_800, 1_000, 1_000, 10_000),
        Limits(0, 0, 0, 0, 0, 0),
        Limits(1, 1, 1, 1, 1, 1),
        Limits(999_999, 49, 604_799, 999, 999, 9_999),
        Limits(1_000_000, 0, 0, 0, 1_000, 0),
        Limits(1_234_567, 7, 3_600, 100, 5, 250),
        Limits(987_654_321_987_654_321, 0, 0, 0, 0, 0),
    ],
    ids=str,
)
def test_set_limits__at_the_bounds__round_trip(bed: Bed, limits: Limits) -> None:
    bed.act(DEPOSITOR, "approve(address,uint256)", LEAVER, 1)
    hot, petty, clock = bed.word(HOT), bed.word(PETTY), bed.word(CLOCK)
    receipt = bed.govern(f"set_limits({LIMITS})", limits.tuple())
    mantissa, exponent = six_digits(limits.deposit_cap)
    high = limits.entry_fee | limits.hold << 8 | mantissa << 28 | exponent << 48
    low = limits.petty_share | limits.petty_fee << 16
    assert bed.word(HOT) == hot & (2**200 - 1) | high << 200
    assert bed.word(PETTY) == petty & (2**224 - 1) | low << 224
    floor = 0xFFFF << 200
    assert bed.word(CLOCK) == clock & ~floor | limits.idle_floor << 200
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=SET_LIMITS, id=low, word=high),
        event(bed.vault, "Configured", key=SET_IDLE_FLOOR, id=0, word=limits.idle_floor),
        event(bed.steward, "LimitsSet", limits=limits.tuple()),
    ]


@pytest.mark.parametrize(
    "cap",
    [
        999_999,
        1_000_000,
        1_000_009,
        1_234_567,
        10**12 + 1,
        123_456_789_012_345_678,
        2**100,
        M112,
    ],
)
def test_set_limits__deposit_cap__keeps_six_digits(rpc: Rpc, cap: int) -> None:
    bed = Bed.make(rpc, seed=1).fund_nothing()
    bed.limits(deposit_cap=cap)
    mantissa, exponent = six_digits(cap)
    kept = mantissa * 10**exponent
    assert cap * 99_999 // 100_000 <= kept <= cap
    assert bed.view("maxDeposit(address)", LEAVER) == kept - 1


def test_set_limits__spent_petty_cash__stays_spent(bed: Bed) -> None:
    bed.poke()
    bed.rpc.warp(bed.epoch)
    bed.poke()
    bed.act(DEPOSITOR, WITHDRAW, FUNDS * bed.unit // 200, LEAVER, DEPOSITOR)
    before = bed.word(PETTY) & (2**224 - 1)
    bed.limits(petty_share=10, petty_fee=9)
    assert bed.word(PETTY) & (2**224 - 1) == before
    assert bed.view("maxWithdraw(address)", DEPOSITOR) == 0


# ------------------------------------------------------------------ pause


def test_set_entry_paused__guardian__pauses_and_cannot_resume(bed: Bed) -> None:
    receipt = bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", True)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=SET_FLAGS, id=0, word=SEALED | PAUSED),
        event(bed.steward, "EntryPaused", paused=True, by=GUARDIAN),
    ]
    with bed.refused("authority: not the governor"):
        bed.rpc.transact(GUARDIAN, bed.steward, "set_entry_paused(bool)", False)
    receipt = bed.govern("set_entry_paused(bool)", False)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=SET_FLAGS, id=0, word=SEALED),
        event(bed.steward, "EntryPaused", paused=False, by=GOVERNOR),
    ]


def test_set_entry_paused__twice__is_the_same(bed: Bed) -> None:
    for paused in (True, True, False, False):
        bed.govern("set_entry_paused(bool)", paused)
        assert flags(bed) == SEALED | PAUSED * paused


# ------------------------------------------------------------------ ceilings


def test_set_ceiling__guardian__lowers_and_never_raises(bed: Bed) -> None:
    bed.govern("set_ceiling(uint256,uint256)", 1, 1_000)
    receipt = bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 999)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=SET_CEILING, id=1, word=999),
        event(bed.steward, "CeilingSet", id=1, ceiling=999, by=GUARDIAN),
    ]
    with bed.refused("authority: not the governor"):
        bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 1_000)
    bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 999)
    bed.rpc.transact(GUARDIAN, bed.steward, "set_ceiling(uint256,uint256)", 1, 0)
    assert bed.word(LISTING, 1) & M112 == 0


def test_set_ceiling__governor__sets_any_of_112_bits(bed: Bed) -> None:
    opens = bed.word(LISTING, 1) >> 112
    with bed.refused("steward: ceiling too large"):
        bed.govern("set_ceiling(uint256,uint256)", 1, M112 + 1)
    for ceiling in (0, 5, M112):
        bed.govern("set_ceiling(uint256,uint256)", 1, ceiling)
        assert bed.word(LISTING, 1) == opens << 112 | ceiling


# ------------------------------------------------------------------ executor and guardians


@pytest.mark.parametrize("executor", [STRANGER, ZERO])
def test_set_executor__any__is_stored_and_told(bed: Bed, executor: str) -> None:
    receipt = bed.govern("set_executor(address)", executor)
    assert bed.word(CLOCK) & (2**160 - 1) == int(executor, 16)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=SET_EXECUTOR, id=0, word=int(executor, 16)),
        event(bed.steward, "ExecutorSet", executor=executor),
    ]


@pytest.mark.parametrize("active", [True, False])
def test_set_guardian__either_way__is_stored_and_told(bed: Bed, active: bool) -> None:
    bed.govern("set_guardian(address,bool)", STRANGER, not active)
    receipt = bed.govern("set_guardian(address,bool)", STRANGER, active)
    told = event(bed.steward, "GuardianSet", guardian=STRANGER, active=active)
    assert bed.events(receipt) == [told]
    assert bed.rpc.read(bed.steward, "is_guardian(address)", STRANGER, returns=("bool",)) is active
    if active:
        bed.rpc.transact(STRANGER, bed.steward, "set_entry_paused(bool)", True)
    else:
        with bed.refused("authority: not a guardian"):
            bed.rpc.transact(STRANGER, bed.steward, "set_entry_paused(bool)", True)


# ------------------------------------------------------------------ constructor and bind


def fresh_steward(bed: Bed) -> str:
    """A Steward that is bound to nothing."""
    return deploy_vyper(bed.rpc, "contracts/Steward.vy", ["address"], (GOVERNOR,))


def test_constructor__no_governor__is_refused(unsealed: Bed) -> None:
    with reverts("authority: no governor"):
        deploy_vyper(unsealed.rpc, "contracts/Steward.vy", ["address"], (ZERO,))


def test_constructor__governor__reads_back(unsealed: Bed) -> None:
    steward = fresh_steward(unsealed)
    read = unsealed.rpc.read
    assert read(steward, "governor()", returns=("address",)) == GOVERNOR.lower()
    assert read(steward, "vault()", returns=("address",)) == ZERO
    assert not read(steward, "is_sealed()", returns=("bool",))
    assert not read(steward, "is_guardian(address)", GOVERNOR, returns=("bool",))


def test_bind__its_vault__is_stored_and_told(unsealed: Bed) -> None:
    steward = fresh_steward(unsealed)
    vault = deploy_vault(unsealed.rpc, unsealed.asset, steward)
    receipt = unsealed.rpc.transact(DEPLOYER, steward, "bind(address)", vault)
    unsealed.steward = steward
    assert unsealed.events(receipt) == [event(steward, "VaultBound", vault=vault)]
    assert unsealed.rpc.read(steward, "vault()", returns=("address",)) == vault.lower()


def test_bind__twice__is_refused(unsealed: Bed) -> None:
    with unsealed.refused("steward: already bound"):
        unsealed.govern("bind(address)", unsealed.vault)


def test_bind__vault_of_another_steward__is_refused(unsealed: Bed) -> None:
    vault, unsealed.steward = unsealed.vault, fresh_steward(unsealed)
    with unsealed.refused("steward: not its steward"):
        unsealed.govern("bind(address)", vault)


def test_bind__no_vault__is_refused(unsealed: Bed) -> None:
    unsealed.steward = fresh_steward(unsealed)
    with unsealed.refused(None):
        unsealed.govern("bind(address)", STRANGER)
