"""Pokes, fires standing orders, trims what stands over its caps, and journals the Vault's changes.

    export GANGLION_MANIFEST=deployments/treasury.json
    export SILVERBACK_BOT_NAME=sentinel
    silverback run sentinel --network ethereum:mainnet:node --account keeper

Each block it asks what a poke would see and pokes when it changes the Vault's state, when a signal is bad and
not remembered, an hour after the last observation while anything is unsettled, and a few times an epoch. It
fires every order and trims every position that would go through now, and enters changes of state and health
in the journal. Bounties stay at the Reflexes until the account collects them.

The account must have no code and needs no role, only ether for gas. A restart costs one poke at most.

Environment:
    GANGLION_MANIFEST       file of the deployment; or GANGLION_VAULT, GANGLION_EXECUTOR, GANGLION_LENS
    GANGLION_REFLEXES       address of the standing orders (the manifest's)
    GANGLION_POKE_EVERY     seconds between pokes in calm times (a quarter of the epoch)
    GANGLION_LEAST_TRIM     asset wei over a cap that are left there (1)
    GANGLION_ORDERS_EVERY   blocks between two looks for new orders (100)
    GANGLION_MOST_GAS       gas of one block after which no further transaction is begun (16777216)
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
from ganglion.bots import SentinelSettings, sentinel

bot = SilverbackBot(signer_required=True)
post = Post("sentinel", bot, sentinel, SentinelSettings)


@bot.on_(chain.blocks)
async def watch(block: BlockAPI) -> dict[str, int]:
    """Poke, fire, trim and note what is due."""
    return await post.turn(block.number)
