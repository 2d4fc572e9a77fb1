# pragma version 0.4.3
"""
@title Guarded calls
@custom:contract-name guarded_call
@license AGPL-3.0-only
@notice Every raw call is made here and nowhere else: those that reach a strategy, the frame around a redeem for leavers,
        those into the second half of the Vault's code, and those to a policy or a wallet. A strategy is assumed hostile: it may revert, burn all its gas,
        return nothing, too little, too much or an absurd number, and re-enter.
@dev Gas. The callee gets exactly its cap, never less: 63/64 of what is left must cover it, so a caller cannot forge a
     failure by starving the call. Running short reverts the whole transaction with `GAS_SHORT`, which is equivalent to
     running out of gas.
@dev Return data. At most 33 bytes are copied, so a return bomb costs its maker. An answer counts only if it is
     exactly 32 bytes long and below 2**112: every caller of `_read` compares it with LARGEST.
"""

from contracts.modules import refusal

NO_ANSWER: constant(uint256) = max_value(uint256)
LARGEST: constant(uint256) = 2**112 - 1  # an answer above it does not count
RESERVE: constant(uint256) = 60_000  # gas kept for the frame that made the call

POLICY_GAS: constant(uint256) = 300_000  # gas of one question to a policy
WALLET_GAS: constant(uint256) = 1_000_000  # gas of one question to a wallet
FRAME: constant(uint256) = 300_000  # gas kept for a frame of our own around a write, beyond its cap

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
    if unsafe_mul(convert(success, uint256), len(answer)) == 32:  # unsafe: 0 to 33
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


@internal
def _redeem_in_frame(
    terms: uint256, id: uint256, units: uint256, balance: uint256, enough: uint256, keep: uint256
) -> uint256:
    """
    @dev Redeems units in a call to ourselves, so that a failure leaves nothing behind. The gas for the frame and for the call
         in it, 63/64 twice, is asserted before it opens: inside, only the strategy and the measure of what it paid can fail.
    @param terms The strategy's packed terms.
    @param id Its id.
    @param units Units to redeem.
    @param balance The Vault's asset balance.
    @param enough Asset wei that suffice without a look at the guard reference.
    @param keep Part of the guard reference that must come, bps.
    @return That balance afterwards, or NO_ANSWER.
    """
    cap: uint256 = unsafe_mul((terms >> 176) & M16, 1_000)  # unsafe: below 2**26
    if msg.gas < unsafe_add(unsafe_add(cap, cap >> 4), FRAME):  # unsafe: below 2**28
        refusal._refuse(refusal.GAS_SHORT)
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        self,
        abi_encode(
            id,
            units,
            balance,
            enough,
            keep,
            method_id=method_id("redeem_in_frame(uint256,uint256,uint256,uint256,uint256)"),
        ),
        max_outsize=32,
        revert_on_failure=False,
    )
    if success:
        return extract32(answer, 0, output_type=uint256)
    return NO_ANSWER


@internal
def _run_half(half: address) -> Bytes[160]:
    """
    @dev Runs the call that this contract got in the second half of its own code.
    @param half The VaultAnnex.
    @return Its answer; a refusal is passed on.
    """
    return raw_call(half, msg.data, max_outsize=160, is_delegate_call=True)


@internal
def _poke_in_half(half: address) -> Bytes[256]:
    """
    @dev Runs `poke` in the second half of the code.
    @param half The VaultAnnex.
    @return An encoded Observation.
    """
    return raw_call(half, method_id("poke()"), max_outsize=256, is_delegate_call=True)


@internal
def _leave_in_half(half: address, amount: uint256, supply: uint256, tries: uint256) -> Bytes[1_760]:
    """
    @dev Runs `leave` in the second half of the code.
    @param half The VaultAnnex.
    @param amount Shares that leave.
    @param supply Shares outstanding with the virtual ones, before they leave.
    @param tries Bitmap of the strategies to redeem from at once.
    @return An encoded Departure.
    """
    return raw_call(
        half,
        abi_encode(amount, supply, tries, method_id=method_id("leave(uint256,uint256,uint256)")),
        max_outsize=1_760,
        is_delegate_call=True,
    )


@internal
def _agrees(target: address, payload: Bytes[1_508]) -> bool:
    """
    @dev Asks a policy, which agrees by answering the selector that it was called with.
    @param target The policy.
    @param payload Selector and arguments.
    @return Whether it agreed.
    """
    if msg.gas < POLICY_GAS + (POLICY_GAS >> 5) + RESERVE:
        refusal._refuse(refusal.GAS_SHORT)
    success: bool = False
    answer: Bytes[33] = b""
    success, answer = raw_call(target, payload, max_outsize=33, gas=POLICY_GAS, revert_on_failure=False)
    return success and self._is_selector(answer, payload)


@internal
@view
def _signs(wallet: address, digest: bytes32, signature: Bytes[1_024]) -> bool:
    """
    @dev Asks a contract whether a signature is its own (ERC-1271).
    @param wallet The contract.
    @param digest What was signed.
    @param signature In the wallet's own format.
    @return Whether it says so; starved of gas it does not.
    """
    payload: Bytes[1_124] = abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)"))
    success: bool = False
    answer: Bytes[33] = b""
    success, answer = raw_call(
        wallet, payload, max_outsize=33, gas=WALLET_GAS, is_static_call=True, revert_on_failure=False
    )
    return success and self._is_selector(answer, slice(payload, 0, 4))


@internal
@pure
def _is_selector(answer: Bytes[33], payload: Bytes[1_508]) -> bool:
    """
    @dev Whether an answer is the selector of a payload, as one word.
    """
    if len(answer) != 32:
        return False
    return extract32(answer, 0) == convert(slice(payload, 0, 4), bytes32) 
