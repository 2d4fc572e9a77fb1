# pragma version 0.4.3
"""
@title Hostility: the dials of a strategy that breaks its word
@license AGPL-3.0-only
@notice One dial per group of functions. A dial holds a mode and its parameter, and the
        module turns that into a failure, a false answer or a call back into the caller.
@dev Numbers: groups and modes are mirrored in tests/modes.py; keep the two in step.
     No lock: this contract exists to be re-entered, so the nonreentrancy pragma is off.
     Packing: a dial is one word, `mode << 248 | param`, so that an honest function pays
     one storage read for being able to lie.
     No vacuous dials: `set_mode` refuses a mode that the group does not act on.
"""

event ModeSet:
    group: uint8
    mode: uint8
    param: uint256

event ReentrySet:
    target: address
    data: Bytes[1024]


# -- groups -------------------------------------------------------------------
READ: constant(uint8) = 0       # convertTo*, preview*, totalAssets
DEPOSIT: constant(uint8) = 1    # deposit, mint
REDEEM: constant(uint8) = 2     # redeem, withdraw
MAX: constant(uint8) = 3        # maxDeposit, maxMint, maxRedeem, maxWithdraw
BALANCE: constant(uint8) = 4    # balanceOf, totalSupply
TRANSFER: constant(uint8) = 5   # transfer, transferFrom, approve
META: constant(uint8) = 6       # asset, decimals
FEE: constant(uint8) = 7        # what leaving costs, on top of the other dials
LIQUIDITY: constant(uint8) = 8  # what can be paid now, on top of the other dials
CUSTODY: constant(uint8) = 9    # which assets back the units
GROUPS: constant(uint256) = 10

# -- when a re-entry happens -----------------------------------------------------
HALFWAY: constant(uint256) = 0
BEFORE: constant(uint256) = 1
AFTER: constant(uint256) = 2

# -- modes of any callable group ----------------------------------------------
HONEST: constant(uint8) = 0
REVERT_REASON: constant(uint8) = 1   # "hostile: refused"
REVERT_EMPTY: constant(uint8) = 2    # no revert data
REVERT_BOMB: constant(uint8) = 3     # 64 KiB of revert data (needs about 45k gas to go off)
BURN_INVALID: constant(uint8) = 4    # INVALID: takes all gas at once
BURN_LOOP: constant(uint8) = 5       # loops until the gas is gone
BURN_SOME: constant(uint8) = 6       # burns `param` gas, then answers honestly
# the five below act honestly first; in DEPOSIT, REDEEM and TRANSFER param 1 skips the act
RETURN_NOTHING: constant(uint8) = 7
RETURN_31: constant(uint8) = 8       # the first 31 bytes of the honest word
RETURN_64: constant(uint8) = 9       # the honest word, twice
RETURN_BOMB: constant(uint8) = 10    # 64 KiB of zeros (needs about 60k gas to go off)
RETURN_MAX: constant(uint8) = 11     # 2**256 - 1
RETURN_VALUE: constant(uint8) = 12   # `param` (acts honestly first)
LIE_UP: constant(uint8) = 13         # reports `param` bps more than the truth
LIE_DOWN: constant(uint8) = 14       # reports `param` bps less than the truth
NO_OP: constant(uint8) = 15          # answers as if it had acted, does nothing

# -- modes of some groups -----------------------------------------------------
# DEPOSIT: takes all, mints `param` bps fewer units, `param` bps of the asset go to the sink
# REDEEM: burns all units asked, pays `param` bps less than it reports, the rest to the sink
# TRANSFER: moves `param` bps fewer units than asked, burns the rest
SHORT: constant(uint8) = 16
# DEPOSIT: takes `param` bps more assets, as far as allowance and balance reach
# REDEEM: burns `param` bps more units, as far as the balance reaches; their value to the sink
OVERTAKE: constant(uint8) = 17
FREE_MINT: constant(uint8) = 18       # DEPOSIT: takes only `param` bps of the assets, mints all units
# DEPOSIT, REDEEM, TRANSFER: calls the stored target; `param` is HALFWAY, BEFORE or AFTER
REENTER: constant(uint8) = 19
REENTER_STATIC: constant(uint8) = 20  # the same by staticcall
# READ, BALANCE, MAX: staticcalls the target and answers with the first word it returned; a refused
# attempt answers `param`, or honestly when `param` is 0
REENTER_VIEW: constant(uint8) = 21
EXIT_FEE: constant(uint8) = 22        # FEE: `param` bps of what is redeemed, told by preview*
LIMITED: constant(uint8) = 23         # LIQUIDITY: `param` assets left to pay; more reverts
PARTIAL: constant(uint8) = 24         # LIQUIDITY: `param` assets left; more is paid in part
IGNORE_LIMIT: constant(uint8) = 25    # MAX: maxRedeem and maxWithdraw do not mention LIQUIDITY
COUNT_DONATIONS: constant(uint8) = 26 # CUSTODY: totalAssets is asset.balanceOf(self)

