"""Ganglion: an execution layer for treasuries that sit on ERC-4626 vaults."""

__version__ = "0.1.0"
