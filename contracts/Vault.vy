# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title Vault
@custom:contract-name Vault
@license AGPL-3.0-only
@notice Shares of a treasury spread over ERC-4626 strategies: custody, ledger, two-sided price, ceilings and the ways out.
@dev Assets. An ERC-20 of 6 to 18 decimals without fee on transfer or rebasing. A transfer that does not arrive whole is
     refused. A donation of asset or strategy shares changes no price, cap, budget or limit.
@dev Strategies. Assumed hostile; see guarded_call. A strategy can lose what is allocated to it and nothing else.
@dev Liveness. `redeem_slice` asks no price, no role and no state. Petty cash and entry are conveniences that close when
     something is wrong.
@dev Roles. Steward (for the Timelock and guardians): parameters, see modules/parameters.vy. Executor: `allocate` and
     `deallocate`. Sentinel: `latch`. Nobody can move assets anywhere but into listed strategies, back, and out to leavers.
@dev Locks. Every external and getter of this file is locked during every call, views too: a strategy that asks the
     Vault anything while it is being called makes itself fail.
@dev Reasons are numbers, `vault: <n>`; see modules/refusal.vy and docs/ERRORS.md.
"""

from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from snekmate.auth import ownable
from snekmate.tokens import erc20
from interfaces import IVault
from contracts.modules import annex
from contracts.modules import entry
from contracts.modules import fees
from contracts.modules import leaving
from contracts.modules import ledger
from contracts.modules import parameters
from contracts.modules import petty_cash
from contracts.modules import positions
from contracts.modules import pricing
from contracts.modules import refusal
from contracts.modules import share_math
from contracts.modules import shares as share_token

implements: IERC4626
implements: IVault

initializes: ledger
initializes: ownable
initializes: erc20[ownable := ownable]
initializes: pricing[ledger := ledger]
initializes: positions[ledger := ledger, pricing := pricing]
initializes: annex
initializes: parameters[ledger := ledger]
initializes: share_token[erc20 := erc20, ledger := ledger]
initializes: entry[ledger := ledger, pricing := pricing, share_token := share_token]
initializes: fees[annex := annex, ledger := ledger, share_token := share_token]
initializes: petty_cash[
    erc20 := erc20, ledger := ledger, positions := positions, pricing := pricing, share_token := share_token
]
initializes: leaving[
    annex := annex,
    erc20 := erc20,
    ledger := ledger,
    positions := positions,
    pricing := pricing,
    share_token := share_token,
]

# Left out of erc20: transfer and transferFrom (seasoning stands before them), mint, burn, burn_from, set_minter and all
# of ownable. Without a lock are only functions that move nothing and read nothing of the ledger.
exports: (
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.approve,
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
    erc20.eip712Domain,
)
exports: parameters.word
exports: (entry.previewDeposit, entry.previewMint, entry.maxDeposit, entry.maxMint)
exports: (petty_cash.previewWithdraw, petty_cash.previewRedeem, petty_cash.maxWithdraw, petty_cash.maxRedeem)
exports: share_token.unlock_time
exports: (leaving.escrow, leaving.leave, leaving.pay, leaving.redeem_in_frame)
exports: fees.poke
exports: (annex.latch, annex.deallocate, annex.evacuate, annex.unwind, annex.give_back, annex.hand_out)
exports: (annex.install, annex.configure, annex.recover, annex.half)

MAX_SEED: constant(uint256) = 2**96  # asset wei of one call
DEAD: constant(address) = 0x000000000000000000000000000000000000dEaD


@deploy
def __init__(
    asset_: address,
    steward: address,
    queue_blueprint: address,
    annex_blueprint: address,
    epoch: uint256,
    name_: String[25],
    symbol_: String[5],
):
    """
    @notice Makes the Vault, its ExitQueue and its second half: three contracts that know each other from the first block.
    @param asset_ The ERC-20 held, 6 to 18 decimals.
    @param steward The Steward, which governs for the Timelock.
    @param queue_blueprint ERC-5202 blueprint of ExitQueue.vy.
    @param annex_blueprint ERC-5202 blueprint of VaultAnnex.vy.
    @param epoch Length of an epoch in seconds, one hour to seven days.
    @param name_ Name of the share.
    @param symbol_ Symbol of the share.
    """
    decimals: uint256 = convert(staticcall IERC20Detailed(asset_).decimals(), uint256)
    refusal._req(decimals >= 6 and decimals <= 18, refusal.BAD_PARAMETER)
    refusal._req(epoch >= 3_600 and epoch <= 604_800 and steward != empty(address), refusal.BAD_PARAMETER)
    queue: address = create_from_blueprint(queue_blueprint, epoch, decimals)
    ledger.__init__(asset_, decimals, steward, queue, epoch)
    annex.__init__(create_from_blueprint(annex_blueprint, asset_, decimals, steward, queue, epoch))
    ownable.__init__()
    erc20.__init__(name_, symbol_, convert(decimals + max(3, 18 - decimals), uint8), name_, "1")


# ------------------------------------------------------------------ entry


@external
def deposit(assets: uint256, receiver: address) -> uint256:
    """
    @notice Anyone. Pays assets in for shares at the higher price, after the entry fee.
    @param assets Asset wei to pay.
    @param receiver Who gets the shares; they are seasoned before they can leave by a slice or a transfer.
    @return Shares minted, rounded down.
    """
    if assets > ledger.M112:
        refusal._refuse(refusal.TOO_LARGE)
    hot: uint256 = ledger.hot
    net: uint256 = assets
    if (hot >> 192) & (ledger.M16 - ledger.OWED) != ledger.SEALED:  # the flags alone, unless there is a fee
        entry._req_open(hot)
        net = share_math._net(assets, (hot >> 200) & ledger.M8)
    totals: IVault.Totals = pricing._totals(hot)
    supply: uint256 = unsafe_add(erc20.totalSupply, ledger.VIRTUAL_SHARES)  # unsafe: a mint keeps it below 2**178
    shares: uint256 = unsafe_div(net * supply, unsafe_add(totals.hi, 1))  # unsafe: totals stay below 2**117
    entry._enter(hot, totals, supply, assets, shares, receiver)
    return shares


@external
def mint(shares: uint256, receiver: address) -> uint256:
    """
    @notice Anyone. Mints shares for assets at the higher price, entry fee included.
    @param shares Shares to mint.
    @param receiver Who gets them.
    @return Asset wei paid, rounded up.
    """
    if shares > share_math.MAX_SHARES:
        refusal._refuse(refusal.TOO_LARGE)
    hot: uint256 = ledger.hot
    entry._req_open(hot)
    totals: IVault.Totals = pricing._totals(hot)
    supply: uint256 = share_token._supply()
    assets: uint256 = entry._assets_for(shares, hot, totals.hi, supply)
    entry._enter(hot, totals, supply, assets, shares, receiver)
    return assets


# ------------------------------------------------------------------ capital


@external
def allocate(id: uint256, assets: uint256, min_units: uint256) -> IVault.Moved:
    """
    @notice Executor. Pays idle into a strategy. Bound by its status, band, tolerance and ceiling, the idle floor, the veto
            and the state. At worst each call loses the strategy's tolerance on what it pays.
    @param id The strategy.
    @param assets Asset wei to pay.
    @param min_units Least units to get.
    @return Measured result, and the total at the lower prices after the move.
    """
    clock: uint256 = ledger._only_executor()
    position: uint256 = ledger.positions[id]
    if position & ledger.WAITS != 0:
        return abi_decode(annex._run(), IVault.Moved)
    moved: IVault.Moved = empty(IVault.Moved)
    mark: uint256 = 0
    moved, mark = positions._allocate(id, position, assets, min_units)
    moved.lo = positions._req_sound(clock, id, mark)
    return moved


# ------------------------------------------------------------------ exits


@external
def withdraw(assets: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Owner or an account with its allowance. Petty cash: an exact amount from idle at the lower price and a fee,
            while all is calm and the bucket lasts.
    @param assets Asset wei to pay out.
    @param receiver Who gets them.
    @param owner Whose shares are burned.
    @return Shares burned, rounded up.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    refusal._req(assets <= ledger.M112, refusal.TOO_LARGE)
    shares: uint256 = petty_cash._shares_for(assets, totals.lo)
    petty_cash._pay(hot, totals, assets, shares, receiver, owner)
    return shares


@external
def redeem(shares: uint256, receiver: address, owner: address) -> uint256:
    """
    @notice Owner or an account with its allowance. Petty cash for an exact number of shares; see `withdraw`.
    @param shares Shares to burn.
    @param receiver Who gets the assets.
    @param owner Whose shares are burned.
    @return Asset wei paid out, rounded down.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    refusal._req(shares <= share_math.MAX_SHARES, refusal.TOO_LARGE)
    assets: uint256 = petty_cash._assets_for(shares, totals.lo)
    petty_cash._pay(hot, totals, assets, shares, receiver, owner)
    return assets


