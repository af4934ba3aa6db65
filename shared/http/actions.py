"""Actions of operators: on many jobs at once, and the list of who has done what."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from shared.http import action_log, action_responses, cursors, requests
from shared.http.dependencies import Api, Strict, Who
from shared.http.openapi import json_response, problems
from shared.http.problems import invalid
from shared.ports.actions import ActionRow
from shared.rules.actions import ACTION_ID, Action
from shared.rules.timestamps import rfc3339

router = APIRouter(route_class=Strict, tags=["operators"])

_RESULTS = json_response(action_responses.ActionResults, "What came of it, in the order of the ids.")
_PAGE = json_response(action_responses.ActionPage, "A page.")


@router.post("/jobs/actions", operation_id="actOnJobs", responses={200: _RESULTS, **problems(415)})
def act_on_jobs(api: Api, who: Who, order: requests.JobsAction) -> Response:
    """Cancel, redrive or delete up to 100 jobs.

    Each id is done, refused, or unknown if storage failed before it was decided: send that one again.
    """
    action = Action(order.action)
    if order.forget and action is not Action.DELETE:
        raise invalid("body.forget", "must be used together with the action `delete`.")
    return action_log.act(
        api.darkroom(),
        who,
        action,
        order.ids,
        selection=order.filter,
        operation=order.operation,
        as_of=order.as_of,
        forget=order.forget,
    )


@router.get("/actions", operation_id="listActions", responses={200: _PAGE, **problems()})
def list_actions(
    *,
    api: Api,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=cursors.MAX_CURSOR, pattern=cursors.PATTERN)] = None,
) -> Response:
    """List what operators have done, the newest first. One without a result is under way, or its process has died."""
    darkroom = api.darkroom()
    rows = darkroom.journal.list(limit=limit, after=_place(cursor))
    more = cursors.encode([rows[-1].id], _QUERY) if len(rows) == limit else None
    items = [_body(row) for row in rows]
    return JSONResponse({"items": items, "cursor": more, "as_of": rfc3339(darkroom.clock.now())})


#: The list has no filters; its cursors are bound to its name.
_QUERY = "actions"


def _place(cursor: str | None) -> str:
    """Read a cursor of this list; a forged one is refused, not looked up."""
    if cursor is None:
        return ""
    (place,) = cursors.decode(cursor, _QUERY, (str,))
    if not ACTION_ID.fullmatch(str(place)):
        raise cursors.refusal()
    return str(place)


def _body(row: ActionRow) -> dict[str, Any]:
    new, counts = row.new, row.counts
    result = None if counts is None else {**vars(counts), "codes": dict(counts.codes)}
    return {
        "id": row.id,
        "at": rfc3339(new.at),
        "who": new.who,
        "role": new.role,
        "action": new.action,
        "filter": new.selection,
        "operation": new.operation,
        "ids": new.ids,
        "first_ids": new.first_ids,
        "result": result,
        "ended_at": rfc3339(row.ended),
    }
