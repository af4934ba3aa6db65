"""The columns of an export: a job, flattened. A report is whatever a worker has posted, so no shape is trusted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from shared.rules.report_flags import flags_of

#: What a cell may be; an integer beyond 64 bits has no place in Parquet.
Cell = str | int | float | bool | None
_LARGEST = 2**63 - 1


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "true or false"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its head.
        kind: What its cells are; a value of another kind is left empty, or is JSON in a text.
        path: Where the value stands in a job as the API gives it.
    """

    name: str
    kind: Kind
    path: tuple[str, ...]


def _columns(kind: Kind, **places: str) -> list[Column]:
    return [Column(name, kind, tuple(place.split("."))) for name, place in places.items()]


#: In the order of the file.
COLUMNS = (
    *_columns(Kind.TEXT, id="id", type="type", ref="ref", state="state"),
    *_columns(Kind.WHOLE, attempts="attempts"),
    *_columns(
        Kind.TEXT, created_at="created_at", started_at="started_at", ended_at="ended_at", updated_at="updated_at"
    ),
    *_columns(Kind.TEXT, error_code="error.code", error_message="error.message", etag="image.etag"),
    *_columns(Kind.TEXT, report_status="report.status", format="report.image.format", mime="report.source.mime"),
    *_columns(Kind.WHOLE, bytes="report.source.bytes", width_px="report.image.width_px"),
    *_columns(Kind.WHOLE, height_px="report.image.height_px", orientation="report.image.orientation"),
    *_columns(Kind.TEXT, sha256="report.source.sha256", phash="report.hash.phash", dhash="report.hash.dhash"),
    *_columns(Kind.TEXT, blurhash="report.placeholder.blurhash", mean_color="report.color.mean", flags="flags"),
    *_columns(Kind.NUMBER, colorfulness="report.color.colorfulness", blur="report.quality.blur"),
    *_columns(Kind.NUMBER, brightness="report.quality.brightness", contrast="report.quality.contrast"),
    *_columns(Kind.NUMBER, shadow_clip="report.quality.shadow_clip", highlight_clip="report.quality.highlight_clip"),
    *_columns(Kind.TEXT, make="report.exif.make", model="report.exif.model", lens="report.exif.lens"),
    *_columns(Kind.TEXT, taken_at="report.exif.taken_at", ai_hint="report.provenance.ai_hint"),
    *_columns(Kind.YES_NO, has_gps="report.privacy.has_gps", c2pa_present="report.provenance.c2pa_present"),
    *_columns(Kind.NUMBER, lat_deg="report.privacy.gps.lat_deg", lon_deg="report.privacy.gps.lon_deg"),
    *_columns(Kind.TEXT, warnings="report.warnings", result="result"),
)


def flatten(job: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the cells of one job, by the names of their columns, in the order of ``COLUMNS``.

    Args:
        job: As the API gives it.
    """
    report = job.get("report")
    content = {**job, "flags": flags_of(report) if isinstance(report, Mapping) else None}
    return {column.name: _cell(column.kind, _value(content, column.path)) for column in COLUMNS}


def _value(content: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content


def _cell(kind: Kind, value: Any) -> Cell:  # noqa: ANN401 - any JSON
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case Kind.TEXT:
            return _text(value)
        case Kind.YES_NO:
            return value if isinstance(value, bool) else None
        case Kind.WHOLE:
            return value if isinstance(value, int) and is_number and abs(value) <= _LARGEST else None
        case Kind.NUMBER:
            return float(value) if is_number and abs(value) <= _LARGEST else None


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = " ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text.encode("utf-8", "backslashreplace").decode()  # half a character is in no file
