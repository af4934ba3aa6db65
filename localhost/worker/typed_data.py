"""From what the host sends to the typed values of a worker's library, and back."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from localhost.channel import Data


def datum_of(data: Data, make: Callable[[Any, str], Any]) -> Any:  # noqa: ANN401 - each library has a Datum of its own
    """Return a typed value as a library has it.

    Args:
        data: As the host sends it.
        make: Makes the library's Datum of a value and its type.
    """
    if data.type == "bytes":
        return make(data.body, "bytes")
    if data.type != "http":
        return make(data.body.decode(), data.type)
    texts = {name: make(data.fields[name], "string") for name in ("method", "url")}
    maps = {
        name: {key: make(text, "string") for key, text in data.fields[name].items()}
        for name in ("headers", "query", "params")
    }
    return make({**texts, **maps, "body": make(data.body, "bytes")}, "http")


def metadata_of(metadata: Mapping[str, Any], make: Callable[[Any, str], Any]) -> dict[str, Any]:
    """Type metadata values as the host does on the wire: text as a string, all else as JSON."""
    return {
        key: make(value, "string") if isinstance(value, str) else make(json.dumps(value), "json")
        for key, value in metadata.items()
    }


def data_of(datum: Any) -> Data:  # noqa: ANN401 - each library has a Datum of its own
    """Return what a function has returned, as the host takes it."""
    if datum.type != "http":
        return Data(datum.type, datum.value.encode() if isinstance(datum.value, str) else datum.value)
    fields = datum.value
    headers = [[name, text.value] for name, text in fields["headers"].items()]
    for cookies in fields["cookies"] or []:
        headers += [["Set-Cookie", morsel.OutputString()] for morsel in cookies.values()]
    return Data("http", fields["body"].value, {"status": int(fields["status_code"].value), "headers": headers})
