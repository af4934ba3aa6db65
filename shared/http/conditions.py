"""ETags and the headers that carry them back, RFC 9110 section 13.

A job's ETag is its version for an operator and the lease for its holder: it carries token, claim id and the row's own
ETag. To everybody else it is opaque.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Mismatch, Stale
from shared.http.problems import Problem
from shared.jobs import Claim
from shared.ports import Row

#: One entity tag and what follows it in a list.
_TAG = re.compile(r'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,[ \t,]*|$)')


@dataclass(frozen=True)
class Tags:
    """What ``If-Match`` or ``If-None-Match`` names.

    Attributes:
        anything: Whether it is ``*``.
        strong: Opaque texts of strong tags, without quotes.
        weak: Of weak ones.
    """

    anything: bool = False
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What a job's ETag carries.

    Attributes:
        claim: The live claim of that version; None where nobody held it.
        etag: Of the row.
    """

    claim: Claim | None
    etag: str


def tag(row: Row) -> str:
    """Return a job's ETag, quoted."""
    content = json.dumps([row.job.token, row.job.claim_id, row.etag], separators=(",", ":"))
    return f'"{base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")}"'


def seen(opaque: str) -> Seen | None:
    """Read what a job's ETag carries, its quotes taken off; None where it is none of ours."""
    try:
        content = base64.b64decode(opaque + "=" * (-len(opaque) % 4), altchars=b"-_", validate=True)
        token, claim_id, etag = json.loads(content)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if type(token) is not int or not isinstance(etag, str) or not isinstance(claim_id, str | None):
        return None
    return Seen(None if claim_id is None else Claim(claim_id, token), etag)


def tags(header: str | None) -> Tags | None:
    """Read a header; None where there is none. What is not of its grammar names nothing."""
    if header is None:
        return None
    if header.strip() == "*":
        return Tags(anything=True)
    strong: list[str] = []
    weak: list[str] = []
    at = len(header) - len(header.lstrip(", \t"))
    while at < len(header):
        found = _TAG.match(header, at)
        if found is None:
            return Tags()
        (weak if found[1] else strong).append(found[2])
        at = found.end()
    return Tags(strong=tuple(strong), weak=tuple(weak))


def lease(header: str | None) -> Claim | None:
    """Return the claim that a holder proves by ``If-Match``.

    Of several the one with the highest token: tokens only grow, so no other can still be good.

    Raises:
        Problem: 428: there is no such header, or it is ``*``, which proves nothing.
        Stale: It has no tag that a lease could be.
    """
    named = tags(header)
    if named is None or named.anything:
        detail = "If-Match must bring the ETag of the claim: that is the lease."
        raise Problem(428, "if_match_required", detail)
    versions = [version for version in map(seen, named.strong) if version is not None]
    if not versions:
        raise Stale("If-Match names no ETag of a claim.")
    claims = [version.claim for version in versions if version.claim is not None]
    return max(claims, key=lambda claim: claim.token, default=None)


def versions(header: str | None) -> Sequence[str] | None:
    """Return which rows' ETags an operator means by ``If-Match``; None for whatever stands there.

    Raises:
        Mismatch: It has no tag that a job could have.
    """
    named = tags(header)
    if named is None or named.anything:
        return None
    found = [version.etag for version in map(seen, named.strong) if version is not None]
    if not found:
        raise Mismatch
    return found


def unchanged(header: str | None, etag: str) -> bool:
    """Whether ``If-None-Match`` names what would be sent: compared weakly, as a GET does."""
    named = tags(header)
    return named is not None and (named.anything or etag.strip('"') in (*named.strong, *named.weak))
