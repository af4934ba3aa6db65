"""Calls on jobs, for clients that add them and workers that hold them."""

# ruff: noqa: FAST003 - paths name their parameters as clients know them: by the aliases of JobId and ImageId
from collections.abc import Iterator
from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from shared.http import etags, lists, render, requests, responses
from shared.http.dependencies import LEASE_HEADER, Api, Dependencies, IfNoneMatch, JobId, Lease, Strict, Traceparent
from shared.http.openapi import empty_response, etag_links, json_response, links, problems
from shared.http.problems import invalid
from shared.http.requests import seconds
from shared.ports.jobs import Row
from shared.ports.queries import JobQuery
from shared.rules.filters import JobFilter
from shared.rules.jobs import State
from shared.rules.timestamps import rfc3339
from shared.steps.intake.add import NewJob
from shared.steps.work.external import ExternalClaim
from shared.tracing import valid_traceparent

router = APIRouter(route_class=Strict, tags=["jobs"])

#: Seconds between two polls of a claim that waits: each pause is twice the one before.
_FIRST_PAUSE, _LAST_PAUSE = 0.25, 2.0
#: The rest of a wait below this counts as nothing: a clock of floats may never reach its end.
_LEAST_PAUSE = 0.001
_HOLDER_CALLS = ("renewJob", "completeJob", "retryJob", "abandonJob", "failJob")
_JOB = json_response(responses.Job, "The job.", "ETag", "Retry-After")
_JOB_WITH_LINKS = _JOB | {"links": etag_links("cancelJob", "redriveJob", "deleteJob")}
_BARE_CALL = {200: _JOB, **problems(404, 409, 412, 428)}
_BODY_CALL = {200: _JOB, **problems(404, 409, 412, 415, 428)}
_LEASE = json_response(responses.Job, "The job; its ETag is the lease.", "ETag", "Retry-After") | {
    "links": etag_links(*_HOLDER_CALLS)
}
_NEW_JOB = json_response(responses.Job, "The job was added.", "ETag", "Location", "Retry-After") | {
    "links": links("getJob", "claimJob", "cancelJob", "jobHistory", "whyNot")
}
_UNCHANGED = empty_response("The client has the current version already.", "ETag")
_JOB_PAGE = json_response(responses.JobPage, "A page.", "ETag")


@router.post(
    "/jobs",
    operation_id="addJob",
    status_code=201,
    responses={
        201: _NEW_JOB,
        200: {
            "model": responses.Job | responses.PurgedJob,
            "description": "The job existed already, or it existed and was purged.",
        },
        **problems(409, 415),
    },
)
def add_job(api: Api, job: requests.NewJob, traceparent: Traceparent = None) -> Response:
    """Add a job. With `unique` there is only ever one job of a type and ref, even after it was purged."""
    added = api.darkroom().add.add(
        NewJob(
            kind=job.type,
            ref=job.ref,
            params=job.params,
            unique=job.unique,
            ttl=seconds(job.ttl_seconds),
            not_before=job.not_before,
            max_attempts=job.max_attempts,
            traceparent=valid_traceparent(traceparent),
        )
    )
    if added.row is not None:
        return render.job(added.row, status=201 if added.created else 200, with_location=added.created)
    if added.key is None:
        raise AssertionError("neither a job nor what is left of one")
    return JSONResponse(render.purged_job(added.key))


