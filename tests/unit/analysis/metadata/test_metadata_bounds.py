"""No bytes make the reader of metadata raise, and none keep it busy."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.analysis.metadata import Metadata, blocks, directory, markers, read, xmp
from tests.proving import at_length
from tests.unit.analysis.metadata import files

PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="59,19,39N" tiff:Make="C"/></x:xmpmeta>'
)
SHOT = [(0x9003, files.ASCII, 20, b"2024:06:21 23:59:58\0"), (0x829A, files.RATIONAL, 1, files.rationals(1, 200))]
BLOCK = files.block((files.MAKE, files.ASCII, 6, b"Canon\0"), shot=SHOT, gps=files.position())
TEXT = zlib.compress(files.raw_profile("exif", BLOCK))
#: A file of each format with all of its metadata, which is what gets mutated.
WHOLE = {
    "JPEG": files.jpeg(
        (0xE1, b"Exif\0\0" + BLOCK), (0xE1, files.XMP_HEAD + PACKET), (0xEB, b"JP\0\1\0\0\0\1....jumb....jumdc2pa")
    ),
    "PNG": files.png(
        (b"eXIf", BLOCK), (b"zTXt", b"Raw profile type exif\0\0" + TEXT), (b"tEXt", b"XML:com.adobe.xmp\0" + PACKET)
    ),
    "WEBP": files.webp((b"EXIF", BLOCK), (b"XMP ", PACKET)),
    "TIFF": files.plain("TIFF", tiffinfo={files.MAKE: "Canon", 700: PACKET}),
    "AVIF": files.plain("AVIF", exif=BLOCK, xmp=PACKET),
    "GIF": files.plain("GIF") + PACKET,
    "BMP": files.plain("BMP") + b"Exif\0\0" + BLOCK,
}


def open_image(name: str) -> Image.Image:
    return Image.open(BytesIO(WHOLE[name]))


@settings(max_examples=at_length(50, 5_000))
@given(name=st.sampled_from(sorted(WHOLE)), seed=st.integers(), cut=st.floats(0, 1), changes=st.integers(0, 12))
def test_a_file_that_was_changed_and_cut_is_read_all_the_same(name: str, seed: int, cut: float, changes: int) -> None:
    chance, data = random.Random(seed), bytearray(WHOLE[name])
    for _ in range(changes):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 255, chance.randrange(256)])
    body = bytes(data[: int(len(data) * cut)] if cut > 0.5 else data)
    found = read(open_image(name), body, include_gps=True)
    assert isinstance(found, Metadata)
    assert found.orientation in range(1, 9)


@settings(max_examples=at_length(50, 5_000))
@given(block=st.binary(max_size=300), at=st.integers(0, len(BLOCK)), packet=st.binary(max_size=200))
def test_a_block_with_anything_in_it_is_read_all_the_same(block: bytes, at: int, packet: bytes) -> None:
    image = Image.new("RGB", (1, 1))
    image.info = {"exif": BLOCK[:at] + block, "xmp": PACKET[: at % len(PACKET)] + packet}
    assert isinstance(read(image, b"", include_gps=True), Metadata)


@settings(max_examples=at_length(50, 2_000))
@given(value=st.text(max_size=40), other=st.text(max_size=40))
def test_values_of_xmp_may_be_any_text(value: str, other: str) -> None:
    names = ["exif:GPSLatitude", "exif:GPSLongitude", "exif:GPSAltitude", "exif:DateTimeOriginal", "exif:FNumber"]
    chunks = [
        (b"iTXt", f"{name}\0\0\0\0\0{text}".encode()) for name, text in zip(names, [value, other] * 3, strict=False)
    ]
    assert isinstance(files.read_metadata(files.png(*chunks)), Metadata)


@pytest.mark.parametrize("info", [{"exif": "text", "xmp": 7}, {"exif": None}, {"xmp": b""}, {"exif": b"II"}])
def test_what_a_library_keeps_in_place_of_bytes_is_nothing(info: dict[str | tuple[int, int], Any]) -> None:
    image = Image.new("RGB", (1, 1))
    image.info = info
    assert read(image, b"", include_gps=True).orientation == 1


def test_a_directory_that_points_to_itself_ends() -> None:
    circle = b"II*\0" + struct.pack("<IHHHIIHHIII", 8, 2, files.EXIF, 4, 1, 8, files.GPS, 4, 1, 8, 8)
    assert files.read_metadata(files.with_exif(circle)).exif["make"] is None


def test_entries_that_all_point_to_the_same_megabyte_cost_no_more_than_their_bound() -> None:
    many = b"".join(struct.pack("<HHII", tag, 2, 1 << 20, 0) for tag in range(65_535))
    found = directory.read(b"II*\0" + struct.pack("<IH", 8, 65_535) + many)
    assert found
    assert len(found.primary) == directory.MAX_ENTRIES
    assert {len(field.raw) for field in found.primary.values()} == {directory.MAX_FIELD_BYTES}


@pytest.mark.parametrize(
    "almost",
    [b"GPSLatitude  ", b"GPSLatitude" + b" " * 1000, b"latitude=''", b"\xa9xyz", b"Exif\0\0II*\0", b"<x:xmpmeta"],
)
def test_megabytes_of_what_almost_is_a_mark_are_read_in_one_pass(almost: bytes) -> None:
    data = almost * ((4 << 20) // len(almost))
    assert not markers.has_position(data)
    assert len(list(markers.exif(data))) <= 256
    assert len(list(markers.packets(data, 1 << 20))) <= 256


@pytest.mark.parametrize(
    "packet",
    [
        b"<a>" * 300_000,
        b"<a>b" * 250_000,
        b"<rdf:li>b" * 110_000,
        b"<a b='" + b"c" * 1_000_000,
        b"<a>" + b"x&#65;" * 160_000,
    ],
)
def test_a_megabyte_of_xml_that_never_ends_is_read_within_its_bound(packet: bytes) -> None:
    found, whole = xmp.properties(packet[: 1 << 20])
    assert (len(found) <= 10_000, whole) == (True, False)


def test_texts_that_explode_are_inflated_to_a_bound_and_that_is_a_warning() -> None:
    bomb = b"prompt\0\0" + zlib.compress(bytes(16 << 20))
    found = read(open_image("PNG"), files.png(*[(b"zTXt", bomb)] * 40), include_gps=True)
    assert (found.provenance["ai_hint"], found.warnings) == (None, ("metadata_left_out",))


@pytest.mark.parametrize(
    "make",
    [
        lambda: files.jpeg(*[(0xE1, b"Exif\0\0" + BLOCK)] * 5_000),
        lambda: files.jpeg(*[(0xE1, b"Exif\0\0" + bytes(9))] * 5_000),
        lambda: files.jpeg(*[(0xEB, b"JP\0\1\0\0\0\1" + bytes(9))] * 20_000),
        lambda: files.jpeg(*[(0xE1, files.XMP_HEAD + b"<a/>" * 15_000)] * 100),
        lambda: files.png(*[(b"eXIf", BLOCK)] * 5_000),
        lambda: files.webp(*[(b"XMP ", b"<a/>" * 250_000)] * 8),
        lambda: files.plain("GIF") + b"<x:xmpmeta" * 500_000,
        lambda: files.plain("BMP") + (b"Exif\0\0" + BLOCK) * 5_000,
    ],
    ids=["EXIF", "EXIF that goes on", "boxes", "XMP", "eXIf", "XMP of WebP", "envelopes", "embedded EXIF"],
)
def test_of_thousands_of_blocks_the_first_are_read(make: Callable[[], bytes]) -> None:
    data = make()
    with Image.open(BytesIO(data)) as image:
        found = blocks.collect(image, data, data)
        assert isinstance(read(image, data, include_gps=True), Metadata)
    assert max(map(len, (found.exif, found.other_exif, found.xmp))) <= 16
    assert max(map(len, (found.manifest, *found.exif, *found.xmp))) <= 2 * blocks.MAX_BLOCK_BYTES


EMPTY = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"


@pytest.mark.case("images pointers", was="no GPS: its block is the 101st, and no more than 16 are read")
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_position_in_a_block_that_nobody_reads_is_not_denied(order: str) -> None:
    hidden = b"Exif\0\0" + files.block(
        (files.MAKE, files.ASCII, 6, b"Canon\0"), gps=files.position(order=order), order=order
    )
    found = files.read_metadata(files.jpeg(*[(0xE1, EMPTY)] * 100, (0xE1, hidden)))
    assert (found.privacy["has_gps"], "metadata_left_out" in found.warnings) == (True, True)
    assert not files.read_metadata(files.jpeg(*[(0xE1, EMPTY)] * 101)).privacy["has_gps"]


@pytest.mark.case("images xmp gps", was="no GPS: it stands behind the 2 MiB of a packed packet that are looked at")
def test_a_position_far_behind_in_a_packed_packet_is_not_denied() -> None:
    packet = PACKET.replace(b"<rdf:", b" " * 5_000_000 + b"<rdf:")
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)
    assert read(open_image("PNG"), files.png((b"iTXt", packed)), include_gps=True).privacy["has_gps"]
