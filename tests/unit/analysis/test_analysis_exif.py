"""What EXIF says, and that no bytes at all make its reader fail."""

import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from shared.analysis import Analysis, ifd, text
from shared.analysis.exif import camera, orientation

Examine = Callable[..., Analysis]
Encoded = Callable[..., bytes]
NOTHING = dict.fromkeys(
    [
        *("make", "model", "lens", "software", "taken_at", "taken_at_offset"),
        *("exposure_s", "f_number", "iso", "focal_mm", "focal_35mm"),
    ]
)
PICTURE = {0x010F: "Canon", 0x0110: "EOS R6", 0x0131: "Darktable 4.6"}
SHOT = {
    0x9003: "2024:06:21 23:59:58",
    0x9011: "+02:00",
    0xA434: "RF 50mm F1.8",
    0x8827: 3200,
    0xA405: 80,
    0x829A: IFDRational(1, 200),
    0x829D: IFDRational(18, 10),
    0x920A: IFDRational(50, 1),
}
TOLD = {
    "make": "Canon",
    "model": "EOS R6",
    "lens": "RF 50mm F1.8",
    "software": "Darktable 4.6",
    "taken_at": "2024-06-21T23:59:58",
    "taken_at_offset": "+02:00",
    "exposure_s": 0.005,
    "f_number": 1.8,
    "iso": 3200,
    "focal_mm": 50.0,
    "focal_35mm": 80,
}


def block(first: dict[int, Any], shot: dict[int, Any]) -> bytes:
    exif = Image.Exif()
    exif.update(first)
    exif.get_ifd(0x8769).update(shot)
    return exif.tobytes()