@router.get("/jobs", operation_id="listJobs", responses={200: _JOB_PAGE, 304: _UNCHANGED, **problems()})
def list_jobs(
    *,
    api: Api,
    kind: Annotated[str | None, Query(alias="type", pattern=requests.TYPE_PATTERN)] = None,
    state: Annotated[State | None, Query()] = None,
    ref: lists.Ref = None,
    ref_prefix: lists.RefPrefix = None,
    error: lists.Error = None,
    flag: lists.Flag = None,
    since: lists.Since = None,
    until: lists.Until = None,
    ended_from: Annotated[requests.Timestamp | None, Query()] = None,
    ended_to: Annotated[requests.Timestamp | None, Query()] = None,
    brief: lists.Brief = False,
    limit: lists.Limit = 50,
    cursor: lists.Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List jobs: live ones first, by when they are due; then ended ones, the latest first.

    Without `type` the list goes through one group of types after another. A page may be empty and still have a cursor.
    """
    if ref is not None and kind is None:
        raise invalid("query.ref", "must be used together with `type`.")
    query = JobQuery(
        types=None if kind is None else (kind,),
        states=None if state is None else frozenset({state}),
        ref=ref,
        ended_from=ended_from,
        ended_to=ended_to,
        filter=JobFilter(ref_prefix=ref_prefix, error=error, flag=flag, since=since, until=until),
    )
    times = [rfc3339(at) for at in (ended_from, ended_to, since, until)]
    filters = [kind, state, ref, ref_prefix, error, flag, *times]
    page = api.darkroom().lookup.list(query, limit=limit, after=lists.position(cursor, filters))
    items = [render.brief_job(row) if brief else render.job_body(row) for row in page.items]
    return lists.respond(items, lists.cursor_behind(page, filters), if_none_match, complete=page.complete)


@router.post(
    "/jobs/claim",
    operation_id="claimNext",
    responses={200: _LEASE, 204: empty_response("No job is due."), **problems(409, 415, 429)},
)
async def claim_next(api: Api, order: requests.NextClaim) -> Response:
    """Claim one of the oldest due jobs of a type, or wait for one. The order is approximate."""
    began = api.monotonic()
    row = await anyio.to_thread.run_sync(partial(_claim_due, api, order))
    if row is None and order.wait_seconds >= _LEAST_PAUSE:
        with api.waiters.slot():
            row = await _wait_for_job(api, order, began)
    return Response(status_code=204) if row is None else render.lease(row)


@router.get(
    "/jobs/{id}",
    operation_id="getJob",
    responses={
        200: _JOB_WITH_LINKS,
        304: _UNCHANGED,
        **problems(404, 409),
    },
)
def get_job(api: Api, job_id: JobId, if_none_match: IfNoneMatch = None) -> Response:
    """Get a job."""
    row = api.darkroom().lookup.get(job_id)
    if etags.matches(if_none_match, etags.version_tag(row)):
        return render.response_304(render.job_headers(row))
    return render.job(row)


@router.get(
    "/jobs/{id}/history",
    operation_id="jobHistory",
    responses={200: json_response(responses.History, "All attempts at the job."), **problems(404, 409)},
)
def job_history(api: Api, job_id: JobId) -> Response:
    """List all attempts at a job, and the reports that came too late."""
    return JSONResponse({"attempts": [render.attempt(one) for one in api.darkroom().lookup.history(job_id)]})


@router.post("/jobs/{id}/claim", operation_id="claimJob", responses={200: _LEASE, **problems(404, 409, 415)})
def claim_job(api: Api, job_id: JobId, order: requests.JobClaim) -> Response:
    """Claim this job."""
    return render.lease(api.darkroom().external.claim(job_id, owner=order.owner, lease=seconds(order.lease_seconds)))


@router.post(
    "/jobs/{id}/renew", operation_id="renewJob", responses=_BODY_CALL | {200: _LEASE}, openapi_extra=LEASE_HEADER
)
def renew_job(api: Api, job_id: JobId, lease: Lease, news: requests.Renewal) -> Response:
    """Renew the lease and report progress. A lapsed lease can be renewed until another worker claims the job."""
    length = seconds(news.lease_seconds)
    row = _resume(api, job_id, lease).renew(lease=length, progress=news.progress, cursor=news.cursor)
    return render.lease(row)


@router.post("/jobs/{id}/complete", operation_id="completeJob", responses=_BODY_CALL, openapi_extra=LEASE_HEADER)
def complete_job(api: Api, job_id: JobId, lease: Lease, done: requests.Completion) -> Response:
    """Complete a job with its result. Sent again with the same lease, it changes nothing."""
    return render.job(_resume(api, job_id, lease).complete(done.result))


@router.post("/jobs/{id}/retry", operation_id="retryJob", responses=_BODY_CALL, openapi_extra=LEASE_HEADER)
def retry_job(api: Api, job_id: JobId, lease: Lease, order: requests.Retry) -> Response:
    """Give a job back after a temporary failure. Without attempts left, the job is FAILED."""
    error, delay = order.error, seconds(order.delay_seconds)
    return render.job(_resume(api, job_id, lease).retry(error.code, error.message, delay=delay))


@router.post("/jobs/{id}/abandon", operation_id="abandonJob", responses=_BARE_CALL, openapi_extra=LEASE_HEADER)
def abandon_job(api: Api, job_id: JobId, lease: Lease) -> Response:
    """Give a job back without a result. The attempt does not count, up to 20 times a job."""
    return render.job(_resume(api, job_id, lease).abandon())


@router.post("/jobs/{id}/fail", operation_id="failJob", responses=_BODY_CALL, openapi_extra=LEASE_HEADER)
def fail_job(api: Api, job_id: JobId, lease: Lease, order: requests.Fail) -> Response:
    """End a job with an error that every attempt would meet."""
    return render.job(_resume(api, job_id, lease).fail(order.error.code, order.error.message))


def _resume(api: Dependencies, job_id: str, lease: str | None) -> ExternalClaim:
    return api.darkroom().external.resume(job_id, etags.lease(lease))


async def _wait_for_job(api: Dependencies, order: requests.NextClaim, began: float) -> Row | None:
    """Poll until a job comes or the time is over."""
    for pause in _pauses():
        left = order.wait_seconds - (api.monotonic() - began)
        if left < _LEAST_PAUSE:
            break
        await api.pause(min(pause, left))
        begun = api.monotonic()
        if not api.polls.begin(order.type, begun):
            continue
        row, empty_since = None, None
        try:
            row = await anyio.to_thread.run_sync(partial(_claim_due, api, order))
            empty_since = begun if row is None else None
        finally:
            api.polls.end(order.type, empty_since)
        if row is not None:
            return row
    return None


def _claim_due(api: Dependencies, order: requests.NextClaim) -> Row | None:
    return api.darkroom().external.claim_next(order.type, owner=order.owner, lease=seconds(order.lease_seconds))


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LAST_PAUSE)
