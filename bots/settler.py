"""Settles epochs that are due and turns what waits into cash for holders who have left.

    export GANGLION_MANIFEST=deployments/treasury.json
    export SILVERBACK_BOT_NAME=settler
    silverback run settler --network ethereum:mainnet:node --account keeper

Each block it settles the open epoch if that is due, then unwinds where that pays, the most cash first, and
stops when the block's gas is spent. What promises nothing is tried a few times an epoch all the same, because
only an attempt lets the Vault see a dip or a failure. A transaction that failed on chain is tried again after
2, 4, 8 ... 256 blocks; one that would fail is not sent. It claims nothing for anybody.

The account needs no role, only ether for gas. A restart loses nothing: the chain says what is due.

Environment:
    GANGLION_MANIFEST       file of the deployment; or GANGLION_VAULT, GANGLION_EXECUTOR, GANGLION_LENS
    GANGLION_LEAST_CREDIT   asset wei below which an unwind is not worth its gas (one token)
    GANGLION_PROBE_EVERY    seconds between attempts that promise nothing (an eighth of the epoch)
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
from ganglion.bots import SettlerSettings, settler

bot = SilverbackBot(signer_required=True)
post = Post("settler", bot, settler, SettlerSettings)


@bot.on_(chain.blocks)
async def settle(block: BlockAPI) -> dict[str, int]:
    """Settle and unwind what is due."""
    return await post.turn(block.number)
