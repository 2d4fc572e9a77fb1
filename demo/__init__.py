"""The main job on a local fork: a treasury deployed, owned by a Safe, worked by an agent, hit by a loss.

Run it with `make demo`.
"""
