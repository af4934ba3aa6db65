"""The state of the service: figures for people and for Prometheus, and health."""

# ruff: noqa: FAST003 - paths name their parameters as clients know them: by the aliases of JobId and ImageId
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shared.http import render, responses
from shared.http.access import CALLER
from shared.http.dependencies import Api, JobId, Strict
from shared.http.openapi import json_response, problems
from shared.http.prometheus import prometheus
from shared.views import why

router = APIRouter(route_class=Strict, tags=["status"])

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get(
    "/jobs/{id}/why",
    operation_id="whyNot",
    responses={200: json_response(responses.Explanation, "The reason."), **problems(404, 409)},
)
def why_not(api: Api, job_id: JobId) -> Response:
    """Say in one sentence why a job is not done, or how it ended."""
    row = api.darkroom().lookup.get(job_id)
    return JSONResponse({"why": why(row, margin=api.darkroom().settings.margin, now=row.seen_at)})


@router.get(
    "/stats",
    operation_id="getStats",
    responses={200: json_response(responses.Statistics, "The figures."), **problems()},
)
def get_stats(api: Api) -> Response:
    """Get the numbers of jobs and other figures."""
    return JSONResponse(render.stats(api.darkroom().statistics.count()))


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
