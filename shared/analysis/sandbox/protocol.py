"""The protocol between a process and the child that analyses for it: frames of JSON and plain bytes, both ways.

Nothing in it can run as code, as a pickle could: a hostile file may have taken over the child.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from shared.analysis.interface import Analysis, Limits, Options, Source, ThumbnailSpec

#: Lengths of the JSON and of the bytes behind it.
LENGTHS = struct.Struct(">II")
#: The largest reply, as these lengths: a report has some kilobytes, a thumbnail at most 1,024 px.
MAX_REPLY = (1 << 20, 1 << 24)

Receive = Callable[[int], bytes]


class ProtocolError(Exception):
    """The child sent something that is not a valid reply."""


def encode_frame(head: dict[str, Any], body: bytes = b"") -> tuple[bytes, bytes]:
    """Return the parts to send: lengths and JSON, then the bytes, apart so that they are not copied."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return LENGTHS.pack(len(text), len(body)) + text, body


def read_frame(receive: Receive, limits: tuple[int, int] | None = None) -> tuple[dict[str, Any], bytes]:
    """Read one frame.

    Args:
        receive: Returns exactly so many bytes.
        limits: Lengths of JSON and bytes at most; None for any.

    Raises:
        ProtocolError: They are longer, or the JSON is not an object.
    """
    lengths = LENGTHS.unpack(receive(LENGTHS.size))
    if limits is not None and any(length > limit for length, limit in zip(lengths, limits, strict=True)):
        raise ProtocolError(f"it has {lengths[0]:,} and {lengths[1]:,} bytes")
    try:
        head = json.loads(receive(lengths[0]), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("it is not JSON") from error
    if not isinstance(head, dict):
        raise ProtocolError("it is not a JSON object")
    return head, receive(lengths[1])


def encode_request(
    source: Source,
    limits: Limits,
    thumbnail: ThumbnailSpec | None,
    options: Options,
    *,
    seconds: float,
) -> dict[str, Any]:
    """Return what a child needs beside the bytes of the image."""
    return {
        "source": asdict(source),
        "limits": asdict(limits),
        "thumbnail": None if thumbnail is None else asdict(thumbnail),
        "options": asdict(options),
        "seconds": seconds,
    }


def decode_request(head: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``analyze`` that a request holds."""
    spec, options = head["thumbnail"], head["options"]
    return {
        "source": Source(**head["source"]),
        "limits": Limits(**head["limits"]),
        "thumbnail": None if spec is None else ThumbnailSpec(**spec),
        "options": Options(include_gps=options["include_gps"], analyzers=tuple(options["analyzers"])),
    }


def encode_reply(analysis: Analysis) -> tuple[dict[str, Any], bytes]:
    """Return a reply with a report and, if there is one, a thumbnail; ``replies`` reads it."""
    small = analysis.thumbnail
    if small is None:
        return {"report": analysis.report}, b""
    size = {"width_px": small.width_px, "height_px": small.height_px}
    return {"report": analysis.report, "thumbnail": size}, small.data


def _refuse_constant(name: str) -> None:
    """Refuse ``NaN`` and ``Infinity``, which Python reads although JSON does not have them."""
    raise ValueError(name)
