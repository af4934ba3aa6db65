"""What the header alone tells beside the size: passes, quality, the profile's name."""

import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile

from shared.analysis.icc_name import description
from shared.analysis.quantization import quality
from shared.errors import ImageRejected
from tests.unit.acts import note
from tests.unit.analysis.pictures import Encode, Examine


def mluc(name: str) -> bytes:
    text = name.encode("utf-16-be")
    body = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    return bytes(128) + struct.pack(">I4sII", 1, b"desc", 144, len(body)) + body


def test_the_quality_of_a_jpeg_is_the_one_that_it_was_written_with(encode: Encode, examine: Examine) -> None:
    image = Image.new("RGB", (8, 8))
    for value in range(1, 101):
        with note(value):
            data = encode(image, "JPEG", quality=value)
            assert examine(data, thumbnail=None).report["image"]["jpeg_quality"] == value


def test_the_quality_of_a_grey_jpeg_is_told_too(encode: Encode, examine: Examine) -> None:
    assert examine(encode(Image.new("L", (8, 8)), "JPEG", quality=77)).report["image"]["jpeg_quality"] == 77


def test_a_table_of_another_encoder_has_the_nearest_quality(encode: Encode, examine: Examine) -> None:
    with Image.open(BytesIO(encode(Image.new("RGB", (8, 8)), "JPEG", quality=60))) as opened:
        assert isinstance(opened, JpegImageFile)
        table = list(opened.quantization[0])
    table[63] += 3  # where the tables of neighbours differ by some dozens in all
    data = encode(Image.new("RGB", (8, 8)), "JPEG", qtables=[table, table])
    assert examine(data).report["image"]["jpeg_quality"] == 60


@pytest.mark.parametrize("table", [(1,) * 64, (255,) * 64, (65_535,) * 64, (0,) * 64])
def test_any_table_has_a_quality(table: tuple[int, ...]) -> None:
    assert quality(table) == (100 if table[0] <= 1 else 1)


def test_a_later_table_replaces_an_earlier_one(encode: Encode, examine: Examine) -> None:
    data = encode(Image.new("L", (8, 8)), "JPEG", quality=30)
    other = b"\xff\xdb\0\x43\0" + b"\x10" * 64
    assert examine(data[:2] + other * 400 + data[2:]).report["image"]["jpeg_quality"] == 30


@pytest.mark.parametrize(
    ("name", "options"), [("JPEG", {"progressive": True}), ("JPEG", {}), ("PNG", {}), ("WEBP", {})]
)
def test_a_jpeg_in_passes_is_progressive(name: str, options: dict[str, bool], encode: Encode, examine: Examine) -> None:
    facts = examine(encode(Image.new("RGB", (64, 64)), name, **options)).report["image"]
    assert facts["progressive"] is bool(options)
    assert (facts["jpeg_quality"] is None) is (name != "JPEG")


def test_endless_segments_between_scans_are_refused(encode: Encode, examine: Examine) -> None:
    data = encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    empty = b"\xff\xe4\0\2"
    assert examine(data[:second] + empty * 9_000 + data[second:]).report["status"] == "ok"
    with pytest.raises(ImageRejected, match="10,000 segments in a row"):
        examine(data[:second] + empty * 10_000 + data[second:])


def test_an_interlaced_png_is_progressive(png: Encode, examine: Examine) -> None:
    data = bytearray(png((1, 1), 8, 0, b"\0"))
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    assert examine(bytes(data)).report["image"]["progressive"] is True


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_the_name_of_a_profile_is_found_in_every_format(
    name: str, adobe_rgb: bytes, encode: Encode, examine: Examine
) -> None:
    data = encode(Image.new("RGB", (8, 8)), name, icc_profile=adobe_rgb)
    assert examine(data).report["image"]["icc"] == "Adobe RGB (1998)"
    assert examine(encode(Image.new("RGB", (8, 8)), name)).report["image"]["icc"] is None


def test_a_profile_of_several_segments_is_put_together_by_their_numbers(encode: Encode, examine: Examine) -> None:
    profile = mluc("Wide")
    data = encode(Image.new("RGB", (8, 8)), "JPEG")
    parts = [b"ICC_PROFILE\0" + bytes([number, 2]) + part for number, part in ((2, profile[150:]), (1, profile[:150]))]
    added = b"".join(b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part for part in parts)
    assert examine(data[:2] + added + data[2:]).report["image"]["icc"] == "Wide"


def test_the_name_of_a_profile_of_version_4_is_read_as_its_engine_reads_it() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert description(made.tobytes()) == made.profile.profile_description == "sRGB built-in"
    assert description(mluc("Gris ∆ \U0001f600")) == "Gris ∆ \U0001f600"


@pytest.mark.parametrize(("name", "shown"), [("x" * 400, "x" * 128), ("a\0b\nc\u202e", "abc"), ("", None), (" ", None)])
def test_the_name_of_a_profile_is_bounded_and_shows_what_it_has(name: str, shown: str | None) -> None:
    assert description(mluc(name)) == shown


@pytest.mark.parametrize(("before", "shown"), [(99, "Wide"), (100, None)])
def test_of_the_tags_of_a_profile_a_hundred_are_looked_at(before: int, shown: str | None) -> None:
    tag = mluc("Wide")[144:]
    table = struct.pack(">4sII", b"wtpt", 0, 0) * before + struct.pack(
        ">4sII", b"desc", 132 + 12 * (before + 1), len(tag)
    )
    assert description(bytes(128) + struct.pack(">I", before + 1) + table + tag) == shown


def test_no_bytes_make_the_reader_of_profiles_fail(adobe_rgb: bytes) -> None:
    chance = random.Random(1)
    for whole in (adobe_rgb, mluc("Wide")):
        for _ in range(1000):
            data = bytearray(whole)
            for _ in range(4):
                data[chance.randrange(min(300, len(data)))] = chance.choice([0, 1, 255, chance.randrange(256)])
            found = description(bytes(data[: chance.randrange(len(data))]))
            assert found is None or len(found) <= 128