@external
def redeem_slice(shares: uint256, receiver: address, owner: address, min_assets: uint256) -> uint256:
    """
    @notice Owner or an account with its allowance, in every state. Pays the same fraction of idle and of every position,
            while each strategy can pay all of the Vault's units; otherwise `NOT_LIQUID`. No price and no fee. Parts
            worth less than 1,000 wei stay behind.
    @param shares Shares to burn, seasoned.
    @param receiver Who gets the assets.
    @param owner Whose shares are burned.
    @param min_assets Least asset wei to get.
    @return Asset wei paid out: what the strategies really paid, and the part of idle rounded down.
    """
    if shares == 0:
        refusal._refuse(refusal.ZERO_AMOUNT)
    share_token._req_seasoned(owner)
    supply: uint256 = share_token._supply()
    share_token._burn(owner, shares)
    assets: uint256 = positions._redeem_slice(shares, supply)
    if assets < min_assets:
        refusal._refuse(refusal.BELOW_LIMIT)
    positions._pay(receiver, assets)
    log IVault.SliceRedeemed(caller=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares)
    return assets


# ------------------------------------------------------------------ shares


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Owner. Moves seasoned shares.
    @param to Who gets them.
    @param amount Shares to move.
    @return True; a failure reverts.
    """
    share_token._req_seasoned(msg.sender)
    erc20._transfer(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice An account with the owner's allowance. Moves seasoned shares.
    @param owner Whose shares move.
    @param to Who gets them.
    @param amount Shares to move.
    @return True; a failure reverts.
    """
    share_token._req_seasoned(owner)
    erc20._spend_allowance(owner, msg.sender, amount)
    erc20._transfer(owner, to, amount)
    return True


