"""What a signature binds: every field of an intent and of its moves, the mandate, the chain, the Executor."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak

from ganglion.devnet.abi import encode
from tests.treasury import DAY, DEPOSITOR, GOVERNOR, GUARDIAN, STRANGER, deploy_vyper
from tests.unit.agents import BAD, KEY, Key, employ
from tests.unit.desk import FOREVER, Desk, draft
from tests.unit.journal import Domain, digest, message
from tests.unit.standing import K

OTHER = Key("other")
FIELDS = ("agent", "moves", "max_loss", "deadline", "nonce", "sequence", "relayer", "reason")
MOVES = ((1, 10 * K, 9 * K), (2, 5 * K, 4 * K))

# Another value of each field that would itself be accepted.
OTHERS: dict[str, Any] = {
    "agent": OTHER.address,
    "max_loss": K + 1,
    "deadline": FOREVER - 1,
    "nonce": 8,
    "sequence": 0,
    "relayer": "0x" + "00" * 20,
    "reason": b"\x02" * 32,
}
OTHER_MOVES: dict[str, list[tuple[int, int, int]]] = {
    "id": [(3, 10 * K, 9 * K), MOVES[1]],
    "assets": [(1, 10 * K + 1, 9 * K), MOVES[1]],
    "limit": [(1, 10 * K, 9 * K - 1), MOVES[1]],
    "id of the second": [MOVES[0], (3, 5 * K, 4 * K)],
    "assets of the second": [MOVES[0], (2, 5 * K - 1, 4 * K)],
    "limit of the second": [MOVES[0], (2, 5 * K, 0)],
    "order": [MOVES[1], MOVES[0]],
    "one less": [MOVES[0]],
    "one more": [*MOVES, (3, 1, 0)],
    "one twice": [*MOVES, MOVES[1]],
}


@pytest.fixture
def signing(desk: Desk) -> Desk:
    """As ``desk``, with mandates for two keys."""
    for key in (KEY, OTHER):
        employ(desk, key.address)
    return desk


def full() -> tuple[Any, ...]:
    """An intent with something in every field."""
    terms = {"max_loss": K, "deadline": FOREVER, "nonce": 7, "sequence": 1, "relayer": STRANGER}
    return draft(*MOVES, agent=KEY.address, reason=b"\x01" * 32, **terms)


def with_field(intent: tuple[Any, ...], name: str, value: Any) -> tuple[Any, ...]:
    """The same intent but for one field."""
    place = FIELDS.index(name)
    return (*intent[:place], value, *intent[place + 1 :])


# ------------------------------------------------------------------ fields


@pytest.mark.parametrize("name", OTHERS)
def test_execute_signed__other_field__is_another_message(signing: Desk, name: str) -> None:
    intent = full()
    signed = KEY.sign(signing.digest(intent))
    with signing.refused(BAD):
        signing.relay(with_field(intent, name, OTHERS[name]), signed)
    signing.relay(intent, signed)


@pytest.mark.parametrize("name", OTHER_MOVES)
def test_execute_signed__other_moves__are_another_message(signing: Desk, name: str) -> None:
    intent = full()
    signed = KEY.sign(signing.digest(intent))
    with signing.refused(BAD):
        signing.relay(with_field(intent, "moves", OTHER_MOVES[name]), signed)
    signing.relay(intent, signed)


@pytest.mark.parametrize("name", OTHERS)
def test_execute_signed__other_field_signed__passes(signing: Desk, name: str) -> None:
    """Each of the other values is refused above for its signature and nothing else."""
    intent = with_field(full(), name, OTHERS[name])
    key = OTHER if name == "agent" else KEY
    signing.relay(intent, key.sign(signing.digest(intent)))


@pytest.mark.parametrize("count", [1, 2, 9, 10])
def test_execute_signed__any_number_of_moves__hashes_as_eip_712_says(signing: Desk, count: int) -> None:
    """eth-account encodes the type and its array; the contract must agree at every length."""
    intent = draft(*[(1 + i % 3, K + i, i) for i in range(count)], agent=KEY.address, nonce=1)
    receipt = signing.relay(intent, KEY.sign(signing.digest(intent)))
    subject = signing.events(receipt)[-1].fields["subject"]
    assert subject == message(Domain(signing.executor), intent, signing.standing(KEY.address).mandate).body


def test_execute_signed__most_negative_number_of_assets__hashes_as_eip_712_says(signing: Desk) -> None:
    signing.intent((1, K, 0))
    intent = draft((1, -(2**255), 0), agent=KEY.address, nonce=2**256 - 1)
    signing.relay(intent, KEY.sign(signing.digest(intent)))
    assert signing.position(1)[0] == 0


def test_intent_type__as_documented__is_what_eth_account_makes_of_the_fields() -> None:
    """The type string that wallets show, spelt out once."""
    kind = (
        "Intent(address agent,bytes32 mandate,Move[] moves,uint256 max_loss,uint256 deadline,uint256 nonce,"
        "uint256 sequence,address relayer,bytes32 reason)Move(uint256 id,int256 assets,uint256 limit)"
    )
    intent = draft((1, K, 0), agent=KEY.address)
    move = encode(
        ["bytes32", "uint256", "int256", "uint256"],
        (keccak(text="Move(uint256 id,int256 assets,uint256 limit)"), 1, K, 0),
    )
    _, _, max_loss, deadline, nonce, sequence, relayer, reason = intent
    types = ["bytes32", "address", "bytes32", "bytes32"] + ["uint256"] * 4 + ["address", "bytes32"]
    moves = keccak(keccak(move))
    values = (keccak(text=kind), KEY.address, b"\x05" * 32, moves, max_loss, deadline, nonce, sequence)
    hashed = keccak(encode(types, (*values, relayer, reason)))
    assert message(Domain(STRANGER), intent, b"\x05" * 32).body == hashed


# ------------------------------------------------------------------ domain


@pytest.mark.parametrize(
    "change",
    [{"name": "Ganglion"}, {"version": "2"}, {"chain": 2}, {"chain": 0}, {"executor": DEPOSITOR}],
    ids=str,
)
def test_execute_signed__other_domain__is_another_message(signing: Desk, change: dict[str, Any]) -> None:
    intent = full()
    with signing.refused(BAD):
        signing.relay(intent, KEY.sign(signing.digest(intent, **change)))


def test_execute_signed__chain_that_splits__takes_no_signature_of_the_other(signing: Desk) -> None:
    """The same Executor with the same mandate under another chain id, as after a fork of the chain."""
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    there = draft((1, K, 0), agent=KEY.address, nonce=2)
    signing.rpc.call("anvil_setChainId", 2)
    try:
        with signing.refused(BAD):
            signing.relay(intent, signed)
        signing.relay(there, KEY.sign(signing.digest(there, chain=2)))
        told = signing.rpc.read(
            signing.executor, "eip712Domain()", returns=("bytes1", "string", "string", "uint256")
        )
        assert told[3] == 2
    finally:
        signing.rpc.call("anvil_setChainId", 1)
    signing.relay(intent, signed)


def test_execute_signed__another_executor_with_the_same_mandate__takes_none(signing: Desk) -> None:
    """The hash of a mandate says nothing of the Executor: the domain does."""
    values = (signing.vault, GOVERNOR)
    twin = deploy_vyper(signing.rpc, "contracts/Executor.vy", ["address", "address"], values)
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    mandate = signing.standing(KEY.address).mandate
    own, twin_s = (digest(Domain(executor), intent, mandate) for executor in (signing.executor, twin))
    assert own != twin_s
    with signing.refused(BAD):
        signing.relay(intent, KEY.sign(twin_s))
    signing.relay(intent, KEY.sign(own))


# ------------------------------------------------------------------ mandate


def test_execute_signed__mandate_revoked__is_void_for_good(signing: Desk) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    signing.command("revoke(address)", KEY.address, sender=GUARDIAN)
    with signing.refused("executor: no mandate"):
        signing.relay(intent, signed)
    employ(signing, KEY.address)
    with signing.refused(BAD):
        signing.relay(intent, signed)
    signing.relay(intent, KEY.sign(signing.digest(intent)))


@pytest.mark.parametrize("change", [{}, {"flow": 499_999 * 10**6}, {"document": b"\x03" * 32}], ids=str)
def test_execute_signed__mandate_replaced__is_void(signing: Desk, change: dict[str, Any]) -> None:
    """An identical one too: it is granted by another entry of the journal."""
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    employ(signing, KEY.address, **change)
    with signing.refused(BAD):
        signing.relay(intent, signed)


def test_execute_signed__signed_while_there_is_no_mandate__binds_none(signing: Desk) -> None:
    """A signature over the empty hash is good for nothing once a mandate is granted."""
    key = Key("newcomer")
    intent = draft((1, K, 0), agent=key.address, nonce=1)
    signed = key.sign(signing.digest(intent))
    with signing.refused("executor: no mandate"):
        signing.relay(intent, signed)
    employ(signing, key.address)
    with signing.refused(BAD):
        signing.relay(intent, signed)


def test_execute_signed__mandate_expired__is_refused(signing: Desk) -> None:
    expiry = signing.now() + DAY
    employ(signing, KEY.address, expiry=expiry)
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    signing.at(expiry + 1)
    with signing.refused("executor: mandate expired"):
        signing.relay(intent, signed)


def test_execute_signed__agent_revived__keeps_its_mandate_and_its_signatures(signing: Desk) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    signing.command("revive(address)", KEY.address)
    signing.relay(intent, signed)
