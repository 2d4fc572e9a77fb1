# pragma version 0.4.3
"""
@title WeirdToken
@license AGPL-3.0-only
@notice An ERC-20 that is plain with flags 0 and has the habits of real tokens with flags set.
        For tests only: minting, burning and every switch are open to anyone.
@dev ABI: transfer, transferFrom and approve are `@raw_return`, which the ABI shows as `bytes`;
     on the wire they return one word, or nothing under NO_RETURN.
     Failure: reverts with a reason, or returns false under FALSE_ON_FAILURE (and with
     NO_RETURN as well, fails in silence).
     No lock: under HOOKS a transfer hands control to others in the middle.
"""

from ethereum.ercs import IERC20

interface TokenHook:
    def token_hook(sender: address, receiver: address, amount: uint256): nonpayable

event SwitchSet:
    name: String[16]
    account: address
    setting: uint256


# Flags of the constructor, mirrored in tests/modes.py; a switch reverts without its flag.
NO_RETURN: constant(uint256) = 1          # returns nothing; approve refuses non-zero to non-zero
FEE_ON_TRANSFER: constant(uint256) = 2    # set_fee: the receiver gets less, the fee is burned
BLACKLIST: constant(uint256) = 4          # set_blacklisted: no transfers from or to an account
FALSE_ON_FAILURE: constant(uint256) = 8   # returns false where others revert
PAUSABLE: constant(uint256) = 16          # set_paused: no transfers at all
REBASING: constant(uint256) = 32          # set_index: every balance is scaled
HOOKS: constant(uint256) = 64             # set_hook: an account is called when it sends or receives
ALL_FLAGS: constant(uint256) = 127

BPS: constant(uint256) = 10_000
WAD: constant(uint256) = 10**18

FLAGS: public(immutable(uint256))
decimals: public(immutable(uint8))
name: public(String[64])
symbol: public(String[32])

allowance: public(HashMap[address, HashMap[address, uint256]])
fee: public(uint256)          # bps
index: public(uint256)        # WAD
paused: public(bool)
blacklisted: public(HashMap[address, bool])
hook_of: public(HashMap[address, address])
_raw: HashMap[address, uint256]  # balance / index
_raw_supply: uint256


@deploy
def __init__(name_: String[64], symbol_: String[32], decimals_: uint8, flags: uint256):
    """
    @param name_ Name.
    @param symbol_ Symbol.
    @param decimals_ Decimals, any.
    @param flags Sum of the flags above.
    """
    assert flags <= ALL_FLAGS, "weird: unknown flag"
    self.name = name_
    self.symbol = symbol_
    decimals = decimals_
    FLAGS = flags
    self.index = WAD


# -- ERC-20 -------------------------------------------------------------------
@external
@raw_return
def transfer(receiver: address, amount: uint256) -> Bytes[32]:
    return self._answer(self._move(msg.sender, receiver, amount))


@external
@raw_return
def transferFrom(owner: address, receiver: address, amount: uint256) -> Bytes[32]:
    allowed: uint256 = self.allowance[owner][msg.sender]
    if allowed != max_value(uint256):
        if not self._check(allowed >= amount, "weird: allowance"):
            return self._answer(False)
        self.allowance[owner][msg.sender] = allowed - amount
    ok: bool = self._move(owner, receiver, amount)
    if not ok and allowed != max_value(uint256):
        self.allowance[owner][msg.sender] = allowed
    return self._answer(ok)


@external
@raw_return
def approve(spender: address, amount: uint256) -> Bytes[32]:
    if FLAGS & NO_RETURN != 0 and amount != 0:
        if not self._check(self.allowance[msg.sender][spender] == 0, "weird: approve from non-zero"):
            return self._answer(False)
    self.allowance[msg.sender][spender] = amount
    log IERC20.Approval(owner=msg.sender, spender=spender, value=amount)
    return self._answer(True)


@external
@view
def balanceOf(owner: address) -> uint256:
    return self._scaled(self._raw[owner])


@external
@view
def totalSupply() -> uint256:
    return self._scaled(self._raw_supply)


# -- anyone's -----------------------------------------------------------------
@external
def mint(receiver: address, amount: uint256):
    """
    @notice Creates tokens; no fee, list, pause or hook applies.
    @param receiver Who gets them.
    @param amount Wei.
    """
    raw: uint256 = self._unscaled(amount)
    self._raw_supply += raw
    self._raw[receiver] += raw
    log IERC20.Transfer(sender=empty(address), receiver=receiver, value=amount)


