"""Fetching: ranges, cache, reorganisations, and nodes that refuse or lie."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from web3 import HTTPProvider, Web3

from ganglion import journal
from ganglion.agent.errors import ConnectionLost, Invalid, NodeError
from ganglion.devnet.node import free_port
from ganglion.journal.entry import ALTERED, FORGED, MISSING
from ganglion.journal.verify import UNLOCATED
from tests.journal.forge import rewritten
from tests.journal.meddling import honest, logs_as, meddled
from tests.treasury import AGENT


def request_of(told, **changes):
    return journal.Request(told.executor, last_block=told.last_block, **changes)


def refuse(error):
    return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": error}}


# -- ranges -------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_fetch__any_size_of_ranges__gives_the_same_and_tells_progress(w3, told, chunk):
    seen = []
    fetched = journal.fetch(w3, request_of(told, chunk=chunk, progress=lambda *step: seen.append(step)))
    assert fetched == told
    assert seen == sorted(seen)
    assert seen[-1] == (told.last_block + 1, told.last_block + 1)


def test_fetch__node_that_refuses_wide_ranges__is_asked_for_less(told, campaign):
    def meddle(method, params, answer):
        wide = method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > 9
        return refuse("query returned more than 10000 results") if wide else answer

    w3, _ = meddled(campaign.bed.rpc.url, meddle)
    assert journal.fetch(w3, request_of(told)) == told


def test_fetch__node_that_refuses_every_range__is_an_error_with_its_reason(told, campaign):
    def meddle(method, _params, answer):
        return refuse("limit exceeded") if method == "eth_getLogs" else answer

    w3, provider = meddled(campaign.bed.rpc.url, meddle)
    with pytest.raises(NodeError, match="limit exceeded"):
        journal.fetch(w3, request_of(told))
    assert provider.count("eth_getLogs") < 20


def test_fetch__node_without_timestamps_in_logs__asks_for_blocks(told, campaign):
    def strip(logs):
        return [{key: value for key, value in log.items() if key != "blockTimestamp"} for log in logs]

    w3, provider = meddled(campaign.bed.rpc.url, logs_as(strip))
    assert journal.fetch(w3, request_of(told)) == told
    blocks = {item.position.block for item in (*told.entries, *told.changes)}
    assert provider.count("eth_getBlockByNumber") == len(blocks) + 2


@pytest.mark.parametrize("first", [-1, 10**9])
def test_fetch__blocks_that_do_not_exist__are_refused(w3, told, first):
    with pytest.raises(Invalid, match="first block"):
        journal.fetch(w3, request_of(told, first_block=first))


def test_fetch__no_node__is_connection_lost_without_its_url():
    w3 = Web3(HTTPProvider(f"http://127.0.0.1:{free_port()}/secret", exception_retry_configuration=None))
    with pytest.raises(ConnectionLost) as caught:
        journal.fetch(w3, journal.Request(AGENT))
    assert "secret" not in str(caught.value)


def test_fetch__address_that_is_no_executor__is_named(w3):
    with pytest.raises(journal.NotAnExecutor, match=AGENT):
        journal.fetch(w3, journal.Request(AGENT))


# -- cache --------------------------------------------------------------------


def test_fetch__cache__goes_on_where_it_stopped(told, campaign, tmp_path):
    cache = tmp_path / "cache"
    w3, provider = meddled(campaign.bed.rpc.url, honest)
    middle = told.last_block // 2
    journal.fetch(w3, journal.Request(told.executor, last_block=middle, chunk=20, cache=cache))
    provider.asked.clear()
    assert journal.fetch(w3, request_of(told, cache=cache)) == told
    asked = [params[0]["fromBlock"] for method, params in provider.asked if method == "eth_getLogs"]
    assert asked == [hex(middle + 1)]
    provider.asked.clear()
    assert journal.fetch(w3, request_of(told, cache=cache)) == told
    assert provider.count("eth_getLogs") == 0


def test_fetch__cache__serves_an_earlier_block_too(w3, told, tmp_path):
    cache = tmp_path / "cache"
    journal.fetch(w3, request_of(told, cache=cache))
    middle = told.last_block // 2
    request = journal.Request(told.executor, last_block=middle)
    assert journal.fetch(w3, replace(request, cache=cache)) == journal.fetch(w3, request)


@pytest.mark.parametrize("kept", [-1, -30, 0.5])
def test_fetch__cache_torn_by_an_interruption__loses_no_more_than_the_last_range(w3, told, tmp_path, kept):
    cache = tmp_path / "cache"
    journal.fetch(w3, request_of(told, cache=cache, chunk=30))
    text = cache.read_text()
    cache.write_text(text[: int(len(text) * kept)] if isinstance(kept, float) else text[:kept])
    assert journal.fetch(w3, request_of(told, cache=cache)) == told
    assert journal.fetch(w3, request_of(told, cache=cache)) == told


def test_fetch__cache_of_another_journal__is_refused_by_the_field(w3, told, tmp_path):
    cache = tmp_path / "cache"
    journal.fetch(w3, request_of(told, cache=cache))
    header, *rest = cache.read_text().splitlines()
    other = json.dumps(json.loads(header) | {"chain_id": 5})
    cache.write_text("\n".join([other, *rest]) + "\n")
    with pytest.raises(journal.CacheInvalid, match="chain_id"):
        journal.fetch(w3, request_of(told, cache=cache))


def test_fetch__file_that_is_no_cache__is_refused_and_kept(w3, told, tmp_path):
    cache = tmp_path / "cache"
    cache.write_text("my notes\n")
    with pytest.raises(journal.CacheInvalid):
        journal.fetch(w3, request_of(told, cache=cache))
    assert cache.read_text() == "my notes\n"


def test_fetch__blocks_replaced_since_the_last_run__are_fetched_anew(w3, campaign, tmp_path):
    cache, rpc = tmp_path / "cache", campaign.bed.rpc
    request = journal.Request(campaign.bed.executor, cache=cache, chunk=50)
    with rpc.undone():
        with rpc.undone():
            campaign.command("revive(address)", AGENT)
            rpc.mine(3)
            before = journal.fetch(w3, request)
        campaign.command("beat()", sender=AGENT)
        campaign.grant(AGENT)
        rpc.mine(5)
        after = journal.fetch(w3, request)
        assert after == journal.fetch(w3, replace(request, cache=None))
        assert after.end.head != before.end.head
        assert journal.audit(w3, after) == ()


# -- lies ---------------------------------------------------------------------


def other_address(logs):
    return [log | {"address": "0x" + "11" * 20} for log in logs]


def other_block(logs):
    return [log | {"blockNumber": "0xffffff"} for log in logs]


def no_data(logs):
    return [{key: value for key, value in log.items() if key != "data"} for log in logs]


LIES = {
    "no list": lambda logs: {"logs": logs},
    "no logs": lambda logs: ["0x00"],
    "another contract's": other_address,
    "another block's": other_block,
    "without data": no_data,
    "without topics": lambda logs: [log | {"topics": []} for log in logs],
    "another event's": lambda logs: [log | {"topics": ["0x" + "00" * 32]} for log in logs],
    "a number that is none": lambda logs: [log | {"logIndex": "0xzz"} for log in logs],
    "a number below nothing": lambda logs: [log | {"logIndex": "-0x1"} for log in logs],
    "a time beyond all": lambda logs: [log | {"blockTimestamp": hex(2**70)} for log in logs],
    "removed": lambda logs: [log | {"removed": True} for log in logs],
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_fetch__answer_that_was_not_asked_for__is_an_error(told, campaign, lie):
    w3, _ = meddled(campaign.bed.rpc.url, logs_as(lie))
    with pytest.raises(NodeError, match="eth_getLogs"):
        journal.fetch(w3, request_of(told))


def test_audit__node_that_leaves_a_log_out__is_found(told, campaign):
    dropped = told.entries[9]

    def leave_out(logs):
        at = (dropped.position.block, dropped.position.log_index)
        return [log for log in logs if (int(log["blockNumber"], 16), int(log["logIndex"], 16)) != at]

    w3, _ = meddled(campaign.bed.rpc.url, logs_as(leave_out))
    findings = journal.audit(w3, journal.fetch(w3, request_of(told)))
    assert [(each.sequence, each.problem) for each in findings] == [(10, MISSING)]


def test_audit__node_that_tells_another_time__is_found(told, campaign):
    block = told.entries[4].position.block

    def later(logs):
        return [
            log
            | {"blockTimestamp": hex(int(log["blockTimestamp"], 16) + (int(log["blockNumber"], 16) == block))}
            for log in logs
        ]

    w3, _ = meddled(campaign.bed.rpc.url, logs_as(later))
    findings = journal.audit(w3, journal.fetch(w3, request_of(told)))
    assert (5, ALTERED) in {(each.sequence, each.problem) for each in findings}


def test_audit__node_without_history__leaves_a_forgery_at_the_end(told, campaign):
    def meddle(method, params, answer):
        old = method == "eth_call" and params[1] != hex(told.last_block)
        return refuse("missing trie node") if old else answer

    w3, _ = meddled(campaign.bed.rpc.url, meddle)
    entries = list(told.entries)
    entries[3] = replace(entries[3], reason=bytes(32 * [7]))
    forged = replace(told, entries=tuple(rewritten(entries, 3)))
    (finding,) = journal.audit(w3, forged)
    assert (finding.sequence, finding.problem, finding.detail) == (len(entries), FORGED, UNLOCATED)
    with pytest.raises(journal.HistoryMissing, match="archive"):
        journal.fetch(w3, request_of(told, first_block=5))


def test_fetch__chain_that_moves_meanwhile__is_noticed(told, campaign):
    seen = []

    def meddle(method, _params, answer):
        if method == "eth_getBlockByNumber":
            seen.append(method)
            if len(seen) > 1:
                answer["result"]["hash"] = "0x" + "11" * 32
        return answer

    w3, _ = meddled(campaign.bed.rpc.url, meddle)
    with pytest.raises(journal.ChainMoved):
        journal.fetch(w3, request_of(told))
