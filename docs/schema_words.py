"""What a JSON Schema says, in words and tables of Markdown."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


def kind_of(schema: Mapping[str, Any], link: Callable[[str], str]) -> str:
    """Return the type of a value: ``integer or null``, ``list of string``, or the link to a named schema."""
    if "$ref" in schema:
        return link(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    for words in ("anyOf", "oneOf"):
        if words in schema:
            return " or ".join(dict.fromkeys(kind_of(each, link) for each in schema[words]))
    kinds = schema.get("type", "any")
    if kinds == "array":
        return f"list of {kind_of(schema['items'], link)}"
    kind = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"{kind}, {schema['format']}" if "format" in schema else kind


def limits_of(schema: Mapping[str, Any]) -> str:
    """Return the limits of a value in words; nothing where it has none."""
    for each in schema.get("anyOf", ()):  # a value that may also be null
        if each.get("type") != "null":
            schema = {**each, **schema}
    words = [form.format(f"{schema[name]:,}") for name, form in _LIMITS.items() if name in schema]
    words += [f"matches `{schema['pattern']}`".replace("|", "\\|")] if "pattern" in schema else []
    said = ", ".join(words)
    return said[:1].upper() + said[1:]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown; the first row is its head."""
    head, *rest = [f"| {' | '.join(row)} |\n" for row in rows]
    return f"{head}{'|---' * len(rows[0])}|\n{''.join(rest)}"
