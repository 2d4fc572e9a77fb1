"""latch: the Vault's side of its state. Who may move it, where to, and what else stays as it is."""

from __future__ import annotations

import pytest

from tests.treasury import ETHER, GOVERNOR, HOT, LEAVER, SENTINEL, deploy_sentinel
from tests.unit.bed import CALM, EVERYONE, STRESS, WINDDOWN, ZERO, Bed, Refusal, deploy_caller, payload
from tests.unit.events import event
from tests.unit.leavers import Leavers
from tests.unit.watch import DRY, OWED_FLAG, PAUSED, SEALED, flags, state

LATCH = "latch(uint256)"


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_latch__any_account__is_refused(bed: Bed, role: str) -> None:
    for target in (CALM, STRESS, WINDDOWN, 3):
        with bed.refused(Refusal.UNAUTHORISED):
            bed.act(EVERYONE[role], LATCH, target)


def test_latch__any_contract_of_the_treasury__is_refused(bed: Bed) -> None:
    for contract in (bed.vault, bed.queue, bed.steward, bed.annex, bed.strategies[0], deploy_caller(bed.rpc)):
        bed.rpc.call("anvil_setBalance", contract, hex(ETHER))
        with bed.refused(Refusal.UNAUTHORISED):
            bed.act(contract, LATCH, STRESS)


def test_latch__no_sentinel_named__is_nobody_s(bed: Bed) -> None:
    bed.rpc.call("anvil_setBalance", bed.steward, hex(ETHER))
    bed.act(bed.steward, "configure(uint256,uint256,uint256)", 9, 0, 0)
    assert bed.word(SENTINEL) == 0
    bed.rpc.call("anvil_setBalance", ZERO, hex(ETHER))
    with bed.refused(Refusal.UNAUTHORISED):
        bed.latch(STRESS)


def test_latch__replaced_sentinel__is_refused(bed: Bed) -> None:
    other = deploy_sentinel(bed.rpc, bed.vault)
    with bed.refused(Refusal.UNAUTHORISED):
        bed.act(other, LATCH, STRESS)
    bed.govern("set_sentinel(address)", other)
    with bed.refused(Refusal.UNAUTHORISED):
        bed.latch(STRESS)
    bed.act(other, LATCH, STRESS)
    assert state(bed) == STRESS


@pytest.mark.parametrize("before", [CALM, STRESS])
@pytest.mark.parametrize("after", [CALM, STRESS, WINDDOWN])
@pytest.mark.parametrize("paused", [False, True])
def test_latch__any_edge__moves_the_state_alone(bed: Bed, before: int, after: int, paused: bool) -> None:
    bed.govern("set_entry_paused(bool)", paused)
    bed.latch(before)
    word = bed.word(HOT)
    receipt = bed.latch(after)
    assert bed.word(HOT) == word & ~(3 << 192) | after << 192
    assert flags(bed) == SEALED | PAUSED * paused | after
    assert bed.events(receipt) == [event(bed.vault, "StateChanged", before=before, state=after)]


@pytest.mark.parametrize("before", [CALM, STRESS])
@pytest.mark.parametrize("after", [3, 4, 7, 2**255])
def test_latch__unknown_state__is_refused(bed: Bed, before: int, after: int) -> None:
    bed.latch(before)
    with bed.refused(Refusal.BAD_PARAMETER):
        bed.latch(after)


@pytest.mark.parametrize("after", [CALM, STRESS, WINDDOWN, 3])
def test_latch__winddown__is_never_left(bed: Bed, after: int) -> None:
    bed.latch(WINDDOWN)
    with bed.refused(Refusal.BAD_PARAMETER):
        bed.latch(after)
    other = deploy_sentinel(bed.rpc, bed.vault)
    bed.govern("set_sentinel(address)", other)
    with bed.refused(Refusal.BAD_PARAMETER):
        bed.act(other, LATCH, after)


def test_latch__winddown__pause_and_seal_leave_it(bed: Bed) -> None:
    bed.latch(WINDDOWN)
    for paused in (True, False, True):
        bed.govern("set_entry_paused(bool)", paused)
        assert flags(bed) == SEALED | PAUSED * paused | WINDDOWN
    bed.limits(entry_fee=7, idle_floor=100)
    assert state(bed) == WINDDOWN


def test_latch__before_the_seal__is_kept_by_it(unsealed: Bed) -> None:
    unsealed.latch(STRESS)
    unsealed.seal()
    assert flags(unsealed) == SEALED | STRESS


@pytest.mark.parametrize("after", [STRESS, WINDDOWN])
def test_latch__cash_owed_and_dry__are_kept(dry: Leavers, after: int) -> None:
    dry.poke()
    dry.allocate(2, dry.idle() - dry.unit)
    dry.drain()
    dry.poke()
    assert flags(dry) == SEALED | OWED_FLAG | DRY
    dry.latch(after)
    assert flags(dry) == SEALED | OWED_FLAG | DRY | after


def test_latch__through_a_contract__is_refused(bed: Bed) -> None:
    caller = deploy_caller(bed.rpc)
    arguments = (bed.vault, payload(LATCH, STRESS), 0)
    for sender in (GOVERNOR, LEAVER):
        bed.rpc.transact(sender, caller, "forward(address,bytes,uint256)", *arguments)
        assert state(bed) == CALM
