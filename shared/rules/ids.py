"""What a job is called. The id alone gives the partition, and all versions of a reference share it."""

import hashlib
import re

from shared.errors import InvalidReference

TYPE = re.compile(r"[a-z][a-z0-9-]{0,30}")
JOB_ID = re.compile(r"([a-z][a-z0-9-]{0,30})-([0-9a-f]{32})")


def digest(*parts: str) -> str:
    """Return 32 hex digits for strings, with their borders: ("a", "b") and ("ab", "") differ."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def job_id(kind: str, ref: str, version: str) -> str:
    """Name a job: type, 16 digits of what it is about, 16 of the version.

    All versions of a reference share the first 16 digits, hence the partition, hence a transaction.

    Raises:
        InvalidReference: The type is not ``[a-z][a-z0-9-]{0,30}``.
    """
    if not TYPE.fullmatch(kind):
        raise InvalidReference("The type must be a lower-case letter followed by up to 30 of a-z, 0-9 and hyphens.")
    return f"{kind}-{digest(kind, ref)[:16]}{digest(version)[:16]}"


def kind(identity: str) -> str:
    """Return the type that a job id begins with.

    Raises:
        InvalidReference: That is not a job id.
    """
    return _parse(identity)[1]


def bucket(identity: str, buckets: int) -> int:
    """Return the bucket of a job id, 0 to ``buckets`` − 1: its first byte decides, so the id alone is enough."""
    return int(_parse(identity)[2][:2], 16) % buckets


def _parse(identity: str) -> re.Match[str]:
    found = JOB_ID.fullmatch(identity)
    if not found:
        raise InvalidReference("The job id must be '{type}-{32 hex digits}'.")
    return found
