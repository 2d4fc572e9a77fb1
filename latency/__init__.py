"""How long it takes from trouble that can be read on chain until it is answered: ``python -m latency``.

Each shock is played on a local mainnet with a real lending market and two real vaults; nothing is simulated.
"""
