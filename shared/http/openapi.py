"""Parts of the OpenAPI document: responses with their headers, and links from one call to the next."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from shared.http.error_codes import ErrorCode
from shared.http.problems import MEDIA_TYPE

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_TEXT: Mapping[str, Any] = {"type": "string"}
_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "ETag": {"description": "A strong, opaque ETag.", "schema": {"type": "string", "pattern": '^"[!#-~]*"$'}},
    "Location": {"description": "The URL of the job.", "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {
        "description": "In how many seconds to ask again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {"description": "How to send a key.", "schema": _TEXT},
    "Allow": {"description": "The methods that this path allows.", "schema": _TEXT},
}
_OF_REFUSALS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
#: Every route may respond with these.
_ALWAYS = (400, 401, 403, 411, 413, 422, 503)
#: The host itself responds with these, before a request comes here.
_HOST: Mapping[int | str, Mapping[str, Any]] = {
    414: {"description": "The URL is too long. The response has no body."},
    431: {"description": "The headers are too large. The response has no body."},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems of every route, and these more."""
    own = {status: _problem(status) for status in sorted({*_ALWAYS, *statuses})}
    return own | {status: dict(description) for status, description in _HOST.items()}


def drop_null_parameters(document: Mapping[str, Any]) -> None:
    """Take null out of parameters: a query or a header is left out, and never null."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for parameter in [each for operation in operations for each in operation.get("parameters", ())]:
        kinds = [kind for kind in parameter["schema"].pop("anyOf", ()) if kind != {"type": "null"}]
        if len(kinds) == 1:
            parameter["schema"] |= kinds[0]
        elif kinds:
            parameter["schema"]["anyOf"] = kinds


def require_key(document: dict[str, Any], public_operations: Collection[str]) -> None:
    """Say that every operation needs a key, except the public ones."""
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    for operation in [each for path in document["paths"].values() for each in path.values()]:
        if operation["operationId"] in public_operations:
            operation["security"] = []


def json_response(model: type[BaseModel], description: str, *headers: str, required: bool = True) -> dict[str, Any]:
    """Describe a response with a JSON body, and its headers."""
    described = {name: dict(_HEADERS[name]) | {"required": required and name != "Retry-After"} for name in headers}
    return {"model": model, "description": description} | ({"headers": described} if headers else {})


def empty_response(description: str, *headers: str) -> dict[str, Any]:
    """Describe a response without a body."""
    return {"description": description, "headers": {name: dict(_HEADERS[name]) for name in headers}}


def binary_response(media_type: str, schema: Mapping[str, Any], description: str, *headers: str) -> dict[str, Any]:
    """Describe a response with another body than JSON."""
    return empty_response(description, *headers) | {"content": {media_type: {"schema": dict(schema)}}}


def etag_links(*operations: str) -> dict[str, Any]:
    """Link a response to operations that take its ETag: a holder's calls, or an operator's."""
    return {
        name: {
            "operationId": name,
            "parameters": {"path.id": "$response.body#/id", "header.if-match": "$response.header.ETag"},
        }
        for name in operations
    }


def links(*operations: str, source: str = "id", parameter: str = "id") -> dict[str, Any]:
    """Link a response to operations on the job or image that it names."""
    return {
        name: {"operationId": name, "parameters": {f"path.{parameter}": f"$response.body#/{source}"}}
        for name in operations
    }


def _problem(status: int) -> dict[str, Any]:
    headers = {name: dict(_HEADERS[name]) for name in _OF_REFUSALS.get(status, ())}
    codes = "; ".join(f"{code.heading} (`{code}`)" for code in ErrorCode if code.status == status)
    problem = {"description": f"{codes}.", "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    return problem | ({"headers": headers} if headers else {})
