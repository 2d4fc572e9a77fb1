"""Operations around the Sentinel: pokes through it, trouble that lasts, recovery, heartbeats, thresholds."""

from __future__ import annotations

from functools import partial

from tests import treasury as chain
from tests.model.arithmetic import BPS, HOUR
from tests.model.intents import Move
from tests.model.position import Position
from tests.model.runoff import EVERYTHING
from tests.model.sentinel import LEAST, MOST, SIGNALS, Cause, Thresholds
from tests.model.strategy import Limit, Read, Strategy
from tests.model.vault import VAULT
from tests.modes import Group, Mode
from tests.stateful import wire
from tests.stateful.driver import Driver, amount
from tests.stateful.forwarder import named
from tests.stateful.operations import agents
from tests.stateful.operations.keepers import lose_patience
from tests.stateful.world import AGENTS, STRANGER

SPACINGS = (HOUR, HOUR, HOUR, HOUR, HOUR, HOUR, HOUR - 1, HOUR + 1)
SENTINEL = "sentinel"
UNWIND = "unwind(uint256,uint256)"
DAYS = (7, 7, 7, 8, 60, 365, 6, 366)


def watch(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody pokes the Sentinel, mostly about an hour after the last time."""
    if variant % 4:
        driver.warp(SPACINGS[size % len(SPACINGS)])
    driver.poke_through(SENTINEL)


def watch_from_code(driver: Driver, which: int, size: int, variant: int) -> None:
    """A contract pokes the Sentinel, or begins the transaction itself."""
    through = named(SENTINEL)
    target, sender = (through, STRANGER) if variant % 2 else (SENTINEL, through)
    driver.poke_through(target, sender, direct=False)


def trouble(driver: Driver, which: int, size: int, variant: int) -> None:
    """One signal is bad for an hour, or a second less, and two pokes see it."""
    cause = (Cause.FALL, Cause.LIQUID, Cause.LIQUID, Cause.AGE, Cause.DARK, Cause.SHORT)[variant % 6]
    strategy = driver.invested(which)
    if cause is Cause.FALL:
        lie = 301 + 40 * (size % 64)
        driver.dial(strategy, Group.READ, Mode.LIE_DOWN, lie, reading=Read.LIE_DOWN, lie=lie)
    elif cause is Cause.LIQUID:
        _spend(driver)
        for each in driver.world.strategies[:-1]:
            driver.dial(each, Group.LIQUIDITY, Mode.LIMITED, 0, limit=Limit.LIMITED, liquid=0)
    elif cause is Cause.DARK:
        driver.dial(strategy, Group.READ, Mode.REVERT_EMPTY, 0, reading=Read.FAIL)
    elif cause is Cause.SHORT:
        _charge(driver, which, size)
    for _ in range(3 if cause is Cause.DARK else 2):
        seconds = 2 * driver.vault.epoch + 1 if cause is Cause.AGE else SPACINGS[size % len(SPACINGS)]
        driver.warp(seconds)
        driver.poke_through(SENTINEL)
    if variant > 60:
        wind_down(driver, which, size, 7)
    elif variant > 56:
        fall_silent(driver, which, 0, 3)


def _spend(driver: Driver) -> None:
    """Put nearly all idle to work, as the Executor, so that liquidity rests on strategies alone."""
    vault = driver.vault
    sound = [position.id for position in vault.live if position.ceiling > vault.idle]
    if sound:
        driver.allocated(sound[0], vault.idle * 31 // 32 or 1, 0)


def shallows(driver: Driver, which: int, size: int, variant: int) -> None:
    """About as much is liquid as must be, in all or of one strategy; an agent tries to allocate."""
    if variant % 2:
        _spend(driver)
    vault, number = driver.vault, driver.filled(which)
    position = vault.find(number)
    if position is None or not position.units:
        return
    price, edge = vault.price(), 785 + size % 32  # bps
    liquid = position.world.to_assets(position.units) * edge // BPS
    if variant % 2:
        liquid = max(0, (price.lo + price.dark) * edge // BPS - vault.idle)
    if size > 223:
        driver.dial(position.world, Group.MAX, Mode.RETURN_31, 0, answers_max=False)
    for each in driver.world.strategies[:-1]:
        most = liquid if each is position.world else 0
        driver.dial(each, Group.LIQUIDITY, Mode.LIMITED, most, limit=Limit.LIMITED, liquid=most)
    if variant % 2:
        driver.poke_through(VAULT)
    moves = [Move(number, max(1, vault.idle // 8), 0)]
    driver.intent(AGENTS[0], moves, driver.world.unit * 1_000, 2**40)


def _charge(driver: Driver, which: int, size: int) -> None:
    """A strategy for which leavers wait takes much of what they should get, half of the time for long."""
    number = driver.waiting(which)
    position = driver.vault.ever_listed(number)
    if position is not None:
        driver.dial(position.world, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)
        fee = 1_000 + size % 64 * 64
        driver.dial(position.world, Group.FEE, Mode.EXIT_FEE, fee, exit_fee=fee)
        _unwind(driver, number)
        if size % 4 == 3:
            lose_patience(driver, position, size)
            _offer(driver, position, BPS // 2)
            _unwind(driver, number)
        driver.warp(SPACINGS[size // 4 % len(SPACINGS)])
        _unwind(driver, number)
        if position.owes and size % 2:
            agents.tempt(driver, number, size, 0)


def _unwind(driver: Driver, number: int, most: int = EVERYTHING) -> None:
    """Somebody unwinds."""
    driver.line(STRANGER, UNWIND, number, most, by=partial(driver.world.queue.unwind, number, most))


def _offer(driver: Driver, position: Position, part: int) -> None:
    """A strategy can pay so many bps of what waits to leavers, and all that stayers were offered before."""
    uncovered = position.units + position.runoff - position.coverage
    liquid = position.world.to_assets(position.coverage + uncovered * part // BPS)
    driver.dial(position.world, Group.LIQUIDITY, Mode.LIMITED, liquid, limit=Limit.LIMITED, liquid=liquid)


def recover(driver: Driver, which: int, size: int, variant: int) -> None:
    """Trouble ends; what is left of it is seen to pass by pokes over an epoch and more."""
    for strategy in driver.world.strategies:
        _settle_down(driver, strategy)
    for position in [each for each in driver.vault.positions if each.owes and size % 2]:
        _pay_off(driver, position, size)
    epoch = driver.vault.epoch
    gap = max(HOUR, epoch // 3) if epoch > HOUR else HOUR // 2
    for _ in range(8 if variant % 4 else 4):
        driver.warp(gap - (size % 16 == 0))
        driver.poke_through(SENTINEL)


def _pay_off(driver: Driver, position: Position, size: int) -> None:
    """A strategy pays its leavers again, about an hour apart: about a hundredth of what waits first."""
    world = position.world
    driver.dial(world, Group.FEE, Mode.EXIT_FEE, 0, exit_fee=0)
    for part in (85 + size % 32, BPS // 8, BPS // 4, BPS // 2):
        _offer(driver, position, part)
        _unwind(driver, position.id)
        driver.warp(SPACINGS[size // 8 % len(SPACINGS)])
    driver.dial(world, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)
    for most in (position.runoff // 2, EVERYTHING) if size % 4 == 3 else ():
        _unwind(driver, position.id, most)


def _settle_down(driver: Driver, strategy: Strategy) -> None:
    """Turn the dials back that the signals depend on, but for fees on exit."""
    if strategy.reading is not Read.HONEST:
        driver.dial(strategy, Group.READ, Mode.HONEST, 0, reading=Read.HONEST)
    if strategy.limit is not Limit.NONE:
        driver.dial(strategy, Group.LIQUIDITY, Mode.HONEST, 0, limit=Limit.NONE, liquid=0)
    if not strategy.answers_max:
        driver.dial(strategy, Group.MAX, Mode.HONEST, 0, answers_max=True)


def beat(driver: Driver, which: int, size: int, variant: int) -> None:
    """The Safe shows that it is alive, or the governor does; a guardian cannot."""
    who = ("safe", "safe", "governor", "guardian")[variant % 4]
    driver.tell(who, SENTINEL, "beat()", by=lambda: driver.world.sentinel.beat(who))


def fall_silent(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance waits, one time in four, until its last chance is now, has passed, or is a second away."""
    sentinel, second = driver.world.sentinel, (0, 0, -1, 1)[variant % 4]
    if size % 4:
        beat(driver, which, size, variant)
        return
    driver.warp(max(0, sentinel.beat_at + sentinel.silence + second - driver.vault.now))
    if variant // 4 % 4 == 3:
        beat(driver, which, size, 0)
    if variant // 4 % 4 == 2:
        set_silence(driver, which, size, 4)
    driver.poke_through(SENTINEL)


def set_silence(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance changes how long it may be silent."""
    silence, sentinel = DAYS[variant % len(DAYS)] * chain.DAY, driver.world.sentinel
    who = "guardian" if variant == 63 else "governor"
    action = lambda: sentinel.set_silence(who, silence)  # noqa: E731
    driver.tell(who, SENTINEL, "set_silence(uint256)", silence, by=action)


def wind_down(driver: Driver, which: int, size: int, variant: int) -> None:
    """Governance ends the treasury, in one case of eight; or a guardian or the Safe tries."""
    who = "governor" if variant % 8 == 7 else ("guardian", "safe")[variant % 2]
    driver.tell(who, SENTINEL, "wind_down()", by=lambda: driver.world.sentinel.wind_down(who))


def latch(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody who is not the Sentinel tries to move the Vault, or the Sentinel to where there is nothing."""
    who = (STRANGER, "governor", "executor", SENTINEL)[variant % 4]
    state = 3 + size if who == SENTINEL else size % 4
    driver.tell(who, "vault", "latch(uint256)", state, by=lambda: driver.vault.latch(state, who))


def set_limits(driver: Driver, which: int, size: int, variant: int) -> None:
    """A guardian makes one threshold tighter, or tries to make it looser; governance sets any."""
    sentinel, number = driver.world.sentinel, which % SIGNALS
    who = ("guardian", "governor", "governor", STRANGER if size % 8 == 7 else "guardian")[variant % 4]
    words = list(sentinel.limits.words)
    place = 2 * number + size % 2
    if variant // 4 % 4 == 3:
        words = list(Thresholds().words)
    elif variant // 4 % 4 == 2:
        words[place] = (LEAST, MOST)[variant % 2][place] + (variant // 16 % 4) - 1
    else:
        words[place] = max(0, min(words[place] + amount(size, words[place] // 4) - words[place] // 8, 65_535))
    pairs = [tuple(words[at : at + 2]) for at in range(0, 2 * SIGNALS, 2)]
    limits = Thresholds(*pairs)
    data = wire.call(f"set_limits({chain.THRESHOLDS})", *words)
    action = lambda: sentinel.set_limits(who, limits)  # noqa: E731
    driver.step(f"set_limits({words})", who, SENTINEL, data, action)
