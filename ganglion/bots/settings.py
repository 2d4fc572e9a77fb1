"""What the bots are told by the environment: variables that begin with ``GANGLION_``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, TypeVar

from eth_typing import ChecksumAddress
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from web3 import Web3

from ganglion.agent.errors import Invalid
from ganglion.agent.fees import GWEI, FeePolicy
from ganglion.agent.intent import checked_address
from ganglion.agent.sending import MOST_GAS, Policy
from ganglion.agent.steps import ask, run
from ganglion.agent.structs import BPS
from ganglion.agent.treasury import Treasury
from ganglion.agent.wire import as_int

PREFIX = "GANGLION_"
Positive = Annotated[float, Field(gt=0)]
Amount = Annotated[int, Field(ge=0)]
Part = Annotated[int, Field(ge=0, le=BPS)]


class Settings(BaseSettings):
    """What every bot is told.

    Attributes:
        manifest: file that the deployment wrote; or the three addresses that follow.
        vault, executor, lens: addresses, for a treasury without a manifest.
        most_fee: most that a transaction may offer, gwei per gas.
        patience: seconds that one transaction is waited for before the next block goes on with it.
        replace_after: seconds after which a transaction that is not mined is replaced by a dearer one.
        poll: seconds between two looks for a receipt.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    manifest: Path | None = None
    vault: str = ""
    executor: str = ""
    lens: str = ""
    most_fee: Positive = 200.0
    patience: Positive = 60.0
    replace_after: Positive = 36.0
    poll: Positive = 0.5

    @property
    def policy(self) -> Policy:
        """Fees and patience of one transaction."""
        return Policy(
            fees=FeePolicy(ceiling=int(self.most_fee * GWEI)),
            timeout=self.patience,
            replace_after=self.replace_after,
            poll=self.poll,
        )

    def treasury(self, w3: Web3) -> Treasury:
        """Return where the bot works; raises Invalid, which names the variable."""
        given = {name: getattr(self, name) for name in ("vault", "executor", "lens")}
        if self.manifest is not None:
            if any(given.values()):
                raise Invalid(f"{PREFIX}MANIFEST names a treasury, and addresses are given too; give one")
            return Treasury.load(self.manifest)
        missing = [PREFIX + name.upper() for name, value in given.items() if not value]
        if missing:
            raise Invalid(f"{', '.join(missing)}: not set; or give the deployment's file, {PREFIX}MANIFEST")
        return Treasury(as_int("eth_chainId", run(w3, ask("eth_chainId"))), **given)


class RebalancerSettings(Settings):
    """What the rebalancer is told.

    Attributes:
        targets: weights in bps of the treasury by strategy id; what is left stays idle.
        min_idle: idle that comes before the weights, asset wei.
        band: what an intent must come nearer to the weights, bps of the treasury.
        slippage: loss that is assumed of a move, bps; the strategy's tolerance unless given.
        outbox: folder for what was signed and is not settled; without one a restart forgets it.
    """

    targets: dict[int, Part]
    min_idle: Amount = 0
    band: Part = 50
    slippage: Part | None = None
    outbox: Path | None = None


class KeeperSettings(Settings):
    """What a bot is told that makes calls which anyone may make.

    Attributes:
        most_gas: gas of one block after which no further transaction is begun.
    """

    most_gas: Annotated[int, Field(gt=0)] = MOST_GAS


class SettlerSettings(KeeperSettings):
    """What the settler is told.

    Attributes:
        least_credit: asset wei below which an unwind is not worth its gas; one whole token unless given.
        probe_every: seconds after which what waits is tried although it promises nothing, so that the Vault
            sees dips and failures; an eighth of the epoch unless given.
    """

    least_credit: Amount | None = None
    probe_every: Annotated[int, Field(gt=0)] | None = None


class SentinelSettings(KeeperSettings):
    """What the sentinel is told.

    Attributes:
        reflexes: address of the standing orders; of the manifest unless given; none where there are none.
        poke_every: seconds between pokes in calm times; a quarter of the epoch unless given.
        least_trim: asset wei below which what stands over a cap is left there.
        orders_every: blocks between two looks for new standing orders.
    """

    reflexes: str = ""
    poke_every: Annotated[int, Field(gt=0)] | None = None
    least_trim: Amount = 1
    orders_every: Annotated[int, Field(gt=0)] = 100

    def orders(self) -> ChecksumAddress | None:
        """Return the address of the Reflexes, None without any; raises Invalid."""
        if self.reflexes:
            return checked_address(f"{PREFIX}REFLEXES", self.reflexes)
        if self.manifest is None:
            return None
        try:
            content = json.loads(self.manifest.read_text(encoding="utf-8"))
            return checked_address("contracts.Reflexes", content["contracts"]["Reflexes"]["address"])
        except KeyError:
            return None
        except (OSError, TypeError, ValueError) as error:
            raise Invalid(f"{self.manifest}: {error}; give the deployment's manifest") from None


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """Read settings from the environment; raises Invalid, which names every variable that does not fit."""
    try:
        return kind()
    except ValidationError as error:
        wrong = (
            f"{PREFIX}{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()
        )
        raise Invalid("; ".join(wrong)) from None
    except ValueError as error:  # a value that should be JSON
        raise Invalid(f'{error}; {PREFIX}TARGETS is JSON like {{"1": 6000, "2": 3000}}') from None
