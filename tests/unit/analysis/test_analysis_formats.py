"""Formats are told by bytes, and what can't be read is refused with its own code."""

import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.analysis.formats import type_mismatch
from shared.errors import ImageRejected
from tests.unit.acts import note
from tests.unit.analysis.pictures import Encode, Examine, refusal

UNSUPPORTED = {
    "text": b"This is a text file that calls itself a JPEG.\n",
    "one byte": b"\xff",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "psd": b"8BPS\x00\x01",
    "jxl": b"\xff\x0a",
    "an mp4 film": b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42mp41",
    "a heif of no known codec": b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1j2ki",
    "an mp4 film that names avif among others": b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00avifmif1",
    "a big tiff": b"II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00",
    "a text that begins with BM": b"BMW is a maker of cars and motorcycles.",
    "a wave file": b"RIFF\x24\x00\x00\x00WAVEfmt ",
}
DATA = Path(__file__).resolve().parents[2] / "data"
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": ("JPEG", {"quality": 90}),
    "progressive jpeg": ("JPEG", {"progressive": True}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {"quality": 80}),
    "lossless webp": ("WEBP", {"lossless": True}),
    "gif": ("GIF", {}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {}),
    "lzw tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "jpeg tiff": ("TIFF", {"compression": "jpeg"}),
    "avif": ("AVIF", {}),
}
EVERY_KIND = pytest.mark.parametrize("name", [*KINDS, "heic"])

#: Last bytes that no pixel needs: the trailer of a GIF, what fills a BMP's row.
PADDING = {"gif": 1, "bmp": 2}

#: How long a file must be to tell what it is, where that is longer than three bytes.
TELLING = {"webp": 12, "lossless webp": 12, "bmp": 16, "avif": 12, "heic": 12, "jpeg": 3, "progressive jpeg": 3}


@pytest.fixture(scope="module")
def files(photo: Image.Image, encode: Encode) -> dict[str, bytes]:
    """The same photograph, small, in every kind of file."""
    small = photo.resize((150, 100))
    made = {name: encode(small, kind, **options) for name, (kind, options) in KINDS.items()}
    return {**made, "heic": (DATA / "turned.heic").read_bytes()}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_bytes_that_are_no_known_image_are_an_unsupported_format(name: str, examine: Examine) -> None:
    assert refusal(examine, UNSUPPORTED[name]) == "unsupported_format"


@pytest.mark.parametrize("name", ["ICO", "PPM", "TGA", "PCX", "JPEG2000"])
def test_a_format_that_pillow_could_decode_is_still_unsupported(name: str, encode: Encode, examine: Examine) -> None:
    assert refusal(examine, encode(Image.new("RGB", (32, 32)), name)) == "unsupported_format"


def test_an_empty_blob_has_a_code_of_its_own(examine: Examine) -> None:
    assert refusal(examine, b"") == "empty_blob"


def test_the_format_comes_from_the_bytes_not_from_the_declared_type(encode: Encode, examine: Examine) -> None:
    report = examine(encode(Image.new("RGB", (8, 8)), "PNG"), declared_type="image/jpeg").report
    assert (report["image"]["format"], report["source"]["mime"]) == ("png", "image/png")
    assert report["source"]["type_mismatch"] is True


@pytest.mark.parametrize(
    "declared", ["image/jpeg", "image/jpg", "IMAGE/JPEG; q=1", "application/octet-stream", "", None]
)
def test_a_declared_type_that_says_the_same_or_nothing_is_no_mismatch(declared: str | None) -> None:
    assert type_mismatch(declared, "image/jpeg") is False


@pytest.mark.parametrize("declared", ["image/png", "text/plain", "image/jpegs"])
def test_a_declared_type_that_claims_another_type_is_a_mismatch(declared: str) -> None:
    assert type_mismatch(declared, "image/jpeg") is True


