"""Reactions from the Safe's and the operators' side: heartbeat, signals, orders, status, record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_utils import to_checksum_address

from ganglion.deployment import OperationRefused, record, standing
from ganglion.deployment.quantities import show_instant
from ganglion.devnet import Reverted
from scripts import act, beat, operations, propose, status
from scripts import record as record_command

from .test_commands import called, network, refused, run
from .world import DELAY, World, account

UNIT = 10**6
HOUR, DAY = 3_600, 86_400
SILENCE = 5_184_000
OWNERS = ["--signer", "TEST::1", "--signer", "TEST::3", "--yes"]
GUARDIAN = ["--account", "TEST::4", "--yes"]
TIGHTER = [
    "set_signal_limits",
    *("fall.bad=2 %", "fall.good=50 bps", "liquid.bad=8 %", "liquid.good=20 %", "age.bad=200 %"),
    *("age.good=100 %", "dark.bad=5 %", "dark.good=1 %", "short.bad=5 %", "short.good=1 %"),
]
ORDER = [
    "set_order",
    *("id=20", "when=liquidity", "watched=morpho", "threshold=99 %", "move=deallocate", "target=morpho"),
    *("least=1 USDC", "most=1_000 USDC", "max_loss=0.5 USDC", "cooldown=1 day", "bounty=2 USDC"),
]


@pytest.fixture(scope="module")
def module_working(session_world: World) -> Iterator[World]:
    with session_world.undone():
        session_world.open()
        session_world.pay_in(1_000_000 * UNIT)
        session_world.allocate(390_000 * UNIT)
        yield session_world


@pytest.fixture
def working(module_working: World) -> Iterator[World]:
    """The example treasury, accepted and open: 1,000,000 USDC in it, 390,000 of them in morpho."""
    with module_working.undone():
        yield module_working


def passed(world: World, words: list[str]) -> None:
    """Have an action go through Safe and Timelock."""
    operation = called(world, propose.cli, *OWNERS, *words)["operation"]
    world.wait(DELAY)
    called(world, operations.cli, "--account", "TEST::9", "--yes", operation, sub="execute")


def crash(world: World) -> None:
    """A loss of the market that is more than three hundredths of the treasury, and liquidity again."""
    world.net.market.crash(1_200)
    world.net.market.liquidate()
    world.net.market.crash(3_000)
    world.net.market.repay()


# ------------------------------------------------------------------ heartbeat


def test_beat__two_owners__counts_from_now_without_delay(world: World) -> None:
    world.wait(30 * DAY)
    content = called(world, beat.cli, *OWNERS)
    assert content["last"] == world.net.rpc.timestamp()
    assert content["until"] == content["last"] + SILENCE
    assert tuple(world.site.read("Sentinel", "heartbeat")) == (content["last"], content["until"])
    # In the same second the gas estimate would see a slot that does not change.
    world.wait(HOUR)
    said = run(beat.cli, *network(world), "--manifest", world.path, *OWNERS).stdout
    assert f"beaten; the next counts until {show_instant(standing.heartbeat(world.site).until)}" in said


def test_beat__one_signature__refused(world: World) -> None:
    assert "1 of 2 signatures" in refused(world, beat.cli, "--signer", "TEST::1", "--yes")


@pytest.mark.parametrize("index", [0, 1, 4, 5, 6, 9])
def test_beat__by_anyone_but_the_safe__the_sentinel_refuses(world: World, index: int) -> None:
    with pytest.raises(Reverted, match="sentinel: not the Safe"):
        world.send(account(index), world.site.call("Sentinel", "beat"))


def test_beat__export__one_call_and_not_beaten_yet(world: World, tmp_path: Path) -> None:
    before, file = standing.heartbeat(world.site), tmp_path / "beat.json"
    content = called(world, beat.cli, "--export", file)
    assert (content["exported"], content["until"]) == (str(file), before.until)
    (transaction,) = json.loads(file.read_text())["transactions"]
    assert transaction["to"] == world.at("Sentinel")
    assert transaction["data"] == "0x" + world.site.call("Sentinel", "beat").data.hex()
    said = run(beat.cli, *network(world), "--manifest", world.path, "--export", file).stdout
    assert "not beaten yet; the next counts until" in said


def test_beat__in_its_last_second__counts_and_a_second_later_refused(world: World) -> None:
    rpc, until = world.net.rpc, standing.heartbeat(world.site).until
    rpc.warp(until - rpc.timestamp())
    assert standing.beating(world.site).what == "Sentinel.beat()"
    rpc.warp(1)
    said = refused(world, beat.cli, *OWNERS)
    assert said.startswith(f"the heartbeat lapsed at {show_instant(until)}: too late is too late")


def test_beating__vault_obeys_another_sentinel__refused(world: World) -> None:
    net, site = world.net, world.site
    data = "0x" + site.creation("Sentinel").hex()
    other = net.rpc.send({"from": str(account(9).address), "data": data})["contractAddress"]
    passed(world, ["set_sentinel", f"sentinel={to_checksum_address(other)}"])
    with pytest.raises(OperationRefused, match=f"(?i)obeys the Sentinel {other}, not {world.at('Sentinel')}"):
        standing.beating(site)


def test_heartbeat__lapsed__anyone_winds_down_and_the_record_says_why(world: World) -> None:
    rpc, until = world.net.rpc, standing.heartbeat(world.site).until
    rpc.warp(until - rpc.timestamp() + 100)
    shown = run(status.cli, *network(world), "--manifest", world.path)
    assert shown.exit_code == 1
    assert f"lapsed at {show_instant(until)}" in shown.stdout
    world.poke()
    (change,) = record(world.site, world.manifest.first_block).changes
    assert (change.before, change.state, change.cause) == ("calm", "winddown", "heartbeat lapsed")
    assert (change.since, change.at) == (until, rpc.timestamp())
    assert "wound down for good" in refused(world, beat.cli, *OWNERS)


# ------------------------------------------------------------------ signals, limits and orders


def test_status__calm__signals_good_and_every_order_with_its_condition(working: World) -> None:
    now = called(working, status.cli)["now"]
    assert (now["state"], now["veto"], now["budget"]) == ("calm", False, 0)
    assert [signal["name"] for signal in now["signals"]] == ["fall", "liquid", "age", "dark", "short"]
    assert {signal["verdict"] for signal in now["signals"]} == {"good"}
    assert now["recovery"] == {"good": 0, "first_at": 0, "last_at": 0}
    assert [order["id"] for order in now["orders"]] == list(range(1, 20))
    holding = [order["name"] for order in now["orders"] if order["holds"]]
    assert holding == ["morpho_trim", "solmate_trim", "snekmate_trim"]
    assert now["orders"][0]["what"] == (
        "morpho over 300 bps below its reference: at least 10,000 USDC home from morpho"
    )
    assert now["fees"] == [0, 0, "0x" + 40 * "0"]


def test_status__after_a_shock__what_is_remembered_until_it_clears(working: World) -> None:
    crash(working)
    found = called(working, status.cli)["now"]
    assert (found["state"], found["veto"]) == ("calm", True)
    assert (found["signals"][0]["verdict"], found["signals"][0]["bad_at"]) == ("bad", None)
    assert found["orders"][0]["holds"] is True
    working.poke()
    noted = working.net.rpc.timestamp()
    assert called(working, status.cli)["now"]["signals"][0]["bad_at"] == noted
    working.wait(HOUR)
    working.poke()
    shown = run(status.cli, *network(working), "--manifest", working.path)
    assert "State: stress, entry, petty cash and allocations closed" in shown.stdout
    assert "Recovery: 0 of 3 good observations" in shown.stdout
    (change,) = record(working.site, working.manifest.first_block).changes
    assert (change.cause, change.since, change.age) == ("fall", noted, HOUR + change.age - HOUR)
    assert change.age == change.at - noted >= HOUR


def test_status__recovering__counts_good_observations(working: World) -> None:
    crash(working)
    for _ in range(2):
        working.poke()
        working.wait(HOUR)
    for _ in range(4):
        working.wait(DAY // 2)
        working.poke()
    working.wait(DAY // 2)
    working.poke()
    now = called_any(working)["now"]
    assert now["state"] == "stress"
    assert now["recovery"]["good"] in (1, 2)
    shown = run(status.cli, *network(working), "--manifest", working.path).stdout
    since = show_instant(now["recovery"]["first_at"])
    assert f"Recovery: {now['recovery']['good']} of 3 good observations since {since}" in shown


def called_any(world: World) -> dict:
    """What `status` prints, whether or not something differs."""
    return json.loads(run(status.cli, *network(world), "--manifest", world.path, "--json").stdout)


def test_act__guardian_tightens_signals__at_once_and_only_tighter(working: World) -> None:
    called(working, act.cli, *GUARDIAN, *TIGHTER)
    assert working.site.read("Sentinel", "limits")[0] == (200, 50)
    looser = [word.replace("fall.bad=2 %", "fall.bad=2.5 %") for word in TIGHTER]
    assert refused(working, act.cli, *GUARDIAN, *looser).endswith("authority: not the governor")
    passed(working, looser)
    assert working.site.read("Sentinel", "limits")[0] == (250, 50)


def test_propose__order_set_fired_and_removed__as_status_shows(working: World) -> None:
    passed(working, ORDER)
    order = called_any(working)["now"]["orders"][-1]
    assert (order["id"], order["name"], order["holds"]) == (20, "", False)
    working.net.fund(str(account(9).address), 5 * UNIT)
    called(working, act.cli, "--account", "TEST::9", "--yes", "fund_bounties", "assets=5 USDC")
    working.net.market.set_utilisation(9_800)
    fire = working.site.call("Reflexes", "fire", 20)
    working.send(account(9), fire)
    armed = called_any(working)["now"]["orders"][-1]
    assert (armed["holds"], armed["armed_at"], armed["fired_at"]) == (True, working.net.rpc.timestamp(), None)
    working.wait(HOUR)
    working.send(account(9), fire)
    fired, now = working.net.rpc.timestamp(), called_any(working)["now"]
    last = now["orders"][-1]
    assert (last["armed_at"], last["fired_at"], last["ready_at"]) == (None, fired, fired + DAY)
    assert now["budget"] == 3 * UNIT
    table = run(status.cli, *network(working), "--manifest", working.path).stdout
    assert "Bounties: 3 USDC left" in table
    receiver = working.net.actor("receiver")
    passed(working, ["defund_bounties", f"receiver={receiver}", "assets=3 USDC"])
    assert working.net.rpc.read(working.net.addresses.usdc, "balanceOf(address)", receiver) == 3 * UNIT
    passed(working, ["remove_order", "id=20"])
    assert [order["id"] for order in called_any(working)["now"]["orders"]] == list(range(1, 20))


def test_propose__fees_and_silence__read_back(working: World) -> None:
    receiver = working.net.actor("receiver")
    passed(working, ["set_fees", "management=1 %", "performance=10 %", f"receiver={receiver}"])
    passed(working, ["set_silence", "silence=30 days"])
    content = called_any(working)
    assert content["now"]["fees"] == [100, 1_000, receiver]
    assert {entry["name"]: entry["actual"] for entry in content["differences"]} == {
        "Vault.fees.management": 100,
        "Vault.fees.performance": 1_000,
        "Vault.fees.receiver": receiver,
        "Sentinel.silence": 30 * DAY,
    }
    shown = run(status.cli, *network(working), "--manifest", working.path).stdout
    assert f"Fees: 100 bps a year, 1000 bps of a new high, to {receiver}" in shown


def test_beating__silence_shortened__counts_from_the_last_beat(working: World) -> None:
    last = standing.heartbeat(working.site).last
    passed(working, ["set_silence", "silence=7 days"])
    assert standing.heartbeat(working.site).until == last + 7 * DAY
    working.wait(7 * DAY)
    with pytest.raises(OperationRefused, match="the heartbeat lapsed at"):
        standing.beating(working.site)


# ------------------------------------------------------------------ the promise record


def request(world: World, shares: int) -> int:
    """Have the depositor ask for its shares' part; returns the id of the epoch."""
    depositor, vault, queue = world.net.actor("depositor"), world.at("Vault"), world.at("ExitQueue")
    world.wait(HOUR)
    world.net.rpc.transact(depositor, vault, "approve(address,uint256)", queue, shares)
    signature = "requestRedeem(uint256,address,address)"
    world.net.rpc.transact(depositor, queue, signature, shares, depositor, depositor)
    return world.site.read("ExitQueue", "open_epoch")[0]


