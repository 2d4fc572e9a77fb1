"""WeirdToken is plain with flags 0 and has each habit when its flag is set."""

from __future__ import annotations

import pytest

from tests.mocks.chain import UNIT, Outcome, World
from tests.modes import TokenFlag

MINT = "mint(address,uint256)"
TRANSFER = "transfer(address,uint256)"
TRANSFER_FROM = "transferFrom(address,address,uint256)"
APPROVE = "approve(address,uint256)"
TRUE = (1).to_bytes(32, "big")
FALSE = bytes(32)


class Held:
    """A token of which the depositor holds 1,000."""

    def __init__(self, world: World, flags: TokenFlag, decimals: int = 6) -> None:
        self.world = world
        self.address = world.token(flags, decimals)
        self.me, self.other = world.depositor, world.receiver
        self.act(MINT, self.me, 1_000 * UNIT)

    def act(self, signature: str, *arguments, sender: str | None = None) -> Outcome:
        return self.world.send(sender or self.me, self.address, signature, *arguments)

    @property
    def balances(self) -> tuple[int, int]:
        return self.world.balance(self.address, self.me), self.world.balance(self.address, self.other)

    @property
    def supply(self) -> int:
        return self.world.read(self.address, "totalSupply()")


def test_plain__transfers_and_approvals__follow_the_standard(world):
    token = Held(world, TokenFlag.PLAIN, decimals=18)
    assert world.read(token.address, "decimals()", returns="uint8") == 18
    assert world.read(token.address, "symbol()", returns="string") == "WEIRD"
    assert token.act(TRANSFER, token.other, 300).data == TRUE
    assert token.balances == (1_000 * UNIT - 300, 300)
    assert token.act(TRANSFER_FROM, token.me, token.other, 1, sender=token.other).reason == "weird: allowance"
    assert token.act(APPROVE, token.other, 5).data == TRUE
    assert token.act(APPROVE, token.other, 7).data == TRUE
    assert token.act(TRANSFER_FROM, token.me, token.other, 3, sender=token.other).data == TRUE
    assert world.read(token.address, "allowance(address,address)", token.me, token.other) == 4
    assert token.act(TRANSFER, token.other, 1_000 * UNIT).reason == "weird: balance"
    assert token.supply == 1_000 * UNIT
    assert token.act("burn(address,uint256)", token.other, 303).ok
    assert token.balances[1] == 0
    assert token.supply == 1_000 * UNIT - 303
    assert token.act("burn(address,uint256)", token.other, 1).reason == "weird: balance"


def test_plain__infinite_allowance__is_not_used_up(world):
    token = Held(world, TokenFlag.PLAIN)
    token.act(APPROVE, token.other, 2**256 - 1)
    assert token.act(TRANSFER_FROM, token.me, token.other, 9, sender=token.other).ok
    assert world.read(token.address, "allowance(address,address)", token.me, token.other) == 2**256 - 1


def test_plain__gas__is_that_of_a_plain_token(world):
    token = Held(world, TokenFlag.PLAIN)
    token.act(TRANSFER, token.other, 1)
    assert token.act(TRANSFER, token.other, 1).gas < 36_000


@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("set_fee(uint256)", (1,)),
        ("set_index(uint256)", (1,)),
        ("set_paused(bool)", (True,)),
        ("set_blacklisted(address,bool)", ("0x" + "11" * 20, True)),
        ("set_hook(address,address)", ("0x" + "11" * 20, "0x" + "22" * 20)),
    ],
)
def test_switch__without_its_flag__reverts(world, signature, arguments):
    assert Held(world, TokenFlag.PLAIN).act(signature, *arguments).reason == "weird: flag not set"


def test_constructor__unknown_flag__reverts(world):
    with pytest.raises(Exception, match="weird: unknown flag"):
        world.token(128)


def test_no_return__moves_and_returns_nothing(world):
    token = Held(world, TokenFlag.NO_RETURN)
    assert token.act(TRANSFER, token.other, 5).data == b""
    assert token.act(APPROVE, token.other, 5).data == b""
    assert token.act(APPROVE, token.other, 6).reason == "weird: approve from non-zero"
    assert token.act(TRANSFER_FROM, token.me, token.other, 5, sender=token.other).data == b""
    assert token.act(APPROVE, token.other, 6).ok
    assert token.act(APPROVE, token.other, 0).ok
    assert token.balances == (1_000 * UNIT - 10, 10)
    assert token.act(TRANSFER, token.other, 10**30).reason == "weird: balance"


