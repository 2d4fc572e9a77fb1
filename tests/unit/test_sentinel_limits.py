"""Limits of the signals: bounds, guardians tighter, governance any way; roles and the constructor."""

from __future__ import annotations

import pytest

from tests.treasury import (
    DEPLOYER,
    GOVERNOR,
    GUARDIAN,
    SAFE,
    SIGNALS,
    SILENCE,
    STRANGER,
    THRESHOLDS,
    deploy_sentinel,
    deploy_vyper,
)
from tests.unit.bed import EVERYONE, ZERO, Bed, reverts
from tests.unit.events import event
from tests.unit.watch import (
    LIQUID,
    NAMES,
    heartbeat,
    limits_of,
    limits_with,
    memory,
    order,
    set_limits,
    slump,
    told,
)

NOT_GOVERNOR, NOT_GUARDIAN = "authority: not the governor", "authority: not a guardian"
OUT, CROSSED = "sentinel: limit out of range", "sentinel: good not beyond bad"
# Least and most of bad, and of good, as docs/SPEC.md lists them
LEAST = ((50, 10), (100, 200), (10_000, 1_000), (50, 1), (50, 1))
MOST = ((2_000, 1_000), (5_000, 9_000), (60_000, 30_000), (3_000, 1_000), (3_000, 1_000))
FIELDS = [(signal, field) for signal in range(5) for field in (0, 1)]

Limits = tuple[tuple[int, int], ...]


def replaced(limits: Limits, signal: int, field: int, value: int) -> Limits:
    """Limits with one number changed."""
    rows = [list(pair) for pair in limits]
    rows[signal][field] = value
    return tuple((bad, good) for bad, good in rows)


@pytest.fixture
def guarded(bed: Bed) -> Bed:
    """The guardian is appointed and the deployer's right has ended."""
    order(bed, GOVERNOR, "set_guardian(address,bool)", GUARDIAN, True)
    order(bed, GOVERNOR, "seal()")
    return bed


# ------------------------------------------------------------------ bounds


@pytest.mark.parametrize(("signal", "field"), FIELDS)
def test_set_limits__one_beyond_a_bound__is_refused(guarded: Bed, signal: int, field: int) -> None:
    for value in (LEAST[signal][field] - 1, MOST[signal][field] + 1, 2**16, 2**256 - 1):
        with guarded.refused(OUT):
            set_limits(guarded, replaced(SIGNALS, signal, field, value))


@pytest.mark.parametrize(("signal", "field"), FIELDS)
@pytest.mark.parametrize("bounds", [LEAST, MOST], ids=["least", "most"])
def test_set_limits__at_a_bound__is_stored(guarded: Bed, signal: int, field: int, bounds: Limits) -> None:
    value = bounds[signal][field]
    other = (LEAST if (field == 0) == (signal != LIQUID) else MOST)[signal][1 - field]
    limits = replaced(replaced(SIGNALS, signal, field, value), signal, 1 - field, other)
    begun = heartbeat(guarded)
    receipt = set_limits(guarded, limits)
    assert limits_of(guarded) == limits
    assert heartbeat(guarded) == begun
    assert told(guarded, receipt) == [event(guarded.sentinel, "LimitsSet", limits=limits, by=GOVERNOR)]


@pytest.mark.parametrize("signal", range(5))
def test_set_limits__good_not_beyond_bad__is_refused(guarded: Bed, signal: int) -> None:
    value = 500 if signal != 2 else 12_000
    for good in (value, value + (-1 if signal == LIQUID else 1)):
        with guarded.refused(CROSSED):
            set_limits(guarded, limits_with(**{NAMES[signal]: (value, good)}))
    beyond = value + (1 if signal == LIQUID else -1)
    set_limits(guarded, limits_with(**{NAMES[signal]: (value, beyond)}))
    assert limits_of(guarded)[signal] == (value, beyond)


# ------------------------------------------------------------------ guardians


@pytest.mark.parametrize(("signal", "field"), FIELDS)
def test_set_limits__guardian__tightens_every_field_and_loosens_none(
    guarded: Bed, signal: int, field: int
) -> None:
    value = SIGNALS[signal][field]
    tighter = 1 if signal == LIQUID else -1
    for limits in (replaced(SIGNALS, signal, field, value - tighter),):
        with guarded.refused(NOT_GOVERNOR):
            set_limits(guarded, limits, GUARDIAN)
    limits = replaced(SIGNALS, signal, field, value + tighter)
    receipt = set_limits(guarded, limits, GUARDIAN)
    assert limits_of(guarded) == limits
    assert told(guarded, receipt) == [event(guarded.sentinel, "LimitsSet", limits=limits, by=GUARDIAN)]
    with guarded.refused(NOT_GOVERNOR):
        set_limits(guarded, SIGNALS, GUARDIAN)
    set_limits(guarded, SIGNALS)
    assert limits_of(guarded) == SIGNALS


def test_set_limits__guardian_tightens_one_and_loosens_another__is_refused(guarded: Bed) -> None:
    with guarded.refused(NOT_GOVERNOR):
        set_limits(guarded, limits_with(fall=(200, 40), dark=(501, 100)), GUARDIAN)


def test_set_limits__guardian_sets_the_same__passes(guarded: Bed) -> None:
    set_limits(guarded, SIGNALS, GUARDIAN)
    assert limits_of(guarded) == SIGNALS


def test_set_limits__guardian_out_of_range__is_refused(guarded: Bed) -> None:
    with guarded.refused(OUT):
        set_limits(guarded, limits_with(fall=(49, 10)), GUARDIAN)


