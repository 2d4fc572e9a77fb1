"""Mandates, caps, cuts and roles of the Executor."""

from __future__ import annotations

from typing import Any

import pytest

from tests.treasury import AGENT, DEPLOYER, GOVERNOR, GUARDIAN, MANDATE, STRANGER, deploy_vyper
from tests.unit.bed import BPS, CURATOR, DEAD, EVERYONE, HOSTILE_AGENT, M112, ZERO, Bed, reverts
from tests.unit.desk import FOREVER, M100, Desk, Mandate
from tests.unit.events import event
from tests.unit.journal import Entry, Kind, mandate_hash, who

WEEK = 604_800
YEAR = 31_536_000
TWELVE = 999_999_999_999 * 10**18  # the largest budget that is kept as it was given
MANDATE_TYPES = ("uint256",) * 8 + ("address", "bytes32")
NOT_GOVERNOR, NOT_GUARDIAN = "authority: not the governor", "authority: not a guardian"


def mandate(desk: Desk, agent: str = AGENT) -> tuple[Any, ...]:
    """An agent's mandate."""
    return desk.rpc.read(desk.executor, "mandate(address)", agent, returns=MANDATE_TYPES)


def granting(desk: Desk, agent: str, granted: Mandate) -> Entry:
    """The entry of a grant that is the latest."""
    hashed = mandate_hash(agent, granted.tuple(), desk.head()[1])
    return Entry(Kind.GRANT, agent, hashed, hashed, granted.document)


def cap(desk: Desk, identifier: int = 1) -> tuple[int, ...]:
    """Absolute, relative, end of a cut."""
    return desk.rpc.read(desk.executor, "cap(uint256)", identifier, returns=("uint256",) * 3)


# ------------------------------------------------------------------ mandates


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"permissions": 0}, "executor: no permissions"),
        ({"permissions": 4}, None),
        ({"flow": M100 + 1}, "executor: budget too large"),
        ({"loss": M100 + 1}, "executor: budget too large"),
        ({"max_loss": M100 + 1}, "executor: budget too large"),
        ({"window": 0}, "executor: window out of range"),
        ({"window": YEAR + 1}, "executor: window out of range"),
        ({"heartbeat": YEAR + 1}, "executor: heartbeat out of range"),
        ({"expiry": FOREVER + 1}, "executor: expiry out of range"),
    ],
    ids=str,
)
def test_set_mandate__one_over__is_refused(desk: Desk, change: dict[str, int], reason: str | None) -> None:
    with desk.refused(reason):
        desk.grant(**change)


def test_set_mandate__nobody__is_refused(desk: Desk) -> None:
    with desk.refused("executor: no agent"):
        desk.grant(agent=ZERO)


@pytest.mark.parametrize(
    "granted",
    [
        Mandate(3, 2**256 - 1, TWELVE, TWELVE, TWELVE, YEAR, FOREVER, YEAR, DEAD.lower(), b"\xff" * 32),
        Mandate(1, 0, 0, 0, 0, 1, 0, 0, ZERO, b"\x00" * 32),
        Mandate(2, 1, 1, 2, 3, 4, 5, 6, STRANGER.lower(), b"\x06" * 32),
    ],
    ids=["most", "least", "odd"],
)
def test_set_mandate__at_the_bounds__round_trips(desk: Desk, granted: Mandate) -> None:
    arguments = (HOSTILE_AGENT, granted.tuple())
    receipt = desk.command(f"set_mandate(address,{MANDATE})", *arguments)
    assert mandate(desk, HOSTILE_AGENT) == granted.tuple()
    assert desk.events(receipt) == [
        event(desk.executor, "MandateSet", agent=HOSTILE_AGENT, mandate=granted.tuple()),
        desk.entered(granting(desk, HOSTILE_AGENT, granted)),
    ]


def test_mandate__never_granted__is_zero(desk: Desk) -> None:
    assert mandate(desk, STRANGER) == (0,) * 8 + (ZERO, b"\x00" * 32)


@pytest.mark.parametrize("sender", [GUARDIAN, GOVERNOR])
def test_revoke__guardian_or_governor__ends_it_at_once(desk: Desk, sender: str) -> None:
    ended = desk.standing().mandate
    receipt = desk.command("revoke(address)", AGENT, sender=sender)
    assert desk.events(receipt) == [
        event(desk.executor, "MandateRevoked", agent=AGENT, by=sender),
        desk.entered(Entry(Kind.REVOCATION, AGENT, ended, who(sender))),
    ]
    assert mandate(desk) == (0, *Mandate().tuple()[1:])
    desk.grant()
    assert mandate(desk) == Mandate().tuple()


