"""The sections of reference/report.md, from the schema of reports."""

from collections.abc import Iterator, Mapping
from typing import Any

from docs.report_schema import whole
from docs.schema_words import kind_of, limits_of, table

_HEAD = ("field", "type", "meaning")
_Row = tuple[str, str, str]


def text() -> str:
    """Return a table of the report's own fields, and one for each section."""
    report = whole()
    sections = {name: inner for name, each in report["properties"].items() if "properties" in (inner := _object(each))}
    parts = [table([_HEAD, *_own(report, sections)])]
    for name, section in sections.items():
        parts += [f"## {name}\n\n{section['description']}\n", table([_HEAD, *_fields(section, "")])]
    return "\n".join(parts)


def _own(report: Mapping[str, Any], sections: Mapping[str, Any]) -> Iterator[_Row]:
    for name, each in report["properties"].items():
        if name in sections:
            yield f"`{name}`", f"[section](#{name})", _said(each, optional=name not in report["required"])
        else:
            yield _row(f"`{name}`", each, optional=name not in report["required"])


def _fields(schema: Mapping[str, Any], before: str) -> Iterator[_Row]:
    """Yield a row for each field, and one for each field of an object or of the objects of a list in it."""
    for name, each in schema["properties"].items():
        path, inner = f"{before}{name}", _object(each)
        yield _row(f"`{path}`", each, optional=name not in schema["required"])
        if "properties" in inner:
            yield from _fields(inner, f"{path}[]." if each.get("type") == "array" else f"{path}.")


def _row(name: str, schema: Mapping[str, Any], *, optional: bool) -> _Row:
    return name, kind_of(schema, str), _said(schema, optional=optional)


def _said(schema: Mapping[str, Any], *, optional: bool) -> str:
    limits = f" {limits}." if (limits := limits_of(schema)) else ""
    return f"{schema.get('description', '').rstrip('.')}.{limits}{' It may be missing.' if optional else ''}"


def _object(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what has properties: the value itself, one of its kinds, or an item of it."""
    for each in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
        if "properties" in each:
            return dict(each)
    return schema
