"""The hostile agent's campaign: all that stolen keys, hostile strategies and the market can do together.

``python -m hostile`` runs it and writes reports/hostile.json; see docs/THREAT_MODEL.md for the bounds.
"""
