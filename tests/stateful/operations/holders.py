"""Operations of holders: entry, the two lanes out, transfers, and the views they would ask."""

from __future__ import annotations

from tests.model.arithmetic import DUST, MAX_112, net, up
from tests.model.vault import MOST_SHARES, VAULT, Vault
from tests.stateful import wire
from tests.stateful.driver import Driver, amount

HUGE = 16  # variant that asks for the largest amount, or one more
DUSTY = 17  # variant whose part of the largest position is about what a slice skips


def deposit(driver: Driver, which: int, size: int, variant: int) -> None:
    """Deposit for oneself, or for another holder."""
    who, vault = driver.holder(which), driver.vault
    receiver = driver.holder(which + (variant % 8 == 1))
    most = vault.max_deposit() if variant % 4 == 3 else vault.token.balances[who]
    assets = amount(size, most) if variant != HUGE else MAX_112 + size % 2
    data = wire.call("deposit(uint256,address)", assets, driver.at(receiver))
    driver.valued(f"deposit({assets}, {receiver})", who, data, lambda: vault.deposit(who, assets, receiver))


def mint(driver: Driver, which: int, size: int, variant: int) -> None:
    """Mint shares for oneself."""
    who, vault = driver.holder(which), driver.vault
    affordable = vault.shares_for_deposit(vault.token.balances[who], vault.price())
    shares = amount(size, vault.max_mint() if variant % 2 else affordable)
    shares = shares if variant != HUGE else MOST_SHARES + size % 2
    data = wire.call("mint(uint256,address)", shares, driver.at(who))
    driver.valued(f"mint({shares}, {who})", who, data, lambda: vault.mint(who, shares, who))


def _parties(driver: Driver, which: int, variant: int) -> tuple[str, str, str]:
    """Who calls, who receives and who owns; one time in eight they are three."""
    owner = driver.owner(which)
    if variant % 8 == 7:
        return driver.after(owner), driver.after(driver.after(owner)), owner
    return owner, driver.after(owner) if variant % 8 == 6 else owner, owner


def withdraw(driver: Driver, which: int, size: int, variant: int) -> None:
    """Take petty cash, in assets."""
    vault, (caller, receiver, owner) = driver.vault, _parties(driver, which, variant)
    most = vault.max_withdraw(owner) or (vault.shares[owner] and vault.idle)
    assets = amount(size, vault.idle if variant // 8 == 5 else most)
    assets = assets if variant != HUGE else MAX_112 + size % 2
    data = wire.call("withdraw(uint256,address,address)", assets, driver.at(receiver), driver.at(owner))
    text = f"withdraw({assets}, {receiver}, {owner})"
    driver.valued(text, caller, data, lambda: vault.withdraw(caller, assets, receiver, owner))


def redeem(driver: Driver, which: int, size: int, variant: int) -> None:
    """Take petty cash, in shares."""
    vault, (caller, receiver, owner) = driver.vault, _parties(driver, which, variant)
    shares = amount(size, vault.max_redeem(owner) or vault.shares[owner])
    shares = shares if variant != HUGE else MOST_SHARES + size % 2
    data = wire.call("redeem(uint256,address,address)", shares, driver.at(receiver), driver.at(owner))
    text = f"redeem({shares}, {receiver}, {owner})"
    driver.valued(text, caller, data, lambda: vault.redeem(caller, shares, receiver, owner))


def redeem_slice(driver: Driver, which: int, size: int, variant: int) -> None:
    """Leave with a slice of everything; now and then ask for too much of it."""
    vault, (caller, receiver, owner) = driver.vault, _parties(driver, which, variant)
    shares = amount(size, vault.shares[owner])
    if variant == DUSTY:
        book = max((position.book for position in vault.positions if position.units), default=0) or 1
        shares = up(DUST * vault.divisor, book) + size % 32 - 16
    least = vault.price().lo * shares // vault.divisor if variant % 16 > 11 else 0
    signature = "redeem_slice(uint256,address,address,uint256)"
    data = wire.call(signature, shares, driver.at(receiver), driver.at(owner), least)
    text = f"redeem_slice({shares}, {receiver}, {owner}, {least})"
    driver.valued(text, caller, data, lambda: vault.redeem_slice(caller, shares, receiver, owner, least))


def transfer(driver: Driver, which: int, size: int, variant: int) -> None:
    """Hand shares to another holder."""
    who, vault = driver.owner(which), driver.vault
    receiver = driver.after(who) if variant % 2 else driver.after(driver.after(who))
    shares = amount(size, vault.shares[who])
    data = wire.call("transfer(address,uint256)", driver.at(receiver), shares)
    text = f"transfer({receiver}, {shares})"
    driver.step(text, who, VAULT, data, lambda: vault.transfer(who, receiver, shares), True)


def approve(driver: Driver, which: int, size: int, variant: int) -> None:
    """Let the next holder spend shares."""
    owner, vault = driver.owner(which), driver.vault
    spender = driver.after(owner)
    shares = amount(size, vault.shares[owner])
    data = wire.call("approve(address,uint256)", driver.at(spender), shares)
    text = f"approve({spender}, {shares})"
    driver.step(text, owner, VAULT, data, lambda: vault.approve(owner, spender, shares), True)


def _quotes(vault: Vault, number: int) -> tuple[tuple[str, int], ...]:
    """Views of one number, and what the model says to each."""
    price = vault.price()
    return (
        ("previewDeposit", vault.shares_for_deposit(number, price)),
        ("previewMint", vault.assets_for_mint(number, price)),
        ("previewWithdraw", vault.shares_for_withdraw(number, price)),
        ("previewRedeem", vault.assets_for_redeem(number, price)),
        ("convertToShares", net(number, 0) * vault.divisor // (price.lo + 1)),
        ("convertToAssets", number * (price.lo + 1) // vault.divisor),
    )


def quote(driver: Driver, which: int, size: int, variant: int) -> None:
    """Ask a view: for an amount, or for what a holder can do."""
    vault, who = driver.vault, driver.holder(which)
    if variant % 8 > 5:
        name = ("maxWithdraw", "maxRedeem")[variant % 2]
        answer = vault.max_withdraw(who) if name == "maxWithdraw" else vault.max_redeem(who)
        driver.valued(f"{name}({who})", who, wire.call(f"{name}(address)", driver.at(who)), lambda: answer)
        return
    number = amount(size, vault.divisor)
    name, answer = _quotes(vault, number)[variant % 8]
    driver.valued(f"{name}({number})", who, wire.call(f"{name}(uint256)", number), lambda: answer)
