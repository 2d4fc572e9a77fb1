# pragma version 0.4.3
"""
@title Guarded calls
@custom:contract-name guarded_call
@license AGPL-3.0-only
@notice Every call that reaches a strategy is made here and nowhere else. A strategy is assumed hostile: it may revert,
        burn all its gas, return nothing, too little, too much or an absurd number, and re-enter.
@dev Gas. The callee gets exactly its cap, never less: 63/64 of what is left must cover it, so a caller cannot forge a
     failure by starving the call. Running short reverts the whole transaction with `GAS_SHORT`, which is equivalent to
     running out of gas.
@dev Return data. At most 33 bytes are copied, so a return bomb costs its maker. An answer counts only if it is
     exactly 32 bytes long and below 2**112.
"""

from contracts.modules import refusal

NO_ANSWER: constant(uint256) = max_value(uint256)
LARGEST: constant(uint256) = 2**112 - 1  # an answer above it does not count
RESERVE: constant(uint256) = 60_000  # gas kept for the frame that made the call

# Packed terms begin, as modules/ledger.vy lays them out, with:
# strategy 160 | read gas / 1,000 16 | write gas / 1,000 16 | charges on exit 8
M160: constant(uint256) = 2**160 - 1
M16: constant(uint256) = 2**16 - 1
CHARGES_ON_EXIT: constant(uint256) = 1 << 192

# Questions, all of one argument
VALUE: constant(uint256) = 0
BALANCE: constant(uint256) = 1
MOST: constant(uint256) = 2


@internal
@view
def _read(terms: uint256, question: uint256, argument: uint256) -> uint256:
    """
    @dev Asks a strategy for one word.
    @param terms Its packed terms.
    @param question VALUE of units, BALANCE of an account or MOST units that an account may redeem now.
    @param argument The units or the account.
    @return The answer, or NO_ANSWER; only up to LARGEST does it count.
    """
    payload: Bytes[36] = abi_encode(argument, method_id=method_id("convertToAssets(uint256)"))
    if question != VALUE:
        payload = abi_encode(argument, method_id=method_id("maxRedeem(address)"))
        if question == BALANCE:
            payload = abi_encode(argument, method_id=method_id("balanceOf(address)"))
    elif terms & CHARGES_ON_EXIT != 0:
        payload = abi_encode(argument, method_id=method_id("previewRedeem(uint256)"))
    cap: uint256 = unsafe_mul((terms >> 160) & M16, 1_000)  # unsafe: below 2**26
    if msg.gas < unsafe_add(unsafe_mul(cap, 33) >> 5, RESERVE):  # unsafe: below 2**32
        refusal._refuse(refusal.GAS_SHORT)
    success: bool = False
    answer: Bytes[33] = b""
    success, answer = raw_call(
        convert(terms & M160, address),
        payload,
        max_outsize=33,
        gas=cap,
        is_static_call=True,
        revert_on_failure=False,
    )
    if success:
        if len(answer) == 32:
            return extract32(answer, 0, output_type=uint256)
    return NO_ANSWER


@internal
def _write(terms: uint256, payload: Bytes[100]) -> bool:
    """
    @dev Makes a strategy act. What it answers is ignored: the caller measures balances instead.
    @param terms Its packed terms.
    @param payload Selector and arguments.
    @return Whether the call came back without reverting.
    """
    cap: uint256 = unsafe_mul((terms >> 176) & M16, 1_000)  # unsafe: below 2**26
    if msg.gas < unsafe_add(cap + (cap >> 5), RESERVE):  # unsafe: below 2**28
        refusal._refuse(refusal.GAS_SHORT)
    return raw_call(convert(terms & M160, address), payload, gas=cap, revert_on_failure=False)
