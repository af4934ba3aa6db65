"""Calls on the container of images: count what is in it, and walk through it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from shared.errors import MarkerRejected
from shared.http import cursors, render, requests, responses
from shared.http.action_log import record
from shared.http.dependencies import Api, Strict, Who
from shared.http.error_codes import ErrorCode
from shared.http.openapi import json_response, problems
from shared.http.problems import Problem
from shared.rules.actions import Action, Counts

router = APIRouter(route_class=Strict, tags=["operators"])

_LIST = "container"


@router.get(
    "/container",
    operation_id="countBlobs",
    responses={200: json_response(responses.BlobCount, "A part of the count."), **problems()},
)
def count_blobs(
    api: Api,
    cursor: Annotated[str | None, Query(max_length=cursors.MAX_CURSOR, pattern=cursors.PATTERN)] = None,
) -> Response:
    """Count the blobs of the container of images, up to 50,000 a call."""
    marker = None if cursor is None else str(cursors.decode(cursor, _LIST, (str,))[0])
    try:
        part = api.darkroom().count_blobs.count(marker)
    except MarkerRejected:
        raise cursors.refusal() from None
    more = None if part.marker is None else cursors.encode([part.marker], _LIST)
    return JSONResponse({"blobs": part.blobs, "cursor": more})


@router.post(
    "/container/walk",
    operation_id="walkContainer",
    responses={
        200: json_response(responses.WalkResult, "The walk has reached the end of the container."),
        202: json_response(responses.WalkResult, "Send the same request again to walk on.", "Retry-After"),
        **problems(409, 415),
    },
)
def walk_container(api: Api, who: Who, order: requests.WalkOrder) -> Response:
    """Walk through the container for some seconds, and record the images that no event has announced."""
    stop_at = api.monotonic() + order.seconds
    with record(api.darkroom(), who, Action.WALK) as entry:
        done = api.darkroom().reconcile.reconcile(owner=f"http/{api.draw()}", stop=lambda: api.monotonic() >= stop_at)
        codes = {ErrorCode.LOCKED_OUT.value: 1} if done.locked_out else {}
        entry.counts = Counts(done=done.missed, refused=int(done.locked_out), codes=codes)
    if done.locked_out:
        raise Problem(ErrorCode.LOCKED_OUT)
    body = {"blobs": done.seen, "new": done.missed, "complete": done.complete}
    if done.complete:
        return JSONResponse(body)
    return JSONResponse(body, 202, headers={"Retry-After": str(render.POLL_SECONDS)})
