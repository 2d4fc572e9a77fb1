"""Agents from the side of those who bound them: groups, inflow, silence, trims, and what `status` says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ganglion.deployment.standing_agents import Agents, Budget, Entering, GroupStanding
from ganglion.devnet import Reverted
from scripts import act, propose, status
from scripts._lib import agents
from tests.treasury import intent_of

from .test_commands import called, network, refused, run
from .test_reactions import OWNERS, crash, passed
from .world import World, account

UNIT = 10**6
HOUR, DAY = 3_600, 86_400
GUARDIAN, CURATOR = ["--account", "TEST::4", "--yes"], ["--account", "TEST::5", "--yes"]
ANYONE = ["--account", "TEST::9", "--yes"]
AGENT = 6
HELD = 390_000 * UNIT


@pytest.fixture(scope="module")
def module_working(session_world: World) -> Iterator[World]:
    with session_world.undone():
        session_world.open()
        session_world.pay_in(1_000_000 * UNIT)
        session_world.allocate(HELD)
        yield session_world


@pytest.fixture
def working(module_working: World) -> Iterator[World]:
    """The example treasury, accepted and open: 1,000,000 USDC in it, 390,000 of them in morpho."""
    with module_working.undone():
        yield module_working


def intend(world: World, *moves: tuple[int, int, int]) -> None:
    """Have the agent execute an intent; raises Reverted."""
    agent = str(account(AGENT).address)
    world.send(account(AGENT), world.site.call("Executor", "execute", intent_of(agent, moves, UNIT)))


def now(world: World) -> dict:
    """What `status` says stands now, whether or not something differs."""
    result = run(status.cli, *network(world), "--manifest", world.path, "--json")
    return json.loads(result.stdout)["now"]


# ------------------------------------------------------------------ groups


def test_act__guardian_cuts_a_group__stands_until_the_safe_lifts_it(working: World) -> None:
    words = ["group=lending", "absolute=300_000 USDC", "relative=30 %"]
    called(working, act.cli, *GUARDIAN, "cut_group", *words)
    cut = now(working)["groups"][0]
    assert (cut["name"], cut["absolute"], cut["relative"]) == ("lending", 300_000 * UNIT, 3_000)
    assert cut["cut_until"] == working.net.rpc.timestamp() + 7 * DAY
    with pytest.raises(Reverted, match="executor: over group cap"):
        intend(working, (2, 1_000 * UNIT, 0))
    higher = ["group=lending", "absolute=300_001 USDC", "relative=30 %"]
    assert refused(working, act.cli, *GUARDIAN, "cut_group", *higher).endswith("cut raises absolute")
    assert refused(working, act.cli, *CURATOR, "set_group_cap", *higher).endswith("executor: cut stands")
    members = "members=[morpho,solmate]"
    passed(working, ["set_group", "group=lending", members, "absolute=7_000_000 USDC", "relative=65 %"])
    assert now(working)["groups"][0]["cut_until"] is None
    assert called(working, status.cli)["differences"] == []
    working.poke()


def test_act__curator_tunes_a_group__up_to_what_the_timelock_allows(working: World) -> None:
    lower = ["group=2", "absolute=1_000_000 USDC", "relative=10 %"]
    called(working, act.cli, *CURATOR, "set_group_cap", *lower)
    with pytest.raises(Reverted, match="executor: over group share"):
        intend(working, (3, 110_000 * UNIT, 0))
    intend(working, (3, 90_000 * UNIT, 0))
    over = ["group=2", "absolute=1_000_000 USDC", "relative=52.01 %"]
    assert refused(working, act.cli, *CURATOR, "set_group_cap", *over).endswith("executor: over group limit")
    assert refused(working, act.cli, *ANYONE, "set_group_cap", *lower).endswith("executor: not the curator")
    assert refused(working, act.cli, *CURATOR, "cut_group", *lower).endswith("authority: not a guardian")


def test_propose__new_group_and_its_dissolution__as_status_shows(working: World) -> None:
    words = ["members=[morpho,3]", "absolute=400_000 USDC", "relative=100 %"]
    passed(working, ["set_group", "group=3", *words])
    held = working.site.word(2, 1) >> 112 & (2**112 - 1)
    found = now(working)["groups"][2]
    assert (found["number"], found["name"], found["exposure"]) == (3, "", held)
    passed(working, ["set_group", "group=3", "members=[]", "absolute=0 USDC", "relative=0 bps"])
    assert [group["number"] for group in now(working)["groups"]] == [1, 2]
    assert called(working, status.cli)["differences"] == []


# ------------------------------------------------------------------ inflow and trims


def test_act__curator_limits_inflow__binds_what_enters_and_lifted_again(working: World) -> None:
    called(working, act.cli, *CURATOR, "set_inflow", "strategy=solmate", "limit=50_000 USDC", "window=1 day")
    with pytest.raises(Reverted, match="executor: over inflow limit"):
        intend(working, (2, 50_001 * UNIT, 0))
    intend(working, (2, 40_000 * UNIT, 0))
    entered = {strategy["name"]: strategy["inflow"] for strategy in now(working)["strategies"]}
    assert entered["solmate"] == {"limit": 50_000 * UNIT, "spent": 40_000 * UNIT}
    assert entered["morpho"]["limit"] == 3_000_000 * UNIT
    assert 0 < entered["morpho"]["spent"] <= HELD
    called(working, act.cli, *CURATOR, "set_inflow", "strategy=2", "limit=0 USDC", "window=0 seconds")
    intend(working, (2, 60_000 * UNIT, 0))
    said = refused(working, act.cli, *GUARDIAN, "set_inflow", "strategy=2", "limit=1 USDC", "window=1 day")
    assert said.endswith("executor: not the curator")


def test_act__anyone_trims_what_a_cut_left_over__noted_then_brought_home(working: World) -> None:
    assert refused(working, act.cli, *ANYONE, "trim", "strategy=morpho").endswith("executor: within caps")
    cap = ["strategy=morpho", "absolute=300_000 USDC", "relative=40 %"]
    called(working, act.cli, *GUARDIAN, "cut", *cap)
    called(working, act.cli, *ANYONE, "trim", "strategy=morpho")
    noted = working.net.rpc.timestamp()
    assert now(working)["strategies"][0]["over_since"] == noted
    shown = run(status.cli, *network(working), "--manifest", working.path).stdout
    assert "over its caps since" in shown
    assert refused(working, act.cli, *ANYONE, "trim", "strategy=1").endswith("executor: seen too lately")
    working.wait(HOUR)
    called(working, act.cli, *ANYONE, "trim", "strategy=1")
    # By the books as they stood; an hour's interest is seen in the same moment.
    book = working.site.word(2, 1) >> 112 & (2**112 - 1)
    assert 300_000 * UNIT <= book < 300_020 * UNIT


# ------------------------------------------------------------------ silence, mandates and the journal


def test_revive__agent_silent_for_over_a_day__curator_lets_it_allocate_again(working: World) -> None:
    agent = str(account(AGENT).address)
    alive = now(working)["agents"][1]
    assert (alive["agent"], alive["silent"], alive["sequence"]) == (agent, False, 1)
    assert alive["silent_after"] == alive["seen"] + DAY
    working.wait(DAY + 1)
    working.poke()
    with pytest.raises(Reverted, match="executor: agent silent"):
        intend(working, (2, 1_000 * UNIT, 0))
    intend(working, (1, -1_000 * UNIT, 0))
    silent = now(working)["agents"][1]
    assert (silent["silent"], silent["sequence"]) == (True, 2)
    shown = run(status.cli, *network(working), "--manifest", working.path).stdout
    assert ", silent: it only reduces until it is revived; mandate until " in shown
    said = refused(working, act.cli, *GUARDIAN, "revive", f"agent={agent}")
    assert said.endswith("executor: not the curator")
    # In the same second the gas estimate would see a time that does not change.
    working.wait(60)
    called(working, act.cli, *CURATOR, "revive", f"agent={agent}")
    intend(working, (2, 1_000 * UNIT, 0))
    assert now(working)["agents"][1]["silent"] is False


def test_propose__mandate_replaced__hash_heartbeat_and_digits_as_granted(working: World) -> None:
    agent = str(account(AGENT).address)
    before = now(working)["agents"][1]["mandate"]
    words = ["permissions=[deallocate]", "strategies=[morpho]", "flow=0 USDC", "loss=1234567.89012 USDC"]
    words += ["max_loss=1 USDC", "window=1 day", "expires=2100-01-01T00:00:00Z", "heartbeat=2 hours"]
    words += [f"agent={agent}", f"document=0x{'ab' * 32}"]
    passed(working, ["set_mandate", *words])
    assert now(working)["agents"][1]["mandate"] != before
    granted = working.site.read("Executor", "mandate", agent)
    assert (granted[3], granted[7]) == (1_234_567_890_120, 7_200)
    worse = [word.replace("89012 USDC", "890123 USDC") for word in words]
    said = refused(working, propose.cli, *OWNERS, "set_mandate", *worse)
    assert "loss: 1234567890123 wei has more digits" in said
    assert "the nearest is 1_234_567.89012 USDC" in said


def test_act__anyone_notes__once_for_each_change(working: World) -> None:
    _, entries = working.site.read("Executor", "journal")
    assert refused(working, act.cli, *ANYONE, "note").endswith("executor: nothing to note")
    crash(working)
    for _ in range(2):
        working.poke()
        working.wait(HOUR)
    called(working, act.cli, *ANYONE, "note")
    assert working.site.read("Executor", "journal")[1] == entries + 1
    assert refused(working, act.cli, *ANYONE, "note").endswith("executor: nothing to note")


def test_status__agents__reflexes_and_agent_with_their_budgets(working: World) -> None:
    reflexes, agent = now(working)["agents"]
    assert (reflexes["name"], reflexes["silent_after"], reflexes["sequence"]) == ("reflexes", None, 0)
    assert agent["flow"]["limit"] == 6_000_000 * UNIT
    assert 0 < agent["flow"]["spent"] <= HELD
    shown = run(status.cli, *network(working), "--manifest", working.path).stdout
    assert "Agent reflexes: 0 intents, seen " in shown
    assert f"Agent {agent['agent']}: 1 intents, seen " in shown
    assert ", silent after " in shown
    assert "; mandate until 2027-12-31T23:59:59Z; flow used " in shown
    assert "Group 2 same_liquidity: 0 USDC, 0 bps of everything; 6,000,000 USDC and 5200 bps at most" in shown
    assert "Strategy solmate: no limit of inflow" in shown


def test_show__closed_strategy_and_cut_group__until_when(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    group = GroupStanding(1, "lending", 250 * UNIT, 1_000 * UNIT, 300 * UNIT, 2_600, cut_until=DAY)
    strategy = Entering("morpho", Budget(5 * UNIT, UNIT), closed_until=2 * DAY, over_since=3 * DAY)
    agents.show(Agents((), (group,), (strategy,)), world.site)
    assert capsys.readouterr().out.splitlines() == [
        "Group 1 lending: 250 USDC, 2500 bps of everything; 300 USDC and 2600 bps at most, cut until "
        "1970-01-02T00:00:00Z",
        "Strategy morpho: inflow 1 USDC of 5 USDC, closed until 1970-01-03T00:00:00Z, over its caps since "
        "1970-01-04T00:00:00Z",
    ]
