# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Authority
@custom:contract-name authority
@license AGPL-3.0-only
@notice Governor, guardians and the deployer's passing right, for contracts that the Timelock governs.
@dev The governor is fixed: the Timelock. Until `_seal` the deployer has the same right, so that a treasury can be set up
     before it opens; no deposit is possible before that. Guardians only ever reduce risk, and only the governor appoints
     them.
"""

from interfaces import IAuthority

GOVERNOR: immutable(address)

deployer: address
is_guardian: public(HashMap[address, bool])


@deploy
def __init__(governor: address):
    """
    @param governor The Timelock.
    """
    assert governor != empty(address), "authority: no governor"
    GOVERNOR = governor
    self.deployer = msg.sender


@internal
@view
def _is_governor() -> bool:
    """
    @dev The Timelock, and before `_seal` the deployer.
    """
    return msg.sender == GOVERNOR or msg.sender == self.deployer


@internal
@view
def _only_governor():
    assert self._is_governor(), "authority: not the governor"


@internal
@view
def _only_guardian():
    """
    @dev A guardian or the governor.
    """
    assert self.is_guardian[msg.sender] or self._is_governor(), "authority: not a guardian"


@internal
def _seal():
    """
    @dev Ends the deployer's right for good.
    """
    assert self.deployer != empty(address), "authority: already sealed"
    self.deployer = empty(address)


@external
def set_guardian(guardian: address, active: bool):
    """
    @notice Governor. Appoints or removes a guardian.
    @param guardian The account.
    @param active Whether it is one.
    """
    self._only_governor()
    self.is_guardian[guardian] = active
    log IAuthority.GuardianSet(guardian=guardian, active=active)


@external
def seal():
    """
    @notice Governor, once. Ends the deployer's right: the Timelock alone governs.
    """
    self._only_governor()
    self._seal()
    log IAuthority.Sealed()


@view
@external
def governor() -> address:
    """
    @notice The Timelock.
    @return Its address.
    """
    return GOVERNOR


@view
@external
def is_sealed() -> bool:
    """
    @notice Whether the deployer's right has ended.
    @return True once it has.
    """
    return self.deployer == empty(address)
