"""Marks of metadata are looked for beside the pixels of large formats, and never missed for a wrong length."""

from io import BytesIO

import pytest
from PIL import Image

from tests.unit.analysis.pictures import Examine, picture

MARK = b'<x:xmpmeta><a exif:GPSLatitude="52,31.2N"/></x:xmpmeta>'


def encode_square(name: str, pixels: bytes = b"", /, **options: str) -> bytes:
    """Encode an image of 64 x 64 px, whose first bytes may be chosen."""
    stream = BytesIO()
    Image.frombytes("L", (64, 64), pixels.ljust(64 * 64, b"\x7f")).save(stream, name, **options)
    return stream.getvalue()


def has_gps(examine: Examine, data: bytes) -> object:
    return examine(data).report["privacy"]["has_gps"]


@pytest.mark.parametrize("name", ["BMP", "TIFF"])
def test_pixels_that_look_like_a_mark_are_none(examine: Examine, name: str) -> None:
    data = (
        encode_square(name, MARK) if name == "TIFF" else encode_square(name, bytes(64 * 63) + MARK)
    )  # BMP begins at the bottom
    assert MARK in data
    assert has_gps(examine, data) is False


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "packbits"}])
def test_a_mark_behind_the_pixels_is_found(examine: Examine, options: dict[str, str]) -> None:
    assert has_gps(examine, encode_square("TIFF", **options) + MARK) is True
    assert has_gps(examine, encode_square("BMP") + MARK) is True


def test_strips_whose_lengths_leave_the_file_hide_nothing(examine: Examine) -> None:
    data = encode_square("TIFF") + MARK
    entry = data.index(b"\x17\x01\x04\x00")  # StripByteCounts, one LONG
    longer = data[: entry + 8] + (len(data) + 1).to_bytes(4, "little") + data[entry + 12 :]
    assert has_gps(examine, longer) is True


def test_what_stands_beside_the_pixels_is_the_rest_of_the_file() -> None:
    data = encode_square("BMP") + MARK
    opened = picture(data)
    ((start, end),) = opened.pixels
    assert opened.beside_pixels(data) == data[:start] + b"\0" + data[end:]
