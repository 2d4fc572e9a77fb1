"""Intents: what is signed, what is hashed, and what cannot be one."""

from __future__ import annotations

import json

import pytest
from eth_account import Account
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from ganglion.agent.errors import Invalid
from ganglion.agent.intent import (
    EVERYTHING,
    Domain,
    Intent,
    Move,
    allocate,
    canonical,
    deallocate,
    digest,
    intent_hash,
    mandate_hash,
    nonce_position,
    reason_hash,
    sign,
    typed_data,
    withdraw_all,
)
from ganglion.agent.structs import ZERO_ADDRESS, Mandate, Permission
from ganglion.devnet.abi import encode

SIGNER = Account.from_key(keccak(text="agent"))
OTHER = Account.from_key(keccak(text="stranger"))
EXECUTOR = "0x" + "ab" * 20
MANDATE = keccak(text="mandate")
MOVE_TYPE = "Move(uint256 id,int256 assets,uint256 limit)"
INTENT_TYPE = (
    "Intent(address agent,bytes32 mandate,Move[] moves,uint256 max_loss,uint256 deadline,uint256 nonce,"
    f"uint256 sequence,address relayer,bytes32 reason){MOVE_TYPE}"
)
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"

UINT = st.integers(0, 2**256 - 1)
MOVES = st.lists(st.builds(Move, UINT, st.integers(-(2**255), 2**255 - 1), UINT), max_size=10)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
WORDS = st.binary(min_size=32, max_size=32)
INTENTS = st.builds(Intent, ADDRESSES, MOVES, UINT, UINT, UINT, UINT, ADDRESSES, WORDS)


def an_intent(**changes) -> Intent:
    fields = {"agent": SIGNER.address, "moves": [allocate(1, 5)], "max_loss": 10, "deadline": 20, "nonce": 7}
    return Intent(**fields | changes)


def own_hash(intent: Intent, mandate: bytes) -> bytes:
    """The struct hash by EIP-712's words, without the library that the SDK uses."""
    hashes = [
        keccak(keccak(text=MOVE_TYPE) + encode(["uint256", "int256", "uint256"], each.as_tuple()))
        for each in intent.moves
    ]
    types = ["bytes32", "address", "bytes32", "bytes32", *["uint256"] * 4, "address", "bytes32"]
    numbers = (intent.max_loss, intent.deadline, intent.nonce, intent.sequence)
    values = (keccak(text=INTENT_TYPE), intent.agent, mandate, keccak(b"".join(hashes)), *numbers)
    return keccak(encode(types, (*values, intent.relayer, intent.reason)))


def own_digest(intent: Intent, domain: Domain, mandate: bytes) -> bytes:
    types = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    name = (keccak(text=DOMAIN_TYPE), keccak(text="Ganglion Executor"), keccak(text="1"))
    separator = keccak(encode(types, (*name, domain.chain_id, domain.executor)))
    return keccak(b"\x19\x01" + separator + own_hash(intent, mandate))


@given(INTENTS, WORDS, st.integers(1, 2**64), ADDRESSES)
def test_hash_and_digest__of_any_intent__are_eip_712s(intent, mandate, chain_id, executor):
    domain = Domain(chain_id, executor)
    assert intent_hash(intent, mandate) == own_hash(intent, mandate)
    assert digest(intent, domain, mandate) == own_digest(intent, domain, mandate)


def test_sign__recovers_to_the_agent():
    domain = Domain(1, EXECUTOR)
    signature = sign(an_intent(), domain, MANDATE, SIGNER)
    assert len(signature) == 65
    signed = digest(an_intent(), domain, MANDATE)
    assert Account._recover_hash(signed, signature=signature) == SIGNER.address


def test_typed_data__is_json_that_any_wallet_signs_alike():
    domain = Domain(1, EXECUTOR)
    message = typed_data(an_intent(), domain, MANDATE)
    text = json.dumps(message, default=lambda raw: "0x" + raw.hex())
    signed = SIGNER.sign_typed_data(full_message=json.loads(text))
    assert bytes(signed.signature) == sign(an_intent(), domain, MANDATE, SIGNER)