@pytest.mark.parametrize("agent", [STRANGER, AGENT])
def test_revoke__no_mandate__is_refused(desk: Desk, agent: str) -> None:
    desk.command("revoke(address)", AGENT, sender=GUARDIAN)
    with desk.refused("executor: no mandate"):
        desk.command("revoke(address)", agent, sender=GUARDIAN)


# ------------------------------------------------------------------ caps


@pytest.mark.parametrize("sender", [GOVERNOR, CURATOR])
@pytest.mark.parametrize(("absolute", "relative"), [(0, 0), (M112, BPS), (5, 7)])
def test_set_cap__governor_or_curator__sets_any(
    desk: Desk, sender: str, absolute: int, relative: int
) -> None:
    receipt = desk.cap(255, absolute, relative, sender=sender)
    assert cap(desk, 255) == (absolute, relative, 0)
    told = event(desk.executor, "CapSet", id=255, absolute=absolute, relative=relative, by=sender)
    assert desk.events(receipt) == [told]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((0, 1, 1), "executor: no such strategy"),
        ((256, 1, 1), "executor: no such strategy"),
        ((1, M112 + 1, 1), "executor: absolute too large"),
        ((1, 1, BPS + 1), "executor: relative over 10000"),
    ],
)
def test_set_cap__one_over__is_refused(desk: Desk, values: tuple[int, int, int], reason: str) -> None:
    for sender in (GOVERNOR, CURATOR):
        with desk.refused(reason):
            desk.cap(*values, sender=sender)


def test_set_cap__any_other_role__is_refused(desk: Desk) -> None:
    for role in sorted(set(EVERYONE) - {"governor", "curator"}):
        with desk.refused("executor: not the curator"):
            desk.cap(1, 0, 0, sender=EVERYONE[role])


def test_set_cap__former_curator__is_refused(desk: Desk) -> None:
    desk.command("set_curator(address)", STRANGER)
    with desk.refused("executor: not the curator"):
        desk.cap(1, 0, 0, sender=CURATOR)
    desk.cap(1, 0, 0, sender=STRANGER)


# ------------------------------------------------------------------ cuts


@pytest.mark.parametrize("sender", [GUARDIAN, GOVERNOR])
def test_cut__lower_or_equal__stands_a_week(desk: Desk, sender: str) -> None:
    desk.cap(1, 1_000, 500)
    receipt = desk.cut(1, 1_000, 499, sender=sender)
    until = desk.now() + WEEK
    assert cap(desk) == (1_000, 499, until)
    told = event(desk.executor, "CapCut", id=1, absolute=1_000, relative=499, until=until, by=sender)
    assert desk.events(receipt) == [told]


def test_cut__higher__is_refused(desk: Desk) -> None:
    desk.cap(1, 1_000, 500)
    with desk.refused("executor: cut raises absolute"):
        desk.cut(1, 1_001, 500)
    with desk.refused("executor: cut raises relative"):
        desk.cut(1, 1_000, 501)
    with desk.refused("executor: cut raises relative"):
        desk.cut(1, 0, BPS)


def test_cut__any_other_role__is_refused(desk: Desk) -> None:
    for role in sorted(set(EVERYONE) - {"governor", "guardian"}):
        with desk.refused(NOT_GUARDIAN):
            desk.cut(1, 0, 0, sender=EVERYONE[role])


def test_cut__stands__curator_only_lowers(desk: Desk) -> None:
    desk.cap(1, 1_000, 500)
    desk.cut(1, 800, 400)
    until = cap(desk)[2]
    for higher in ((801, 400), (800, 401), (0, 401), (801, 0)):
        with desk.refused("executor: cut stands"):
            desk.cap(1, *higher, sender=CURATOR)
    desk.cap(1, 800, 400, sender=CURATOR)
    desk.cap(1, 700, 300, sender=CURATOR)
    assert cap(desk) == (700, 300, until)
    with desk.refused("executor: cut stands"):
        desk.cap(1, 701, 300, sender=CURATOR)


def test_cut__a_week_later__curator_restores(desk: Desk) -> None:
    desk.cap(1, 1_000, 500)
    desk.cut(1, 800, 400)
    until = cap(desk)[2]
    desk.at(until - 1)
    with desk.refused("executor: cut stands"):
        desk.cap(1, 1_000, 500, sender=CURATOR)
    desk.at(until)
    desk.cap(1, 1_000, 500, sender=CURATOR)
    assert cap(desk)[:2] == (1_000, 500)