def test_record__nothing_happened__empty(world: World) -> None:
    content = called(world, record_command.cli)
    assert (content["promises"], content["unsettled"], content["changes"]) == ([], None, [])


def test_record__request_settled_late__due_late_promised_and_brought(working: World) -> None:
    rpc = working.net.rpc
    asked = request(working, 10**23)  # a tenth
    requested = rpc.timestamp()
    waiting = called(working, record_command.cli)["unsettled"]
    assert waiting == {"id": asked, "due": requested + DAY, "late": 0, "shares": 10**23}
    working.wait(DAY + 50)
    assert called(working, record_command.cli)["unsettled"]["late"] == rpc.timestamp() - requested - DAY >= 50
    working.net.market.set_utilisation(10_000)
    rpc.transact(str(account(9).address), working.at("ExitQueue"), "settle()")
    settled = rpc.timestamp()
    content = called(working, record_command.cli)
    (promise,) = content["promises"]
    assert content["unsettled"] is None
    assert (promise["id"], promise["due"], promise["settled"]) == (asked, requested + DAY, settled)
    assert (promise["late"], promise["shares"]) == (settled - requested - DAY, 10**23)
    assert 99_990 * UNIT < promise["promised"] <= 100_100 * UNIT
    assert 60_000 * UNIT < promise["at_once"] == promise["brought"] < 62_000 * UNIT
    assert promise["still_open"] is True
    working.net.market.repay()
    unwind = "unwind(uint256,uint256)"
    rpc.transact(str(account(9).address), working.at("ExitQueue"), unwind, 1, 2**112)
    (kept,) = called(working, record_command.cli)["promises"]
    assert kept["still_open"] is False
    assert kept["brought"] >= promise["promised"] - 3
    assert {key: kept[key] for key in ("promised", "at_once", "late")} == {
        key: promise[key] for key in ("promised", "at_once", "late")
    }
    table = run(record_command.cli, *network(working), "--manifest", working.path).stdout
    assert "1 epochs settled, 0 changes of the state" in table


def test_record__stress_and_recovery__each_change_with_its_cause(working: World) -> None:
    crash(working)
    working.poke()
    working.wait(HOUR)
    working.poke()
    for _ in range(8):
        working.wait(DAY // 2)
        working.poke()
    content = called(working, record_command.cli)
    assert [(change["before"], change["state"], change["cause"]) for change in content["changes"]] == [
        ("calm", "stress", "fall"),
        ("stress", "calm", "recovered"),
    ]
    for change in content["changes"]:
        assert change["age"] == change["at"] - change["since"] >= HOUR
    table = run(record_command.cli, *network(working), "--manifest", working.path).stdout
    assert "0 epochs settled, 2 changes of the state" in table
