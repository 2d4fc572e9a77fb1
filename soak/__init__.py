"""Soak: the three bots at work for thousands of blocks, through every kind of trouble."""
