"""Brings a treasury towards target weights, inside the agent's mandate and every limit.

    export GANGLION_MANIFEST=deployments/treasury.json GANGLION_TARGETS='{"1": 6000, "2": 3000}'
    export SILVERBACK_BOT_NAME=rebalancer
    silverback run rebalancer --network ethereum:mainnet:node --account agent

Each block it observes the treasury through the Lens, plans the fewest moves towards the weights, simulates
them and submits one intent, which is bound to the state that it was planned for. A strategy whose moves would
be refused is left out until the next block. With nothing to do it gives a sign of life before the mandate's
heartbeat ends. What it cannot do it logs with the reason, once, and tries again with the next block.

The account is the agent that holds the mandate. A restart loses nothing: what was sent is settled first if
GANGLION_OUTBOX is set, and is otherwise bound to be executed once at most.

Environment:
    GANGLION_MANIFEST       file of the deployment; or GANGLION_VAULT, GANGLION_EXECUTOR, GANGLION_LENS
    GANGLION_TARGETS        JSON: weights in bps by strategy id; what is left stays idle
    GANGLION_MIN_IDLE       asset wei that stay idle before the weights (0)
    GANGLION_BAND           bps of the treasury that an intent must come nearer to the weights (50)
    GANGLION_SLIPPAGE       bps that a move is assumed to lose (the strategy's tolerance)
    GANGLION_OUTBOX         folder for what is signed and not settled (none)
    GANGLION_MOST_FEE       gwei per gas that a transaction may offer (200)
    GANGLION_PATIENCE       seconds that one block waits for its transaction (60)
    GANGLION_REPLACE_AFTER  seconds after which a transaction is replaced by a dearer one (36)
    GANGLION_POLL           seconds between two looks for a receipt (0.5)
"""

from __future__ import annotations

from ape import chain
from ape.api import BlockAPI
from silverback import SilverbackBot

from bots._lib.post import Post
from ganglion.bots import RebalancerSettings, rebalancer

bot = SilverbackBot(signer_required=True)
post = Post("rebalancer", bot, rebalancer, RebalancerSettings)


@bot.on_(chain.blocks)
async def rebalance(block: BlockAPI) -> dict[str, int]:
    """Take one step towards the weights."""
    return await post.turn(block.number)
