"""Where the thumbnail of an attempt is stored: the job's id, its token and the format decide that, and nothing else.

A report names it too, for readers; that name is never followed. Who could write a report could name another blob.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: How names end, by ``THUMBNAIL_FORMAT``; there are no others.
EXTENSIONS: Mapping[str, str] = {"webp": "webp", "jpeg": "jpg", "png": "png"}
#: None is ever larger: what a child may hand over. Whatever else stands in its place is not read.
MAX_BYTES = 1 << 24
_OF_ATTEMPT = re.compile(rf"(?:0|[1-9][0-9]*)\.(?:{'|'.join(EXTENSIONS.values())})")


def name_of(job_id: str, token: int, *, extension: str) -> str:
    """Name the thumbnail that the claim of a token writes.

    Args:
        job_id: Of the job.
        token: Of the claim.
        extension: One of ``EXTENSIONS``.
    """
    if extension not in EXTENSIONS.values():
        raise ValueError(f"thumbnail extension: want one of {', '.join(EXTENSIONS.values())}")
    return f"{job_id}/{token}.{extension}"


def names_of(job_id: str, token: int, *, image_format: str) -> Iterator[str]:
    """Yield every name that it may have, that of the configured format first: it may have been another before."""
    for each in sorted(EXTENSIONS, key=lambda other: other != image_format):
        yield name_of(job_id, token, extension=EXTENSIONS[each])


def is_of(job_id: str, name: object) -> bool:
    """Whether that is a name that an attempt at a job may have given its thumbnail."""
    prefix = f"{job_id}/"
    return isinstance(name, str) and name.startswith(prefix) and bool(_OF_ATTEMPT.fullmatch(name[len(prefix) :]))


def names_other_blob(job_id: str, report: Mapping[str, Any]) -> bool:
    """Whether a report names a thumbnail by a name that no attempt at the job gives its own."""
    found = report.get("thumbnail")
    return isinstance(found, Mapping) and "name" in found and not is_of(job_id, found["name"])


def token_of(name: str) -> float:
    """Return the token in a thumbnail's name; infinite without one, so that no attempt owns it."""
    digits = name.rpartition("/")[2].partition(".")[0]
    return int(digits) if digits.isdecimal() else float("inf")


def has_thumbnail(report: Mapping[str, Any] | None) -> bool:
    """Whether a report names a thumbnail; the name may be any text, and is not followed."""
    return report is not None and isinstance(report.get("thumbnail"), Mapping)