@pytest.mark.parametrize("role", [*sorted(set(EVERYONE) - {"governor", "guardian"}), "safe"])
def test_set_limits__any_other_role__is_refused(guarded: Bed, role: str) -> None:
    for limits in (SIGNALS, limits_with(fall=(200, 40)), limits_with(fall=(400, 60))):
        with guarded.refused(NOT_GUARDIAN):
            set_limits(guarded, limits, EVERYONE.get(role, SAFE))


def test_set_limits__signals_seen__are_remembered(invested: Bed) -> None:
    slump(invested)
    invested.watch()
    before = [memory(invested, signal) for signal in range(5)]
    set_limits(invested, limits_with(fall=(2_000, 1_000)))
    assert [memory(invested, signal) for signal in range(5)] == before


# ------------------------------------------------------------------ governance of the Sentinel


GOVERNED = {
    "set_silence(uint256)": (SILENCE,),
    "set_safe(address)": (STRANGER,),
    "set_guardian(address,bool)": (STRANGER, True),
    "wind_down()": (),
    "seal()": (),
}


@pytest.mark.parametrize("signature", GOVERNED)
@pytest.mark.parametrize("role", [*sorted(set(EVERYONE) - {"governor"}), "safe"])
def test_governed__any_other_role__is_refused(guarded: Bed, signature: str, role: str) -> None:
    with guarded.refused(NOT_GOVERNOR):
        order(guarded, EVERYONE.get(role, SAFE), signature, *GOVERNED[signature])


@pytest.mark.parametrize("signature", GOVERNED)
def test_governed__before_the_seal__is_the_deployer_s_too(unsealed: Bed, signature: str) -> None:
    order(unsealed, DEPLOYER, signature, *GOVERNED[signature])


def test_seal__once__ends_the_deployer_s_right(bed: Bed) -> None:
    assert not bed.rpc.read(bed.sentinel, "is_sealed()", returns=("bool",))
    receipt = order(bed, DEPLOYER, "seal()")
    assert told(bed, receipt) == [event(bed.sentinel, "Sealed")]
    assert bed.rpc.read(bed.sentinel, "is_sealed()", returns=("bool",))
    with bed.refused(NOT_GUARDIAN):
        set_limits(bed, SIGNALS, DEPLOYER)
    with bed.refused("authority: already sealed"):
        order(bed, GOVERNOR, "seal()")


@pytest.mark.parametrize("active", [True, False])
def test_set_guardian__either_way__is_stored_and_told(bed: Bed, active: bool) -> None:
    order(bed, GOVERNOR, "set_guardian(address,bool)", STRANGER, not active)
    receipt = order(bed, GOVERNOR, "set_guardian(address,bool)", STRANGER, active)
    expected = event(bed.sentinel, "GuardianSet", guardian=STRANGER, active=active)
    assert told(bed, receipt) == [expected]
    assert bed.rpc.read(bed.sentinel, "is_guardian(address)", STRANGER, returns=("bool",)) is active


def test_set_safe__another__beats_in_its_place(bed: Bed) -> None:
    receipt = order(bed, GOVERNOR, "set_safe(address)", STRANGER)
    assert told(bed, receipt) == [event(bed.sentinel, "SafeSet", safe=STRANGER)]
    assert bed.rpc.read(bed.sentinel, "safe()", returns=("address",)) == STRANGER.lower()
    with bed.refused("sentinel: not the Safe"):
        order(bed, SAFE, "beat()")
    order(bed, STRANGER, "beat()")
    with bed.refused("sentinel: no safe"):
        order(bed, GOVERNOR, "set_safe(address)", ZERO)


# ------------------------------------------------------------------ constructor


def test_constructor__everything__reads_back(bed: Bed) -> None:
    limits = limits_with(fall=(2_000, 10), liquid=(100, 9_000))
    bed.sentinel = deploy_sentinel(bed.rpc, bed.vault, limits, 7 * 86_400)
    read = bed.rpc.read
    assert read(bed.sentinel, "vault()", returns=("address",)) == bed.vault.lower()
    assert read(bed.sentinel, "governor()", returns=("address",)) == GOVERNOR.lower()
    assert read(bed.sentinel, "safe()", returns=("address",)) == SAFE.lower()
    assert (limits_of(bed), heartbeat(bed)[1] - heartbeat(bed)[0]) == (limits, 7 * 86_400)
    assert read(bed.sentinel, "changes()") == 0
    assert [memory(bed, signal) for signal in range(5)] == [(0, 0)] * 5
    assert read(bed.sentinel, "recovery()", returns=("uint256",) * 3) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"governor": ZERO}, "authority: no governor"),
        ({"safe": ZERO}, "sentinel: no safe"),
        ({"limits": limits_with(fall=(49, 10))}, OUT),
        ({"limits": limits_with(fall=(50, 50))}, CROSSED),
        ({"silence": 7 * 86_400 - 1}, "sentinel: silence out of range"),
        ({"silence": 365 * 86_400 + 1}, "sentinel: silence out of range"),
        ({"vault": STRANGER}, None),
    ],
    ids=str,
)
def test_constructor__unfit__is_refused(bed: Bed, change: dict, reason: str | None) -> None:
    given = {"vault": bed.vault, "governor": GOVERNOR, "safe": SAFE, "limits": SIGNALS, "silence": SILENCE}
    types = ["address", "address", "address", THRESHOLDS, "uint256"]
    with reverts(reason):
        deploy_vyper(bed.rpc, "contracts/Sentinel.vy", types, tuple((given | change).values()))