# ------------------------------------------------------------------ views


@view
@external
def asset() -> address:
    """
    @notice The ERC-20 held.
    @return Its address.
    """
    return ledger.ASSET


@view
@external
def totalAssets() -> uint256:
    """
    @notice Total at the lower prices: idle and, of each strategy, the lower of mark and book.
    @return Asset wei.
    """
    return pricing._lo()


@view
@external
def totals() -> IVault.Totals:
    """
    @notice Total at the lower and at the higher prices, and the veto.
    @return Asset wei, asset wei, whether entry, petty cash and allocations are closed by what can be seen now or was seen at
            the last poke.
    """
    hot: uint256 = ledger.hot
    totals: IVault.Totals = pricing._totals(hot)
    totals.veto = totals.veto or (hot >> 192) & ledger.DRY != 0
    return totals


@view
@external
def convertToShares(assets: uint256) -> uint256:
    """
    @notice Shares at the lower price without fees.
    @param assets Asset wei.
    @return Shares, rounded down.
    """
    return share_math._to_shares(assets, pricing._lo(), share_token._supply())


@view
@external
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice Assets at the lower price without fees.
    @param shares Shares.
    @return Asset wei, rounded down.
    """
    return share_math._to_assets(shares, pricing._lo(), share_token._supply())


# ------------------------------------------------------------------ start


@external
def seed(assets: uint256):
    """
    @notice Anyone, before the Vault is sealed. Pays assets in for shares that nobody owns, so that the share price never
            hangs on dust.
    @param assets Asset wei.
    """
    refusal._req(((ledger.hot >> 192) & ledger.M8) & ledger.SEALED == 0, refusal.WRONG_PHASE)
    refusal._req(assets != 0, refusal.ZERO_AMOUNT)
    refusal._req(assets <= MAX_SEED, refusal.TOO_LARGE)
    entry._take(ledger.hot + assets, assets)
    shares: uint256 = assets * ledger.VIRTUAL_SHARES
    erc20._mint(DEAD, shares)
    log IERC4626.Deposit(sender=msg.sender, owner=DEAD, assets=assets, shares=shares)
