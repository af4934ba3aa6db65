"""Calls on jobs, for operators."""

# ruff: noqa: FAST003 - paths name their parameters as clients know them: by the aliases of JobId and ImageId
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from shared.http import etags, render, requests, responses
from shared.http.action_log import record
from shared.http.dependencies import Api, IfMatch, JobId, Strict, Who
from shared.http.error_codes import ErrorCode
from shared.http.openapi import empty_response, json_response, problems
from shared.http.problems import Problem
from shared.rules.actions import Action, Counts
from shared.rules.jobs import State
from shared.rules.timestamps import rfc3339

router = APIRouter(route_class=Strict, tags=["operators"])

_JOB = json_response(responses.Job, "The job.", "ETag", "Retry-After")
_REDRIVEN = json_response(responses.Job, "The job is pending again.", "ETag", "Location", "Retry-After")


@router.post("/jobs/{id}/cancel", operation_id="cancelJob", responses={200: _JOB, **problems(404, 409, 412)})
def cancel_job(api: Api, who: Who, job_id: JobId, if_match: IfMatch = None) -> Response:
    """Cancel a job that is waiting or running. Its worker can't complete it any more."""
    versions = etags.versions(if_match)
    with record(api.darkroom(), who, Action.CANCEL, [job_id]):
        row = api.darkroom().cancel.cancel(job_id, versions=versions)
    return render.job(row)


@router.post(
    "/jobs/{id}/redrive",
    operation_id="redriveJob",
    status_code=202,
    responses={202: _REDRIVEN, **problems(404, 409, 412)},
)
def redrive_job(api: Api, who: Who, job_id: JobId, if_match: IfMatch = None) -> Response:
    """Open a failed or canceled job again. It has all of its attempts again."""
    versions = etags.versions(if_match)
    with record(api.darkroom(), who, Action.REDRIVE, [job_id]):
        row = api.darkroom().redrive.redrive(job_id, versions=versions)
    return render.job(row, status=202, with_location=True)


@router.delete(
    "/jobs/{id}",
    operation_id="deleteJob",
    status_code=204,
    responses={204: empty_response("The job was deleted."), **problems(404, 409, 412)},
)
def delete_job(
    *,
    api: Api,
    who: Who,
    job_id: JobId,
    if_match: IfMatch = None,
    forget: Annotated[
        bool, Query(description="Also forget its key, so that the same type and ref can be added again.")
    ] = False,
) -> Response:
    """Delete a job that has ended."""
    versions = etags.versions(if_match)
    with record(api.darkroom(), who, Action.DELETE, [job_id]):
        api.darkroom().remove.remove(job_id, forget=forget, versions=versions)
    return Response(status_code=204)


@router.post(
    "/jobs/purge",
    operation_id="purgeJobs",
    responses={
        200: json_response(responses.PurgeResult, "All of these jobs were deleted."),
        202: json_response(
            responses.PurgeResult, "The time ran out. Send the same request again for the rest.", "Retry-After"
        ),
        **problems(409, 415),
    },
)
def purge_jobs(api: Api, who: Who, order: requests.PurgeOrder) -> Response:
    """Delete jobs that ended before a given time, in one state or in all."""
    states = [State(order.state)] if order.state else [state for state in State if state.ended]
    selection = {"before": rfc3339(order.before), "state": order.state}
    with record(api.darkroom(), who, Action.PURGE, selection=selection) as entry:
        gone = api.darkroom().purge.purge(owner=f"http/{api.draw()}", before=dict.fromkeys(states, order.before))
        codes = {ErrorCode.LOCKED_OUT.value: 1} if gone.locked_out else {}
        entry.counts = Counts(done=gone.jobs, refused=gone.conflicts + gone.locked_out, codes=codes)
    if gone.locked_out:
        raise Problem(ErrorCode.LOCKED_OUT)
    counted = {"jobs": gone.jobs, "thumbnails": gone.thumbnails, "conflicts": gone.conflicts, "left": gone.left}
    if gone.left:
        return JSONResponse(counted, 202, headers={"Retry-After": str(render.POLL_SECONDS)})
    return JSONResponse(counted)