def test_fee_on_transfer__receiver_gets_less_and_the_fee_is_burned(world):
    token = Held(world, TokenFlag.FEE_ON_TRANSFER)
    assert token.act("set_fee(uint256)", 10_001).reason == "weird: fee over 10000 bps"
    token.act("set_fee(uint256)", 100)
    assert token.act(TRANSFER, token.other, 1_000).data == TRUE
    assert token.balances == (1_000 * UNIT - 1_000, 990)
    assert token.supply == 1_000 * UNIT - 10


def test_blacklist__listed_account__neither_sends_nor_receives(world):
    token = Held(world, TokenFlag.BLACKLIST)
    token.act(TRANSFER, token.other, 5)
    token.act("set_blacklisted(address,bool)", token.other, True)
    assert token.act(TRANSFER, token.other, 1).reason == "weird: blacklisted"
    assert token.act(TRANSFER, token.me, 1, sender=token.other).reason == "weird: blacklisted"
    token.act("set_blacklisted(address,bool)", token.other, False)
    assert token.act(TRANSFER, token.me, 1, sender=token.other).ok


def test_pausable__paused__nothing_moves(world):
    token = Held(world, TokenFlag.PAUSABLE)
    token.act("set_paused(bool)", True)
    assert token.act(TRANSFER, token.other, 1).reason == "weird: paused"
    token.act("set_paused(bool)", False)
    assert token.act(TRANSFER, token.other, 1).ok


def test_false_on_failure__every_failure__returns_false_and_moves_nothing(world):
    token = Held(world, TokenFlag.FALSE_ON_FAILURE | TokenFlag.BLACKLIST | TokenFlag.PAUSABLE)
    before = token.balances
    assert token.act(TRANSFER, token.other, 10**30).data == FALSE
    assert token.act(TRANSFER_FROM, token.me, token.other, 1, sender=token.other).data == FALSE
    token.act(APPROVE, token.other, 50)
    token.act("set_blacklisted(address,bool)", token.other, True)
    assert token.act(TRANSFER_FROM, token.me, token.other, 1, sender=token.other).data == FALSE
    token.act("set_blacklisted(address,bool)", token.other, False)
    token.act("set_paused(bool)", True)
    assert token.act(TRANSFER, token.other, 1).data == FALSE
    assert token.balances == before
    assert world.read(token.address, "allowance(address,address)", token.me, token.other) == 50
    token.act("set_paused(bool)", False)
    assert token.act(TRANSFER, token.other, 1).data == TRUE


def test_false_on_failure__with_no_return__fails_in_silence(world):
    token = Held(world, TokenFlag.FALSE_ON_FAILURE | TokenFlag.NO_RETURN)
    before = token.balances
    outcome = token.act(TRANSFER, token.other, 10**30)
    assert (outcome.ok, outcome.data, token.balances) == (True, b"", before)


def test_rebasing__index__scales_balances_and_supply(world):
    token = Held(world, TokenFlag.REBASING)
    assert token.act("set_index(uint256)", 0).reason == "weird: index 0"
    token.act("set_index(uint256)", 11 * 10**17)
    assert token.balances == (1_100 * UNIT, 0)
    assert token.supply == 1_100 * UNIT
    assert token.act(TRANSFER, token.other, 110 * UNIT).ok
    assert token.balances == (990 * UNIT, 110 * UNIT)
    token.act("set_index(uint256)", 10**18 // 3)
    mine, theirs = token.balances
    assert token.act(TRANSFER, token.other, 7).ok
    assert mine - token.balances[0] >= 7
    assert token.balances[1] - theirs in (7, 8)


def test_hooks__sender_before_and_receiver_after__can_call_back(world):
    token = Held(world, TokenFlag.HOOKS)
    caller = world.deploy("Caller")
    read = "(address,bytes,uint256,bool)"
    balance_of_other = bytes.fromhex("70a08231") + bytes(12) + bytes.fromhex(token.other[2:])
    world.send(token.me, caller, f"set_hook_call({read})", (token.address, balance_of_other, 0, True))
    for account, seen in ((token.other, 5), (token.me, 5)):
        token.act("set_hook(address,address)", account, caller)
        assert token.act(TRANSFER, token.other, 5).ok
        token.act("set_hook(address,address)", account, "0x" + "00" * 20)
        assert int.from_bytes(world.read(caller, "hook_word()", returns="bytes32"), "big") == seen
    assert world.read(caller, "hook_attempts()") == 2
    assert token.balances[1] == 10