BPS: constant(uint256) = 10_000
BOMB_BYTES: constant(uint256) = 65_536
PARAM_BITS: constant(uint256) = 248
LARGE: constant(uint256) = 2**192  # beyond it ("no limit") a lie in bps would overflow

ANY: constant(uint256) = 2**13 - 1  # HONEST to RETURN_VALUE
LIES: constant(uint256) = 2**13 + 2**14
ACTS: constant(uint256) = ANY + LIES + 2**15 + 2**16 + 2**19 + 2**20
# bit m of entry g: mode m means something in group g
ALLOWED: constant(uint256[GROUPS]) = [
    ANY + LIES + 2**21,
    ACTS + 2**17 + 2**18,
    ACTS + 2**17,
    ANY + LIES + 2**21 + 2**25,
    ANY + LIES + 2**21,
    ANY + 2**15 + 2**16 + 2**19 + 2**20,
    ANY,
    1 + 2**22,
    1 + 2**23 + 2**24,
    1 + 2**26,
]

_dials: uint256[GROUPS]
_entered: transient(bool)

_reentry_target: address
_reentry_data: Bytes[1024]
# The last attempt from a state-changing function. A frame that reverts takes the record with it.
reentry_attempts: public(uint256)
reentry_succeeded: public(bool)
reentry_word: public(bytes32)


@external
def set_reentry(target: address, data: Bytes[1024]):
    """
    @notice Stores the call that the REENTER modes make.
    @param target Contract to call.
    @param data Calldata to send.
    """
    self._reentry_target = target
    self._reentry_data = data
    log ReentrySet(target=target, data=data)


@external
@view
def dial(group: uint8) -> (uint8, uint256):
    """
    @notice What a dial is set to.
    @param group The group.
    @return The mode and its parameter.
    """
    word: uint256 = self._dials[group]
    return self._mode(word), self._param(word)


