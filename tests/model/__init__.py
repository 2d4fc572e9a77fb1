"""Vault, ExitQueue and Executor in plain integers, written from docs/SPEC.md and never from the contracts.

Nothing here is packed, and nothing knows the chain, but for the addresses that hashes are made over: a call
on the model gives the value that the same call on the contract must return, or raises ``Refused`` with the
reason that the contract must revert with.
"""
