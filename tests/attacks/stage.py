"""A treasury of three strategies, one of which is hostile, and everything that an attack on it can move.

The hostile one is honest until a dial is turned; the second is the same contract and stays honest; the
third is solmate's. All pay 1.3 asset wei a unit. 1,000,000 are deposited, 200,000 stand in each, 400,000
are idle, two pokes a day apart have opened petty cash, and nothing is unbooked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from ganglion.devnet.abi import actor, call_data
from ganglion.devnet.rpc import Rpc
from tests import treasury as t
from tests.attacks.timeline import Outcome, Timeline
from tests.modes import SINK, Group, Mode, TokenFlag

UNIT = 10**6
HOSTILE, HEALTHY, SOLMATE = 1, 2, 3
STAKE = 200_000 * UNIT
DEPOSITED = 800_000 * UNIT
LEAVERS = 200_000 * UNIT
AMOUNT = 1_000 * UNIT
OUTSIDER = actor("outsider")  # holds units of the strategies and nothing of the Vault
EVERYTHING = -(2**255)
MANDATE_DOCUMENT = b"\x11" * 32

DEPOSIT = "deposit(uint256,address)"
MINT = "mint(uint256,address)"
WITHDRAW = "withdraw(uint256,address,address)"
REDEEM = "redeem(uint256,address,address)"
SLICE = "redeem_slice(uint256,address,address,uint256)"
EXECUTE = f"execute({t.INTENT})"
SET_MODE = "set_mode(uint8,uint8,uint256)"
CALL = "(address,bytes,uint256,bool)"
MULTI = f"multi({CALL}[])"
LIST = f"list_strategy(address,{t.TERMS},uint256)"


def intent(*moves: tuple[int, int], agent: str = t.AGENT, max_loss: int = 2**112) -> tuple:
    """The ABI tuple of an agent's intent of ``(strategy, ±assets)`` moves without limits."""
    return t.intent_of(agent, [(identifier, assets, 0) for identifier, assets in moves], max_loss)


def inner(target: str, signature: str, *arguments: Any, must: bool = True) -> tuple[str, bytes, int, bool]:
    """A call for Caller.multi."""
    return (target, bytes.fromhex(call_data(signature, *arguments)[2:]), 0, must)


@dataclass(frozen=True)
class Stage:
    """The treasury and its strategies, by id less one; ``spare`` is not listed; ``caller`` is an attacker's
    contract."""

    treasury: t.Treasury
    strategies: tuple[str, ...]
    spare: str
    caller: str

    @property
    def rpc(self) -> Rpc:
        """The node."""
        return self.treasury.rpc

    @property
    def vault(self) -> str:
        """The Vault."""
        return self.treasury.vault

    @property
    def executor(self) -> str:
        """The Executor."""
        return self.treasury.executor

    @property
    def asset(self) -> str:
        """The asset."""
        return self.treasury.asset

    @property
    def hostile(self) -> str:
        """The strategy whose dials are turned."""
        return self.strategies[0]

    def play(self) -> Play:
        """Start a sequence of calls that leaves no trace."""
        return Play(self)

    def undone(self) -> AbstractContextManager[None]:
        """Undo what the block does to the chain."""
        return self.rpc.undone()

    def actions(self) -> dict[str, tuple[Any, ...]]:
        """Every path that touches a strategy, as ``(sender, to, signature, *arguments)``."""
        me, leaver, vault, agent = t.DEPOSITOR, t.LEAVER, self.vault, (t.AGENT, self.executor, EXECUTE)
        shares = AMOUNT * 10**12 // 2
        return {
            "deposit": (me, vault, DEPOSIT, AMOUNT, me),
            "mint": (me, vault, MINT, shares, me),
            "withdraw": (leaver, vault, WITHDRAW, AMOUNT, leaver, leaver),
            "redeem": (leaver, vault, REDEEM, shares, leaver, leaver),
            "slice": (leaver, vault, SLICE, LEAVERS * 10**12, leaver, leaver, 0),
            "allocate_hostile": (*agent, intent((HOSTILE, AMOUNT))),
            "allocate_healthy": (*agent, intent((HEALTHY, AMOUNT), (SOLMATE, AMOUNT))),
            "deallocate_hostile": (*agent, intent((HOSTILE, -AMOUNT))),
            "empty_hostile": (*agent, intent((HOSTILE, EVERYTHING))),
            "deallocate_healthy": (*agent, intent((HEALTHY, EVERYTHING), (SOLMATE, EVERYTHING))),
            "poke": (t.STRANGER, vault, "poke()"),
            "list": (t.GOVERNOR, self.treasury.steward, LIST, self.spare, t.Terms().tuple(), 10**30),
        }

    def views(self) -> dict[str, tuple[Any, ...]]:
        """Every view of the Vault that may read a strategy, as ``(signature, *arguments)``."""
        numbers = ("convertToShares", "convertToAssets", "previewDeposit", "previewMint", "previewRedeem")
        return {
            "totalAssets": ("totalAssets()",),
            "totals": ("totals()",),
            **{name: (f"{name}(uint256)", AMOUNT) for name in (*numbers, "previewWithdraw")},
            **{
                name: (f"{name}(address)", t.DEPOSITOR)
                for name in ("maxDeposit", "maxMint", "maxWithdraw", "maxRedeem", "unlock_time", "balanceOf")
            },
            "word": ("word(uint256,uint256)", t.POSITION, HOSTILE),
            "totalSupply": ("totalSupply()",),
            "asset": ("asset()",),
        }


