"""An intent is executed once or not at all, whatever happens to lines, processes and other transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganglion.agent import Client, ConnectionLost, FileOutbox, Invalid, MemoryOutbox, NotSettled, allocate
from ganglion.agent.denials import DeadlinePassed, NoMandate
from ganglion.agent.intent import Intent
from ganglion.agent.outbox import EXECUTED, REFUSED, Record
from ganglion.agent.outcome import Executed
from tests.agent.proxy import ANY, Fault, Proxy, proxied
from tests.agent.stage import AGENT, QUICK, RELAYER, FeePolicy, K, Stage
from tests.treasury import ETHER, GUARDIAN

SEND = "eth_sendRawTransaction"
IMPATIENT = replace(QUICK, timeout=0.05)
HASTY = replace(QUICK, timeout=0.000_001)
BUSY = HealthCheck.function_scoped_fixture, HealthCheck.too_slow


@pytest.fixture(scope="module")
def proxy(session_stage: Stage) -> Iterator[Proxy]:
    with proxied(session_stage.rpc.url) as server:
        yield server


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def the_record(folder: Path) -> Record:
    (file,) = folder.glob("0x*.json")
    record = FileOutbox(folder).get(file.stem)
    assert record is not None
    return record


# -- a bad line ---------------------------------------------------------------

FAULTS = st.lists(st.sampled_from(list(Fault)), max_size=6)
PLANS = st.fixed_dictionaries(
    {ANY: st.integers(0, 12).flatmap(lambda n: FAULTS.map(lambda some: [Fault.NONE] * n + some))},
    optional={SEND: FAULTS, "eth_getTransactionReceipt": FAULTS},
)


@pytest.mark.slow
@settings(suppress_health_check=BUSY)
@given(plan=PLANS, remembers=st.booleans(), relayed=st.booleans())
def test_submit__over_a_line_that_drops_anywhere__executes_once(
    stage: Stage, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory, plan, remembers, relayed
):
    """Processes die at the first trouble and start again, with their outbox or without."""
    folder = tmp_path_factory.mktemp("outbox")
    with stage.rpc.undone():
        intent = stage.client().intent([allocate(1, K)], reason="once")
        signature = stage.client().sign(intent, AGENT) if relayed else None
        proxy.plan(plan)
        executed = until_settled(stage, proxy, intent, signature, folder if remembers else None)
        assert stage.executions(intent) == 1
        assert stage.client().outcome(intent) == executed
        assert stage.desk.standing(AGENT.address).sequence == 1
        if remembers and list(folder.glob("0x*.json")):
            assert executed.transaction in the_record(folder).hashes
            assert len(the_record(folder).attempts) == 1
    stage.rpc.mine()


def until_settled(
    stage: Stage, proxy: Proxy, intent: Intent, signature: bytes | None, folder: Path | None
) -> Executed:
    for _ in range(100):
        outbox = MemoryOutbox() if folder is None else FileOutbox(folder)
        account = AGENT if signature is None else RELAYER
        client = stage.client(account, url=proxy.url, outbox=outbox, policy=HASTY)
        with proxy.healthy():
            client.verify()
        try:
            return client.submit(intent) if signature is None else client.relay(intent, signature)
        except (ConnectionLost, NotSettled):
            continue
    raise AssertionError("it is never settled")


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
def test_send__line_drops__the_same_bytes_go_out_again(stage: Stage, proxy: Proxy, tmp_path: Path, fault):
    client = stage.client(url=proxy.url, outbox=FileOutbox(tmp_path))
    intent = client.intent([allocate(1, K)], reason=fault.value)
    proxy.plan({SEND: [fault] * 3})
    executed = client.submit(intent)
    record = the_record(tmp_path)
    assert record.hashes == (executed.transaction,)
    assert record.closed == EXECUTED
    assert proxy.asked[SEND] == (4 if fault is Fault.BEFORE else 1)
    assert stage.executions(intent) == 1


def test_submit__line_stays_dead_before_anything_was_signed__is_a_lost_connection(stage: Stage, proxy: Proxy):
    client = stage.client(url=proxy.url, policy=IMPATIENT)
    intent = client.intent([allocate(1, K)])
    proxy.plan({ANY: [Fault.BEFORE] * 1_000})
    with pytest.raises(ConnectionLost):
        client.submit(intent)
    proxy.plan({})


# -- a dead process -----------------------------------------------------------


def test_resume__after_a_crash_between_writing_and_sending__sends(stage: Stage, proxy: Proxy, tmp_path: Path):
    client = stage.client(url=proxy.url, outbox=FileOutbox(tmp_path), policy=IMPATIENT)
    intent = client.intent([allocate(1, K)], reason="crash")
    proxy.plan({SEND: [Fault.BEFORE] * 1_000})
    with pytest.raises(NotSettled) as caught:
        client.submit(intent)
    proxy.plan({})
    assert caught.value.transactions == the_record(tmp_path).hashes
    assert stage.executions(intent) == 0
    (executed,) = stage.client(outbox=FileOutbox(tmp_path)).resume()
    assert (executed.transaction,) == caught.value.transactions
    assert stage.executions(intent) == 1


def test_submit__another_intent_while_one_is_open__is_refused(stage: Stage, tmp_path: Path):
    stage.automine(False)
    client = stage.client(outbox=FileOutbox(tmp_path), policy=IMPATIENT)
    first = client.intent([allocate(1, K)], reason="first")
    with pytest.raises(NotSettled):
        client.submit(first)
    second = client.intent([allocate(1, K)], reason="second")
    assert second.nonce == first.nonce + 1
    with pytest.raises(NotSettled, match="an earlier intent"):
        client.submit(second)
    stage.rpc.mine()
    assert [type(each) for each in client.resume()] == [Executed]
    stage.automine(True)
    client.submit(second)
    assert (stage.executions(first), stage.executions(second)) == (1, 1)


def test_outbox__damaged_file__is_named(tmp_path: Path):
    outbox = FileOutbox(tmp_path)
    (tmp_path / f"0x{'0' * 64}.json").write_text("{")
    with pytest.raises(Invalid, match="is not JSON"):
        outbox.open()
    (tmp_path / f"0x{'0' * 64}.json").write_text('{"key": 1}')
    with pytest.raises(Invalid, match="no record"):
        outbox.get("0x" + "0" * 64)
    with pytest.raises(Invalid, match="64 hex digits"):
        outbox.get("../../etc/passwd")


# -- a slow chain -------------------------------------------------------------


def submitted(pool: ThreadPoolExecutor, stage: Stage, client: Client, intent: Intent) -> Future[Executed]:
    """Submit in the background until the transaction waits in the pool."""
    waiting = len(stage.pending())
    future = pool.submit(client.submit, intent)
    wait_for(lambda: len(stage.pending()) > waiting or future.done())
    return future


def test_submit__stuck__is_replaced_by_a_dearer_one(stage: Stage, background, tmp_path: Path):
    stage.automine(False)
    client = stage.client(outbox=FileOutbox(tmp_path))
    intent = client.intent([allocate(1, K)], reason="stuck")
    future = submitted(background, stage, client, intent)
    wait_for(lambda: len(the_record(tmp_path).attempts) > 2)
    stage.rpc.mine()
    executed = future.result()
    record = the_record(tmp_path)
    assert executed.transaction in record.hashes[1:]
    assert len({attempt.nonce for attempt in record.attempts}) == 1
    for before, after in zip(record.attempts, record.attempts[1:], strict=False):
        assert after.max_fee * 1_000 >= before.max_fee * 1_125
        assert after.tip * 1_000 >= before.tip * 1_125
    assert stage.executions(intent) == 1


def test_submit__stuck_at_the_ceiling__is_not_replaced_and_told(stage: Stage, tmp_path: Path):
    stage.automine(False)
    base = int(stage.rpc.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    policy = replace(QUICK, fees=FeePolicy(ceiling=base * 2, tip=1), timeout=1.0, replace_after=0.1)
    client = stage.client(outbox=FileOutbox(tmp_path), policy=policy)
    intent = client.intent([allocate(1, K)], reason="ceiling")
    with pytest.raises(NotSettled) as caught:
        client.submit(intent)
    assert caught.value.transactions == the_record(tmp_path).hashes
    assert len(caught.value.transactions) == 1
    stage.rpc.mine()
    client.submit(intent)
    assert stage.executions(intent) == 1


def test_submit__its_account_nonce_taken_by_another__is_sent_under_the_next(
    stage: Stage, background, tmp_path: Path
):
    stage.automine(False)
    patient = replace(QUICK, replace_after=60)
    client = stage.client(outbox=FileOutbox(tmp_path), policy=patient)
    intent = client.intent([allocate(1, K)], reason="displaced")
    future = submitted(background, stage, client, intent)
    (attempt,) = the_record(tmp_path).attempts
    transfer = {
        "to": RELAYER.address,
        "value": 1,
        "gas": 21_000,
        "nonce": attempt.nonce,
        "chainId": 1,
        "type": 2,
    }
    fees = {"maxFeePerGas": attempt.max_fee * 3, "maxPriorityFeePerGas": attempt.tip * 3}
    signed = AGENT.sign_transaction(transfer | fees)
    stage.rpc.call(SEND, "0x" + signed.raw_transaction.hex())
    stage.rpc.mine()
    wait_for(lambda: len(the_record(tmp_path).attempts) == 2 and stage.pending())
    stage.rpc.mine()
    assert future.result().transaction == the_record(tmp_path).hashes[1]
    assert stage.executions(intent) == 1


def test_submit__refused_when_it_is_mined__is_the_denial_with_its_transaction(
    stage: Stage, background, tmp_path: Path
):
    stage.automine(False)
    client = stage.client(outbox=FileOutbox(tmp_path), policy=replace(QUICK, replace_after=60))
    intent = client.intent([allocate(1, K)], reason="revoked")
    future = submitted(background, stage, client, intent)
    revoke(stage)
    with pytest.raises(NoMandate) as caught:
        future.result()
    record = the_record(tmp_path)
    assert (caught.value.transaction,) == record.hashes
    assert record.closed == REFUSED
    assert stage.executions(intent) == 0


def revoke(stage: Stage) -> None:
    """A guardian's transaction in front of what waits."""
    data = f"0x74a8f103{AGENT.address[2:].lower():0>64}"
    fees = {"maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(10**11), "gas": hex(10**6)}
    call = {"from": GUARDIAN, "to": stage.treasury.executor, "data": data}
    stage.rpc.call("eth_sendTransaction", call | fees)
    stage.rpc.mine()


def test_submit__dropped_and_too_old__is_given_up(stage: Stage, background, tmp_path: Path):
    stage.automine(False)
    client = stage.client(outbox=FileOutbox(tmp_path))
    intent = client.intent([allocate(1, K)], reason="late", valid_for=60)
    future = submitted(background, stage, client, intent)
    stage.rpc.call("anvil_dropAllTransactions")
    stage.rpc.call("evm_setNextBlockTimestamp", hex(intent.deadline + 1))
    stage.rpc.mine()
    with pytest.raises(DeadlinePassed):
        future.result()
    assert the_record(tmp_path).closed == REFUSED
    assert stage.executions(intent) == 0


def test_relay__two_relayers_at_once__both_learn_of_the_one_execution(stage: Stage, background):
    other = Account.from_key(keccak(text="another relayer"))
    stage.rpc.call("anvil_setBalance", other.address, hex(ETHER))
    stage.automine(False)
    intent = stage.client().intent([allocate(1, K)], reason="race")
    signature = stage.client().sign(intent, AGENT)
    clients = [stage.client(account) for account in (RELAYER, other)]
    futures = [background.submit(client.relay, intent, signature) for client in clients]
    wait_for(lambda: len(stage.pending()) == 2)
    stage.rpc.mine()
    first, second = (future.result() for future in futures)
    assert first == second
    assert stage.executions(intent) == 1


def test_submit__confirmations__are_waited_for(stage: Stage, background):
    client = stage.client(policy=replace(QUICK, confirmations=3))
    intent = client.intent([allocate(1, K)], reason="deep")
    future = background.submit(client.submit, intent)
    wait_for(lambda: stage.executions(intent) == 1)
    stage.rpc.mine()
    time.sleep(0.2)
    assert not future.done()
    stage.rpc.mine()
    assert future.result().entry is not None


# -- what a policy may say ----------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"timeout": 0}, {"poll": -1}, {"replace_after": 0}, {"confirmations": 0}, {"gas_margin": 999}]
)
def test_policy__that_cannot_work__is_refused(change):
    with pytest.raises(Invalid):
        replace(QUICK, **change)


@pytest.mark.parametrize("change", [{"bump": 1_124}, {"ceiling": 0}, {"headroom": 0}, {"tip": -1}])
def test_fees__that_cannot_work__are_refused(change):
    with pytest.raises(Invalid):
        replace(FeePolicy(), **change)