@external
@pure
def revert_bomb():
    """
    @notice Reverts with 64 KiB; a function in REVERT_BOMB calls it so that it need not
            hold a frame of that size when it is honest.
    """
    raw_revert(abi_encode(empty(uint256[BOMB_BYTES // 32])))


@internal
def _set_mode(group: uint8, mode: uint8, param: uint256):
    """
    @dev One group, one mode that the group acts on, and a parameter in the mode's unit.
    """
    assert convert(group, uint256) < GROUPS, "hostile: unknown group"
    assert convert(mode, uint256) < 32, "hostile: unknown mode"
    assert (ALLOWED[group] >> convert(mode, uint256)) & 1 == 1, "hostile: mode not for group"
    assert param < 1 << PARAM_BITS, "hostile: param too large"
    if mode in [LIE_DOWN, SHORT, FREE_MINT]:
        assert param <= BPS, "hostile: param over 10000 bps"
    elif mode in [LIE_UP, OVERTAKE]:
        assert param < 1 << 32, "hostile: param over 2**32 bps"
    elif mode == EXIT_FEE:
        assert param < BPS, "hostile: param over 9999 bps"
    elif mode in [REENTER, REENTER_STATIC]:
        assert param <= AFTER, "hostile: param not a stage"
    self._dials[group] = (convert(mode, uint256) << PARAM_BITS) + param
    log ModeSet(group=group, mode=mode, param=param)


@internal
@view
def _dial(group: uint8) -> uint256:
    return self._dials[group]


@internal
@pure
def _mode(dial: uint256) -> uint8:
    return convert(dial >> PARAM_BITS, uint8)


@internal
@pure
def _param(dial: uint256) -> uint256:
    return dial & ((1 << PARAM_BITS) - 1)


@internal
def _set_param(group: uint8, param: uint256):
    self._dials[group] = ((self._dials[group] >> PARAM_BITS) << PARAM_BITS) + param


@internal
@view
def _open(group: uint8) -> uint256:
    """
    @dev First line of every function of a group: fails as the dial says, else returns the dial.
    """
    dial: uint256 = self._dials[group]
    mode: uint8 = self._mode(dial)
    if mode == HONEST or mode > BURN_SOME:
        return dial
    if mode == REVERT_REASON:
        raise "hostile: refused"
    if mode == REVERT_EMPTY:
        raise
    if mode == REVERT_BOMB:
        raw_call(self, method_id("revert_bomb()"), is_static_call=True)
    if mode == BURN_INVALID:
        raise UNREACHABLE
    stop: uint256 = 0
    if mode == BURN_SOME:
        stop = msg.gas - min(msg.gas, self._param(dial))
    for _: uint256 in range(max_value(uint256)):
        if msg.gas < stop:
            break
    return dial


@internal
@pure
def _skips(dial: uint256) -> bool:
    mode: uint8 = self._mode(dial)
    return mode == NO_OP or (mode >= RETURN_NOTHING and mode <= RETURN_MAX and self._param(dial) == 1)


@internal
@pure
def _bombs(dial: uint256) -> bool:
    return self._mode(dial) == RETURN_BOMB


@internal
@pure
def _part(dial: uint256, mode: uint8, amount: uint256) -> uint256:
    """
    @dev `param` bps of `amount`, rounded up, if the dial is in `mode`; else 0.
    """
    if self._mode(dial) != mode:
        return 0
    return (amount * self._param(dial) + BPS - 1) // BPS


@internal
@view
def _answer(dial: uint256, truth: uint256) -> Bytes[64]:
    """
    @dev The bytes to return in place of the word `truth`.
    """
    mode: uint8 = self._mode(dial)
    if mode < RETURN_NOTHING or mode > REENTER_VIEW:
        return abi_encode(truth)
    if mode == RETURN_NOTHING:
        return b""
    if mode == RETURN_31:
        return slice(convert(truth, bytes32), 0, 31)
    if mode == RETURN_64:
        return abi_encode(truth, truth)
    if mode == RETURN_MAX:
        return abi_encode(max_value(uint256))
    if mode == RETURN_VALUE:
        return abi_encode(self._param(dial))
    if mode == LIE_UP:
        return abi_encode(max_value(uint256) if truth > LARGE else truth + truth * self._param(dial) // BPS)
    if mode == LIE_DOWN:
        cut: uint256 = BPS - self._param(dial)
        return abi_encode(truth // BPS * cut if truth > LARGE else truth - truth * self._param(dial) // BPS)
    if mode == REENTER_VIEW:
        return abi_encode(self._reenter_view(self._param(dial), truth))
    return abi_encode(truth)


@internal
@view
def _reenter_view(refused: uint256, truth: uint256) -> uint256:
    ok: bool = False
    data: Bytes[32] = b""
    ok, data = raw_call(
        self._reentry_target, self._reentry_data, max_outsize=32, is_static_call=True, revert_on_failure=False
    )
    if ok and len(data) == 32:
        return convert(data, uint256)
    return truth if refused == 0 else refused


@internal
def _reenter(dial: uint256, stage: uint256):
    """
    @dev Makes the stored call if the dial asks for it at this stage, once per outer call:
         the target may come back through this contract.
    """
    mode: uint8 = self._mode(dial)
    if (mode != REENTER and mode != REENTER_STATIC) or self._param(dial) != stage or self._entered:
        return
    self._entered = True
    ok: bool = False
    data: Bytes[32] = b""
    if mode == REENTER:
        ok, data = raw_call(self._reentry_target, self._reentry_data, max_outsize=32, revert_on_failure=False)
    else:
        ok, data = raw_call(
            self._reentry_target, self._reentry_data, max_outsize=32, is_static_call=True, revert_on_failure=False
        )
    self.reentry_attempts += 1
    self.reentry_succeeded = ok
    self.reentry_word = convert(data, bytes32)
    self._entered = False
