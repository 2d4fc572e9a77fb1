"""Deploying a treasury, wiring it to a Safe, governing it through the Timelock, and reading all of it back.

    treasury = config.load(Path("examples/treasury.yaml"))
    chain = Chain(Web3(HTTPProvider(url)))
    manifest = deploy(treasury, chain, sender, Path("deployments/treasury.json"))
    assert not verify(manifest, chain).differences

Nothing here signs: a ``Sender`` sends transactions, and the Safe's calls are returned for its owners to sign.
"""

from .chain import Call, Chain, Sender, UnlockedSender
from .config import Treasury
from .deploy import Progress, deploy
from .errors import (
    ConfigInvalid,
    DeploymentError,
    ManifestInvalid,
    OperationRefused,
    PreconditionFailed,
    SignaturesMissing,
    StepFailed,
    TransactionFailed,
)
from .manifest import Manifest
from .site import Site
from .verify import Check, Report, site_of, verify

__all__ = [
    "Call",
    "Chain",
    "Check",
    "ConfigInvalid",
    "DeploymentError",
    "Manifest",
    "ManifestInvalid",
    "OperationRefused",
    "PreconditionFailed",
    "Progress",
    "Report",
    "Sender",
    "SignaturesMissing",
    "Site",
    "StepFailed",
    "TransactionFailed",
    "Treasury",
    "UnlockedSender",
    "deploy",
    "site_of",
    "verify",
]
