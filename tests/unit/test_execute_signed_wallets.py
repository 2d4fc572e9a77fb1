"""Agents with code (ERC-1271): what a wallet answers is believed for its own mandate and nothing else."""

from __future__ import annotations

import pytest

from tests.modes import Group, Mode
from tests.treasury import AGENT, STRANGER
from tests.unit.agents import BAD, KEY, NO_SELECTOR, Key, deploy_wallet, employ, turn
from tests.unit.bed import payload
from tests.unit.desk import EXECUTE_SIGNED, Desk, draft
from tests.unit.events import event
from tests.unit.standing import K

MAGIC = bytes.fromhex("1626ba7e")
BROKEN = [
    *NO_SELECTOR,
    (Mode.BURN_SOME, 1_010_000),
    (Mode.RETURN_VALUE, int.from_bytes(MAGIC, "big")),
]


@pytest.fixture
def wallet(desk: Desk) -> str:
    """A wallet of KEY with a mandate."""
    wallet = deploy_wallet(desk.rpc, KEY.address).lower()
    employ(desk, wallet)
    return wallet


def tell(desk: Desk, wallet: str, word: bytes) -> None:
    """Have a wallet answer a word in place of its selector."""
    desk.rpc.transact(STRANGER, wallet, "set_answer(bytes32)", word)


# ------------------------------------------------------------------ honest


def test_wallet__owner_s_signature__makes_the_moves(desk: Desk, wallet: str) -> None:
    intent = draft((1, 10 * K, 0), agent=wallet, nonce=1)
    receipt = desk.relay(intent, KEY.sign(desk.digest(intent)))
    assert desk.events(receipt) == [
        event(desk.vault, "Allocated", id=1, assets=10 * K, units=10 * K, loss=0),
        desk.executed(intent, (1, 10 * K, 10 * K, 0)),
    ]


def test_wallet__signature_it_does_not_take__is_bad(desk: Desk, wallet: str) -> None:
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    digest = desk.digest(intent)
    for signed in (Key("other").sign(digest), KEY.sign(b"\x01" * 32), KEY.sign(digest)[:64], b""):
        with desk.refused(BAD):
            desk.relay(intent, signed)
    desk.relay(intent, KEY.sign(digest))


def test_wallet__its_own_call__needs_no_signature(desk: Desk, wallet: str) -> None:
    desk.intent((1, K, 0), agent=wallet)
    assert desk.position(1)[0] == K


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 130, 1_023, 1_024])
def test_wallet__takes_any_signature__of_any_length_up_to_the_longest(desk: Desk, length: int) -> None:
    wallet = deploy_wallet(desk.rpc)
    employ(desk, wallet)
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    desk.relay(intent, b"\x5a" * length)
    with desk.refused("executor: nonce used"):
        desk.relay(intent, b"\x5a" * length)


def test_wallet__longer_signature__is_refused(desk: Desk) -> None:
    wallet = deploy_wallet(desk.rpc)
    employ(desk, wallet)
    with desk.refused(None):
        desk.relay(draft((1, K, 0), agent=wallet, nonce=1), bytes(1_025))


# ------------------------------------------------------------------ wallets that lie


def test_wallet__agrees_to_everything__spends_its_own_mandate_alone(desk: Desk) -> None:
    wallet = deploy_wallet(desk.rpc).lower()
    employ(desk, wallet, flow=10 * K)
    employ(desk, KEY.address)
    with desk.refused("executor: over flow budget"):
        desk.relay(draft((1, 10 * K + 1, 0), agent=wallet, nonce=1), b"")
    desk.relay(draft((1, 10 * K, 0), agent=wallet, nonce=1), b"")
    for agent in (AGENT, KEY.address):
        with desk.refused(BAD):
            desk.relay(draft((1, K, 0), agent=agent, nonce=1), b"\x01" * 64)
    assert (desk.flow()[1], desk.standing(AGENT).sequence) == (0, 0)


@pytest.mark.parametrize(("mode", "param"), BROKEN, ids=str)
def test_wallet__broken__is_a_bad_signature(desk: Desk, wallet: str, mode: Mode, param: int) -> None:
    turn(desk, wallet, Group.READ, mode, param)
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    signed = KEY.sign(desk.digest(intent))
    with desk.refused(BAD):
        desk.relay(intent, signed)
    desk.intent((1, K, 0), agent=wallet)
    turn(desk, wallet, Group.READ, Mode.HONEST)
    desk.relay(intent, signed)


