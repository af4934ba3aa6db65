"""Marks of metadata are looked for beside the pixels of large formats, and never missed for a wrong length."""

import re
from io import BytesIO

import pytest
from PIL import Image

from shared.analysis.formats.jpeg import SCAN_TAIL_BYTES
from tests.unit.analysis.pictures import Examine, picture

MARK = b'<x:xmpmeta><a exif:GPSLatitude="52,31.2N"/></x:xmpmeta>'


def encode_square(name: str, pixels: bytes = b"", /, **options: str | bool) -> bytes:
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


def encode_scans(*fillings: bytes, **options: bool) -> bytes:
    """Encode a JPEG, and put bytes behind the coded pixels of each scan, before the marker that ends it."""
    first, *scans = encode_square("JPEG", **options).split(b"\xff\xda")
    parts = [re.split(rb"(?=\xff[^\0])|\Z", scan, maxsplit=1, flags=re.DOTALL) for scan in scans]
    longer = (more.join(part) for part, more in zip(parts, fillings, strict=True))
    return b"\xff\xda".join((first, *longer))


@pytest.mark.parametrize(
    ("filling", "found"),
    [(MARK + bytes(SCAN_TAIL_BYTES), False), (bytes(SCAN_TAIL_BYTES) + MARK, True), (MARK, True)],
    ids=["far from the end", "at the end of a long one", "in a short one"],
)
def test_a_mark_in_the_scan_of_a_jpeg_counts_only_near_its_end(
    examine: Examine, filling: bytes, *, found: bool
) -> None:
    assert has_gps(examine, encode_scans(filling)) is found


def test_a_mark_beside_the_scans_of_a_jpeg_is_found(examine: Examine) -> None:
    long = bytes(2 * SCAN_TAIL_BYTES)
    assert has_gps(examine, encode_scans(long) + MARK) is True
    note = b"\xff\xfe" + (len(MARK) + 2).to_bytes(2) + MARK
    assert has_gps(examine, encode_scans(long, *5 * (note,), progressive=True)) is True


def test_a_scan_without_an_end_hides_nothing() -> None:
    data = encode_scans(bytes(2 * SCAN_TAIL_BYTES))
    assert picture(data).pixels
    assert picture(data[:-2] + MARK).pixels == ()
