"""What the bots share: their account, and one turn a block."""
