"""A model of the Executor that is wrong in one place is found, and what it hashes is what others hash."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from ganglion.devnet.abi import actor, call_data
from tests.model import caps, executor, groups, inflows, intents, journal, mandates, vault
from tests.model.budgets import Budget
from tests.model.exit_queue import NOBODY
from tests.model.intents import Form, Intent, Move, Signature, digest
from tests.model.journal import Kind
from tests.model.mandates import kept
from tests.model.roles import insist
from tests.stateful import wire
from tests.stateful.campaign import Mismatch
from tests.stateful.mutating import constant, instead, method, search
from tests.stateful.operations import (
    agents,
    bounds,
    governance,
    leavers,
    lives,
    reactions,
    signed,
    stress,
    surroundings,
)
from tests.stateful.signing import KEYS, SIGNER, signed_bytes
from tests.treasury import INTENT, intent_of

CHARGE, ADMIT = mandates.Mandates.charge, executor.Executor._admit
EXECUTE = executor.Executor.execute
CHECK, CHANGE, SET = intents.Signature.check, vault.Vault.note_change, caps.Caps.set
INFLOW = inflows.Inflows.charge


def _silent_late(self: mandates.Agent, now: int) -> bool:
    heartbeat = self.mandate.heartbeat
    return self.silenced or (heartbeat > 0 and now - self.seen > heartbeat + 1)


def _charge_and_forgive(self: mandates.Mandates, name: str, *arguments: int) -> int:
    debt = CHARGE(self, name, *arguments)
    self.agents[name] = replace(self.agents[name], silenced=False)
    return debt


def _nonce_of_one_word(self: mandates.Mandates, name: str, nonce: int) -> None:
    if nonce:
        insist(not self.nonces[name, 0] >> (nonce & 255) & 1, "nonce used")
        self.nonces[name, 0] |= 1 << (nonce & 255)


def _set_closed(self: caps.Caps, caller: str, identifier: int, *arguments: int) -> None:
    closed = self.closed[identifier]
    SET(self, caller, identifier, *arguments)
    self.closed[identifier] = closed


def _check_amount_only(self: groups.Groups, identifier: int, moved: vault.Vault) -> None:
    for _, group in self.around(identifier):
        inside = moved.exposure + groups.books(self.vault, group.members - {identifier})
        insist(inside <= group.cap.absolute, "over group cap")


def _set_any_cap(self: groups.Groups, caller: str, number: int, absolute: int, relative: int) -> None:
    group = self.find(number)
    cap = group.cap.set_by(caller, self.vault.now, absolute, relative)
    self.of[number] = replace(group, cap=cap)
    self.vault.tell("GroupCapSet", number, caller, absolute, relative)


def _charge_twice(self: inflows.Inflows, identifier: int, assets: int) -> None:
    INFLOW(self, identifier, 2 * assets)


def _renew_empty(self: Budget, now: int, limit: int, window: int) -> Budget:
    return Budget(limit, window, 0, now)


def _hash_swapped(self: Intent, mandate: bytes, at: dict[str, str]) -> bytes:
    return HASH(replace(self, deadline=self.nonce, nonce=self.deadline), mandate, at)


def _note_anything(self: journal.Journal, by: str) -> None:
    self.noted = self.vault.changes
    self.append(Kind.NOTE, by, subject=self.noted)


def _change_of_the_vault(self: vault.Vault, identifier: int, what: int) -> None:
    CHANGE(self, 0, what)


def _admit_any_relayer(self: executor.Executor, caller: str, intent: Intent) -> None:
    ADMIT(self, caller, replace(intent, relayer=NOBODY))


def _execute_for_others(self: executor.Executor, caller: str, intent: Intent) -> object:
    return EXECUTE(self, intent.agent, intent)


def _check_upper(self: Signature, agent: str, signed: bytes) -> None:
    CHECK(self._replace(form=Form.SHORT if self.form is Form.SHORT else Form.PROPER), agent, signed)


HASH = intents.Intent.hash
ABOUT = (agents, bounds, governance, leavers, lives, reactions, signed, stress, surroundings)
MUTANTS = {
    "thirteen digits": constant(mandates, "MOST_DIGITS", 2**44),
    "an agent lives a second longer": instead(mandates.Agent, "silent", _silent_late),
    "who acted in silence is forgiven": instead(mandates.Mandates, "charge", _charge_and_forgive),
    "acting is no sign of life": method(
        mandates.Agent, "acted", lambda after, self, *_: replace(after, seen=self.seen)
    ),
    "nonces of one word": instead(mandates.Mandates, "use_nonce", _nonce_of_one_word),
    "budgets begin anew": instead(Budget, "renewed", _renew_empty),
    "debts close nothing": instead(caps.Caps, "close", lambda *_: None),
    "what a debt closed stays closed": instead(caps.Caps, "set", _set_closed),
    "a group has no share": instead(groups.Groups, "check", _check_amount_only),
    "a group's cap is any": instead(groups.Groups, "set_cap", _set_any_cap),
    "trims look at no group": instead(groups.Groups, "excess", lambda *_: 0),
    "inflow counts twice": instead(inflows.Inflows, "charge", _charge_twice),
    "deadline and nonce are swapped": instead(intents.Intent, "hash", _hash_swapped),
    "another name is signed": constant(intents, "NAME", "Ganglion"),
    "the upper s is taken": instead(intents.Signature, "check", _check_upper),
    "a number of 32 bits": constant(journal, "NUMBER", 2**32),
    "a note of nothing": instead(journal.Journal, "note", _note_anything),
    "all changes are the vault's": instead(vault.Vault, "note_change", _change_of_the_vault),
    "nobody asks before": instead(executor.Executor, "_ask_before", lambda *_: None),
    "nobody asks afterwards": instead(executor.Executor, "_ask_after", lambda *_: None),
    "a relayer is anybody": instead(executor.Executor, "_admit", _admit_any_relayer),
    "anybody is the agent": instead(executor.Executor, "execute", _execute_for_others),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_campaign__wrong_model_of_the_executor__is_found(all_worlds, monkeypatch, name):
    MUTANTS[name](monkeypatch)
    with pytest.raises(Mismatch):
        search(all_worlds, *ABOUT)


# -- what model and campaign make, against others' libraries --------------------------

ADDRESSES = {SIGNER: KEYS[SIGNER].address, "relayer": actor("relayer"), NOBODY: "0x" + "00" * 20}
MOVES = (Move(1, -5, 6), Move(2, 7, 8), Move(3, -(2**255), 0))
SIGNED = Intent(SIGNER, MOVES, 9, 10, nonce=11, sequence=12, relayer="relayer", reason=b"\x0d" * 32)
CHAIN, EXECUTOR, MANDATE = 31_337, actor("executor"), b"\x0e" * 32
WORDS = ("uint256", "uint256", "uint256", "uint256", "address", "bytes32")
NAMES = ("max_loss", "deadline", "nonce", "sequence", "relayer", "reason")


def _typed() -> dict[str, object]:
    """The intent as wallets are shown it."""
    fields = [("agent", "address"), ("mandate", "bytes32"), ("moves", "Move[]")]
    fields += zip(NAMES, WORDS, strict=True)
    values = {name: getattr(SIGNED, name) for name in NAMES} | {"relayer": ADDRESSES["relayer"]}
    moves = [move._asdict() for move in MOVES]
    move = [("id", "uint256"), ("assets", "int256"), ("limit", "uint256")]
    domain = [("name", "string"), ("version", "string"), ("chainId", "uint256")]
    domain += [("verifyingContract", "address")]
    kinds = {"Intent": fields, "Move": move, "EIP712Domain": domain}
    return {
        "types": {kind: [{"name": n, "type": t} for n, t in each] for kind, each in kinds.items()},
        "primaryType": "Intent",
        "domain": {
            "name": "Ganglion Executor",
            "version": "1",
            "chainId": CHAIN,
            "verifyingContract": EXECUTOR,
        },
        "message": {"agent": ADDRESSES[SIGNER], "mandate": MANDATE, "moves": moves, **values},
    }


def test_digest__against_eth_account__is_what_a_wallet_signs():
    signable = encode_typed_data(full_message=_typed())
    hash_ = SIGNED.hash(MANDATE, ADDRESSES)
    assert hash_ == signable.body
    made = digest(EXECUTOR, CHAIN, hash_)
    wallet = Account.sign_message(signable, KEYS[SIGNER].key)
    assert signed_bytes(Signature(SIGNER, made)) == bytes(wallet.signature)


def test_signature__in_every_form__has_its_length_and_half():
    proper, upper, short = (signed_bytes(Signature(SIGNER, bytes(32), form)) for form in Form)
    assert (len(proper), len(upper), short) == (65, 65, proper[:-1])
    assert int.from_bytes(proper[32:64], "big") < 2**255 < int.from_bytes(upper[32:64], "big")
    assert {proper[64], upper[64]} == {27, 28}


@pytest.mark.parametrize("length", [0, 31, 32, 65])
def test_wire_of_intents__against_eth_abi__is_equal(length):
    at, signature = ADDRESSES.__getitem__, bytes(range(length))
    names = {"nonce": 11, "sequence": 12, "relayer": at("relayer"), "reason": SIGNED.reason}
    intent = intent_of(at(SIGNER), MOVES, 9, 10, **names)
    assert wire.execute(SIGNED, at) == call_data(f"execute({INTENT})", intent)
    signed = call_data(f"execute_signed({INTENT},bytes)", intent, signature)
    assert wire.execute_signed(SIGNED, signature, at) == signed


@pytest.mark.parametrize(
    ("amount", "left"),
    [
        (0, 0),
        (2**40 - 1, 2**40 - 1),
        (2**40, 2**40 // 10 * 10),
        (1_234_567_890_123_456, 123_456_789_012 * 10**4),
        (2**100 - 1, 126_765_060_022 * 10**19),
    ],
)
def test_kept__amounts_of_any_length__are_rounded_down_to_twelve_digits(amount, left):
    assert kept(amount) == left
    assert kept(left) == left
