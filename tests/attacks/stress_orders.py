"""Standing orders on the attacked treasury: deployed, mandated and funded, for a block that undoes it."""

from __future__ import annotations

from dataclasses import dataclass

from tests import treasury as t
from tests.attacks.stage import HEALTHY, HOSTILE, SOLMATE, UNIT, Stage

FIRE = "fire(uint256)"
FUND = "fund(uint256)"
COLLECT = "collect(address)"
ORDER = f"({','.join(['uint256'] * 10)})"
SET_ORDER = f"set_order(uint256,{ORDER})"
PRICE, LIQUIDITY, IDLE, STATE = 1, 2, 4, 8
DEALLOCATE, TRIM = 1, 2
BOUNTY = 50 * UNIT
BUDGET = 1_000 * UNIT
MOST = 50_000 * UNIT
ALWAYS, DRY, FALLEN, STRESSED, OVER = range(1, 6)


def order(
    condition: int,
    watched: int,
    threshold: int,
    target: int,
    *,
    action: int = DEALLOCATE,
    cooldown: int = t.HOUR,
    most: int = MOST,
) -> tuple[int, ...]:
    """The ABI tuple of an order that moves up to 50,000 for a loss of at most 100, and pays a bounty."""
    return (condition, watched, threshold, action, target, 1_000 * UNIT, most, 100 * UNIT, cooldown, BOUNTY)


ORDERS = {
    ALWAYS: order(IDLE, 0, 10_000, HOSTILE),  # met whenever anything is invested
    DRY: order(LIQUIDITY, HEALTHY, 5_000, SOLMATE),
    FALLEN: order(PRICE, HOSTILE, 300, SOLMATE),
    STRESSED: order(STATE, 0, 1, SOLMATE),
    OVER: order(IDLE, 0, 10_000, HOSTILE, action=TRIM),
}


@dataclass(frozen=True)
class Orders:
    """The Reflexes of a stage."""

    stage: Stage
    reflexes: str
    numbers: tuple[int, ...]

    @classmethod
    def standing(cls, stage: Stage) -> Orders:
        """Deploy, mandate to deallocate, fund and set all orders."""
        rpc, asset = stage.rpc, stage.asset
        values = (stage.executor, t.GOVERNOR)
        reflexes = t.deploy_vyper(rpc, "contracts/Reflexes.vy", ["address", "address"], values)
        mandate = t.mandate_of(t.DEALLOCATE, t.MAX_UINT, 0, 0, 0, document=b"\x22" * 32)
        rpc.transact(t.GOVERNOR, stage.executor, f"set_mandate(address,{t.MANDATE})", reflexes, mandate)
        rpc.transact(t.GOVERNOR, asset, "mint(address,uint256)", t.GOVERNOR, BUDGET)
        rpc.transact(t.GOVERNOR, asset, "approve(address,uint256)", reflexes, BUDGET)
        rpc.transact(t.GOVERNOR, reflexes, FUND, BUDGET)
        for number, each in ORDERS.items():
            rpc.transact(t.GOVERNOR, reflexes, SET_ORDER, number, each)
        return cls(stage, reflexes, tuple(ORDERS))
