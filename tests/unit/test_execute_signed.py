"""execute_signed: an agent's signature, sent by anyone."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from tests.treasury import AGENT, DEPOSITOR, GOVERNOR, STRANGER
from tests.unit.agents import BAD, KEY, Key, employ
from tests.unit.bed import EVERYONE, calling_constructor, payload
from tests.unit.desk import EXECUTE_SIGNED, Desk, draft
from tests.unit.events import event
from tests.unit.standing import K

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1
NOT_VALID, NOT_VALID_S = "ecdsa: invalid signature", "ecdsa: invalid signature `s` value"


@pytest.fixture
def signing(desk: Desk) -> Desk:
    """As ``desk``, with a mandate for a key."""
    employ(desk, KEY.address)
    return desk


# ------------------------------------------------------------------ who sends it


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_execute_signed__any_relayer__makes_the_moves_and_tells_the_agent(signing: Desk, role: str) -> None:
    intent = draft((1, 10 * K, 10 * K), (2, 5 * K, 0), agent=KEY.address, nonce=1)
    receipt = signing.relay(intent, KEY.sign(signing.digest(intent)), sender=EVERYONE[role])
    done = ((1, 10 * K, 10 * K, 0), (2, 5 * K, 5 * K, 0))
    assert signing.events(receipt) == [
        *(event(signing.vault, "Allocated", id=i, assets=a, units=a, loss=0) for i, a, _, _ in done),
        signing.executed(intent, *done),
    ]
    assert signing.standing(KEY.address).sequence == 1
    assert signing.rpc.read(signing.executor, "nonces(address,uint256)", KEY.address, 0) == 2


def test_execute_signed__agent_itself__may_send_it(signing: Desk) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signing.relay(intent, KEY.sign(signing.digest(intent)), sender=KEY.address)
    assert signing.position(1)[0] == K


def test_execute_signed__constructor__may_send_it(signing: Desk) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    data = payload(EXECUTE_SIGNED, intent, KEY.sign(signing.digest(intent)))
    signing.rpc.send({"from": STRANGER, "data": calling_constructor(signing.executor, data)})
    assert signing.position(1)[0] == K


def test_execute_signed__relayer_named__only_it_may_send(signing: Desk) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1, relayer=DEPOSITOR)
    signed = KEY.sign(signing.digest(intent))
    for sender in (STRANGER, KEY.address, GOVERNOR):
        with signing.refused("executor: not the relayer"):
            signing.relay(intent, signed, sender=sender)
    signing.relay(intent, signed, sender=DEPOSITOR)


def test_execute_signed__no_nonce__is_refused_before_anything_else(signing: Desk) -> None:
    intent = draft(agent=STRANGER, deadline=0, relayer=DEPOSITOR)
    with signing.refused("executor: no nonce"):
        signing.relay(intent, b"")


def test_execute_signed__budgets_and_caps__bind_as_ever(signing: Desk) -> None:
    signing.cap(1, 10 * K)
    intent = draft((1, 10 * K + 1, 0), agent=KEY.address, nonce=1)
    with signing.refused("executor: over absolute cap"):
        signing.relay(intent, KEY.sign(signing.digest(intent)))
    intent = draft((1, 10 * K, 0), agent=KEY.address, nonce=1)
    signing.relay(intent, KEY.sign(signing.digest(intent)))
    spent = signing.rpc.read(signing.executor, "flow_budget(address)", KEY.address, returns=("uint256",) * 2)
    assert spent[1] == 10 * K
    assert signing.flow()[1] == 0


def test_execute_signed__front_run__changes_nothing_but_who_pays(signing: Desk) -> None:
    """Whoever takes an intent from the pool does what the agent wanted; the relayer's own then fails."""
    intent = draft((1, 10 * K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    found = []
    for sender in (DEPOSITOR, STRANGER):
        snapshot = signing.rpc.call("evm_snapshot")
        receipt = signing.relay(intent, signed, sender=sender)
        assert receipt["from"] == sender.lower()
        found.append((signing.events(receipt), signing.fingerprint()))
        with signing.refused("executor: nonce used"):
            signing.relay(intent, signed, sender=DEPOSITOR)
        assert signing.rpc.call("evm_revert", snapshot)
    assert found[0] == found[1]


# ------------------------------------------------------------------ what a signature is


def mangled(signed: bytes) -> dict[str, tuple[bytes, str]]:
    """Signatures that are not the one they are made of, and why each is refused."""
    r, s, v = signed[:32], int.from_bytes(signed[32:64], "big"), signed[64]
    mirrored = (ORDER - s).to_bytes(32, "big")
    zero = bytes(32)
    return {
        "empty": (b"", BAD),
        "truncated": (signed[:-1], BAD),
        "one byte more": (signed + b"\x00", BAD),
        "another behind it": (signed + signed, BAD),
        "compact": (r + (s | (v - 27) << 255).to_bytes(32, "big"), BAD),
        "high s": (r + mirrored + bytes([v]), NOT_VALID_S),
        "high s with the other v": (r + mirrored + bytes([55 - v]), NOT_VALID_S),
        "s of the order": (r + ORDER.to_bytes(32, "big") + bytes([v]), NOT_VALID_S),
        "other v": (signed[:64] + bytes([55 - v]), BAD),
        "v without 27": (signed[:64] + bytes([v - 27]), BAD),
        "v of the chain": (signed[:64] + bytes([v + 10]), BAD),
        "v 26": (signed[:64] + b"\x1a", BAD),
        "v 29": (signed[:64] + b"\x1d", BAD),
        "v 255": (signed[:64] + b"\xff", BAD),
        "zero r": (zero + signed[32:], NOT_VALID),
        "zero s": (r + zero + bytes([v]), NOT_VALID),
        "r of the order": (ORDER.to_bytes(32, "big") + signed[32:], NOT_VALID),
        "zeros": (bytes(65), BAD),
        "ones": (b"\xff" * 65, BAD),
    }


@pytest.mark.parametrize("case", mangled(bytes(64) + b"\x1b"))
def test_execute_signed__signature_mangled__is_refused(signing: Desk, case: str) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    signed = KEY.sign(signing.digest(intent))
    wrong, reason = mangled(signed)[case]
    with signing.refused(reason):
        signing.relay(intent, wrong)
    signing.relay(intent, signed)


def test_execute_signed__longer_than_the_longest__is_refused(signing: Desk) -> None:
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    with signing.refused(BAD):
        signing.relay(intent, bytes(1_024))
    with signing.refused(None):
        signing.relay(intent, bytes(1_025))


def test_execute_signed__key_of_another_agent__is_refused(signing: Desk) -> None:
    other = Key("other")
    employ(signing, other.address)
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    with signing.refused(BAD):
        signing.relay(intent, other.sign(signing.digest(intent)))


def test_execute_signed__agent_without_a_key__is_refused(signing: Desk) -> None:
    """The account of no key: whatever a signature recovers to, it is not this agent."""
    intent = draft((1, K, 0), agent=AGENT, nonce=1)
    with signing.refused(BAD):
        signing.relay(intent, KEY.sign(signing.digest(intent)))


def test_execute_signed__personal_message__is_another_signature(signing: Desk) -> None:
    """The digest in a wallet's "sign this text" is none of an intent."""
    intent = draft((1, K, 0), agent=KEY.address, nonce=1)
    text = encode_defunct(primitive=signing.digest(intent))
    with signing.refused(BAD):
        signing.relay(intent, bytes(Account.sign_message(text, KEY.secret).signature))


def test_execute_signed__domain__is_told(signing: Desk) -> None:
    types = ("bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]")
    told = signing.rpc.read(signing.executor, "eip712Domain()", returns=types)
    assert told == (b"\x0f", "Ganglion Executor", "1", 1, signing.executor.lower(), bytes(32), ())


def test_execute_signed__deadline__is_its_last_second(signing: Desk) -> None:
    now = signing.now()
    late, last = (draft((1, K, 0), agent=KEY.address, nonce=n, deadline=now + 10 * n) for n in (1, 2))
    signed = [KEY.sign(signing.digest(intent)) for intent in (late, last)]
    signing.at(now + 11)
    with signing.refused("executor: deadline passed"):
        signing.relay(late, signed[0])
    signing.at(now + 20)
    signing.relay(last, signed[1])
