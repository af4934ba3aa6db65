"""The operations of reference/http.md, from the OpenAPI document."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, cast

from docs.schema_words import kind_of, limits_of, table
from shared.http.access import PUBLIC
from shared.http.app import build
from shared.http.dependencies import Dependencies

_Row = tuple[str, str, str]
_SECTIONS = {"jobs": "Jobs", "operators": "For operators", "images": "Images", "status": "Status"}


_Operations = list[tuple[str, Mapping[str, Any]]]


def text() -> str:
    """Return a chapter for each group of operations, and one of the objects that they send and return."""
    document = build(cast("Dependencies", None)).openapi()  # no route runs
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    common = _common(operations)
    parts = [part for tag in _SECTIONS for part in _section(tag, operations, common)]
    return "\n".join(["Every operation may respond with:\n", _table(common), *parts, *_objects(document)])


def _common(operations: _Operations) -> list[_Row]:
    """Return the responses that all operations have."""
    first, *others = (_responses(operation) for _, operation in operations)
    return [row for row in first if all(row in rows for rows in others)]


def _section(tag: str, operations: _Operations, common: list[_Row]) -> Iterator[str]:
    yield f"\n## {_SECTIONS[tag]}\n"
    for call, operation in operations:
        if (operation.get("tags") or ["status"])[0] == tag:
            yield from _operation(call, operation)
            yield _table([row for row in _responses(operation) if row not in common])


def _responses(operation: Mapping[str, Any]) -> list[_Row]:
    return sorted(_response(*each) for each in operation["responses"].items())


def _table(responses: list[_Row]) -> str:
    return table([("status", "response", "body"), *responses])


def _operation(call: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {operation['operationId']}\n\n`{call}`\n"
    yield operation["description"].replace("\n\n", " ") + "\n"
    if operation["operationId"] in PUBLIC:
        yield "Needs no key.\n"
    rows = [
        (
            f"`{each['name']}`",
            each["in"],
            _kind(each["schema"]),
            _said(each["schema"] | each, required=each["required"]),
        )
        for each in operation.get("parameters", ())
    ]
    if rows:
        yield table([("parameter", "in", "type", "meaning"), *rows])
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body: `{media}`, {_kind(body['schema'])}.\n"


def _response(status: str, response: Mapping[str, Any]) -> _Row:
    headers = ", ".join(f"`{name}`" for name in response.get("headers", ()))
    said = response["description"] + (f" With {headers}." if headers else "")
    kinds = dict.fromkeys(_kind(body["schema"]) for body in response.get("content", {}).values())
    return status, said.replace("\n", " "), ", ".join(kinds) or "–"


def _objects(document: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Objects\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f"### {name}\n"
        yield schema.get("description", "").replace("\n\n", " ") + "\n"
        if "enum" in schema and "- `" not in schema["description"]:  # which lists the values
            yield _kind(schema) + "\n"
        required = set(schema.get("required", ()))
        rows = [
            (f"`{field}`", _kind(kind), _said(kind, required=field in required))
            for field, kind in schema.get("properties", {}).items()
        ]
        yield table([("field", "type", "meaning"), *rows]) if rows else ""


def _kind(schema: Mapping[str, Any]) -> str:
    return kind_of(schema, lambda name: f"[{name}](#{name.lower()})")


def _said(schema: Mapping[str, Any], *, required: bool) -> str:
    default = schema.get("default", ...)
    words = chain(
        ["Required."] if required else [],
        [schema["description"]] if "description" in schema else [],
        [f"{limits}."] if (limits := limits_of(schema)) else [],
        [f"`{default}` by default."] if default not in (..., None, "", {}) and not required else [],
    )
    return " ".join(words).replace("\n", " ") or "–"
