"""Operations of those who have left: claims, private records, payment in kind, and what they ask."""

from __future__ import annotations

from tests.model.arithmetic import net
from tests.model.exit_preview import preview
from tests.model.exit_queue import insist
from tests.stateful.driver import Driver, amount
from tests.stateful.operations.leavers import parties


def claim(driver: Driver, which: int, size: int, variant: int) -> None:
    """Claim all of a request that can be had."""
    queue = driver.world.queue
    controller, identifier = driver.request(which, settled=variant % 16 != 9)
    caller, receiver = parties(driver, controller, variant)
    receiver = "vault" if variant == 16 else receiver
    action = lambda: queue.claim(caller, identifier, controller, receiver)[1]  # noqa: E731
    driver.line(caller, "claim(uint256,address,address)", identifier, controller, receiver, by=action)


def redeem(driver: Driver, which: int, size: int, variant: int) -> None:
    """Claim shares of the oldest requests."""
    queue, (controller, _) = driver.world.queue, driver.request(which)
    caller, receiver = parties(driver, controller, variant)
    shares = amount(size, queue.max_redeem(controller))
    action = lambda: queue.redeem(caller, shares, receiver, controller)  # noqa: E731
    driver.line(caller, "redeem(uint256,address,address)", shares, receiver, controller, by=action)


def withdraw(driver: Driver, which: int, size: int, variant: int) -> None:
    """Claim assets of the oldest requests."""
    queue, (controller, _) = driver.world.queue, driver.request(which)
    caller, receiver = parties(driver, controller, variant)
    assets = amount(size, queue.max_withdraw(controller))
    action = lambda: queue.withdraw(caller, assets, receiver, controller)  # noqa: E731
    driver.line(caller, "withdraw(uint256,address,address)", assets, receiver, controller, by=action)


def detach(driver: Driver, which: int, size: int, variant: int) -> None:
    """Make a part of a record one's own."""
    queue = driver.world.queue
    controller, identifier = driver.request(which, settled=variant % 8 != 1)
    caller, _ = parties(driver, controller, variant)
    action = lambda: queue.detach(caller, identifier, controller)  # noqa: E731
    driver.line(caller, "detach(uint256,address)", identifier, controller, by=action)


def in_kind(driver: Driver, which: int, size: int, variant: int) -> None:
    """Take the waiting units of a strategy, half of the time once they have waited long enough."""
    queue, vault = driver.world.queue, driver.vault
    controller, identifier = driver.request(which, settled=variant % 16 != 9)
    caller, receiver = parties(driver, controller, variant)
    record = queue.records.get(identifier)
    slices = record.slices if record else ()
    strategy = slices[size % len(slices)].strategy if slices else driver.waiting(which)
    if record and variant // 8 % 4 < 2:
        driver.warp(max(0, record.time + vault.epoch - (variant // 32) - vault.now))
    action = lambda: queue.in_kind(caller, identifier, controller, strategy, receiver)  # noqa: E731
    signature = "in_kind(uint256,address,uint256,address)"
    driver.line(caller, signature, identifier, controller, strategy, receiver, by=action)


def ask(driver: Driver, which: int, size: int, variant: int) -> None:
    """Ask the queue about a request."""
    queue, who = driver.world.queue, driver.holder(which)
    controller, identifier = driver.request(which, settled=variant % 4 != 3)
    shares, _ = queue.claimable(controller, identifier)
    if variant % 8 == 4:
        driver.line(who, "proceeds(uint256)", identifier, by=lambda: queue.proceeds(identifier))
        return
    known = {
        "pendingRedeemRequest": queue.pending(controller, identifier),
        "claimableRedeemRequest": shares,
    }
    name = tuple(known)[variant % 2]
    driver.line(who, f"{name}(uint256,address)", identifier, controller, by=lambda: known[name])


def look_ahead(driver: Driver, which: int, size: int, variant: int) -> None:
    """Ask what an exit would give now; at times an exit of more than there is."""
    vault = driver.vault
    shares = amount(size, vault.supply if variant % 2 else vault.shares[driver.owner(which)])

    def look() -> tuple[int, ...]:
        insist(shares <= vault.supply, "more than the supply")
        seen = preview(vault, shares)
        waiting = [word for part in seen.waiting for word in part]
        # A struct with a list in it: its offset, two words with the list's own offset between, the list.
        return 32, seen.cash, 96, seen.shortfall, len(seen.waiting), *waiting

    driver.line(driver.holder(which), "preview_exit(uint256)", shares, by=look)


def knock(driver: Driver, which: int, size: int, variant: int) -> None:
    """Ask the queue for what ERC-7540 has it refuse, or for what it leaves to the Vault."""
    vault, who, price = driver.vault, driver.holder(which), driver.vault.price()
    number = amount(size, vault.divisor)
    signature, answer = (
        ("previewRedeem(uint256)", "no preview of claims"),
        ("previewWithdraw(uint256)", "no preview of claims"),
        ("previewDeposit(uint256)", "deposit at the vault"),
        ("previewMint(uint256)", "deposit at the vault"),
        ("deposit(uint256,address)", "deposit at the vault"),
        ("mint(uint256,address)", "deposit at the vault"),
        ("convertToShares(uint256)", net(number, 0) * vault.divisor // (price.lo + 1)),
        ("convertToAssets(uint256)", number * (price.lo + 1) // vault.divisor),
    )[variant % 8]

    def open_door() -> int:
        insist(isinstance(answer, int), str(answer))
        return answer

    driver.line(who, signature, number, *([who] if "," in signature else []), by=open_door)
