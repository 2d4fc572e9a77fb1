"""What reactions cost: the Sentinel's poke, a standing order, a trim, and the veto in a deposit."""

from __future__ import annotations

from bench import veto
from bench.operation import Operation, Transaction
from bench.scenario import ALLOCATED, AMOUNT, DEPOSIT, UNIT, Hand, Scenario
from ganglion.devnet.abi import call_data
from tests.treasury import DEPOSITOR, GOVERNOR, HOUR, STRANGER

ORDER = "(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)"
PRICE, IDLE = 1, 4
DEALLOCATE = 1
SOME = 4_000  # one part in so many
POKE = call_data("poke()")
FIRE = call_data("fire(uint256)", 1)
TRIM = call_data("trim(uint256)", 1)


def _sentinel_poke(scenario: Scenario) -> Transaction:
    return {"from": STRANGER, "to": scenario.treasury.sentinel, "data": POKE}


def _burn(scenario: Scenario, strategy: str, part: int) -> None:
    """Take a part of what backs a strategy's units away."""
    treasury = scenario.treasury
    data = call_data("burn(address,uint256)", strategy, treasury.assets(strategy) // part)
    scenario.mined({"from": STRANGER, "to": treasury.asset, "data": data})


def _fallen(scenario: Scenario) -> None:
    """Every mark stands a little below its book."""
    for strategy in scenario.treasury.strategies:
        _burn(scenario, strategy, SOME)


def _seen_bad(scenario: Scenario) -> None:
    """Every strategy has lost a tenth, which a poke saw an hour ago."""
    for strategy in scenario.treasury.strategies:
        _burn(scenario, strategy, 10)
    scenario.mined(_sentinel_poke(scenario))
    scenario.rpc.warp(HOUR)


def _govern(scenario: Scenario, contract: str, data: str) -> None:
    scenario.mined({"from": GOVERNOR, "to": contract, "data": data})


def _order(scenario: Scenario, condition: int, watched: int, threshold: int) -> None:
    """Set the order, and a budget for its bounty; fire it once, and wait its cooldown out."""
    treasury, reflexes = scenario.treasury, scenario.reflexes
    order = (condition, watched, threshold, DEALLOCATE, 1, AMOUNT, AMOUNT, UNIT, HOUR, UNIT)
    _govern(scenario, reflexes, call_data(f"set_order(uint256,{ORDER})", 1, order))
    for to, data in (
        (treasury.asset, call_data("approve(address,uint256)", reflexes, AMOUNT)),
        (reflexes, call_data("fund(uint256)", AMOUNT)),
        (reflexes, FIRE),
    ):
        scenario.mined({"from": STRANGER, "to": to, "data": data})
    scenario.rpc.warp(HOUR)


def _idle_ordered(scenario: Scenario) -> None:
    _order(scenario, IDLE, 0, 10_000)


def _price_ordered(scenario: Scenario) -> None:
    """The last strategy's price has fallen by more than the order's threshold."""
    _burn(scenario, scenario.treasury.strategies[-1], SOME)
    _order(scenario, PRICE, scenario.count, 1)


def _fire(scenario: Scenario) -> Transaction:
    return {"from": STRANGER, "to": scenario.reflexes, "data": FIRE}


def _over_cap(scenario: Scenario) -> None:
    """The first strategy stands over its cap, as was noted an hour ago."""
    most = ALLOCATED // scenario.count - AMOUNT
    cap = call_data("set_cap(uint256,uint256,uint256)", 1, most, 10_000)
    _govern(scenario, scenario.treasury.executor, cap)
    scenario.mined(_trim(scenario))
    scenario.rpc.warp(HOUR)


def _trim(scenario: Scenario) -> Transaction:
    return {"from": STRANGER, "to": scenario.treasury.executor, "data": TRIM}


def _deposit(scenario: Scenario) -> Transaction:
    data = call_data(DEPOSIT, AMOUNT, DEPOSITOR)
    return {"from": DEPOSITOR, "to": scenario.treasury.vault, "data": data}


STRESS = (
    Operation("sentinel_poke", _sentinel_poke, "the Vault's poke, judged by the Sentinel"),
    Operation(
        "sentinel_poke_latching",
        _sentinel_poke,
        "the same, seeing a fall for the second time: it latches STRESS",
        prepare=_seen_bad,
    ),
    Operation(
        "fire",
        _fire,
        "an order on idle that deallocates and pays a bounty",
        Hand.EXECUTOR,
        prepare=_idle_ordered,
    ),
    Operation(
        "fire_on_price", _fire, "the same on the price of a strategy", Hand.EXECUTOR, prepare=_price_ordered
    ),
    Operation("trim", _trim, "a position brought back to its cap", Hand.EXECUTOR, prepare=_over_cap),
    Operation("veto", _deposit, "what of `warm_deposit` is the veto", without=veto.take_out),
    Operation(
        "veto_below_book",
        _deposit,
        "the same while every mark stands below its book",
        prepare=_fallen,
        without=veto.take_out,
    ),
)