@EVERY_KIND
def test_an_image_cut_off_at_any_tenth_is_corrupt(name: str, files: dict[str, bytes], examine: Examine) -> None:
    data = files[name]
    for tenth in range(1, 10):
        with note(tenth):
            assert refusal(examine, data[: len(data) * tenth // 10]) == "corrupt_image"


@EVERY_KIND
def test_an_image_that_lacks_its_last_bytes_is_corrupt(name: str, files: dict[str, bytes], examine: Examine) -> None:
    for missing in (1, 2, 4, 12, 13, 24):
        with note(missing):
            assert missing <= PADDING.get(name, 0) or refusal(examine, files[name][:-missing]) == "corrupt_image"


@EVERY_KIND
def test_an_image_cut_off_within_its_header_is_corrupt(name: str, files: dict[str, bytes], examine: Examine) -> None:
    for length in (3, 8, 12, 16, 20, 25, 29):
        expected = "corrupt_image" if length >= TELLING.get(name, 4) else "unsupported_format"
        with note(length):
            assert refusal(examine, files[name][:length]) == expected


def test_a_png_with_a_damaged_checksum_is_corrupt(encode: Encode, examine: Examine) -> None:
    data = bytearray(encode(Image.linear_gradient("L"), "PNG"))
    data[data.index(b"IEND") - 5] ^= 1
    assert refusal(examine, bytes(data)) == "corrupt_image"


def test_a_png_with_a_second_header_can_not_smuggle_another_size_past_the_gates(png: Encode, examine: Examine) -> None:
    header = struct.pack(">IIBBBBB", 4, 2, 8, 0, 0, 0, 0)
    assert refusal(examine, png((2, 2), 8, 0, bytes(8), (b"IHDR", header))) == "corrupt_image"


def test_a_png_whose_pixels_end_early_is_corrupt_though_its_chunks_are_whole(png: Encode, examine: Examine) -> None:
    data = png((2, 2), 8, 0, bytes(2))  # one row of two
    header = data[12:16] + struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    assert refusal(examine, data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]) == "corrupt_image"


def test_a_jpeg_with_a_second_frame_header_is_corrupt(encode: Encode, examine: Examine) -> None:
    data = encode(Image.new("RGB", (32, 32)), "JPEG")
    start = data.index(b"\xff\xc0")
    frame = data[start : start + 19]
    assert refusal(examine, data[:start] + frame + data[start:]) == "corrupt_image"


def test_a_jpeg_of_endless_empty_segments_is_refused_at_a_bound(files: dict[str, bytes], examine: Examine) -> None:
    empty = b"\xff\xe4\x00\x02"
    assert examine(files["jpeg"][:2] + empty * 9_000 + files["jpeg"][2:]).report["status"] == "ok"
    assert refusal(examine, files["jpeg"][:2] + empty * 10_001 + files["jpeg"][2:]) == "corrupt_image"


def test_a_webp_of_endless_empty_chunks_is_refused_at_a_bound(examine: Examine) -> None:
    body = b"WEBPVP8X" + struct.pack("<IIII", 10, 0x02, 0, 0)[:14] + b"JUNK\0\0\0\0" * 100_001
    with pytest.raises(ImageRejected, match="more than 100,000 chunks"):
        examine(b"RIFF" + struct.pack("<I", len(body)) + body)


def test_a_webp_that_is_cut_off_says_what_it_lacks(files: dict[str, bytes], examine: Examine) -> None:
    whole = len(files["webp"])
    with pytest.raises(ImageRejected, match=f"should have {whole:,} bytes, but has {whole - 1:,}"):
        examine(files["webp"][:-1])


def test_an_image_without_pixels_is_corrupt_and_not_partial(png: Encode, examine: Examine) -> None:
    header = struct.pack(">4sIIBBBBB", b"IHDR", 0, 100_000, 8, 0, 0, 0, 0)
    data = png((1, 1), 8, 0, b"\0")
    assert refusal(examine, data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]) == "corrupt_image"


MODES = {
    "JPEG": ["L", "RGB", "CMYK"],
    "PNG": ["1", "L", "LA", "I;16", "P", "RGB", "RGBA"],
    "WEBP": ["RGB", "RGBA"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_a_header_says_what_pillow_says_of_the_same_file(
    kind: str, mode: str, encode: Encode, examine: Examine
) -> None:
    plain = Image.new(mode, (7, 5))
    for options in ({}, {"lossless": True}, {"exif": b"Exif\0\0", "lossless": True}):
        data = encode(plain, kind, **options)
        with Image.open(BytesIO(data)) as opened:
            expected = (opened.mode, *opened.size, "A" in opened.mode, 1)
        facts = examine(data).report["image"]
        assert tuple(facts[name] for name in ("mode", "width_px", "height_px", "has_alpha", "frames")) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_file_is_analysed_or_refused_and_nothing_else(
    seed: int, files: dict[str, bytes], examine: Examine
) -> None:
    chance = random.Random(seed)
    for whole in files.values():
        for _ in range(5):
            data = bytearray(whole)
            for _ in range(chance.choice([1, 2, 8])):
                data[chance.randrange(chance.choice([60, len(data)]))] = chance.choice([0, 255, chance.randrange(256)])
            with suppress(ImageRejected):
                assert examine(bytes(data)).report["status"] in ("ok", "partial")


def test_the_broken_samples_are_refused_for_what_is_wrong_with_them(samples: Path, examine: Examine) -> None:
    broken = samples / "broken"
    assert refusal(examine, (broken / "truncated.jpg").read_bytes()) == "corrupt_image"
    assert refusal(examine, (broken / "text.jpg").read_bytes()) == "unsupported_format"


@pytest.mark.case("images variants", was="corrupt_image")
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("jpeg", b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
        ("jpeg", b"\xff\xc0", b"\xff\xc3"),
        ("jpeg", b"\xff\xc0", b"\xff\xcb"),
        ("jpeg", b"\xff\xc0", b"\xff\xc5"),
        ("png", b"\0\0\0\rIHDR", b"\0\0\0\4CgBI" + bytes(8) + b"\0\0\0\rIHDR"),
    ],
    ids=["12 bits", "lossless", "lossless arithmetic", "hierarchical", "Apple's PNG"],
)
def test_a_variant_that_no_decoder_here_reads_is_unsupported(
    name: str, old: bytes, new: bytes, files: dict[str, bytes], examine: Examine
) -> None:
    assert old in files[name]
    assert refusal(examine, files[name].replace(old, new, 1)) == "unsupported_format"
    assert refusal(examine, files[name][:-4]) == "corrupt_image"


def test_megabytes_between_two_segments_are_refused_which_pillow_reads_byte_by_byte(
    files: dict[str, bytes], examine: Examine
) -> None:
    data = files["jpeg"]
    assert examine(data[:2] + b"\xff" * 60_000 + data[2:]).report["status"] == "ok"
    with pytest.raises(ImageRejected, match="bytes between two segments"):
        examine(data[:2] + b"\xff" * 70_000 + data[2:])
