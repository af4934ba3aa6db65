"""BMP: Pillow reads header and pixels; this module reads the colour profile, which Pillow ignores.

Source:
    Microsoft, "Windows GDI: Bitmap Storage", 2021: BITMAPCOREHEADER to BITMAPV5HEADER; IBM, "OS/2 2.0 Presentation
    Manager Programming Reference", 1992: the headers of 16 and 64 bytes.
"""

import struct

from PIL.BmpImagePlugin import BmpImageFile

from shared.analysis.formats.header import unsupported_format
from shared.analysis.formats.picture import Picture, open_with
from shared.analysis.interface import Limits

_V5_BYTES, _EMBEDDED = 124, 0x4D424544

#: Of run-length data, which Pillow unpacks in Python, about a microsecond a run: 10 MB took 8 s.
MAX_RLE_BYTES = 4 << 20

#: Measured at 12 MP: 4.3 for 24 and 32 bits, 5.0 for indices and for runs (a byte, and the same pixels as RGB).
_BYTES_PER_PX = 6
#: Measured 8.3 in all: alpha takes a second copy.
_ALPHA_BYTES_PER_PX = 4


def read(data: bytes, _limits: Limits) -> Picture:
    """Open a BMP.

    Args:
        data: The file.

    Raises:
        ImageRejected: ``corrupt_image``; ``unsupported_format``: a header, depth, masks or compression that Pillow does
            not know, or more than ``MAX_RLE_BYTES``.
    """
    image = open_with(BmpImageFile, data, "bmp")
    tile = image.tile[0]
    runs = len(data) - tile[2]
    if tile[0] == "bmp_rle" and runs > MAX_RLE_BYTES:
        raise unsupported_format("bmp", f"it has {runs:,} bytes of run-length data, and the limit is {MAX_RLE_BYTES:,}")
    return Picture(
        format="bmp",
        image=image,
        width_px=image.width,
        height_px=image.height,
        mode=image.mode,
        has_alpha=image.mode == "RGBA",
        icc=_icc(data),
        bytes_per_px=_BYTES_PER_PX + _ALPHA_BYTES_PER_PX * (image.mode == "RGBA"),
        pixels=_rows(image),
    )


def _rows(image: BmpImageFile) -> tuple[tuple[int, int], ...]:
    """Return the byte range of uncompressed rows."""
    codec, _, offset, arguments = image.tile[0]
    row_bytes = int(arguments[1]) if codec == "raw" and isinstance(arguments, tuple) else 0
    return ((offset, offset + row_bytes * image.height),) if row_bytes else ()


def _icc(data: bytes) -> bytes:
    """Return the embedded profile of a BITMAPV5HEADER."""
    if int.from_bytes(data[14:18], "little") != _V5_BYTES or int.from_bytes(data[70:74], "little") != _EMBEDDED:
        return b""
    offset, length = struct.unpack_from("<II", data, 126)
    return data[14 + offset : 14 + offset + length]
