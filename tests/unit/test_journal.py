"""The journal: every kind of entry, its head computed again, and notes of the Vault's own changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_utils import keccak

from ganglion.devnet.abi import encode
from tests.treasury import AGENT, CHANGES, GUARDIAN, HOUR, STRANGER
from tests.unit.agents import KEY, employ
from tests.unit.bed import CURATOR, OK, QUARANTINED, SUSPECT, deploy_caller, payload
from tests.unit.desk import EXECUTE, Desk, draft
from tests.unit.events import Event
from tests.unit.journal import NONE, NUMBER, Entry, Kind, number_of, who
from tests.unit.standing import HELD, K, Post

NOTHING = "executor: nothing to note"
NOTE = "note()"


def changes(desk: Desk) -> bytes:
    """The Vault's hash over its changes of state and health."""
    return desk.word(CHANGES).to_bytes(32, "big")


def follow(desk: Desk, receipts: list[dict[str, Any]]) -> bytes:
    """Hash the Vault's changes in transactions, in order, as docs/JOURNAL.md says."""
    hashed = NONE
    for receipt in receipts:
        time = int(desk.rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16)
        for each in desk.events(receipt):
            if each.emitter != desk.vault.lower() or each.name not in ("StateChanged", "HealthChanged"):
                continue
            found = each.fields
            value = found["state"] if each.name == "StateChanged" else found["status"]
            values = (hashed, found.get("id", 0), value, time)
            hashed = keccak(encode(["bytes32", "uint256", "uint256", "uint256"], values))
    return hashed


def journal_of(desk: Desk, receipt: dict[str, Any]) -> list[Event]:
    """The entries of a transaction."""
    return [each for each in desk.events(receipt) if each.name == "Journaled"]


# ------------------------------------------------------------------ heads


def test_journal__new_executor__is_empty(desk: Desk) -> None:
    """The mandate of the desk is the first entry."""
    head, number = desk.head()
    granted = desk.standing().mandate
    assert number == number_of(head) == 1
    assert granted != NONE


def grant(post: Post) -> Any:
    """A mandate."""
    receipt = post.grant(document=b"\x07" * 32)
    mandate = post.standing().mandate
    return receipt, Entry(Kind.GRANT, AGENT, mandate, mandate, b"\x07" * 32)


def revocation(post: Post) -> Any:
    """The end of a mandate."""
    mandate = post.standing().mandate
    receipt = post.command("revoke(address)", AGENT, sender=GUARDIAN)
    return receipt, Entry(Kind.REVOCATION, AGENT, mandate, who(GUARDIAN))


def revival(post: Post) -> Any:
    """A revival by the curator."""
    mandate = post.standing().mandate
    receipt = post.command("revive(address)", AGENT, sender=CURATOR)
    return receipt, Entry(Kind.REVIVAL, AGENT, mandate, who(CURATOR))


def trim(post: Post) -> Any:
    """A trim by a stranger."""
    post.cap(2, HELD - K)
    post.trim(2)
    post.rpc.warp(HOUR)
    done = ((2, -K, K, 0),)
    return post.trim(2), Entry(Kind.TRIM, STRANGER, subject=(2).to_bytes(32, "big"), moves=done)


def note(post: Post) -> Any:
    """A note of a change of state by a stranger."""
    post.latch(1)
    return post.command(NOTE, sender=STRANGER), Entry(Kind.NOTE, STRANGER, subject=changes(post))


ENTRIES: dict[str, Callable[[Post], Any]] = {
    each.__name__: each for each in (grant, revocation, revival, trim, note)
}


@pytest.mark.parametrize("name", ENTRIES)
def test_journal__every_kind__is_told_whole_with_the_head_computed_again(post: Post, name: str) -> None:
    before = post.head()
    receipt, entry = ENTRIES[name](post)
    told = post.entered(entry)
    assert journal_of(post, receipt) == [told]
    assert post.head() == (told.fields["head"], before[1] + 1)


def test_journal__intents_by_both_ways__are_told_alike(desk: Desk) -> None:
    employ(desk, KEY.address)
    own = draft((1, K, 0), agent=KEY.address)
    assert journal_of(desk, desk.intent((1, K, 0), agent=KEY.address)) == [desk.executed(own, (1, K, K, 0))]
    intent = draft((1, K, 0), agent=KEY.address, nonce=1, reason=b"\x08" * 32)
    receipt = desk.relay(intent, KEY.sign(desk.digest(intent)))
    assert journal_of(desk, receipt) == [desk.executed(intent, (1, K, K, 0))]


@pytest.mark.parametrize("count", [1, 2, 10])
def test_journal__any_number_of_moves__hash_as_an_array(desk: Desk, count: int) -> None:
    moves = [(1 + i % 3, K + i, 0) for i in range(count)]
    receipt = desk.intent(*moves)
    assert journal_of(desk, receipt) == [desk.executed(draft(*moves), *((i, a, a, 0) for i, a, _ in moves))]


