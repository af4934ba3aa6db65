"""Rejected messages, for operators: list them, look at one, redrive or delete them."""

# ruff: noqa: FAST003 - paths name their parameters as clients know them: by the alias of RejectedId
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from shared.http import action_log, action_responses, cursors, requests
from shared.http.dependencies import Api, RejectedId, Strict, Who
from shared.http.openapi import json_response, problems
from shared.ports.rejections import SHOWN_CHARACTERS, RejectedMessage
from shared.rules.actions import Action
from shared.rules.timestamps import rfc3339

router = APIRouter(route_class=Strict, tags=["operators"])

_RESULTS = json_response(action_responses.ActionResults, "What came of it, in the order of the ids.")
_PAGE = json_response(action_responses.RejectedPage, "A page.")
_WHOLE = json_response(action_responses.RejectedMessage, "The message, with all of its text.")
_ACTIONS = {"redrive": Action.REDRIVE_REJECTED, "delete": Action.DELETE_REJECTED}


@router.get("/rejected", operation_id="listRejected", responses={200: _PAGE, **problems()})
def list_rejected(
    *,
    api: Api,
    error: Annotated[
        str | None, Query(pattern="^[a-z][a-z0-9_]{0,63}$", description="Only with this code.", examples=["empty"])
    ] = None,
    older_than_seconds: Annotated[
        int | None, Query(ge=0, le=315_360_000, description="Only those that were rejected longer ago.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=cursors.MAX_CURSOR, pattern=cursors.PATTERN)] = None,
) -> Response:
    """List messages that name nothing real, in no order that means anything.

    A page may be short, or empty, and still have a cursor.
    """
    filters = [error, older_than_seconds]
    page = api.darkroom().rejected.list(
        limit=limit,
        after=_place(cursor, filters),
        codes=() if error is None else (error,),
        older_than=None if older_than_seconds is None else timedelta(seconds=older_than_seconds),
    )
    more = None if page.after is None else cursors.encode([page.after], filters)
    items = [_body(row, is_cut=len(row.text) >= SHOWN_CHARACTERS) for row in page.items]
    return JSONResponse({"items": items, "cursor": more})


@router.get("/rejected/{id}", operation_id="getRejected", responses={200: _WHOLE, **problems(404, 409)})
def get_rejected(api: Api, rejected_id: RejectedId) -> Response:
    """Get a rejected message with all of its text."""
    return JSONResponse(_body(api.darkroom().rejected.get(rejected_id), is_cut=False))


@router.post("/rejected/actions", operation_id="actOnRejected", responses={200: _RESULTS, **problems(415)})
def act_on_rejected(api: Api, who: Who, order: requests.RejectedAction) -> Response:
    """Redrive or delete up to 100 rejected messages. A redriven one is deleted once all that it names is recorded.

    Each id is done, refused, or unknown if storage failed before it was decided: send that one again.
    """
    action = _ACTIONS[order.action]
    return action_log.act(api.darkroom(), who, action, order.ids, selection=order.filter, operation=order.operation)


def _place(cursor: str | None, filters: object) -> str:
    """Read a cursor of this list; a forged one is refused, not looked up."""
    if cursor is None:
        return ""
    (place,) = cursors.decode(cursor, filters, (str,))
    if not requests.REJECTED_ID.fullmatch(str(place)):
        raise cursors.refusal()
    return str(place)


def _body(row: RejectedMessage, *, is_cut: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "message": row.message,
        "at": rfc3339(row.at),
        "text": row.text,
        "truncated": is_cut,
    }
