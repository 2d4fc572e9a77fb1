"""Nonces: each once, in any order, by either way, or cancelled."""

from __future__ import annotations

import pytest

from tests.treasury import AGENT, MAX_UINT, STRANGER
from tests.unit.agents import KEY, employ
from tests.unit.bed import EVERYONE
from tests.unit.desk import Desk, draft
from tests.unit.events import event
from tests.unit.standing import K

USED = "executor: nonce used"
CANCEL = "cancel_nonces(uint256,uint256)"


def word(desk: Desk, number: int = 0, agent: str = AGENT) -> int:
    """A word of an agent's nonces."""
    return desk.rpc.read(desk.executor, "nonces(address,uint256)", agent, number)


def relay(desk: Desk, nonce: int) -> None:
    """Have a stranger send an intent that KEY has signed."""
    intent = draft((1, K, 0), agent=KEY.address, nonce=nonce)
    desk.relay(intent, KEY.sign(desk.digest(intent)))


# ------------------------------------------------------------------ use


@pytest.mark.parametrize("nonce", [1, 255, 256, 257, 2**128 + 3, MAX_UINT])
def test_nonce__any__is_used_once_and_sets_its_bit(desk: Desk, nonce: int) -> None:
    assert word(desk, nonce >> 8) == 0
    desk.intent((1, K, 0), nonce=nonce)
    assert word(desk, nonce >> 8) == 1 << (nonce & 255)
    with desk.refused(USED):
        desk.intent((1, K, 0), nonce=nonce)


def test_nonce__any_order__is_as_good(desk: Desk) -> None:
    for nonce in (300, 7, 299, 8, 1):
        desk.intent((1, K, 0), nonce=nonce)
    assert word(desk) == 1 << 1 | 1 << 7 | 1 << 8
    assert word(desk, 1) == 1 << 43 | 1 << 44
    for nonce in (1, 7, 8, 299, 300):
        with desk.refused(USED):
            desk.intent((1, -K, 0), nonce=nonce)


def test_nonce__none__is_never_used_up_and_only_the_agent_s_own(desk: Desk) -> None:
    for _ in range(2):
        desk.intent((1, K, 0))
    assert word(desk) == 0
    employ(desk, KEY.address)
    with desk.refused("executor: no nonce"):
        relay(desk, 0)


def test_nonce__used_by_one_way__is_used_for_the_other(desk: Desk) -> None:
    employ(desk, KEY.address)
    relay(desk, 1)
    with desk.refused(USED):
        desk.intent((1, K, 0), agent=KEY.address, nonce=1)
    desk.intent((1, K, 0), agent=KEY.address, nonce=2)
    with desk.refused(USED):
        relay(desk, 2)
    assert word(desk, agent=KEY.address) == 0b110


def test_nonce__of_another_agent__is_its_own(desk: Desk) -> None:
    employ(desk, KEY.address)
    desk.intent((1, K, 0), nonce=1)
    relay(desk, 1)
    assert word(desk) == word(desk, agent=KEY.address) == 2


def test_nonce__intent_refused__is_not_used_up(desk: Desk) -> None:
    desk.cap(1, 0)
    with desk.refused("executor: over absolute cap"):
        desk.intent((1, K, 0), nonce=1)
    desk.cap(1, K)
    desk.intent((1, K, 0), nonce=1)


def test_nonce__new_mandate__is_still_used(desk: Desk) -> None:
    desk.intent((1, K, 0), nonce=1)
    desk.grant()
    with desk.refused(USED):
        desk.intent((1, K, 0), nonce=1)


# ------------------------------------------------------------------ cancel


def test_cancel_nonces__own__are_used_up_and_told(desk: Desk) -> None:
    employ(desk, KEY.address)
    receipt = desk.command(CANCEL, 0, 0b0110, sender=KEY.address)
    told = event(desk.executor, "NoncesCancelled", agent=KEY.address, word=0, mask=0b0110)
    assert desk.events(receipt) == [told]
    for nonce in (1, 2):
        with desk.refused(USED):
            relay(desk, nonce)
    relay(desk, 3)
    assert word(desk, agent=KEY.address) == 0b1110


def test_cancel_nonces__twice__adds(desk: Desk) -> None:
    desk.intent((1, K, 0), nonce=257)
    desk.command(CANCEL, 1, 0b100, sender=AGENT)
    desk.command(CANCEL, 1, 0b101, sender=AGENT)
    desk.command(CANCEL, 1, 0, sender=AGENT)
    assert word(desk, 1) == 0b111


@pytest.mark.parametrize("number", [0, 1, MAX_UINT >> 8, MAX_UINT])
def test_cancel_nonces__whole_word__leaves_none_of_it(desk: Desk, number: int) -> None:
    desk.command(CANCEL, number, MAX_UINT, sender=AGENT)
    assert word(desk, number) == MAX_UINT
    if number <= MAX_UINT >> 8:
        for bit in (1, 255):
            with desk.refused(USED):
                desk.intent((1, K, 0), nonce=(number << 8) + bit)


@pytest.mark.parametrize("role", sorted(set(EVERYONE) - {"agent"}))
def test_cancel_nonces__any_other_account__touches_only_its_own(desk: Desk, role: str) -> None:
    desk.command(CANCEL, 0, MAX_UINT, sender=EVERYONE[role])
    assert word(desk, agent=EVERYONE[role]) == MAX_UINT
    desk.intent((1, K, 0), nonce=1)


def test_cancel_nonces__without_a_mandate__holds_when_one_is_granted(desk: Desk) -> None:
    desk.command(CANCEL, 0, 2, sender=STRANGER)
    desk.grant(agent=STRANGER)
    with desk.refused(USED):
        desk.intent((1, K, 0), agent=STRANGER, nonce=1)
