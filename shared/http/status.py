"""The state of the service: figures for people and for Prometheus, and health."""

# ruff: noqa: FAST003 - paths name their parameters as clients know them: by the aliases of JobId and ImageId
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.http import render, responses, status_responses
from shared.http.access import CALLER
from shared.http.dependencies import Api, JobId, Strict
from shared.http.openapi import json_response, problems
from shared.http.prometheus import prometheus
from shared.rules.history import HOURS, MOST_HOURS
from shared.views import explanation

router = APIRouter(route_class=Strict, tags=["status"])

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get(
    "/jobs/{id}/why",
    operation_id="whyNot",
    responses={200: json_response(status_responses.Explanation, "The reason."), **problems(404, 409)},
)
def why_not(api: Api, job_id: JobId) -> Response:
    """Say in one sentence why a job is not done, or how it ended."""
    row, settings = api.darkroom().lookup.get(job_id), api.darkroom().settings
    return JSONResponse(explanation(row, margin=settings.margin, grace=settings.grace, now=row.seen_at))


@router.get(
    "/why",
    operation_id="listCauses",
    responses={200: json_response(status_responses.Causes, "The groups, the largest first."), **problems()},
)
def list_causes(api: Api) -> Response:
    """Group the jobs that are late, and those that failed in the last 24 hours, by cause. Read once a minute."""
    return JSONResponse(api.darkroom().causes.group().json)


@router.get(
    "/locks",
    operation_id="listLocks",
    responses={200: json_response(status_responses.Locks, "The locks."), **problems()},
)
def list_locks(api: Api) -> Response:
    """List who holds the locks of what timers do, and when that was last done."""
    return JSONResponse({"items": [render.lock(state) for state in api.darkroom().lock_list.list()]})


@router.get(
    "/stats",
    operation_id="getStats",
    responses={200: json_response(responses.Statistics, "The figures."), **problems()},
)
def get_stats(api: Api) -> Response:
    """Get the numbers of jobs and other figures."""
    return JSONResponse(render.stats(api.darkroom().statistics.count()))


@router.get(
    "/stats/history",
    operation_id="getHistory",
    responses={200: json_response(status_responses.History, "The figures, step by step."), **problems()},
)
def get_history(
    api: Api, hours: Annotated[int, Query(ge=1, le=MOST_HOURS, description="How far to go back.")] = HOURS
) -> Response:
    """Count the jobs that ended in the last hours, and how long they took, step by step. Counted once a minute."""
    return JSONResponse(api.darkroom().ends.count(hours).json)


@router.get("/metrics", operation_id="getMetrics", response_class=PlainTextResponse, responses={**problems()})
def get_metrics(api: Api) -> Response:
    """Get the same figures for Prometheus."""
    return Response(prometheus(api.darkroom().statistics.count()), media_type=_PROMETHEUS)


@router.get(
    "/health",
    operation_id="getHealth",
    responses={200: json_response(responses.Health, "Storage responds."), **problems()},
)
def get_health(api: Api, request: Request) -> Response:
    """Say whether storage responds, and whether timers do their work. With a key, also say since when they do not."""
    darkroom = api.darkroom()
    if CALLER not in request.headers:
        return JSONResponse({"status": render.status(is_late=darkroom.liveness.is_late())})
    return JSONResponse(render.health(darkroom.settings, darkroom.analyst.confinement, darkroom.liveness.read()))
