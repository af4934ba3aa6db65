"""ETags and the headers that carry them back, RFC 9110 section 13.

A job has ETags of two kinds. The responses to a claim and to a renewal carry its lease: token, claim id and the ETag of
the row, for the holder only. Every other response carries a version tag: a hash that names the version and gives away
nothing of the lease. Each kind is refused in place of the other.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass

from shared.errors import Mismatch, Stale
from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem
from shared.ports.jobs import Row
from shared.rules.jobs import Claim

#: Version tags begin with this; a lease has no colon.
_VERSION = "v:"
#: One entity tag and the separator after it.
_TAG = re.compile(r'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,[ \t,]*|$)')


@dataclass(frozen=True)
class Tags:
    """What ``If-Match`` or ``If-None-Match`` names.

    Attributes:
        wildcard: Whether it is ``*``.
        strong: Opaque texts of strong tags, without quotes.
        weak: Of weak ones.
    """

    wildcard: bool = False
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


def version_tag(row: Row) -> str:
    """Return the ETag that names the version of a job, quoted."""
    return f'"{_VERSION}{row.fingerprint}"'


def lease_tag(row: Row) -> str:
    """Return the ETag for the holder of a job, quoted."""
    content = json.dumps([row.job.token, row.job.claim_id, row.etag], separators=(",", ":"))
    return f'"{base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")}"'


def parse_lease(opaque: str) -> Claim | None:
    """Return the claim that a lease proves, given without quotes; None if it is not a lease."""
    try:
        content = base64.b64decode(opaque + "=" * (-len(opaque) % 4), altchars=b"-_", validate=True)
        token, claim_id, etag = json.loads(content)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if type(token) is not int or not isinstance(etag, str) or not isinstance(claim_id, str):
        return None
    return Claim(claim_id, token)


def parse(header: str | None) -> Tags | None:
    """Parse a header; None if it is missing. A malformed one names nothing."""
    if header is None:
        return None
    if header.strip() == "*":
        return Tags(wildcard=True)
    strong: list[str] = []
    weak: list[str] = []
    at = len(header) - len(header.lstrip(", \t"))
    while at < len(header):
        tag = _TAG.match(header, at)
        if tag is None:
            return Tags()
        (weak if tag[1] else strong).append(tag[2])
        at = tag.end()
    return Tags(strong=tuple(strong), weak=tuple(weak))


def lease(header: str | None) -> Claim:
    """Return the claim that a holder proves by ``If-Match``.

    Of several leases the one with the highest token: tokens only grow, so no other can be good.

    Raises:
        Problem: 428: the header is missing or ``*``, which proves nothing.
        Stale: None of its tags is a lease.
    """
    tags = parse(header)
    if tags is None or tags.wildcard:
        raise Problem(ErrorCode.IF_MATCH_REQUIRED)
    claims = [claim for claim in map(parse_lease, tags.strong) if claim is not None]
    if not claims:
        raise Stale("If-Match carries no lease. Only the responses to a claim and to a renewal have one in their ETag.")
    return max(claims, key=lambda claim: claim.token)


def versions(header: str | None) -> frozenset[str] | None:
    """Return the fingerprints of the versions that an operator means by ``If-Match``; None for any version.

    Raises:
        Mismatch: It has no version tag.
    """
    tags = parse(header)
    if tags is None or tags.wildcard:
        return None
    fingerprints = frozenset(tag.removeprefix(_VERSION) for tag in tags.strong if tag.startswith(_VERSION))
    if not fingerprints:
        raise Mismatch
    return fingerprints


def matches(header: str | None, etag: str) -> bool:
    """Say whether ``If-None-Match`` names this ETag, by weak comparison."""
    tags = parse(header)
    return tags is not None and (tags.wildcard or etag.strip('"') in (*tags.strong, *tags.weak))