@pytest.mark.parametrize(
    ("intent", "mandate", "signer", "field"),
    [
        (an_intent(nonce=0), MANDATE, SIGNER, "nonce"),
        (an_intent(), bytes(32), SIGNER, "mandate"),
        (an_intent(), MANDATE, OTHER, "signer"),
    ],
)
def test_sign__what_could_never_pass__is_refused(intent, mandate, signer, field):
    with pytest.raises(Invalid, match=f"^{field}"):
        sign(intent, Domain(1, EXECUTOR), mandate, signer)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("agent", "0x12"),
        ("agent", None),
        ("relayer", "treasury.eth"),
        ("moves", [Move(1, 1)] * 11),
        ("max_loss", -1),
        ("max_loss", 1.5),
        ("deadline", 2**256),
        ("nonce", True),
        ("sequence", "1"),
        ("reason", "why"),
        ("reason", b"short"),
    ],
)
def test_intent__field_that_no_contract_takes__is_named(field, value):
    with pytest.raises(Invalid, match=f"^{field}"):
        an_intent(**{field: value})


@pytest.mark.parametrize(
    ("field", "arguments"),
    [("id", (-1, 5)), ("assets", (1, 2**255)), ("assets", (1, 0.5)), ("limit", (1, 1, -1))],
)
def test_move__field_that_no_contract_takes__is_named(field, arguments):
    with pytest.raises(Invalid, match=f"^{field}"):
        Move(*arguments)


@pytest.mark.parametrize("amount", [0, -5])
def test_allocate_and_deallocate__take_positive_amounts(amount):
    for make in (allocate, deallocate):
        with pytest.raises(Invalid, match=r"^assets"):
            make(1, amount)


def test_moves__signs_and_limits():
    assert allocate(1, 5, 4) == Move(1, 5, 4)
    assert deallocate(1, 5, 4) == Move(1, -5, 4)
    assert withdraw_all(1, 4) == Move(1, EVERYTHING, 4)


def test_allocates__if_any_move_does():
    assert an_intent(moves=[deallocate(1, 5), allocate(2, 5)]).allocates
    assert not an_intent(moves=[deallocate(1, 5), withdraw_all(2)]).allocates


@given(INTENTS)
def test_dict__any_intent__survives_json(intent):
    assert Intent.from_dict(json.loads(json.dumps(intent.as_dict()))) == intent


@pytest.mark.parametrize("change", [{"moves": [{"id": 1}]}, {"reason": "0xzz"}, {"extra": 1}, {"moves": 5}])
def test_from_dict__no_intent__is_refused(change):
    with pytest.raises(Invalid, match="no intent"):
        Intent.from_dict(an_intent().as_dict() | change)


def test_reason__text_is_hashed_as_it_is():
    assert reason_hash("rates moved") == keccak(text="rates moved")


def test_reason__json_is_hashed_in_one_form():
    assert canonical({"b": [1, "ü"], "a": None}) == '{"a":null,"b":[1,"ü"]}'
    assert reason_hash({"b": 1, "a": 2}) == reason_hash({"a": 2, "b": 1})


@pytest.mark.parametrize(
    "reason", [{"rate": 0.5}, [[1.0]], {"a": {"b": float("nan")}}, {"a": b"raw"}, [{1, 2}]]
)
def test_reason__what_prints_differently_elsewhere__is_refused(reason):
    with pytest.raises(Invalid, match=r"^reason"):
        reason_hash(reason)


def test_nonce_position__word_and_bit():
    assert [nonce_position(nonce) for nonce in (0, 255, 256, 513)] == [(0, 0), (0, 255), (1, 0), (2, 1)]


def test_mandate_hash__of_agent_terms_and_journal_sequence():
    mandate = Mandate(Permission(3), 6, 10, 9, 8, 7, 6, 5, ZERO_ADDRESS, b"\2" * 32)
    types = ["address", "uint256", *["uint256"] * 7, "address", "bytes32", "uint256"]
    flat = encode(types, [SIGNER.address, 3, 6, 10, 9, 8, 7, 6, 5, ZERO_ADDRESS, b"\2" * 32, 4])
    assert mandate_hash(SIGNER.address, mandate, 4) == keccak(flat)
