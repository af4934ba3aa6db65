"""Check everything that a child sends, because its image may have taken it over.

The parent fills in what it knows: which blob it is, its length and hash, the thumbnail's type and extension. The rest
must have the report's shape. After an invalid reply, the child is not used again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.analysis import report, validation
from shared.analysis.formats import type_mismatch
from shared.analysis.interface import Analysis, Source, Thumbnail, ThumbnailSpec
from shared.analysis.sandbox.layers import Confinement, Layer
from shared.analysis.sandbox.protocol import ProtocolError
from shared.errors import AnalysisDied, ImageRejected

#: Characters of a message at most.
MAX_MESSAGE = 500
#: Bytes of a thumbnail at most: so many a pixel, as of a PNG, and so many around them.
MAX_BYTES_PER_PX, MAX_FRAMING_BYTES = 4, 65_536

_MIMES = frozenset(f"image/{name}" for name in ("jpeg", "png", "webp", "gif", "tiff", "heic", "avif", "bmp"))
_SIGNATURES = {"webp": rb"RIFF....WEBP", "jpeg": rb"\xff\xd8\xff", "png": rb"\x89PNG\r\n\x1a\n"}


class Rejection(StrEnum):
    """Codes by which a child may reject an image; docs/design.md explains them."""

    EMPTY_BLOB = "empty_blob"
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    CORRUPT_ENCODING = "corrupt_encoding"
    CORRUPT_IMAGE = "corrupt_image"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to a child, to which its reply must fit.

    Args:
        number: Of the request.
        source: What storage says about the blob.
        data: The whole blob.
        thumbnail: Which thumbnail it asks for; None to make no thumbnail.
        sections: Names of the further sections that the report may have.
    """

    number: int
    source: Source
    data: bytes
    thumbnail: ThumbnailSpec | None
    sections: frozenset[str]


def read_ready(head: Mapping[str, Any]) -> Confinement:
    """Read what a child sends when it is ready: the layers that confine it, and those that were refused.

    Raises:
        ProtocolError: It is something else.
    """
    _keys(head, "layers", "refused")
    layers, refused = (_layers(head[name]) for name in ("layers", "refused"))
    return Confinement(layers, refused)


def read(head: Mapping[str, Any], body: bytes, request: Request) -> Analysis:
    """Turn a reply into what ``analyze`` returns or raises.

    Raises:
        ProtocolError: It is not a reply to this request.
        ImageRejected: As ``analyze``.
        AnalysisDied: ``out_of_memory`` or ``analysis_crashed``; the child says so and goes on.
    """
    number = head.get("number")
    if type(number) is not int or number != request.number:
        raise ProtocolError("it does not answer the request")
    reply = {name: value for name, value in head.items() if name != "number"}
    if "report" in reply:
        return _analysis(reply, body, request)
    if body:
        raise ProtocolError("it has bytes, but no report")
    _keys(reply, next(iter(reply), "report"))
    if "rejected" in reply:
        raise _rejection(reply["rejected"])
    if reply == {"out_of_memory": True}:
        raise AnalysisDied("out_of_memory", "The analysis ran out of memory.")
    if "raised" in reply:
        raise AnalysisDied("analysis_crashed", f"The analysis failed with {_name(reply['raised'])}.")
    raise ProtocolError("its kind is unknown")


def _rejection(value: object) -> ImageRejected:
    fields = _keys(value, "code", "message")
    if fields["code"] not in list(Rejection):
        raise ProtocolError("its rejection code is unknown")
    return ImageRejected(fields["code"], _text(fields["message"], MAX_MESSAGE))


def _analysis(reply: Mapping[str, Any], body: bytes, request: Request) -> Analysis:
    """Read a report and, if one was requested, a thumbnail."""
    sections = _report(reply["report"], request)
    if request.thumbnail is None or sections["status"] != "ok":
        _keys(reply, "report")
        if body:
            raise ProtocolError("it has a thumbnail that was not requested")
        return Analysis(report=sections, thumbnail=None)
    size = _keys(_keys(reply, "report", "thumbnail")["thumbnail"], "width_px", "height_px")
    small = _thumbnail(size, body, request.thumbnail)
    timing = sections.pop("timing")
    return Analysis(report={**sections, "thumbnail": report.thumbnail(small), "timing": timing}, thumbnail=small)


def _report(reply: object, request: Request) -> dict[str, Any]:
    """Read a report without its thumbnail; of its source only the type is read."""
    if not isinstance(reply, dict) or not isinstance(reply.get("source"), dict):
        raise ProtocolError("its report has no source")
    source = _source(reply["source"].get("mime"), request)
    plain = {**source, "name": "", "etag": "", "declared_type": None}  # the true ones may be long
    try:
        validation.check_report({**reply, "source": plain}, sections=request.sections)
    except validation.ReportInvalid as error:
        raise ProtocolError(f"its report is invalid: {error}") from error
    return {name: source if name == "source" else value for name, value in reply.items() if name != "thumbnail"}


def _source(mime: object, request: Request) -> dict[str, Any]:
    """Describe the blob by what this process knows; the child says only what type its bytes have."""
    if mime is not None and not (isinstance(mime, str) and mime in _MIMES):
        raise ProtocolError("its media type is not an image's")
    return {
        **report.source_read(request.source, request.data),
        "mime": mime,
        "type_mismatch": None if mime is None else type_mismatch(request.source.declared_type, mime),
    }


def _thumbnail(size: Mapping[str, Any], data: bytes, spec: ThumbnailSpec) -> Thumbnail:
    """Check a thumbnail by its size, length and first bytes; type and extension are those that were requested."""
    width, height = size["width_px"], size["height_px"]
    if not all(type(side) is int and 1 <= side <= spec.long_edge_px for side in (width, height)):
        raise ProtocolError("its thumbnail has a size that was not requested")
    most = width * height * MAX_BYTES_PER_PX + MAX_FRAMING_BYTES
    if len(data) > (most if spec.max_bytes is None else min(most, spec.max_bytes)):
        raise ProtocolError(f"its thumbnail has {len(data):,} bytes")
    if not re.match(_SIGNATURES[spec.format], data, re.DOTALL):
        raise ProtocolError(f"its thumbnail is not {spec.format}")
    return Thumbnail(data=data, width_px=width, height_px=height, mime=spec.mime, extension=spec.extension)


def _layers(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value.keys() <= set(Layer):
        raise ProtocolError("its layers are unknown")
    return {name: _text(detail, MAX_MESSAGE) for name, detail in value.items()}


def _keys(value: object, *names: str) -> Mapping[str, Any]:
    """Return an object that has exactly these keys."""
    if not isinstance(value, Mapping) or value.keys() != set(names):
        raise ProtocolError(f"an object must have exactly the fields {' and '.join(names)}")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,99}", value):
        raise ProtocolError("its error has no name")
    return value


def _text(value: object, length: int) -> str:
    """Return a text that is valid Unicode and not too long."""
    if not isinstance(value, str) or len(value) > length:
        raise ProtocolError(f"a field must be text of at most {length:,} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProtocolError("a text is not valid Unicode") from None
    return value
