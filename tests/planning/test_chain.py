"""Plans for random treasuries on real contracts: each passes preview and execution and does what it says."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganglion.planning import Goal, Problem, Targets, Yields, feasible, plan
from tests.planning.ground import COUNT, EVERY_STRATEGY, PLANNER, Ground
from tests.planning.markets import split
from tests.treasury import HOUR
from tests.unit.bed import BPS, FUNDS, M112

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Layout:
    """Lays a treasury out at random; amounts in whole tokens."""

    ground: Ground
    random: Random

    def run(self) -> None:
        """Positions, prices, liquidity, caps, groups and budgets, in this order."""
        self.positions()
        self.prices()
        for identifier in range(1, COUNT + 1):
            self.limits(identifier)
        for group in range(1, self.random.choice([1, 3, 9])):
            self.group(group)
        self.mandate()
        self.ground.limits(idle_floor=self.random.choice([0, 0, 500]))

    def some(self, most: float) -> int:
        """Asset wei, up to so many whole tokens."""
        return self.ground.tokens(self.random.random() * most)

    def positions(self) -> None:
        """Allocate to some strategies."""
        parts = split(self.random, COUNT + 1, FUNDS)[:COUNT]
        moves = [(k + 1, self.ground.tokens(part), 0) for k, part in enumerate(parts) if part]
        if moves:
            self.ground.intent(*moves)

    def prices(self) -> None:
        """Small gains and losses, some of them booked."""
        for identifier in range(1, COUNT + 1):
            value = self.ground.worth(identifier)
            change = int(value * self.random.choice([0, 0, 0.0001, 0.001, -0.0001, -0.001]))
            if change > 0:
                self.ground.gain(identifier, change)
            elif change < 0:
                self.ground.lose(identifier, -change)
        if self.random.random() < 0.5:
            self.ground.rpc.warp(self.random.choice([1, HOUR, 6 * HOUR]))
            self.ground.poke()

    def limits(self, identifier: int) -> None:
        """Liquidity, caps and inflow of one strategy."""
        ground, random = self.ground, self.random
        if random.random() < 0.2:
            ground.limit_liquidity(identifier, int(ground.worth(identifier) * random.random() * 1.2))
        absolute = M112 if random.random() < 0.5 else self.some(FUNDS / 2)
        ground.cap(identifier, absolute, random.choice([BPS, BPS, 4_000, 1_500, 0]))
        if random.random() < 0.2:
            ground.command("set_inflow(uint256,uint256,uint256)", identifier, self.some(FUNDS / 5), HOUR)

    def group(self, group: int) -> None:
        """A group of random members."""
        members = self.random.randrange(2, EVERY_STRATEGY) & EVERY_STRATEGY
        absolute = M112 if self.random.random() < 0.3 else self.some(FUNDS)
        relative = self.random.choice([BPS, 7_000, 4_000])
        signature = "set_group(uint256,uint256,uint256,uint256)"
        self.ground.command(signature, group, members, absolute, relative)

    def mandate(self) -> None:
        """What the planner may do."""
        unit = self.ground.unit
        self.ground.grant(
            PLANNER,
            permissions=self.random.choice([3, 3, 3, 3, 3, 1, 2]),
            strategies=EVERY_STRATEGY if self.random.random() < 0.7 else self.random.randrange(2, 128) & ~1,
            flow=self.random.choice([FUNDS * unit, self.some(FUNDS / 2)]),
            loss=self.random.choice([FUNDS * unit, self.some(2_000)]),
            max_loss=self.random.choice([FUNDS * unit, self.some(2_000)]),
        )

    def goal(self) -> Goal:
        """Weights or yields, now and then with idle."""
        min_idle = self.random.choice([0, 0, self.ground.tokens(FUNDS / 20)])
        ids = range(1, COUNT + 1)
        if self.random.random() < 0.4:
            return Yields({each: self.random.randint(0, 10**17) for each in ids}, min_idle=min_idle)
        return Targets(dict(zip(ids, split(self.random, COUNT + 1, BPS), strict=False)), min_idle=min_idle)


@FEW
@given(seed=st.integers(0, 2**32), slippage=st.sampled_from([0, 5, None]))
def test_plan__random_treasury_on_chain__passes_preview_and_execution(ground: Ground, seed, slippage):
    with ground.rpc.undone():
        layout = Layout(ground, Random(seed))
        layout.run()
        problem = Problem.of(ground.observe(), slippage=slippage)
        found = plan(problem, layout.goal())
        assert feasible(problem, found.moves) == []
        if not found.moves:
            return
        verdict = ground.preview(found.moves, found.loss)
        assert verdict[0] == "", (verdict, found.moves)
        ground.carry_out(found.moves, found.loss)
        after = Problem.of(ground.observe(), slippage=slippage)
        grain = sum(each.grain for each in problem.positions)
        assert abs(after.idle - found.after.idle) <= grain
        assert after.flow >= problem.flow - found.allocated
