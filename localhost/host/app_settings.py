"""App settings and host.json, by the real host's names and defaults."""

import json
import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

_HOST_ID = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,31}")
_MARKER = re.compile(r"%([^%]+)%")
_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")
_TRUE = {"true", "1"}


class SettingsWrong(RuntimeError):
    """A setting, or what uses it, cannot work; the message names it."""


def load(app: Path, environ: MutableMapping[str, str]) -> None:
    """Add the Values of local.settings.json to the environment; what is already set there wins.

    Raises:
        SettingsWrong: The file is not a JSON object whose Values are strings.
    """
    path = app / "local.settings.json"
    if not path.exists():
        return
    values = _read_json(path).get("Values", {})
    for name, value in values.items():
        if not isinstance(value, str):
            raise SettingsWrong(f"{path}: the value of {name} must be a string.")
        environ.setdefault(name, value)


def resolve(text: str, *, function: str, field: str, environ: Mapping[str, str]) -> str:
    """Replace each ``%NAME%`` by the setting of that name.

    Raises:
        SettingsWrong: A setting is missing.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in environ:
            raise SettingsWrong(f"Function {function}: {field} {text!r} needs the app setting {found[1]}.")
        return environ[found[1]]

    return _MARKER.sub(value, text)


def is_disabled(function: str, environ: Mapping[str, str]) -> bool:
    """Tell whether ``AzureWebJobs.<function>.Disabled`` is on; an underscore may stand for each dot."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
    return any(environ.get(name, "").lower() in _TRUE for name in names)


def host_id(app: Path, environ: Mapping[str, str]) -> str:
    """Return the name under which instances of one app share state on one storage account.

    Raises:
        SettingsWrong: The setting holds an id that queue names cannot take.
    """
    given = environ.get("AzureFunctionsWebHost__hostid")
    if given is not None:
        if not _HOST_ID.fullmatch(given):
            raise SettingsWrong(
                "AzureFunctionsWebHost__hostid must be 1 to 32 lower-case letters, digits and single dashes."
            )
        return given
    folder = re.sub(r"[^a-z0-9]+", "-", app.resolve().name.lower())[:32].strip("-")
    return folder or "app"


def time_span(text: str) -> timedelta:
    """Read ``[d.]hh:mm[:ss[.fffffff]]``.

    Raises:
        ValueError: It is not valid.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a time span. Write hh:mm:ss.")
    days, hours, minutes, seconds, fraction = found.groups()
    part = int((fraction or "0").ljust(6, "0")[:6])
    whole = timedelta(days=int(days or 0), minutes=int(minutes), seconds=int(seconds or 0), microseconds=part)
    return whole + timedelta(hours=int(hours))


@dataclass(frozen=True, kw_only=True)
class HostJson:
    """What this host honours of host.json."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    max_polling_interval: timedelta = timedelta(minutes=1)
    #: Of the blob triggers' queue: the default, whatever the section of queues says.
    own_polling_interval: timedelta = timedelta(minutes=1)
    base64_mode: bool = True
    blob_parallelism: int = 8
    poison_blob_threshold: int = 5
    #: None: no limit.
    function_timeout: timedelta | None = None
    route_prefix: str = "api"


def read_host_json(app: Path, environ: Mapping[str, str]) -> HostJson:
    """Read host.json; a missing one means defaults.

    Raises:
        SettingsWrong: A value is out of its range.
    """
    path = app / "host.json"
    host = _read_json(path) if path.exists() else {}
    extensions = host.get("extensions", {})
    queues, blobs = extensions.get("queues", {}), extensions.get("blobs", {})
    development = environ.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development"
    try:
        batch_size = _number(queues, "batchSize", 16, 1, 32)
        timeout = str(host.get("functionTimeout", "-1"))
        return HostJson(
            batch_size=batch_size,
            new_batch_threshold=_number(queues, "newBatchThreshold", batch_size // 2, 0, 1000),
            max_dequeue_count=_number(queues, "maxDequeueCount", 5, 1, 1_000_000),
            visibility_timeout=time_span(str(queues.get("visibilityTimeout", "00:00:00"))),
            max_polling_interval=_polling(queues.get("maxPollingInterval"), development=development),
            own_polling_interval=_polling(None, development=development),
            base64_mode=_is_base64(str(queues.get("messageEncoding", "base64"))),
            blob_parallelism=_number(blobs, "maxDegreeOfParallelism", 8 * (os.cpu_count() or 1), 1, 1000),
            poison_blob_threshold=_number(blobs, "poisonBlobThreshold", 5, 1, 1_000_000),
            function_timeout=None if timeout == "-1" else time_span(timeout),
            route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
        )
    except ValueError as error:
        raise SettingsWrong(f"{path}: {error}") from None


def _polling(value: object, *, development: bool) -> timedelta:
    """Return maxPollingInterval; a number counts milliseconds, as in the real host."""
    if value is None:
        return timedelta(seconds=2) if development else timedelta(minutes=1)
    interval = timedelta(milliseconds=value) if isinstance(value, int) else time_span(str(value))
    if interval < timedelta(milliseconds=100):
        raise ValueError("maxPollingInterval must be at least 100 ms.")
    return interval


def _is_base64(encoding: str) -> bool:
    if encoding.lower() not in {"base64", "none"}:
        raise ValueError(f"messageEncoding must be base64 or none, not {encoding!r}.")
    return encoding.lower() == "base64"


def _number(section: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = section.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return value


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise SettingsWrong(f"{path} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise SettingsWrong(f"{path} must be a JSON object.")
    return value
