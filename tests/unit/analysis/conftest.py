"""Images made to measure, and one call that analyses them."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.analysis import Analysis, Source, analyze
from tests.unit.analysis.pictures import Encode, Examine


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(size: tuple[int, int], bits: int, colour: int, pixels: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """Build a PNG from packed pixels: whatever Pillow would not write."""
    width, height = size
    stride = len(pixels) // height
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _empty_png(size: tuple[int, int], bits: int, colour: int, row_bytes: int) -> bytes:
    """Build a valid black PNG of any size at once, by repeating one compressed MiB of zeros."""
    width, height = size
    total = (row_bytes + 1) * height
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, wbits=-15)
    tail = rest.compress(bytes(total % (1 << 20))) + rest.flush()
    stream = b"\x78\xda" + block * (total >> 20) + tail + struct.pack(">HH", total % 65521, 1)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", stream), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


#: How each encoder is fast; what a test asks for comes first.
_FAST: dict[str, dict[str, Any]] = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}, "AVIF": {"speed": 10}}


def _encode(image: Image.Image, name: str, **options: Any) -> bytes:  # noqa: ANN401 - an encoder's options
    stream = BytesIO()
    image.save(stream, name, **{**_FAST.get(name, {}), **options})
    return stream.getvalue()


def _examine(data: bytes, *, declared_type: str | None = None, **options: Any) -> Analysis:  # noqa: ANN401 - analyze's
    source = Source(container="images", name="a.jpg", etag="0x1", size_bytes=len(data), declared_type=declared_type)
    return analyze(data, source=source, **options)


@pytest.fixture(scope="session")
def png() -> Callable[..., bytes]:
    """Size, bits, colour type, packed pixels and extra chunks in; a PNG out."""
    return _png


@pytest.fixture(scope="session")
def empty_png() -> Callable[..., bytes]:
    """Size, bits, colour type and bytes a row in; a PNG full of zeros out."""
    return _empty_png


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Image, Pillow's format and options in; a file out."""
    return _encode


@pytest.fixture(scope="session")
def examine() -> Examine:
    """Bytes and options of ``analyze`` in; an analysis out."""
    return _examine


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the photographs."""
    return Path(__file__).resolve().parents[3] / "samples"


@pytest.fixture(scope="session")
def photo(samples: Path) -> Image.Image:
    """A photograph, mode RGB, 451 x 300, without metadata."""
    with Image.open(samples / "cat.png") as opened:
        image = opened.convert("RGB")
    image.info = {}
    return image


@pytest.fixture(scope="session")
def adobe_rgb(samples: Path) -> bytes:
    """The profile of a photograph, version 2."""
    with Image.open(samples / "rocket.jpg") as opened:
        return bytes(opened.info["icc_profile"])
