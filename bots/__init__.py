"""Agents on silverback: a rebalancer, a settler and a sentinel, thin handlers over ``ganglion.bots``."""
