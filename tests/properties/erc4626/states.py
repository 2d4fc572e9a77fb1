"""Treasuries in unlike states, side by side on one chain, and single calls on them that leave no trace.

Owners are LARGE, whom the bucket of petty cash limits, and SMALL, whom their balance does; the asset has
open minting.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from ganglion.devnet.rpc import Rpc
from tests import treasury as t
from tests.attacks.stage import SET_MODE, Play, Stage, open_treasury
from tests.modes import Group, Mode, TokenFlag

CAP = 3_000_000
BPS = 10_000
MINT_TO = "mint(address,uint256)"
LARGE, SMALL = t.LEAVER, t.GUARDIAN
SMALLS = 1_234_567_891  # asset wei that SMALL's shares cost at first, with 6 decimals


@dataclass(frozen=True)
class Plan:
    """How a state is made: decimals, fees in bps, and what the two hostile contracts go through, in bps of
    200,000."""

    decimals: int = 6
    flags: TokenFlag = TokenFlag.PLAIN
    entry_fee: int = 0
    petty_fee: int = 5
    booked_gain: int = 0
    gain: int = 0
    loss: int = 0
    exit_charge: int = 0
    petty_open: bool = True


PLANS: dict[str, Plan] = {
    "even": Plan(),
    "fees": Plan(entry_fee=30, petty_fee=77),
    "largest fees": Plan(entry_fee=50, petty_fee=1_000, gain=3),
    "booked gains": Plan(booked_gain=777, petty_fee=1),
    "unbooked gain": Plan(gain=20, petty_fee=1),
    "loss not poked": Plan(loss=20, petty_fee=1),
    "gain and loss": Plan(gain=13, loss=17, entry_fee=7),
    "charges on exit": Plan(exit_charge=10, gain=3),
    "large unbooked gain": Plan(gain=500, petty_open=False),
    "8 decimals": Plan(decimals=8, entry_fee=3, gain=5),
    "18 decimals": Plan(decimals=18, flags=TokenFlag.NO_RETURN, entry_fee=1, gain=9, loss=4),
}
OPEN = tuple(name for name, plan in PLANS.items() if plan.petty_open)


@dataclass(frozen=True)
class Owner:
    """What the views say of an owner: shares held, and the most that petty cash pays."""

    balance: int
    max_withdraw: int
    max_redeem: int


@dataclass(frozen=True)
class State:
    """One treasury, and what its views say before anything is done.

    ``hi`` and ``lo`` are asset wei; ``supply`` holds the virtual shares; ``share`` is shares per asset wei
    at first.
    """

    plan: Plan
    stage: Stage
    share: int
    lo: int
    hi: int
    supply: int
    max_deposit: int
    max_mint: int
    owners: dict[str, Owner]

    @property
    def vault(self) -> str:
        """The Vault."""
        return self.stage.vault

    def play(self) -> Play:
        """Start a sequence of calls that leaves no trace."""
        return self.stage.play()

    def rich(self) -> Play:
        """The same with assets for LARGE beyond every limit."""
        play = self.play()
        play.call(t.STRANGER, self.stage.asset, MINT_TO, LARGE, 2**111)
        return play


def build(rpc: Rpc, plan: Plan) -> State:
    """Make a state; two epoch-spaced pokes have opened petty cash, and what is unbooked came last."""
    scale = 10**plan.decimals
    limits = t.Limits(
        deposit_cap=CAP * scale, entry_fee=plan.entry_fee, petty_fee=plan.petty_fee, petty_share=200
    )
    terms = t.Terms(max_rate=60_000, charges_on_exit=plan.exit_charge != 0, tolerance=50)
    stage = open_treasury(rpc, flags=plan.flags, decimals=plan.decimals, terms=terms, limits=limits)
    part = 200_000 * scale // BPS
    rpc.transact(LARGE, stage.vault, "transfer(address,uint256)", SMALL, SMALLS * 10**12)
    if plan.exit_charge:
        rpc.transact(t.STRANGER, stage.hostile, SET_MODE, Group.FEE, Mode.EXIT_FEE, plan.exit_charge)
    if plan.booked_gain:
        _gain(stage, 0, part * plan.booked_gain + 1_234_567)
        for _ in range(12):
            stage.treasury.poke()
            rpc.warp(t.DAY)
    if plan.exit_charge:
        stage.treasury.poke()
    if plan.gain:
        _gain(stage, 0, part * plan.gain)
    if plan.loss:
        rpc.transact(t.STRANGER, stage.strategies[1], "lose(uint256)", part * plan.loss)
    stage.treasury.mint(LARGE, 1)
    return _seen(plan, stage)


def _gain(stage: Stage, index: int, amount: int) -> None:
    stage.rpc.transact(t.STRANGER, stage.asset, MINT_TO, stage.strategies[index], amount)
    stage.rpc.transact(t.STRANGER, stage.strategies[index], "gain(uint256)", amount)


def _seen(plan: Plan, stage: Stage) -> State:
    share = 10 ** max(3, 18 - plan.decimals)
    lo, hi, veto = stage.treasury.totals()
    assert not veto
    play = stage.play()
    entry = play.view("maxDeposit(address)", LARGE), play.view("maxMint(address)", LARGE)
    supply = play.view("totalSupply()")
    names = ("balanceOf", "maxWithdraw", "maxRedeem")
    seen = {owner: [play.view(f"{name}(address)", owner) for name in names] for owner in (LARGE, SMALL)}
    outcomes = play.run()
    owners = {owner: Owner(*(outcomes[place].word for place in places)) for owner, places in seen.items()}
    assert (owners[LARGE].max_withdraw > 0) == plan.petty_open, plan
    limits = (outcomes[place].word for place in entry)
    return State(plan, stage, share, lo, hi, outcomes[supply].word + share, *limits, owners)


# ------------------------------------------------------------------ Hypothesis


@dataclass(frozen=True)
class Part:
    """An amount between 1 and a limit: a few wei from either end, or a fraction."""

    wei: int
    fraction: int  # of 2**20

    def of(self, limit: int) -> int:
        """The amount; 0 only where the limit is."""
        found = self.wei if self.wei > 0 else limit + self.wei
        if self.fraction:
            found = limit * self.fraction // 2**20
        return max(min(limit, found), min(limit, 1))


parts = st.one_of(
    st.builds(Part, st.integers(-3, 3), st.just(0)),
    st.builds(Part, st.just(1), st.integers(1, 2**20)),
    st.builds(Part, st.integers(1, 10**6), st.just(0)),
)
any_state = st.sampled_from(tuple(PLANS))
open_state = st.sampled_from(OPEN)
owners = st.sampled_from((LARGE, SMALL))
accounts = st.sampled_from((t.STRANGER, t.LEAVER, t.DEPOSITOR, t.AGENT, t.GOVERNOR))