@dataclass
class Play:
    """A sequence of calls on a stage; ``run`` gives the outcomes and the books noted on the way."""

    stage: Stage
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        """Start now."""
        self.timeline = Timeline(self.stage.rpc)

    def act(self, name: str) -> int:
        """Add one of the stage's actions."""
        return self.timeline.call(*self.stage.actions()[name])

    def call(self, sender: str, to: str, signature: str, *arguments: Any, gas: int = 16_000_000) -> int:
        """Add any call."""
        return self.timeline.call(sender, to, signature, *arguments, gas=gas)

    def execute(self, *moves: tuple[int, int], agent: str = t.AGENT, max_loss: int = 2**112) -> int:
        """Add an intent."""
        return self.call(agent, self.stage.executor, EXECUTE, intent(*moves, agent=agent, max_loss=max_loss))

    def mode(self, group: Group, mode: Mode, param: int = 0, identifier: int = HOSTILE) -> int:
        """Add the turn of a dial."""
        return self.call(OUTSIDER, self.stage.strategies[identifier - 1], SET_MODE, group, mode, param)

    def poke(self) -> int:
        """Add a poke by an account without code."""
        return self.call(t.STRANGER, self.stage.vault, "poke()")

    def latch(self, state: int) -> int:
        """Add a change of state by the Sentinel, whatever its signals say."""
        return self.call(self.stage.treasury.sentinel, self.stage.vault, "latch(uint256)", state)

    def watch(self, gas: int = 16_000_000) -> int:
        """Add a poke of the Sentinel by an account without code."""
        return self.call(t.STRANGER, self.stage.treasury.sentinel, "poke()", gas=gas)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.timeline.wait(seconds)

    def view(self, signature: str, *arguments: Any, to: str = "") -> int:
        """Add a read of the Vault, or of another contract."""
        return self.call(t.STRANGER, to or self.stage.vault, signature, *arguments)

    def totals(self) -> int:
        """Add a read of ``lo``, ``hi`` and the veto."""
        return self.view("totals()")

    def position(self, identifier: int = HOSTILE) -> int:
        """Add a read of a position's word."""
        return self.view("word(uint256,uint256)", t.POSITION, identifier)

    def books(self) -> Callable[[list[Outcome]], dict[str, int]]:
        """Note everything that the treasury, its holders and its strategies own; apply the answer to the
        outcomes."""
        places = {name: self.view(*rest, to=to) for name, (to, *rest) in _everything(self.stage).items()}
        return lambda outcomes: {name: int.from_bytes(outcomes[place].data) for name, place in places.items()}

    def run(self) -> list[Outcome]:
        """Run all calls and return their outcomes in order."""
        return self.timeline.run()


def _everything(stage: Stage) -> dict[str, tuple[Any, ...]]:
    vault, asset, ids = stage.vault, stage.asset, range(1, len(stage.strategies) + 1)
    word = "word(uint256,uint256)"
    people = {
        "depositor": t.DEPOSITOR,
        "leaver": t.LEAVER,
        "agent": t.AGENT,
        "outsider": OUTSIDER,
        "caller": stage.caller,
        "queue": stage.treasury.queue,
    }
    everyone = {**people, "vault": vault, "sink": SINK} | {
        f"strategy {i}": stage.strategies[i - 1] for i in ids
    }
    keys = {"hot": t.HOT, "petty": t.PETTY, "snapshot": t.SNAPSHOT, "clock": t.CLOCK, "owed": t.OWED}
    each = {
        "position": t.POSITION,
        "memory": t.MEMORY,
        "health": t.HEALTH,
        "listing": t.LISTING,
        "terms": t.TERMS_WORD,
        "runoff": t.RUNOFF,
        "coverage": t.COVERAGE,
    }
    return {
        **{name: (vault, word, key, 0) for name, key in keys.items()},
        **{f"{name} {i}": (vault, word, key, i) for name, key in each.items() for i in ids},
        **{f"asset of {name}": (asset, "balanceOf(address)", who) for name, who in everyone.items()},
        **{f"shares of {name}": (vault, "balanceOf(address)", who) for name, who in people.items()},
        **{f"unlock of {name}": (vault, "unlock_time(address)", who) for name, who in people.items()},
        **{
            f"allowed {i}": (asset, "allowance(address,address)", vault, stage.strategies[i - 1]) for i in ids
        },
        **{f"units {i}": (stage.strategies[i - 1], _units(i), vault) for i in ids},
        **{f"cap {i}": (stage.executor, "cap(uint256)", i) for i in ids},
        "flow of agent": (stage.executor, "flow_budget(address)", t.AGENT),
        "loss of agent": (stage.executor, "loss_budget(address)", t.AGENT),
        "supply": (vault, "totalSupply()"),
    }


