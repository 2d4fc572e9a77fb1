"""Following a chain: new blocks, replaced blocks, and a node that goes away for a while."""

from __future__ import annotations

import pytest

from ganglion import journal
from ganglion.agent.errors import ConnectionLost
from tests.journal.meddling import meddled
from tests.treasury import AGENT


@pytest.fixture
def rpc(campaign):
    with campaign.bed.rpc.undone():
        yield campaign.bed.rpc
    campaign.bed.rpc.mine()


def test_poll__new_blocks__are_told_once(w3, campaign, rpc):
    follower = journal.follow(w3, campaign.bed.executor)
    assert follower.poll(w3) is None
    campaign.grant(AGENT)
    campaign.bed.latch(1)
    news = follower.poll(w3)
    assert [entry.kind for entry in news.journal.entries] == [journal.Kind.GRANT]
    assert [(change.id, change.value) for change in news.journal.changes] == [(0, 1)]
    assert (news.findings, news.undone_from) == ((), None)
    assert follower.poll(w3) is None


def test_poll__from_the_first_block__tells_everything_in_parts(w3, campaign, rpc):
    follower = journal.follow(w3, campaign.bed.executor, after=0)
    told = []
    while (news := follower.poll(w3, 25)) is not None:
        assert news.findings == ()
        told += news.journal.entries
    assert [entry.sequence for entry in told] == list(range(1, len(told) + 1))
    assert told[-1].head == rpc.read(campaign.bed.executor, "journal()", returns=("bytes32", "uint256"))[0]


def test_poll__blocks_that_were_replaced__are_undone_and_told_anew(w3, campaign, rpc):
    follower = journal.follow(w3, campaign.bed.executor)
    with rpc.undone():
        campaign.grant(AGENT)
        first = follower.poll(w3)
    campaign.command("beat()", sender=AGENT)
    campaign.grant(AGENT)
    news = follower.poll(w3)
    assert news.undone_from == first.journal.first_block
    assert [entry.sequence for entry in news.journal.entries] == [first.journal.entries[0].sequence]
    assert news.journal.entries[0].head != first.journal.entries[0].head
    assert news.findings == ()


def test_poll__more_replaced_than_is_remembered__is_an_error(w3, campaign, rpc):
    with rpc.undone():
        rpc.mine(2)
        follower = journal.follow(w3, campaign.bed.executor)
    campaign.grant(AGENT)
    rpc.mine(3)
    with pytest.raises(journal.ChainMoved):
        follower.poll(w3)


def test_poll__node_that_goes_away__loses_nothing(w3, campaign, rpc):
    failures = iter([True, True, False])

    def meddle(method, _params, answer):
        if method == "eth_getLogs" and next(failures, False):
            raise ConnectionError("reset")
        return answer

    away, _ = meddled(rpc.url, meddle)
    follower = journal.follow(w3, campaign.bed.executor)
    campaign.grant(AGENT)
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            follower.poll(away)
    assert len(follower.poll(away).journal.entries) == 1


def test_poll__lying_node__is_found(w3, campaign, rpc):
    def meddle(method, _params, answer):
        return answer | {"result": []} if method == "eth_getLogs" else answer

    lying, _ = meddled(rpc.url, meddle)
    follower = journal.follow(w3, campaign.bed.executor)
    campaign.grant(AGENT)
    assert [each.problem for each in follower.poll(lying).findings] == ["missing"]
