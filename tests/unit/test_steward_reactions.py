"""The Steward names the Sentinel and sets fees: roles, bounds, what is stored and told."""

from __future__ import annotations

import pytest

from tests.treasury import CLOCK, DAY, DEPLOYER, FEES, GOVERNOR, SENTINEL, STRANGER, deploy_sentinel
from tests.unit.bed import EVERYONE, STRESS, ZERO, Bed, reverts
from tests.unit.events import event
from tests.unit.toll import COLLECTOR, SET_FEES, charged, mark_of, set_fees
from tests.unit.watch import state

SET_SENTINEL = "set_sentinel(address)"
KEY_SENTINEL, KEY_FEES = 9, 10
NOT_GOVERNOR = "authority: not the governor"


# ------------------------------------------------------------------ set_sentinel


def test_set_sentinel__of_this_vault__is_stored_and_told(bed: Bed) -> None:
    other = deploy_sentinel(bed.rpc, bed.vault)
    assert bed.word(SENTINEL) == int(bed.sentinel, 16)
    receipt = bed.govern(SET_SENTINEL, other)
    assert bed.word(SENTINEL) == int(other, 16)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=KEY_SENTINEL, id=0, word=int(other, 16)),
        event(bed.steward, "SentinelSet", sentinel=other),
    ]


def test_set_sentinel__of_another_vault__is_refused(bed: Bed) -> None:
    stray = deploy_sentinel(bed.rpc, Bed.make(bed.rpc).vault)
    with bed.refused("steward: sentinel not bound"):
        bed.govern(SET_SENTINEL, stray)


@pytest.mark.parametrize("who", ["nobody", "an account", "the vault", "the steward"])
def test_set_sentinel__no_sentinel__is_refused(bed: Bed, who: str) -> None:
    found = {"nobody": ZERO, "an account": STRANGER, "the vault": bed.vault, "the steward": bed.steward}
    with bed.refused(None):
        bed.govern(SET_SENTINEL, found[who])


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"governor"}))
def test_set_sentinel__any_other_role__is_refused(bed: Bed, role: str) -> None:
    other = deploy_sentinel(bed.rpc, bed.vault)
    with bed.refused(NOT_GOVERNOR):
        bed.rpc.transact(EVERYONE[role], bed.steward, SET_SENTINEL, other)


def test_set_sentinel__deployer__may_until_the_seal(unsealed: Bed) -> None:
    other = deploy_sentinel(unsealed.rpc, unsealed.vault)
    unsealed.rpc.transact(DEPLOYER, unsealed.steward, SET_SENTINEL, other)
    unsealed.seal()
    with unsealed.refused(NOT_GOVERNOR):
        unsealed.rpc.transact(DEPLOYER, unsealed.steward, SET_SENTINEL, unsealed.sentinel)


def test_set_sentinel__in_stress__leaves_the_state_to_the_new_one(bed: Bed) -> None:
    bed.latch(STRESS)
    bed.sentinel = deploy_sentinel(bed.rpc, bed.vault)
    bed.govern(SET_SENTINEL, bed.sentinel)
    assert state(bed) == STRESS


# ------------------------------------------------------------------ set_fees


@pytest.mark.parametrize(
    ("fees", "reason"),
    [
        ((201, 0, COLLECTOR), "steward: management over 200"),
        ((2**256 - 1, 0, COLLECTOR), "steward: management over 200"),
        ((0, 2_001, COLLECTOR), "steward: performance over 2000"),
        ((0, 2**256 - 1, COLLECTOR), "steward: performance over 2000"),
        ((1, 0, ZERO), "steward: no fee receiver"),
        ((0, 1, ZERO), "steward: no fee receiver"),
    ],
    ids=str,
)
def test_set_fees__one_over__is_refused(bed: Bed, fees: tuple[int, int, str], reason: str) -> None:
    with bed.refused(reason):
        bed.govern(SET_FEES, fees)


@pytest.mark.parametrize(
    ("management", "performance", "receiver"),
    [(200, 2_000, COLLECTOR), (0, 0, ZERO), (0, 0, STRANGER), (1, 0, STRANGER), (0, 1, COLLECTOR)],
)
def test_set_fees__at_the_bounds__are_stored_and_told(
    bed: Bed, management: int, performance: int, receiver: str
) -> None:
    clock = bed.word(CLOCK)
    receipt = set_fees(bed, management, performance, receiver)
    rates = management | performance << 16
    assert bed.word(CLOCK) == clock & (2**224 - 1) | rates << 224
    assert bed.word(FEES) == int(receiver, 16)
    assert bed.events(receipt) == [
        event(bed.vault, "Configured", key=KEY_FEES, id=rates, word=int(receiver, 16)),
        event(bed.steward, "FeesSet", fees=(management, performance, receiver)),
    ]


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"governor"}))
def test_set_fees__any_other_role__is_refused(bed: Bed, role: str) -> None:
    with bed.refused(NOT_GOVERNOR):
        bed.rpc.transact(EVERYONE[role], bed.steward, SET_FEES, (1, 1, STRANGER))


def test_set_fees__other_words__are_kept(invested: Bed) -> None:
    bed = invested
    set_fees(bed, 3, 5)
    charged(bed)
    mark = mark_of(bed)
    bed.govern("set_executor(address)", STRANGER)
    bed.limits(idle_floor=77)
    listed = bed.word(CLOCK) >> 216 & 255
    bed.list_hostile()
    assert bed.word(CLOCK) >> 224 == 3 | 5 << 16
    assert (bed.word(CLOCK) >> 216 & 255, bed.word(CLOCK) >> 200 & 0xFFFF) == (listed + 1, 77)
    set_fees(bed, 4, 6, STRANGER)
    assert (mark_of(bed), bed.word(FEES) & (2**160 - 1)) == (mark, int(STRANGER, 16))
    assert bed.word(CLOCK) & (2**160 - 1) == int(STRANGER, 16)


def test_set_fees__255_strategies_listed__ids_end_before_the_rates(bed: Bed) -> None:
    """The number of strategies stands right below the rates: it must not run into them."""
    set_fees(bed, 1, 0)
    for _ in range(2):
        bed.list_hostile()
    assert (bed.word(CLOCK) >> 216 & 255, bed.word(CLOCK) >> 224) == (5, 1)
    assert bed.status(5) == 1


def test_set_fees__hostile_receiver__cannot_stop_a_poke(invested: Bed) -> None:
    """Shares are minted without calling anybody: a contract, or the Vault itself, is only a name."""
    for receiver in (invested.strategies[0], invested.vault, invested.queue, invested.asset):
        set_fees(invested, 200, 2_000, receiver)
        held = invested.shares(receiver)
        invested.rpc.warp(DAY)
        invested.poke()
        assert invested.shares(receiver) > held


def test_configure__fees__is_the_steward_s(bed: Bed) -> None:
    for account in (GOVERNOR, STRANGER):
        with reverts("vault: 1"):
            bed.act(account, "configure(uint256,uint256,uint256)", KEY_FEES, 1, int(STRANGER, 16))
