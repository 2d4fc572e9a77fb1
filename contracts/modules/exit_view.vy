# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Exit views
@custom:contract-name exit_view
@license AGPL-3.0-only
@notice What the ExitQueue answers: the ERC-7540 and ERC-4626 views of requests.
@dev The ERC-4626 surface that ERC-7540 asks for is complete. Deposits are made at the Vault, so entry here is closed; claims
     have no preview, because what they pay is fixed by the record.
"""

from ethereum.ercs import IERC4626
from interfaces import IExitQueue
from contracts.modules import claims
from contracts.modules import records
from contracts.modules import request_list

uses: records
uses: request_list

M128: constant(uint256) = 2**128 - 1


# ------------------------------------------------------------------ the Vault's


@view
@external
def vault() -> address:
    """
    @notice The Vault whose holders leave here.
    @return Its address.
    """
    return records.VAULT.address


@view
@external
def share() -> address:
    """
    @notice ERC-7575: the share token.
    @return The Vault.
    """
    return records.VAULT.address


@view
@external
def asset() -> address:
    """
    @notice The ERC-20 that claims are paid in.
    @return Its address.
    """
    return staticcall IERC4626(records.VAULT.address).asset()


@view
@external
def totalAssets() -> uint256:
    """
    @notice The Vault's total at the lower prices; what leavers wait for is not in it.
    @return Asset wei.
    """
    return staticcall IERC4626(records.VAULT.address).totalAssets()


@view
@external
def convertToShares(assets: uint256) -> uint256:
    """
    @notice The Vault's conversion.
    @param assets Asset wei.
    @return Shares, rounded down.
    """
    return staticcall IERC4626(records.VAULT.address).convertToShares(assets)


@view
@external
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice The Vault's conversion. What an exit pays is no conversion but a slice; see `preview_exit`.
    @param shares Shares.
    @return Asset wei, rounded down.
    """
    return staticcall IERC4626(records.VAULT.address).convertToAssets(shares)


# ------------------------------------------------------------------ what is closed here


@view
@external
def maxDeposit(receiver: address) -> uint256:
    """
    @notice Deposits are made at the Vault.
    @param receiver Any account.
    @return 0.
    """
    return 0


@view
@external
def maxMint(receiver: address) -> uint256:
    """
    @notice Mints are made at the Vault.
    @param receiver Any account.
    @return 0.
    """
    return 0


@external
def deposit(assets: uint256, receiver: address) -> uint256:
    """
    @notice Refused: deposits are made at the Vault.
    @param assets Asset wei.
    @param receiver Any account.
    @return Nothing.
    """
    raise "queue: deposit at the vault"


@external
def mint(shares: uint256, receiver: address) -> uint256:
    """
    @notice Refused: mints are made at the Vault.
    @param shares Shares.
    @param receiver Any account.
    @return Nothing.
    """
    raise "queue: deposit at the vault"


@view
@external
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice Refused: deposits are made at the Vault.
    @param assets Asset wei.
    @return Nothing.
    """
    raise "queue: deposit at the vault"


@view
@external
def previewMint(shares: uint256) -> uint256:
    """
    @notice Refused: mints are made at the Vault.
    @param shares Shares.
    @return Nothing.
    """
    raise "queue: deposit at the vault"


@view
@external
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice Refused, as ERC-7540 asks: a redemption is requested first.
    @param shares Shares.
    @return Nothing.
    """
    raise "queue: no preview of claims"


@view
@external
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice Refused, as ERC-7540 asks: a redemption is requested first.
    @param assets Asset wei.
    @return Nothing.
    """
    raise "queue: no preview of claims"


# ------------------------------------------------------------------ requests


@view
@external
def requests_of(controller: address) -> DynArray[uint256, claims.OLDEST]:
    """
    @notice The oldest unfinished requests of a controller, in the order in which they are claimed.
    @param controller The account.
    @return Ids, at most eight; `claim` reaches the others too.
    """
    ids: DynArray[uint256, claims.OLDEST] = []
    id: uint256 = request_list._first(controller)
    for i: uint256 in range(claims.OLDEST):
        if id == 0:
            break
        ids.append(id)
        id = request_list._next(controller, id)
    return ids


@view
@external
def stake(id: uint256, controller: address) -> IExitQueue.Stake:
    """
    @notice What a controller has in a record.
    @param id The record, or the open epoch.
    @param controller The account.
    @return Shares requested, pending, claimable and claimed; asset wei claimable and paid. All 0 once all is claimed.
    """
    request: uint256 = request_list._request(controller, id)
    shares: uint256 = request & M128
    claimable: uint256 = 0
    assets: uint256 = 0
    waits: bool = False
    claimable, assets, waits = records._claimable(controller, id)
    taken: uint256 = request_list._taken(controller, id, request)
    claimed: uint256 = taken & M128
    return IExitQueue.Stake(
        shares=shares,
        pending=shares - claimed - claimable,
        claimable=claimable,
        assets=assets,
        claimed=claimed,
        paid=taken >> 128,
    )


@view
@external
def proceeds(id: uint256) -> (uint256, uint256, bool):
    """
    @notice What a settled record has brought so far, claimed or not; `Settled` says what it was promised. Units that one of
            several took in kind go on counting as if they were paid what the others are.
    @param id The record.
    @return Its shares.
    @return Asset wei so far, with what `exit_now` paid at once.
    @return Whether more may come.
    """
    cash: uint256 = 0
    converted: uint256 = 0
    waits: bool = False
    cash, converted, waits = records._standing(id)
    return records.totals[id] & M128, cash, waits


@view
@external
def pendingRedeemRequest(requestId: uint256, controller: address) -> uint256:
    """
    @notice ERC-7540.
    @param requestId The record, or the open epoch.
    @param controller The account.
    @return Shares requested and not yet claimable.
    """
    claimable: uint256 = 0
    assets: uint256 = 0
    waits: bool = False
    claimable, assets, waits = records._claimable(controller, requestId)
    request: uint256 = request_list._request(controller, requestId)
    return (request & M128) - (request_list._taken(controller, requestId, request) & M128) - claimable


@view
@external
def claimableRedeemRequest(requestId: uint256, controller: address) -> uint256:
    """
    @notice ERC-7540.
    @param requestId The record.
    @param controller The account.
    @return Shares that can be claimed.
    """
    return records._claimable(controller, requestId)[0]


@view
@external
def maxRedeem(controller: address) -> uint256:
    """
    @notice The most shares that `redeem` claims now.
    @param controller The account.
    @return Shares of its eight oldest unfinished requests.
    """
    return self._most(controller)[0]


@view
@external
def maxWithdraw(controller: address) -> uint256:
    """
    @notice The most that `withdraw` claims now.
    @param controller The account.
    @return Asset wei of its eight oldest unfinished requests.
    """
    return self._most(controller)[1]


@internal
@view
def _most(controller: address) -> (uint256, uint256):
    """
    @dev Claimable shares and asset wei of the oldest requests.
    """
    shares: uint256 = 0
    cash: uint256 = 0
    id: uint256 = request_list._first(controller)
    for i: uint256 in range(claims.OLDEST):
        if id == 0:
            break
        claimable: uint256 = 0
        assets: uint256 = 0
        waits: bool = False
        claimable, assets, waits = records._claimable(controller, id)
        shares += claimable
        cash += assets
        id = request_list._next(controller, id)
    return shares, cash
