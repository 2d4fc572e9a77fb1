"""An MCP server, so that a language-model agent can read a treasury and propose what to do with it.

Its tools read and propose; none signs and none sends, and the process refuses to start where a key is in its
environment. What the model decides leaves it as EIP-712 typed data, which somebody with a key signs elsewhere
(``ganglion submit --intent FILE``, or a wallet and ``--signature``). Whoever holds that key reviews what it
signs; the mandate bounds what it can do.

What strangers wrote, names of tokens above all, is quoted: ``{"untrusted": "..."}``, cut to a length, without
hidden characters. Tools, their schemas and what they do never depend on it.

    GANGLION_RPC_URL=http://127.0.0.1:8545 GANGLION_LENS=0x... python -m ganglion.mcp
"""