def _units(identifier: int) -> str:
    # The hostile contracts' balanceOf may lie; units_of never does.
    return "balanceOf(address)" if identifier == SOLMATE else "units_of(address)"


def fund(rpc: Rpc) -> None:
    """Give every role ether."""
    for account in (*t.ACTORS, OUTSIDER):
        rpc.call("anvil_setBalance", account, hex(10**24))


def grow(rpc: Rpc, asset: str, strategy: str) -> None:
    """Have an outsider deposit 1,000 and let the strategy gain 300, so that a unit is worth 1.3."""
    whole = 10 ** rpc.read(asset, "decimals()", returns=("uint8",))
    rpc.transact(OUTSIDER, asset, "mint(address,uint256)", OUTSIDER, 10_000 * whole)
    rpc.transact(OUTSIDER, asset, "approve(address,uint256)", strategy, t.MAX_UINT)
    rpc.transact(OUTSIDER, strategy, DEPOSIT, 1_000 * whole, OUTSIDER)
    rpc.transact(OUTSIDER, asset, "mint(address,uint256)", strategy, 300 * whole)


def open_treasury(
    rpc: Rpc,
    *,
    flags: TokenFlag = TokenFlag.PLAIN,
    decimals: int = 6,
    terms: t.Terms | None = None,
    limits: t.Limits | None = None,
) -> Stage:
    """Deploy, list, deposit and allocate as the module says, scaled to the decimals of the asset."""
    fund(rpc)
    asset = t.deploy_token(rpc, decimals, flags)
    treasury = t.Treasury.create(rpc, asset, limits=limits)
    strategies = (t.deploy_hostile(rpc, asset), t.deploy_hostile(rpc, asset), t.deploy_solmate(rpc, asset))
    spare = t.deploy_hostile(rpc, asset)
    for strategy in (*strategies, spare):
        grow(rpc, asset, strategy)
    for strategy in (strategies[0], strategies[1], spare):
        rpc.transact(OUTSIDER, strategy, "gain(uint256)", 300 * 10**decimals)
    for strategy in strategies:
        identifier = treasury.list(strategy, terms)
        rpc.transact(
            t.GOVERNOR, treasury.executor, "set_cap(uint256,uint256,uint256)", identifier, 10**33, 10_000
        )
    caller = t.deploy_vyper(rpc, "contracts/mocks/Caller.vy")
    stage = Stage(treasury, strategies, spare, caller)
    grant(stage, t.AGENT)
    treasury.seal()
    rpc.warp(t.DAY + 1)
    scale = 10**decimals // UNIT
    treasury.deposit(t.DEPOSITOR, DEPOSITED * scale)
    treasury.deposit(t.LEAVER, LEAVERS * scale)
    treasury.mint(t.DEPOSITOR, DEPOSITED * scale)
    treasury.execute([(identifier, STAKE * scale, 0) for identifier in (HOSTILE, HEALTHY, SOLMATE)])
    for _ in range(3):
        treasury.poke()
        rpc.warp(t.DAY)
    return stage


def grant(
    stage: Stage,
    agent: str,
    *,
    flow: int = 10**29,
    loss: int = 10**29,
    window: int = t.DAY,
    strategies: int = 2**256 - 1,
) -> None:
    """Give an agent a mandate to allocate and deallocate, with a max loss per intent as large as its loss
    budget."""
    mandate = t.mandate_of(3, strategies, flow, loss, loss, window, document=MANDATE_DOCUMENT)
    stage.rpc.transact(t.GOVERNOR, stage.executor, f"set_mandate(address,{t.MANDATE})", agent, mandate)
