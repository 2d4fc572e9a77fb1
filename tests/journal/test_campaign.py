"""Journals of real campaigns: replay finds the chain's own hashes, and every tampering."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import AsyncHTTPProvider, AsyncWeb3

from ganglion import journal
from ganglion.journal.entry import CHANGES, FORGED, Kind
from ganglion.journal.verify import UNLOCATED
from tests.journal.campaign import Campaign
from tests.journal.forge import rewritten
from tests.journal.tampering import MUTATIONS, change_flips, swapped
from tests.treasury import CHANGES as CHANGES_WORD


def items_of(told):
    return sorted((*told.entries, *told.changes), key=lambda item: item.position)


def with_items(told, items):
    entries = tuple(item for item in items if isinstance(item, journal.Entry))
    changes = tuple(item for item in items if isinstance(item, journal.Change))
    return replace(told, entries=entries, changes=changes)


def test_fetch__campaign__gives_every_entry_and_change(told, campaign):
    bed = campaign.bed
    head, sequence = bed.rpc.read(bed.executor, "journal()", returns=("bytes32", "uint256"))
    assert [entry.sequence for entry in told.entries] == list(range(1, sequence + 1))
    assert told.entries[-1].head == head == told.end.head
    assert told.end.changes == bed.word(CHANGES_WORD).to_bytes(32, "big")
    assert {entry.kind for entry in told.entries} == set(Kind)
    assert {bool(change.id) for change in told.changes} == {True, False}, "only states, or only health"
    blocks = [entry.position.block for entry in told.entries]
    assert len(set(blocks)) < len(blocks), "no two entries in one block"
    assert told.vault.lower() == bed.vault


def test_audit__campaign__finds_nothing(w3, told):
    assert journal.audit(w3, told) == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_audit__other_campaigns__find_nothing(chain, w3, seed):
    with chain.undone():
        made = Campaign.open(chain, seed)
        made.run(60)
        told = journal.fetch(w3, journal.Request(made.bed.executor))
        assert journal.audit(w3, told) == ()
        assert len(told.entries) > 20


def test_fetch_async__gives_the_same(told, campaign):
    async def both():
        w3 = AsyncWeb3(AsyncHTTPProvider(campaign.bed.rpc.url))
        try:
            request = journal.Request(campaign.bed.executor, last_block=told.last_block)
            fetched = await journal.fetch_async(w3, request)
            return fetched, await journal.audit_async(w3, fetched)
        finally:
            await w3.provider.disconnect()

    assert asyncio.run(both()) == (told, ())


@given(st.data())
def test_verify__any_single_mutation_of_a_real_journal__is_found_at_its_sequence(told, data):
    mutation = data.draw(st.sampled_from((*MUTATIONS, swapped)))
    tampered = data.draw(mutation(items_of(told)))
    found = {each.sequence for each in journal.verify(with_items(told, tampered.items))}
    assert found & tampered.at, (tampered.what, found, tampered.at)


@given(st.data())
def test_verify__changed_change_of_a_real_journal__is_found_at_the_next_note(told, data):
    tampered = data.draw(change_flips(items_of(told)))
    found = {(each.sequence, each.problem) for each in journal.verify(with_items(told, tampered.items))}
    assert found == {(sequence, CHANGES) for sequence in tampered.at}, tampered.what


@given(st.data())
def test_audit__forged_suffix__is_found_where_it_begins(w3, told, data):
    entries = list(told.entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    entries[index] = replace(entries[index], reason=bytes(32 * [7]))
    forged = replace(told, entries=tuple(rewritten(entries, index)))
    assert [each.detail for each in journal.verify(forged)] == [UNLOCATED]
    (finding,) = journal.audit(w3, forged)
    block = entries[index].position.block
    first = min(entry.sequence for entry in entries if entry.position.block == block)
    assert (finding.sequence, finding.problem) == (first, FORGED)
    assert f"block {block} " in finding.detail
    assert first <= entries[index].sequence


def test_audit__change_left_out__is_found_between_its_blocks(w3, told):
    for index, change in enumerate(told.changes):
        kept = replace(told, changes=(*told.changes[:index], *told.changes[index + 1 :]))
        (finding,) = journal.audit(w3, kept)
        blocks = [each.position.block for each in told.changes]
        before = max((block for block in blocks if block < change.position.block), default=-1)
        same = any(each != change and each.position.block == change.position.block for each in kept.changes)
        after = (
            change.position.block
            if same
            else min((block for block in blocks if block > change.position.block), default=told.last_block)
        )
        assert finding.problem == CHANGES
        assert finding.detail.endswith(f"after block {before} and not later than in block {after}")


def test_fetch__from_the_middle__goes_on_from_what_the_chain_said_there(w3, told, campaign):
    middle = told.entries[len(told.entries) // 2]
    first = middle.position.block
    request = journal.Request(campaign.bed.executor, first_block=first, last_block=told.last_block)
    part = journal.fetch(w3, request)
    assert part.entries == tuple(entry for entry in told.entries if entry.position.block >= first)
    assert part.base.sequence == part.entries[0].sequence - 1
    assert journal.audit(w3, part) == ()
    lying = replace(part, base=replace(part.base, head=bytes(32)))
    assert [each.sequence for each in journal.verify(lying)] == [part.entries[0].sequence]
