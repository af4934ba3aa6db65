"""Keys of our own for the HTTP API: who may show one, and what for. Only the hash of a key is ever kept or compared."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a key is for; ``MEANINGS`` says more."""

    READER = "reader"
    UPLOADER = "uploader"
    WORKER = "worker"
    OPERATOR = "operator"


#: For the documents: the acts of each role.
MEANINGS = {
    Role.READER: "reads jobs, images and figures",
    Role.UPLOADER: "adds images and jobs, and reads their results",
    Role.WORKER: "claims, renews and ends jobs, and reads jobs",
    Role.OPERATOR: "everything",
}
SHAPE = f"role=SHA256 or role/name=SHA256, separated by commas, with a role of {', '.join(Role)}"
_ENTRY = re.compile(r"([a-z]+)(?:/([a-z0-9][a-z0-9-]{0,31}))?=([0-9a-fA-F]{64})")
_OF_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class ApiKey:
    """A key that the API knows.

    Attributes:
        role: What it is for.
        name: Of its bearer, for people; empty for none.
        sha256: Of the key's characters, in lower-case hex.
    """

    role: Role
    name: str
    sha256: str

    def __str__(self) -> str:
        """Return role and name: what may be logged of it."""
        return f"{self.role}/{self.name}" if self.name else self.role.value


def parse(text: str) -> tuple[ApiKey, ...]:
    """Read the setting ``API_KEYS``.

    Raises:
        ValueError: It says what is wrong, and never the value: that may be a key.
    """
    found = tuple(_entry(number, each.strip()) for number, each in enumerate(text.split(","), 1)) if text else ()
    if len({key.sha256 for key in found}) < len(found):
        raise ValueError("must have a different hash for each key, but two are the same")
    return found


def bearer_of(keys: Iterable[ApiKey], shown: str) -> ApiKey | None:
    """Return the key that was shown; None if it is unknown. Every hash is compared, and each in constant time."""
    digest, found = hashlib.sha256(shown.encode("utf-8", "surrogateescape")).hexdigest(), None
    for key in keys:
        if hmac.compare_digest(key.sha256, digest):
            found = key
    return found


def _entry(number: int, text: str) -> ApiKey:
    match = _ENTRY.fullmatch(text)
    if match is None or match[1] not in [*Role]:
        raise ValueError(f"must be {SHAPE}, but entry {number} is not")
    if match[3].lower() == _OF_NOTHING:
        raise ValueError(f"must have hashes of keys, but entry {number} is the hash of an empty text")
    return ApiKey(Role(match[1]), match[2] or "", match[3].lower())
