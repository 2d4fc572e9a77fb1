"""Failures of a deployment: each names what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence


class DeploymentError(Exception):
    """Base of every failure of this package."""


class ConfigInvalid(DeploymentError):
    """A file of the operator is wrong.

    Attributes:
        problems: one line per wrong field: its path, what is wrong, the remedy.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__("\n".join([f"{source}:", *(f"  {problem}" for problem in problems)]))
        self.source = source
        self.problems = tuple(problems)


class PreconditionFailed(DeploymentError):
    """The chain is not what the configuration says, or lacks what a deployment needs; nothing was sent.

    Attributes:
        problems: one line per precondition that does not hold.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["nothing was sent:", *(f"  {problem}" for problem in problems)]))
        self.problems = tuple(problems)


class ManifestInvalid(DeploymentError):
    """A manifest cannot be read, or does not belong to this configuration, deployer, chain or source tree."""


class TransactionFailed(DeploymentError):
    """A transaction would revert, was refused by the node, or was not mined in time."""


class StepFailed(DeploymentError):
    """A transaction of a deployment failed; what was done before it stands in the manifest."""


class OperationRefused(DeploymentError):
    """A governance operation cannot be scheduled, executed or cancelled now, or would revert."""


class SignaturesMissing(DeploymentError):
    """Fewer owners than the Safe's threshold signed, or one that is no owner did."""
