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
from .record import Record, record
from .report import Check, Report
from .site import Site
from .standing import Reactions
from .standing_agents import Agents
from .verify import site_of, verify

__all__ = [
    "Agents",
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
    "Reactions",
    "Record",
    "Report",
    "Sender",
    "SignaturesMissing",
    "Site",
    "StepFailed",
    "TransactionFailed",
    "Treasury",
    "UnlockedSender",
    "deploy",
    "record",
    "site_of",
    "verify",
]
