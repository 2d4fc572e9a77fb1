"""A token, a hostile strategy over it and a depositor who tries it."""

from __future__ import annotations

from ganglion.devnet.abi import call_data
from tests.mocks.chain import GAS, UNIT, Outcome, World
from tests.modes import SINK, Group, Mode

AMOUNT = 100 * UNIT
DEPOSIT = "deposit(uint256,address)"
MINT = "mint(uint256,address)"
REDEEM = "redeem(uint256,address,address)"
WITHDRAW = "withdraw(uint256,address,address)"
TRANSFER = "transfer(address,uint256)"
TO_ASSETS = "convertToAssets(uint256)"


class Bench:
    """One token, one strategy and the depositor who tries it."""

    def __init__(self, world: World, offset: int = 0) -> None:
        self.world = world
        self.token = world.token()
        self.strategy = world.strategy(self.token, offset)
        self.depositor = world.depositor

    def functions(self, group: Group) -> dict[str, tuple]:
        """Return each function of a group with arguments for it."""
        me, other = self.depositor, self.world.receiver
        numbers = ("convertToAssets", "convertToShares", "previewDeposit", "previewMint", "previewRedeem")
        limits = ("maxDeposit", "maxMint", "maxRedeem", "maxWithdraw")
        return {
            Group.READ: {f"{name}(uint256)": (AMOUNT,) for name in (*numbers, "previewWithdraw")}
            | {"totalAssets()": ()},
            Group.DEPOSIT: {DEPOSIT: (AMOUNT, me), MINT: (AMOUNT, me)},
            Group.REDEEM: {REDEEM: (AMOUNT, me, me), WITHDRAW: (AMOUNT, me, me)},
            Group.MAX: {f"{name}(address)": (me,) for name in limits},
            Group.BALANCE: {"balanceOf(address)": (me,), "totalSupply()": ()},
            Group.TRANSFER: {
                TRANSFER: (other, AMOUNT),
                "transferFrom(address,address,uint256)": (me, other, AMOUNT),
                "approve(address,uint256)": (other, AMOUNT),
            },
            Group.META: {"asset()": (), "decimals()": ()},
        }[group]

    def act(self, signature: str, *arguments, gas: int = GAS) -> Outcome:
        return self.world.send(self.depositor, self.strategy, signature, *arguments, gas=gas)

    def ask(self, signature: str, *arguments) -> int:
        return self.world.call(self.depositor, self.strategy, signature, *arguments).word

    def set_mode(self, group: Group, mode: Mode, param: int = 0) -> None:
        outcome = self.world.set_mode(self.strategy, group, mode, param)
        assert outcome.ok, outcome.reason

    def set_reentry(self, target: str, signature: str, *arguments) -> None:
        data = bytes.fromhex(call_data(signature, *arguments)[2:])
        assert self.act("set_reentry(address,bytes)", target, data).ok

    def books(self) -> dict[str, int]:
        return self.world.books(self.token, self.strategy)

    def moved(self, before: dict[str, int]) -> dict[str, int]:
        """Return what changed since ``before``, under short names, the allowance and attempts left out."""
        after = self.books()
        names = {
            "units": f"units of {self.depositor}",
            "cash": f"asset of {self.depositor}",
            "sink": f"asset of {SINK}",
            "held": "held",
            "supply": "supply",
        }
        return {short: after[name] - before[name] for short, name in names.items()}

    def observe(self, signature: str, arguments: tuple) -> tuple[Outcome, dict[str, int]]:
        """Return what a call does and leaves behind, and undo it."""
        with self.world.undone():
            return self.act(signature, *arguments), self.books()
