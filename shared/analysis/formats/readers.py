"""Open a file by the library for its format."""

import struct
from collections.abc import Callable
from importlib import import_module

from shared.analysis.formats import Format
from shared.analysis.formats.header import corrupt
from shared.analysis.formats.picture import Picture
from shared.analysis.interface import Limits

_FUNCTIONS = {"heic": ("heif", "read_heic"), "avif": ("heif", "read_avif")}


def read(known: Format, data: bytes, limits: Limits) -> Picture:
    """Open a file; no pixel is decoded.

    Args:
        known: Its format; the first file of a format imports its module.
        data: The whole file.
        limits: Counting may stop there.

    Raises:
        ImageRejected: ``corrupt_image``: the header is cut off or contradicts itself. ``unsupported_format``: a variant
            of the format that is not decoded.
        MemoryError: Memory ran out; another try may succeed.
    """
    module, function = _FUNCTIONS.get(known.name, (known.name, "read"))
    try:
        reader: Callable[[bytes, Limits], Picture] = getattr(import_module(f"{__package__}.{module}"), function)
        return reader(data, limits)
    except (struct.error, IndexError) as error:
        raise corrupt(f"The file is cut off in its header, after {len(data):,} bytes.") from error