def raw(*entries: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    """Build an EXIF directory from tag, type, count and value, behind a first one that points to it."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    head = start + struct.pack(order + "IHHHII", 8, 1, 0x8769, 4, 1, 26) + bytes(4)
    body, tail = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        at = 26 + 2 + 12 * len(entries) + len(tail)
        field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", at)
        tail += value if len(value) > 4 else b""
        body += struct.pack(order + "HHI", tag, kind, count) + field
    return head + body + tail


def test_a_photograph_tells_how_and_when_it_was_taken(photo: Image.Image, encoded: Encoded, examine: Examine) -> None:
    for name in ("JPEG", "PNG", "WEBP"):
        assert examine(encoded(photo, name, exif=block(PICTURE, SHOT))).report["exif"] == TOLD


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("above", "below", "seconds"),
    [(1, 8000, 0.000125), (1, 3, 0.3333333), (2, 3, 0.6666667), (30, 1, 30.0), (0, 1, None), (1, 0, None)],
)
def test_a_rational_is_rounded_and_one_over_zero_is_nothing(
    above: int, below: int, seconds: float | None, order: str
) -> None:
    found = camera(raw((0x829A, 5, 1, struct.pack(order + "II", above, below)), order=order))
    assert found == {**NOTHING, "exposure_s": seconds}


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ((0x829A, 10, 1, struct.pack("<ii", -1, 200)), "exposure_s"),
        ((0x829A, 5, 1, struct.pack("<II", 4_000_000_000, 1)), "exposure_s"),
        ((0x829D, 2, 8, b"1.8 or so"), "f_number"),
        ((0x829D, 5, 0, b""), "f_number"),
        ((0x8827, 5, 1, struct.pack("<II", 100, 1)), "iso"),
        ((0x8827, 3, 1, b"\0\0"), "iso"),
        ((0xA434, 3, 1, b"ab"), "lens"),
        ((0xA434, 2, 1 << 31, b"\xff\xff\xff\xff"), "lens"),
        ((0xA434, 99, 8, b"whatever"), "lens"),
    ],
)
def test_a_value_of_another_type_or_beyond_all_reason_is_nothing(entry: tuple[int, int, int, bytes], name: str) -> None:
    assert camera(raw(entry))[name] is None  # type: ignore[literal-required]


@pytest.mark.parametrize(
    "moment",
    [
        *("0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:01 00:00:00", "2024:02:30 12:00:00"),
        *("2024-06-21 23:59:58", "2024:06:21", "2024:06:21 24:00:00", "", "2024:06:21 23:59:58Z"),
    ],
)
def test_a_moment_that_is_none_is_nothing_and_neither_is_its_zone(moment: str) -> None:
    assert camera(block({}, {0x9003: moment, 0x9011: "+02:00"})) == NOTHING


@pytest.mark.parametrize("zone", ["+15:00", "02:00", "+02:60", "   :  ", "Z"])
def test_a_zone_that_is_none_leaves_the_moment(zone: str) -> None:
    found = camera(block({}, {0x9003: "2024:06:21 23:59:58", 0x9011: zone}))
    assert (found["taken_at"], found["taken_at_offset"]) == ("2024-06-21T23:59:58", None)


def test_a_scan_was_taken_when_it_was_digitized() -> None:
    found = camera(block({}, {0x9003: "0000:00:00 00:00:00", 0x9004: "1999:12:31 23:00:00", 0x9012: "-05:30"}))
    assert (found["taken_at"], found["taken_at_offset"]) == ("1999-12-31T23:00:00", "-05:30")


def test_a_sensitivity_beyond_its_field_stands_in_another() -> None:
    beyond = (0x8827, 3, 1, b"\xff\xff")
    assert camera(raw(beyond, (0x8832, 4, 1, struct.pack("<I", 102_400))))["iso"] == 102_400
    assert camera(raw(beyond))["iso"] == 65_535


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Zeiß ∑".encode(), "Zeiß ∑"),
        ("Zeiß".encode("latin-1"), "Zeiß"),
        (b"Canon\0EOS", "Canon"),
        (b"\0Canon", None),
        (b"  Canon  ", "Canon"),
        (b"\n\r\t\x1b[31mred\x7f", "[31mred"),
        ("a\u202eb\u200bc\ufeffd\u0085e".encode(), "abcde"),
        (b"   ", None),
        (b"x" * 500, "x" * 128),
        ("é".encode() * 600, "é" * 128),
        (b"x" + "é".encode() * 600, "x" + "é" * 127),
    ],
)
def test_a_text_is_bounded_and_shows_what_it_has(written: bytes, read: str | None) -> None:
    assert camera(raw((0xA434, 2, len(written), written)))["lens"] == read


def test_a_text_that_is_cut_off_within_a_character_stays_utf_8() -> None:
    assert text.decoded("xé".encode()[:-1], cut_at=2) == "x"
    assert text.decoded("xé".encode()[:-1], cut_at=9) == "xÃ"


def test_a_directory_that_points_to_itself_ends() -> None:
    circle = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    assert (camera(circle), orientation(circle)) == (NOTHING, 1)


def test_entries_that_all_point_to_the_same_megabyte_cost_no_more_than_their_bound() -> None:
    many = b"".join(struct.pack("<HHII", tag, 2, 1 << 20, 0) for tag in range(65_535))
    found = ifd.first(b"II*\0" + struct.pack("<IH", 8, 65_535) + many)
    assert (len(found), {len(entry.raw) for entry in found.values()}) == (ifd.MAX_ENTRIES, {ifd.MAX_FIELD_BYTES})


def test_no_bytes_make_the_reader_fail() -> None:
    chance, whole = random.Random(1), block({0x010F: "Canon", 0x0112: 6}, {0x829A: IFDRational(1, 200), 0xA434: "x"})
    for round_ in range(3_000):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 255, chance.randrange(256)])
        cut = data[: chance.randrange(len(data))] if round_ % 2 else data
        assert set(camera(bytes(cut))) == set(NOTHING)
        assert orientation(bytes(cut)) in range(1, 9)


@pytest.mark.parametrize("data", [b"", b"II*\0", b"MM\0*\0\0\0", b"Exif\0\0", b"II*\0\xff\xff\xff\xff", bytes(9)])
def test_what_is_no_exif_tells_nothing(data: bytes) -> None:
    assert camera(data) == NOTHING
