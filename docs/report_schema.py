"""The JSON Schema of a report, made from the types that the code is checked against."""

import json
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from shared.analysis import schema

FILE = Path(__file__).resolve().parent / "report.schema.json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
#: JSON Schema's words for what a field says of a number, a list and a text.
_WORDS = {
    "number": {"low": "minimum", "high": "maximum"},
    "array": {"low": "minItems", "high": "maxItems"},
    "string": {"length": "maxLength", "pattern": "pattern"},
}


def text() -> str:
    """Return the schema as it stands in the file."""
    return json.dumps(whole(), indent=2) + "\n"


def whole() -> dict[str, Any]:
    """Return the schema of a report; sections that it doesn't know are other analyzers'."""
    report = _object(schema.Report)
    return {"$schema": _DIALECT, **report, "additionalProperties": {"type": "object"}}


def _object(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a TypedDict has no type of its own
    """Describe a TypedDict; an object of nothing but its fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        "title": kind.__name__,
        "description": kind.__doc__,
        "type": "object",
        "properties": {name: _described(hint) for name, hint in hints.items()},
        "required": [name for name in hints if name in kind.__required_keys__],
        "additionalProperties": False,
    }


def _described(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - any type
    """Describe the type of a field."""
    if is_typeddict(hint):
        return _object(hint)
    if hint in _NAMES:
        return {"type": _NAMES[hint]}
    form, inner = get_origin(hint), get_args(hint)
    if form is Literal:
        return {"enum": list(inner)}
    if form in (UnionType, Union):
        return _any_of([_described(each) for each in inner])
    described = _described(inner[0])
    if form is list:
        return {"type": "array", "items": described}
    return described if form is NotRequired else _noted(described, list(inner[1:]))


def _any_of(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe a value that may be null beside one other kind."""
    kind, null = kinds
    if "enum" in kind:
        return {"enum": [*kind["enum"], None]}
    if kind["type"] == "object":
        return {"anyOf": [kind, null]}
    return {**kind, "type": [kind["type"], "null"]}


def _noted(described: dict[str, Any], notes: list[schema.Field]) -> dict[str, Any]:
    """Add descriptions and ranges; of several the last one's."""
    kinds = described.get("type", "")
    kind = next(iter([kinds] if isinstance(kinds, str) else kinds))
    words = _WORDS.get("number" if kind == "integer" else kind, {})
    for note in notes:
        told = {field.name: getattr(note, field.name) for field in fields(note)}
        rules = {word: told[name] for name, word in words.items() if told[name] is not None}
        described = {"description": ""} | described | {"description": note.text} | rules
    return described
