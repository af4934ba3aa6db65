"""What lists show of an image's report, and filter by. Reports come from workers: nothing of their form is trusted."""

import re
from collections.abc import Mapping
from typing import Any

from shared.rules.thumbnails import has_thumbnail

#: Flags of one report at most: a report of ours has no more than nine.
MOST_FLAGS = 16
#: What a flag may look like; a report that names another has none of that name.
FLAG = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_FORMAT = re.compile(r"[a-z0-9][a-z0-9_+.-]{0,31}")
_COLOR = re.compile(r"#[0-9a-f]{6}")
#: The alphabet of blurhash, and the length of one with 4 × 3 components.
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,.:;=?@\[\]^_{|}~-]{28}")
#: The largest whole number that JSON readers agree on.
_MOST = 2**53 - 1


def flags_of(report: object) -> list[str]:
    """Return what is conspicuous about an image, by its report, in the order of the alphabet.

    These are the flags of its quality, ``gps`` where the file has a position, ``ai`` where it hints at a model,
    ``partial`` where the report is, and ``type_mismatch`` where the uploader declared another type.

    Args:
        report: Any JSON value; what is not of its form counts as missing.
    """
    quality = _section(report, "quality").get("flags")
    found = {flag for flag in quality if _is(FLAG, flag)} if isinstance(quality, list) else set()
    own = {
        "gps": _section(report, "privacy").get("has_gps") is True,
        "ai": _is_text(_section(report, "provenance").get("ai_hint")),
        "partial": isinstance(report, Mapping) and report.get("status") == "partial",
        "type_mismatch": _section(report, "source").get("type_mismatch") is True,
    }
    rest = sorted(found - own.keys())[: MOST_FLAGS - len(own)]
    return sorted({*rest, *(found & own.keys()), *(flag for flag, is_true in own.items() if is_true)})


def format_of(report: object) -> str | None:
    """Return the format of an image by its report, in lower case; None where that does not say."""
    return _text(_FORMAT, _section(report, "image").get("format"))


def summary_of(report: object) -> dict[str, Any] | None:
    """Return the few facts of a report that a card of an image shows; a fact of another form is null.

    Returns:
        Plain JSON; None without a report.
    """
    if not isinstance(report, Mapping):
        return None
    image = _section(report, "image")
    return {
        "width_px": _whole(image.get("width_px")),
        "height_px": _whole(image.get("height_px")),
        "format": format_of(report),
        "bytes": _whole(_section(report, "source").get("bytes")),
        "flags": flags_of(report),
        "blurhash": _text(_BLURHASH, _section(report, "placeholder").get("blurhash")),
        "mean": _text(_COLOR, _section(report, "color").get("mean")),
        "thumbnail": has_thumbnail(report),
    }


def _section(report: object, name: str) -> Mapping[str, Any]:
    found = report.get(name) if isinstance(report, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _whole(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST else None


def _text(form: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and _is(form, value) else None


def _is(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
