"""What the same shock costs in time where a Safe behind a timelock holds the vault's units by itself.

No Ganglion: the units lie in the Timelock. The Safe is assumed to sign in the block after the shock, which
no Safe does; what it really takes comes on top of the delay.
"""

from __future__ import annotations

from typing import Any

from ganglion.devnet.abi import call_data
from ganglion.devnet.seed import ETH
from latency.ground import BLOCK, SOLMATE, Ground
from latency.shocks import DEEP, drained
from tests.treasury import DAY, SAFE, STRANGER, deploy_vyper

Document = dict[str, Any]

DELAY = 2 * DAY  # seconds; as examples/treasury.yaml
SALT = b"\x01" * 32
NONE = bytes(32)
SCHEDULE = "schedule(address,uint256,bytes,bytes32,bytes32,uint256)"
EXECUTE = "execute(address,uint256,bytes,bytes32,bytes32)"


def manual(ground: Ground) -> Document:
    """Have the Safe leave a vault that has just lost a tenth, as soon as its Timelock lets it."""
    net, rpc, vault = ground.net, ground.rpc, ground.net.addresses.solmate_vault
    with ground.undone():
        values = (DELAY, SAFE, [])
        timelock = deploy_vyper(rpc, "contracts/Timelock.vy", ["uint256", "address", "address[]"], values)
        amount = DEEP[SOLMATE]
        net.fund_eth(timelock, ETH)
        net.fund(timelock, amount)
        rpc.transact(timelock, ground.treasury.asset, "approve(address,uint256)", vault, amount)
        rpc.transact(timelock, vault, "deposit(uint256,address)", amount, timelock)
        units = rpc.read(vault, "balanceOf(address)", timelock)
        payload = call_data("redeem(uint256,address,address)", units, timelock, timelock)
        call = (vault, 0, bytes.fromhex(payload[2:]), NONE, SALT)
        (shock,) = ground.block([drained(1_000)(ground)])
        (asked,) = ground.block([(SAFE, timelock, SCHEDULE, *call, DELAY)])
        execute = (STRANGER, timelock, EXECUTE, *call)
        (early,) = ground.block([execute], DELAY - BLOCK)
        (done,) = ground.block([execute])
        assert not shock.reason + asked.reason + done.reason
        seconds = done.time - shock.time
    return {
        "delay": DELAY,
        "a_block_earlier": "passes" if early.ok else "refused",
        "transactions": 2,
        "seconds": seconds,
        "blocks": seconds // BLOCK,
    }
