# pragma version 0.4.3
"""
@title ConsentingPolicy
@license AGPL-3.0-only
@notice A policy that agrees to everything at once, to measure what asking costs. For tests only.
"""

from interfaces import IExecutor
from interfaces import IPolicy

implements: IPolicy


@external
def before_intent(agent: address, intent: bytes32, moves: DynArray[IExecutor.Move, 10]) -> bytes4:
    return method_id("before_intent(address,bytes32,(uint256,int256,uint256)[])", output_type=bytes4)


@external
def after_intent(agent: address, intent: bytes32, moves: DynArray[IExecutor.Done, 10], loss: uint256) -> bytes4:
    return method_id(
        "after_intent(address,bytes32,(uint256,int256,uint256,uint256)[],uint256)", output_type=bytes4
    )