def test_journal__chain_of_entries__replays_from_nothing_to_the_head(post: Post) -> None:
    """All kinds in a row: every entry on the head before it, and the last is what the contract says."""
    first = post.head()
    receipts = [post.intent((1, K, 0))]
    receipts += [ENTRIES[name](post)[0] for name in ("revival", "trim", "note", "revocation", "grant")]
    head, number = first
    for receipt in receipts:
        (told,) = journal_of(post, receipt)
        time = int(post.rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16)
        names = ("kind", "agent", "mandate", "subject", "reason", "moves")
        head, number = Entry(*(told.fields[name] for name in names)).head(head, time), number + 1
        assert (told.fields["head"], told.fields["sequence"]) == (head, number)
    assert post.head() == (head, number)


def test_journal__several_entries_in_one_transaction__are_chained(desk: Desk) -> None:
    caller = deploy_caller(desk.rpc)
    desk.grant(agent=caller)
    before = desk.head()[1]
    intents = [payload_of(caller, assets) for assets in (K, 2 * K, -K)]
    calls = [(desk.executor, data, 0, True) for data in intents]
    receipt = desk.rpc.transact(STRANGER, caller, "multi((address,bytes,uint256,bool)[])", calls)
    told = journal_of(desk, receipt)
    assert [each.fields["sequence"] for each in told] == [before + 1, before + 2, before + 3]
    assert desk.head() == (told[-1].fields["head"], before + 3)
    heads = {each.fields["head"][:-NUMBER] for each in told}
    assert len(heads) == 3


def payload_of(agent: str, assets: int) -> bytes:
    """Calldata of an intent with one move of strategy 1."""
    return payload(EXECUTE, draft((1, assets, 0), agent=agent))


def test_journal__refused_or_silent_calls__enter_nothing(post: Post) -> None:
    before = post.head()
    with post.refused("executor: empty move"):
        post.intent((1, 0, 0))
    post.command("beat()", sender=AGENT)
    post.command("cancel_nonces(uint256,uint256)", 0, 2, sender=AGENT)
    post.cap(2, HELD - K)
    post.trim(2)
    post.group(1, 2)
    post.inflow(1, 1)
    assert post.head() == before


# ------------------------------------------------------------------ notes


def test_note__nothing_has_changed__is_refused(desk: Desk) -> None:
    assert changes(desk) == NONE
    with desk.refused(NOTHING):
        desk.command(NOTE, sender=STRANGER)


def test_note__twice__is_refused_until_something_changes_again(desk: Desk) -> None:
    for state in (1, 0, 2):
        desk.latch(state)
        desk.command(NOTE, sender=STRANGER)
        with desk.refused(NOTHING):
            desk.command(NOTE, sender=STRANGER)


def test_note__several_changes__are_one_note(desk: Desk) -> None:
    receipts = [desk.latch(state) for state in (1, 0, 1)]
    number = desk.head()[1]
    receipt = desk.command(NOTE, sender=STRANGER)
    (told,) = journal_of(desk, receipt)
    assert told.fields["subject"] == follow(desk, receipts)
    assert desk.head()[1] == number + 1


def test_note__contract__may(desk: Desk) -> None:
    caller = deploy_caller(desk.rpc)
    desk.latch(1)
    calls = [(desk.executor, payload(NOTE), 0, True)]
    receipt = desk.rpc.transact(STRANGER, caller, "multi((address,bytes,uint256,bool)[])", calls)
    assert journal_of(desk, receipt) == [desk.entered(Entry(Kind.NOTE, caller, subject=changes(desk)))]


# ------------------------------------------------------------------ the Vault's changes


def test_changes__state_and_health__are_hashed_in_order(post: Post) -> None:
    """Strategies fail, are put into quarantine and trusted again; the Vault is latched and freed."""
    receipts = []
    post.fail(1)
    receipts.append(post.poke())
    assert post.status(1) == SUSPECT
    post.rpc.warp(HOUR)
    receipts.append(post.poke())
    assert post.status(1) == QUARANTINED
    receipts.append(post.latch(1))
    post.fail(2)
    receipts.append(post.poke())
    post.fail(2, False)
    for _ in range(3):
        post.rpc.warp(HOUR)
        receipts.append(post.poke())
    assert post.status(2) == OK
    receipts.append(post.latch(0))
    assert changes(post) == follow(post, receipts) != NONE


def test_changes__in_one_poke__are_hashed_one_by_one(post: Post) -> None:
    for identifier in (1, 2, 3):
        post.fail(identifier)
    receipt = post.poke()
    assert [each.name for each in post.events(receipt)].count("HealthChanged") == 3
    assert changes(post) == follow(post, [receipt])


def test_changes__same_state_again__is_an_event_and_so_a_change(desk: Desk) -> None:
    receipts = [desk.latch(1), desk.latch(1)]
    assert changes(desk) == follow(desk, receipts) != follow(desk, receipts[:1])


def test_changes__moves_and_pokes_that_change_nothing__leave_it(post: Post) -> None:
    post.latch(1)
    before = changes(post)
    post.intent((1, -K, 0))
    post.poke()
    post.rpc.warp(HOUR)
    post.poke()
    assert changes(post) == before