@pytest.mark.parametrize(
    "word",
    [MAGIC + b"\x00" * 27 + b"\x01", MAGIC + b"\xff" * 28, bytes(28) + MAGIC, b"\x00" + MAGIC + bytes(27)],
    ids=["dirt behind", "ones behind", "right-aligned", "shifted"],
)
def test_wallet__answers_nearly_the_selector__is_a_bad_signature(
    desk: Desk, wallet: str, word: bytes
) -> None:
    tell(desk, wallet, word)
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    signed = KEY.sign(desk.digest(intent))
    with desk.refused(BAD):
        desk.relay(intent, signed)
    tell(desk, wallet, MAGIC + bytes(28))
    desk.relay(intent, signed)


def test_wallet__uses_nearly_all_its_gas__is_still_heard(desk: Desk, wallet: str) -> None:
    turn(desk, wallet, Group.READ, Mode.BURN_SOME, 980_000)
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    desk.relay(intent, KEY.sign(desk.digest(intent)))


def test_wallet__burns_all_its_gas__costs_a_relayer_its_cap_at_most(desk: Desk, wallet: str) -> None:
    turn(desk, wallet, Group.READ, Mode.BURN_LOOP)
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    signed = KEY.sign(desk.digest(intent))
    block = hex(int(desk.rpc.call("eth_blockNumber"), 16) + 1)
    with desk.refused(BAD):
        desk.relay(intent, signed)
    (spent,) = desk.rpc.call("eth_getBlockReceipts", block)
    assert 1_000_000 < int(spent["gasUsed"], 16) < 1_150_000


# ------------------------------------------------------------------ re-entry and code that changes


@pytest.mark.parametrize("attempt", ["execute_signed", "journal", "trim"])
def test_wallet__re_enters__reads_and_changes_nothing(desk: Desk, wallet: str, attempt: str) -> None:
    """It is asked by staticcall while the Executor is locked: its answer alone counts."""
    again = draft((1, 50 * K, 0), agent=wallet, nonce=2)
    data = {
        "execute_signed": payload(EXECUTE_SIGNED, again, KEY.sign(desk.digest(again))),
        "journal": payload("journal()"),
        "trim": payload("trim(uint256)", 1),
    }[attempt]
    desk.rpc.transact(STRANGER, wallet, "set_reentry(address,bytes)", desk.executor, data)
    turn(desk, wallet, Group.READ, Mode.REENTER_VIEW)
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    desk.relay(intent, KEY.sign(desk.digest(intent)))
    assert desk.position(1)[0] == K
    assert desk.standing(wallet).sequence == 1


def test_agent__code_appears_later__key_and_code_both_speak_for_it(desk: Desk) -> None:
    """An account that got code (EIP-7702) keeps its key, which could send the intent itself."""
    employ(desk, KEY.address)
    first, second = (draft((1, K, 0), agent=KEY.address, nonce=nonce) for nonce in (1, 2))
    signed = KEY.sign(desk.digest(first))
    desk.rpc.call("anvil_setCode", KEY.address, "0x" + desk.rpc.code(deploy_wallet(desk.rpc)).hex())
    turn(desk, KEY.address, Group.READ, Mode.REVERT_REASON)
    with desk.refused(BAD):
        desk.relay(second, Key("other").sign(desk.digest(second)))
    desk.relay(first, signed)
    turn(desk, KEY.address, Group.READ, Mode.HONEST)
    desk.relay(second, b"")


@pytest.mark.parametrize("code", ["0x00", "0xfe", "0x5f5ffd"], ids=["stop", "invalid", "revert"])
def test_agent__code_that_answers_nothing__has_its_key_s_signature_alone(desk: Desk, code: str) -> None:
    employ(desk, KEY.address)
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(desk.digest(intent))
    desk.rpc.call("anvil_setCode", KEY.address, code)
    for wrong in (b"", bytes(65), Key("other").sign(desk.digest(intent)), signed + b"\x00"):
        with desk.refused(BAD):
            desk.relay(intent, wrong)
    desk.relay(intent, signed)


def test_wallet__code_vanishes__nothing_signs_for_it(desk: Desk, wallet: str) -> None:
    intent = draft((1, K, 0), agent=wallet, nonce=1)
    signed = KEY.sign(desk.digest(intent))
    desk.rpc.call("anvil_setCode", wallet, "0x")
    with desk.refused(BAD):
        desk.relay(intent, signed)


@pytest.mark.parametrize("name", ["vault", "asset", "queue", "sentinel"])
def test_agent__contract_without_signatures__has_none(desk: Desk, name: str) -> None:
    agent = getattr(desk, name)
    employ(desk, agent)
    with desk.refused(BAD):
        desk.relay(draft((1, K, 0), agent=agent, nonce=1), bytes(65))


def test_agent__the_executor_itself__cannot_sign(desk: Desk) -> None:
    employ(desk, desk.executor)
    with desk.refused(BAD):
        desk.relay(draft((1, K, 0), agent=desk.executor, nonce=1), bytes(65))
