"""Queries and pages of the lists of jobs and of images; a page is sent only where the client has not got it yet."""

import hashlib
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from shared.http import cursors, etags, render
from shared.http.requests import IMAGE_NAME, NAME_PATTERN, KnownRef, Timestamp
from shared.ports.index import Page, Position
from shared.rules.ids import JOB_ID, TYPE

#: Milliseconds in a cursor, beyond every time that storage knows.
_MAX_MS = 10**15

Ref = Annotated[KnownRef | None, Query(description="The exact reference; must be used together with `type`.")]
RefPrefix = Annotated[KnownRef | None, Query(description="How the reference begins.")]
_ImageName = Annotated[str, Field(min_length=1, max_length=1024, pattern=NAME_PATTERN, json_schema_extra=IMAGE_NAME)]
Name = Annotated[
    _ImageName | None, Query(description="The exact name; must be used without filters and without `order`.")
]
Prefix = Annotated[
    str | None, Query(min_length=1, max_length=1024, description="How the name begins.", examples=["2026/"])
]
Part = Annotated[
    str | None,
    Query(alias="q", min_length=1, max_length=256, description="A part of the name; its case does not count."),
]
Format = Annotated[
    str | None,
    Query(alias="format", pattern="^[a-z0-9][a-z0-9_+.-]{0,31}$", description="In lower case.", examples=["png"]),
]
Order = Annotated[
    Literal["newest"] | None, Query(description="Live images first, then those that ended last. A filter implies it.")
]
Error = Annotated[
    str | None,
    Query(pattern="^[a-z0-9_.-]{1,64}$", description="The code of the last error.", examples=["corrupt_image"]),
]
Flag = Annotated[
    str | None,
    Query(
        pattern="^[a-z][a-z0-9_-]{0,63}$",
        description="A flag of the report: `blurred`, `dark`, `bright`, `low_contrast`, `gps`, `ai`, `partial`, "
        "`type_mismatch`, or another that a worker has set.",
        examples=["blurred"],
    ),
]
Since = Annotated[
    Timestamp | None, Query(description="The job ended at this time or later; a live job was created then.")
]
Until = Annotated[Timestamp | None, Query(description="The job ended before this time; a live job was created before.")]
Brief = Annotated[bool, Query(description="Leave out reports, results, params and cursors of jobs, and add flags.")]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=cursors.MAX_CURSOR, pattern=cursors.PATTERN)]


def position(cursor: str | None, filters: object) -> Position | None:
    """Read a cursor of a list in the order of jobs; a forged one is refused, not looked up."""
    if cursor is None:
        return None
    segment, ms, job_id, kind = cursors.decode(cursor, filters, (int, int, str, str))
    place = Position(int(segment), int(ms), str(job_id), str(kind))
    known = (not place.job_id or JOB_ID.fullmatch(place.job_id)) and (not place.kind or TYPE.fullmatch(place.kind))
    if place.segment not in (0, 1) or not 0 <= place.ms < _MAX_MS or not known:
        raise cursors.refusal()
    return place


def cursor_behind(page: Page[Any], filters: object) -> str | None:
    """Return the cursor of the next page of such a list; None at the end."""
    after = page.after
    if not isinstance(after, Position):
        return None
    return cursors.encode([after.segment, after.ms, after.job_id, after.kind], filters)


def respond(items: list[dict[str, Any]], cursor: str | None, if_none_match: str | None, *, complete: bool) -> Response:
    """Respond with a page, or with 304 where the client has the same one already."""
    response = JSONResponse({"items": items, "cursor": cursor, "complete": complete})
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    if etags.matches(if_none_match, etag):
        return render.response_304({"ETag": etag})
    response.headers["ETag"] = etag
    return response
