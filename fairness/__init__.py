"""Evidence that leaving is fair: the same run on the treasury and on a control group, measured on a chain.

Run it with `make fairness`.
"""
