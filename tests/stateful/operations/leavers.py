"""Operations of leavers before their exit is a record: requests, cancellations, settlement, exits at once."""

from __future__ import annotations

from functools import partial

from tests.model.exit_queue import LEAST_REQUEST, NOBODY, OLDEST
from tests.model.runoff import EVERYTHING
from tests.stateful.driver import Driver, amount
from tests.stateful.world import OPERATOR, STRANGER

LEAST = 16  # variant that asks for about the least request
HUGE = 17  # variant that asks for about 2**128 shares
UNNAMED = 18  # variant in which nobody would claim
NOTHING_TRIED = 32  # variant of an exit at once in which everything waits


def parties(driver: Driver, owner: str, variant: int) -> tuple[str, str]:
    """Who calls for an owner, and who receives; mostly the owner itself."""
    caller = {5: OPERATOR, 6: STRANGER, 7: driver.after(owner)}.get(variant % 8, owner)
    return caller, driver.after(owner) if variant % 16 > 12 else owner


def _shares(driver: Driver, owner: str, size: int, variant: int) -> int:
    if variant == LEAST:
        return LEAST_REQUEST * driver.vault.virtual + size % 3 - 1
    if variant == HUGE:
        return 2**128 + size % 3 - 1
    # Small parts leave room for many exits of one holder in a list.
    return amount(size, driver.vault.shares[owner] // (1 if variant % 4 == 3 else 8))


def request(driver: Driver, which: int, size: int, variant: int) -> None:
    """Ask to leave with the open epoch; now and then for another controller."""
    owner, queue = driver.owner(which), driver.world.queue
    caller, controller = parties(driver, owner, variant)
    shares = _shares(driver, owner, size, variant)
    controller = NOBODY if variant == UNNAMED else controller
    action = lambda: queue.request_redeem(caller, shares, controller, owner)  # noqa: E731
    driver.line(caller, "requestRedeem(uint256,address,address)", shares, controller, owner, by=action)


def request_all(driver: Driver, which: int, size: int, variant: int) -> None:
    """Ask to leave with everything, however little it is."""
    owner, queue = driver.owner(which), driver.world.queue
    shares = driver.vault.shares[owner]
    action = lambda: queue.request_redeem(owner, shares, owner, owner)  # noqa: E731
    driver.line(owner, "requestRedeem(uint256,address,address)", shares, owner, owner, by=action)


def cancel(driver: Driver, which: int, size: int, variant: int) -> None:
    """Take a request back; now and then one that is settled."""
    queue = driver.world.queue
    controller, identifier = driver.request(which, settled=variant % 8 == 1)
    caller, receiver = parties(driver, controller, variant)
    receiver = "queue" if variant == HUGE else receiver
    action = lambda: queue.cancel(caller, identifier, controller, receiver)  # noqa: E731
    driver.line(caller, "cancel(uint256,address,address)", identifier, controller, receiver, by=action)


def settle(driver: Driver, which: int, size: int, variant: int) -> None:
    """Settle the open epoch, due or not."""
    driver.line(STRANGER, "settle()", by=driver.world.queue.settle)


def settle_when_due(driver: Driver, which: int, size: int, variant: int) -> None:
    """Wait until the open epoch is due, or a second less or more, and settle it."""
    queue, vault = driver.world.queue, driver.vault
    if queue.open_shares:
        second = (0, 0, 0, 0, 0, 1, -1, 3_600)[variant % 8]
        driver.warp(max(0, queue.opened_at + vault.epoch + second - vault.now))
    settle(driver, which, size, variant)


def exit_now(driver: Driver, which: int, size: int, variant: int) -> None:
    """Leave at once, trying all strategies, none or some; now and then with a least amount of cash."""
    owner, queue = driver.owner(which), driver.world.queue
    caller, receiver = parties(driver, owner, variant)
    shares = _shares(driver, owner, size, variant) if size else 0
    tries = (EVERYTHING, EVERYTHING, 0, size)[variant // 16]

    def leave(least: int) -> tuple[int, int]:
        return queue.exit_now(caller, shares, receiver, owner, least, tries)

    known = driver.foretold(lambda: leave(0)) if variant % 8 == 4 else None
    least = known[1] + size % 2 if known else 0
    signature = "exit_now(uint256,address,address,uint256,uint256)"
    driver.line(caller, signature, shares, receiver, owner, least, tries, by=lambda: leave(least))


def trickle(driver: Driver, which: int, size: int, variant: int) -> None:
    """One holder leaves in many small parts, of which all wait; half of the time it claims them at once."""
    owner, queue = driver.owner(which), driver.world.queue
    shares = driver.vault.shares[owner] * (1 + size) // 2**14
    signature = "exit_now(uint256,address,address,uint256,uint256)"
    for _ in range(4 + variant % 6):
        action = lambda: queue.exit_now(owner, shares, owner, owner, 0, 0)  # noqa: E731
        driver.line(owner, signature, shares, owner, owner, 0, 0, by=action)
    if variant // 8 % 2:
        for number in range(1, len(driver.vault.positions) + 1):
            driver.line(
                STRANGER, "unwind(uint256,uint256)", number, EVERYTHING, by=partial(queue.unwind, number)
            )
        oldest = queue.unfinished.get(owner, ())[:OLDEST]
        most = sum(queue.claimable(owner, number)[0] for number in oldest)
        action = lambda: queue.redeem(owner, most, owner, owner)  # noqa: E731
        driver.line(owner, "redeem(uint256,address,address)", most, owner, owner, by=action)


def set_operator(driver: Driver, which: int, size: int, variant: int) -> None:
    """Let the operator, or the next holder, act for a holder; or no longer."""
    holder, queue = driver.holder(which), driver.world.queue
    operator, approved = driver.after(holder) if variant % 4 == 3 else OPERATOR, variant % 16 < 12

    def approve() -> bool:
        queue.set_operator(holder, operator, approved)
        return True

    driver.line(holder, "setOperator(address,bool)", operator, int(approved), by=approve)


def give_shares(driver: Driver, which: int, size: int, variant: int) -> None:
    """Hand shares to the queue without a request, or pay a deposit in its name."""
    who, vault = driver.owner(which), driver.vault
    if variant % 2:
        assets = amount(size, vault.token.balances[who] // 16)
        action = lambda: vault.deposit(who, assets, "queue")  # noqa: E731
        driver.tell(who, "vault", "deposit(uint256,address)", assets, "queue", by=action)
        return
    shares = amount(size, vault.shares[who] // 16)

    def give() -> bool:
        vault.transfer(who, "queue", shares)
        return True

    driver.tell(who, "vault", "transfer(address,uint256)", "queue", shares, by=give)