def test_cut__governor__lifts_it_at_once(desk: Desk) -> None:
    desk.cap(1, 1_000, 500)
    desk.cut(1, 800, 400)
    desk.cap(1, 900, 450)
    assert cap(desk) == (900, 450, 0)
    desk.cap(1, 1_000, 500, sender=CURATOR)


def test_cut__again__starts_the_week_anew(desk: Desk) -> None:
    desk.cut(1, 800, 400)
    desk.rpc.warp(WEEK - 10)
    desk.cut(1, 800, 400)
    assert cap(desk)[2] == desk.now() + WEEK
    with desk.refused("executor: cut raises absolute"):
        desk.cut(1, 801, 400)


# ------------------------------------------------------------------ roles


GOVERNED: dict[str, tuple[Any, ...]] = {
    f"set_mandate(address,{MANDATE})": (STRANGER, Mandate().tuple()),
    "set_curator(address)": (STRANGER,),
    "set_guardian(address,bool)": (STRANGER, True),
    "seal()": (),
}


@pytest.mark.parametrize("signature", GOVERNED)
def test_governed__any_other_role__is_refused(desk: Desk, signature: str) -> None:
    for role in sorted(set(EVERYONE) - {"governor"}):
        with desk.refused(NOT_GOVERNOR):
            desk.command(signature, *GOVERNED[signature], sender=EVERYONE[role])


def test_revoke__any_other_role__is_refused(desk: Desk) -> None:
    for role in sorted(set(EVERYONE) - {"governor", "guardian"}):
        with desk.refused(NOT_GUARDIAN):
            desk.command("revoke(address)", AGENT, sender=EVERYONE[role])


@pytest.mark.parametrize("curator", [STRANGER, ZERO])
def test_set_curator__any__is_stored_and_told(desk: Desk, curator: str) -> None:
    receipt = desk.command("set_curator(address)", curator)
    assert desk.rpc.read(desk.executor, "curator()", returns=("address",)) == curator.lower()
    assert desk.events(receipt) == [event(desk.executor, "CuratorSet", curator=curator)]


@pytest.mark.parametrize("active", [True, False])
def test_set_guardian__either_way__is_stored_and_told(desk: Desk, active: bool) -> None:
    desk.command("set_guardian(address,bool)", STRANGER, not active)
    receipt = desk.command("set_guardian(address,bool)", STRANGER, active)
    told = event(desk.executor, "GuardianSet", guardian=STRANGER, active=active)
    assert desk.events(receipt) == [told]
    assert desk.rpc.read(desk.executor, "is_guardian(address)", STRANGER, returns=("bool",)) is active


def test_seal__deployer__may_everything_before_and_nothing_after(unsealed: Bed) -> None:
    arguments = (unsealed.vault, GOVERNOR)
    executor = deploy_vyper(unsealed.rpc, "contracts/Executor.vy", ["address", "address"], arguments)
    made = (unsealed.asset, unsealed.steward, unsealed.queue, unsealed.annex, unsealed.vault)
    desk = Desk(unsealed.rpc, *made, executor, unsealed.sentinel)
    assert not desk.rpc.read(executor, "is_sealed()", returns=("bool",))
    desk.grant(sender=DEPLOYER)
    desk.cap(1, 1, 1, sender=DEPLOYER)
    desk.cut(1, 0, 0, sender=DEPLOYER)
    desk.command("set_curator(address)", STRANGER, sender=DEPLOYER)
    desk.command("set_guardian(address,bool)", STRANGER, True, sender=DEPLOYER)
    receipt = desk.command("seal()", sender=DEPLOYER)
    assert desk.events(receipt) == [event(executor, "Sealed")]
    assert desk.rpc.read(executor, "is_sealed()", returns=("bool",))
    with desk.refused(NOT_GOVERNOR):
        desk.grant(sender=DEPLOYER)
    with desk.refused("authority: already sealed"):
        desk.command("seal()")


# ------------------------------------------------------------------ constructor


def test_constructor__vault_and_governor__read_back(desk: Desk) -> None:
    read = desk.rpc.read
    assert read(desk.executor, "vault()", returns=("address",)) == desk.vault.lower()
    assert read(desk.executor, "governor()", returns=("address",)) == GOVERNOR.lower()


@pytest.mark.parametrize(
    ("values", "reason"),
    [((ZERO, GOVERNOR), "executor: no vault"), ((STRANGER, ZERO), "authority: no governor")],
)
def test_constructor__nobody__is_refused(bed: Bed, values: tuple[str, str], reason: str) -> None:
    with reverts(reason):
        deploy_vyper(bed.rpc, "contracts/Executor.vy", ["address", "address"], values)
