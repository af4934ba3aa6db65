"""Pieces of the OpenAPI document: answers with their headers, and what leads from one call to the next."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from shared.http.error_codes import ErrorCode
from shared.http.problems import MEDIA_TYPE

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_TEXT: Mapping[str, Any] = {"type": "string"}
_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "ETag": {"description": "Strong and opaque.", "schema": {"type": "string", "pattern": '^"[!#-~]*"$'}},
    "Location": {"description": "Where the job is.", "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
    "WWW-Authenticate": {"description": "How to show a key.", "schema": _TEXT},
    "Allow": {"description": "Methods that are.", "schema": _TEXT},
}
_OF_REFUSALS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
#: What every route may answer.
_ALWAYS = (400, 401, 403, 411, 413, 422, 503)
#: What the host itself may answer, before anything of it comes here.
_HOST: Mapping[int | str, Mapping[str, Any]] = {
    414: {"description": "The URL is too long; without a body."},
    431: {"description": "The headers are too large; without a body."},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals: those of every route, and these."""
    own = {status: _problem(status) for status in sorted({*_ALWAYS, *statuses})}
    return own | {status: dict(description) for status, description in _HOST.items()}


def drop_null_parameters(document: Mapping[str, Any]) -> None:
    """Take null out of parameters: what a query or a header does not have, it does not call null."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for parameter in [each for operation in operations for each in operation.get("parameters", ())]:
        kinds = [kind for kind in parameter["schema"].pop("anyOf", ()) if kind != {"type": "null"}]
        if len(kinds) == 1:
            parameter["schema"] |= kinds[0]
        elif kinds:
            parameter["schema"]["anyOf"] = kinds


def require_key(document: dict[str, Any], open_operations: Collection[str]) -> None:
    """Say that every operation but the open ones needs a key."""
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    for operation in [each for path in document["paths"].values() for each in path.values()]:
        if operation["operationId"] in open_operations:
            operation["security"] = []


def json_response(model: type[BaseModel], description: str, *headers: str, required: bool = True) -> dict[str, Any]:
    """Describe an answer by its model and the headers that it has, or may have."""
    described = {name: dict(_HEADERS[name]) | {"required": required and name != "Retry-After"} for name in headers}
    return {"model": model, "description": description} | ({"headers": described} if headers else {})


def empty_response(description: str, *headers: str) -> dict[str, Any]:
    """Describe an answer without a body."""
    return {"description": description, "headers": {name: dict(_HEADERS[name]) for name in headers}}


def binary_response(media_type: str, schema: Mapping[str, Any], description: str, *headers: str) -> dict[str, Any]:
    """Describe an answer that is no JSON."""
    return empty_response(description, *headers) | {"content": {media_type: {"schema": dict(schema)}}}


def etag_links(*operations: str) -> dict[str, Any]:
    """Lead from an answer to what may be done under its ETag: a holder's calls, or an operator's."""
    return {
        name: {
            "operationId": name,
            "parameters": {"path.id": "$response.body#/id", "header.if-match": "$response.header.ETag"},
        }
        for name in operations
    }


def links(*operations: str, source: str = "id", parameter: str = "id") -> dict[str, Any]:
    """Lead from an answer to what may be done with what it names."""
    return {
        name: {"operationId": name, "parameters": {f"path.{parameter}": f"$response.body#/{source}"}}
        for name in operations
    }


def _problem(status: int) -> dict[str, Any]:
    headers = {name: dict(_HEADERS[name]) for name in _OF_REFUSALS.get(status, ())}
    codes = "; ".join(f"{code.heading} (`{code}`)" for code in ErrorCode if code.status == status)
    problem = {"description": f"{codes}.", "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    return problem | ({"headers": headers} if headers else {})
