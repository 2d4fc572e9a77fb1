# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Operators
@custom:contract-name operators
@license AGPL-3.0-only
@notice ERC-7540 operators: accounts that a holder trusts with everything it may do here.
"""

from interfaces import IExitQueue

isOperator: public(HashMap[address, HashMap[address, bool]])


@external
def setOperator(operator: address, approved: bool) -> bool:
    """
    @notice Anyone, for itself. An operator may request, cancel, claim and take in kind for it.
    @param operator The account.
    @param approved Whether it may.
    @return True.
    """
    self.isOperator[msg.sender][operator] = approved
    log IExitQueue.OperatorSet(controller=msg.sender, operator=operator, approved=approved)
    return True


@internal
@view
def _only_controller(controller: address):
    allowed: bool = msg.sender == controller or self.isOperator[controller][msg.sender]
    assert allowed, "queue: not the controller"


@internal
@view
def _spender(owner: address) -> address:
    """
    @dev Whose allowance of the owner's shares is spent: none, given as the owner, if the caller is the owner or its operator.
    """
    if msg.sender == owner or self.isOperator[owner][msg.sender]:
        return owner
    return msg.sender