@external
def burn(owner: address, amount: uint256):
    """
    @notice Destroys anyone's tokens; no list, pause or hook applies.
    @param owner Who loses them.
    @param amount Wei, at most the balance.
    """
    raw: uint256 = min(self._unscaled(amount), self._raw[owner])
    assert self._scaled(self._raw[owner]) >= amount, "weird: balance"
    self._raw_supply -= raw
    self._raw[owner] -= raw
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=amount)


@external
def set_fee(bps: uint256):
    """
    @notice Sets what a transfer loses on the way.
    @param bps At most 10000.
    """
    assert FLAGS & FEE_ON_TRANSFER != 0, "weird: flag not set"
    assert bps <= BPS, "weird: fee over 10000 bps"
    self.fee = bps
    log SwitchSet(name="fee", account=empty(address), setting=bps)


@external
def set_index(wad: uint256):
    """
    @notice Scales every balance.
    @param wad New balance of one raw unit, 10**18 at first, not 0.
    """
    assert FLAGS & REBASING != 0, "weird: flag not set"
    assert wad != 0, "weird: index 0"
    self.index = wad
    log SwitchSet(name="index", account=empty(address), setting=wad)


@external
def set_paused(on: bool):
    """
    @notice Stops or resumes all transfers.
    @param on Whether they stop.
    """
    assert FLAGS & PAUSABLE != 0, "weird: flag not set"
    self.paused = on
    log SwitchSet(name="paused", account=empty(address), setting=convert(on, uint256))


@external
def set_blacklisted(account: address, on: bool):
    """
    @notice Stops or resumes transfers from and to an account.
    @param account The account.
    @param on Whether they stop.
    """
    assert FLAGS & BLACKLIST != 0, "weird: flag not set"
    self.blacklisted[account] = on
    log SwitchSet(name="blacklisted", account=account, setting=convert(on, uint256))


@external
def set_hook(account: address, hook: address):
    """
    @notice Registers who is called when an account is about to send or has received.
    @param account The account.
    @param hook A contract with `token_hook`; empty to stop.
    """
    assert FLAGS & HOOKS != 0, "weird: flag not set"
    self.hook_of[account] = hook
    log SwitchSet(name="hook", account=account, setting=convert(hook, uint256))


# -- internals ----------------------------------------------------------------
@internal
@view
def _scaled(raw: uint256) -> uint256:
    if FLAGS & REBASING == 0:
        return raw
    return raw * self.index // WAD


@internal
@view
def _unscaled(amount: uint256) -> uint256:
    """
    @dev Rounded up: whoever sends an amount gives up at least as much.
    """
    if FLAGS & REBASING == 0:
        return amount
    return (amount * WAD + self.index - 1) // self.index


@internal
@view
def _check(passed: bool, reason: String[32]) -> bool:
    assert passed or FLAGS & FALSE_ON_FAILURE != 0, reason
    return passed


@internal
@view
def _answer(ok: bool) -> Bytes[32]:
    if FLAGS & NO_RETURN != 0:
        return b""
    return abi_encode(ok)


@internal
def _call_hook(account: address, sender: address, receiver: address, amount: uint256):
    hook: address = self.hook_of[account]
    if hook != empty(address):
        extcall TokenHook(hook).token_hook(sender, receiver, amount)


@internal
@view
def _may_move(sender: address, receiver: address) -> bool:
    if FLAGS & PAUSABLE != 0 and not self._check(not self.paused, "weird: paused"):
        return False
    if FLAGS & BLACKLIST != 0:
        listed: bool = self.blacklisted[sender] or self.blacklisted[receiver]
        return self._check(not listed, "weird: blacklisted")
    return True


@internal
def _move(sender: address, receiver: address, amount: uint256) -> bool:
    if FLAGS != 0 and not self._may_move(sender, receiver):
        return False
    if FLAGS & HOOKS != 0:
        self._call_hook(sender, sender, receiver, amount)
    raw: uint256 = self._unscaled(amount)
    if not self._check(self._raw[sender] >= raw, "weird: balance"):
        return False
    received: uint256 = amount
    self._raw[sender] -= raw
    if FLAGS & FEE_ON_TRANSFER != 0:
        received -= amount * self.fee // BPS
        kept: uint256 = min(raw, self._unscaled(received))
        self._raw_supply -= raw - kept
        raw = kept
    self._raw[receiver] += raw
    log IERC20.Transfer(sender=sender, receiver=receiver, value=received)
    if FLAGS & HOOKS != 0:
        self._call_hook(receiver, sender, receiver, received)
    return True
