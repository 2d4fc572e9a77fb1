"""Operations around signed intents: whoever sends them, nonces, forgeries, mandates replaced since."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tests.model.intents import Form, Intent, Move, Signature
from tests.model.reflexes import REFLEXES
from tests.stateful.driver import Driver, amount
from tests.stateful.operations.agents import FOREVER, awake
from tests.stateful.signing import FORGER, SIGNER
from tests.stateful.world import AGENTS, STRANGER

FIELDS = ("max_loss", "deadline", "nonce", "sequence", "relayer", "reason", "moves")


def execute(driver: Driver, which: int, size: int, variant: int) -> None:
    """A stranger sends what an agent has signed, half of the time twice."""
    awake(driver, SIGNER, size)
    intent = _intent(driver, which, size, variant)
    _send(driver, STRANGER, intent)
    if variant % 2:
        _send(driver, AGENTS[which % len(AGENTS)], intent)


def forge(driver: Driver, which: int, size: int, variant: int) -> None:
    """Somebody sends what the agent has not signed, or not so."""
    intent = _intent(driver, which, size, variant)
    signature = Signature(SIGNER, driver.world.executor.digest(intent))
    part = variant % 8
    if part == 0:
        _send(driver, STRANGER, intent, signature._replace(signer=FORGER))
    elif part == 1:
        form = Form.SHORT if size % 3 == 2 else Form.UPPER
        _send(driver, STRANGER, intent, signature._replace(form=form))
    elif part < 4:
        _send(driver, STRANGER, _altered(intent, FIELDS[size % len(FIELDS)]), signature)
    elif part == 4:
        agent = ("agent", REFLEXES, STRANGER)[size % 3]
        _send(driver, STRANGER, replace(intent, agent=agent))
    elif part == 5:
        _send(driver, STRANGER, replace(intent, nonce=0))
    elif part == 6:
        driver.grant(SIGNER, driver.world.executor.mandates.find(SIGNER).mandate)
        _send(driver, STRANGER, intent, signature)
    else:
        driver.sent(STRANGER, intent)


def _altered(intent: Intent, field: str) -> Intent:
    """The intent with one field that is not as it was signed, though it could have been."""
    others = {
        "max_loss": intent.max_loss + 1,
        "deadline": intent.deadline - 1,
        "nonce": intent.nonce + 256,
        "sequence": 0,
        "relayer": STRANGER,
        "reason": bytes(32),
        "moves": tuple(move._replace(limit=move.limit + 1) for move in intent.moves),
    }
    return replace(intent, **{field: others[field]})


def cancel_nonces(driver: Driver, which: int, size: int, variant: int) -> None:
    """An agent uses nonces up, mostly one that it has signed, which somebody then tries."""
    intent = _intent(driver, which, size, variant)
    who = SIGNER if variant % 4 else STRANGER
    mask = 1 << (intent.nonce & 255) if variant % 8 < 6 else 2 ** (size + 1) - 1
    word = intent.nonce >> 8
    mandates = driver.world.executor.mandates
    action = partial(mandates.cancel_nonces, who, word, mask)
    driver.tell(who, "executor", "cancel_nonces(uint256,uint256)", word, mask, by=action)
    _send(driver, STRANGER, intent)


def _intent(driver: Driver, which: int, size: int, variant: int) -> Intent:
    """What the holder of the key may want: a little out of a strategy, or into it, or from one to another."""
    vault, number = driver.vault, driver.filled(which)
    out = Move(number, -(amount(size, driver.worth(number) // 64) or 1), 0)
    into = Move(driver.number(which + 1), amount(size, vault.idle // 16) or 1, 0)
    moves = ((out,), (into,), (out, into))[variant // 2 % 3]
    sequence = driver.world.executor.mandates.find(SIGNER).sequence
    return Intent(
        SIGNER,
        moves,
        driver.world.unit * 50,
        FOREVER,
        nonce=(1, 2, 255, 256, 2**255 + 7, 3)[size % 6] + which * (size % 3),
        sequence=(sequence + 1) * (size % 5 == 3),
        relayer=STRANGER if size % 7 == 2 else Intent.relayer,
        reason=size.to_bytes(32, "big"),
    )


def _send(driver: Driver, caller: str, intent: Intent, signature: Signature | None = None) -> None:
    made = signature or Signature(SIGNER, driver.world.executor.digest(intent))
    driver.sent_signed(caller, intent, made)
