"""What tests of stolen keys share: two agents on one treasury, and what both have taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from eth_utils import keccak

from ganglion.devnet.rpc import Rpc
from tests import treasury as t
from tests.attacks.stage import (
    EXECUTE,
    HEALTHY,
    HOSTILE,
    MULTI,
    SET_MODE,
    UNIT,
    Play,
    Stage,
    grant,
    inner,
    intent,
    open_treasury,
)
from tests.attacks.timeline import Outcome
from tests.modes import SINK, Group, Mode

SET_MANDATE = f"set_mandate(address,{t.MANDATE})"
SET_CAP = "set_cap(uint256,uint256,uint256)"
TOLERANCE = 50  # bps
FLOW, LOSS, WINDOW = 300_000 * UNIT, 100 * UNIT, t.DAY
MOVE = 500  # asset wei that rounding, and the precision of remembered prices, make of a move
CURATOR = t.SAFE


@contextmanager
def robbed(rpc: Rpc) -> Iterator[Stage]:
    """A treasury whose books do not rise by themselves; the thief is a contract, the other agent honest."""
    snapshot = rpc.call("evm_snapshot")
    stage = open_treasury(rpc, terms=t.Terms(max_rate=0, tolerance=TOLERANCE))
    for agent in (stage.caller, t.AGENT):
        grant(stage, agent, flow=FLOW, loss=LOSS, window=WINDOW)
    for target in (stage.treasury.steward, stage.executor):
        rpc.transact(t.GOVERNOR, target, "set_guardian(address,bool)", t.GUARDIAN, True)
    rpc.transact(t.GOVERNOR, stage.executor, "set_curator(address)", CURATOR)
    yield stage
    assert rpc.call("evm_revert", snapshot)


@dataclass
class Theft:
    """A sequence of calls by a thief and others; amounts are asset wei."""

    stage: Stage
    play: Play = field(init=False)

    def __post_init__(self) -> None:
        """Start now."""
        self.play = self.stage.play()

    def steal(self, *moves: tuple[int, int], part: int = TOLERANCE - 1) -> int:
        """One transaction in which both hostile contracts keep a part (bps) of what moves."""
        groups = (Group.DEPOSIT, Group.REDEEM)
        both = self.stage.strategies[:2]
        dials = [inner(each, SET_MODE, group, Mode.SHORT, part) for group in groups for each in both]
        honest = [inner(each, SET_MODE, group, Mode.HONEST, 0) for group in groups for each in both]
        act = inner(self.stage.executor, EXECUTE, intent(*moves, agent=self.stage.caller), must=False)
        return self.play.call(t.STRANGER, self.stage.caller, MULTI, [*dials, act, *honest])

    def mandate(self, agent: str, **terms: int) -> int:
        """Replace a mandate."""
        given = t.mandate_of(3, t.MAX_UINT, **{"flow": FLOW, "loss": LOSS, "max_loss": LOSS, **terms})
        return self.play.call(t.GOVERNOR, self.stage.executor, SET_MANDATE, agent, given)

    def stolen(self) -> int:
        """Add a read of what the thief has."""
        return self.play.view("balanceOf(address)", SINK, to=self.stage.asset)

    def standing(self, agent: str) -> int:
        """Add a read of what is remembered of an agent."""
        return self.play.view("standing(address)", agent, to=self.stage.executor)

    def budget(self, kind: str, agent: str) -> int:
        """Add a read of a budget, ``flow`` or ``loss``."""
        return self.play.view(f"{kind}_budget(address)", agent, to=self.stage.executor)

    def wait(self, seconds: int) -> None:
        """Let time pass, and have somebody poke."""
        self.play.wait(seconds)
        self.play.poke()

    def run(self) -> list[Outcome]:
        """Run everything."""
        return self.play.run()


def inside(outcome: Outcome) -> str:
    """Why the intent inside a theft was refused; empty if it passed."""
    (results,) = outcome.decoded("(bool,bytes)[]")
    ok, data = results[4]
    return "" if ok else Outcome(False, data, 0).reason


def drained(part: int = -(2**255)) -> tuple[tuple[int, int], tuple[int, int]]:
    """Everything of both hostile contracts, or a part, comes home."""
    return ((HOSTILE, part), (HEALTHY, part))


def used_slot(stage: Stage, agent: str) -> str:
    """Where the Executor keeps an agent's budgets and count: the slot whose time is its last sign of life."""
    seen = stage.rpc.read(
        stage.executor, "standing(address)", agent, returns=("bytes32",) + ("uint256",) * 3
    )[2]
    for slot in range(64):
        key = "0x" + keccak(slot.to_bytes(32, "big") + bytes.fromhex(agent[2:]).rjust(32, b"\0")).hex()
        word = int(stage.rpc.call("eth_getStorageAt", stage.executor, key, "latest"), 16)
        if word and (word >> 200) & (2**32 - 1) == seen:
            return key
    raise AssertionError("the Executor keeps no such word")
