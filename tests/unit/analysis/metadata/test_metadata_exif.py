"""What EXIF says of camera and moment, in whatever types and places a camera has put it."""

import struct
from collections.abc import Callable

import pytest
from PIL import Image

from shared.analysis import text as texts
from shared.analysis.metadata import read
from tests.unit.analysis.metadata import files
from tests.unit.analysis.metadata.files import ASCII, BYTE, LONG, RATIONAL, SHORT, SRATIONAL, SSHORT, UNDEFINED
from tests.unit.analysis.pictures import Examine

TAKEN, DIGITIZED, TAKEN_OFFSET, DIGITIZED_OFFSET, LENS = 0x9003, 0x9004, 0x9011, 0x9012, 0xA434
NOTHING = dict.fromkeys(
    [
        *("make", "model", "lens", "software", "taken_at", "taken_at_offset"),
        *("exposure_s", "f_number", "iso", "focal_mm", "focal_35mm"),
    ]
)
MOMENT = b"2024:06:21 23:59:58"


def text(tag: int, value: bytes) -> files.Entry:
    return (tag, ASCII, len(value), value)


def read_exif(*entries: files.Entry) -> dict[str, object]:
    return dict(files.read_metadata(files.with_exif(files.block(shot=list(entries)))).exif)


def photograph(order: str) -> bytes:
    picture = [text(files.MAKE, b"Canon\0"), text(files.MODEL, b"EOS R6\0"), text(files.SOFTWARE, b"Darktable 4.6\0")]
    detail = [
        (0x829A, RATIONAL, 1, files.rationals(1, 200, order=order)),
        (0x829D, RATIONAL, 1, files.rationals(18, 10, order=order)),
        (0x8827, SHORT, 1, struct.pack(order + "H", 3200)),
        text(TAKEN, MOMENT + b"\0"),
        text(TAKEN_OFFSET, b"+02:00\0"),
        (0x920A, RATIONAL, 1, files.rationals(50, 1, order=order)),
        (0xA405, SHORT, 1, struct.pack(order + "H", 80)),
        text(LENS, b"RF 50mm F1.8\0"),
    ]
    return files.block(*picture, shot=detail, order=order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_photograph_says_how_and_when_it_was_taken(name: str, order: str, examine: Examine) -> None:
    data = files.plain(name, exif=b"Exif\0\0" + photograph(order))
    report = {
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
    assert (files.read_metadata(data).exif, examine(data).report["exif"]) == (report, report)


def test_a_tiff_is_read_like_a_block() -> None:
    data = files.plain("TIFF", tiffinfo={files.MAKE: "Canon", files.ORIENTATION: 6})
    assert (files.read_metadata(data).exif["make"], files.read_metadata(data).orientation) == ("Canon", 6)


@pytest.mark.case("images pointers", was="no taken_at, has_gps false")
@pytest.mark.parametrize("kind", [SHORT, LONG, files.SLONG, files.IFD, UNDEFINED, 0, 99, BYTE])
def test_a_pointer_of_any_type_leads_where_it_says(kind: int, case_result: Callable[[str], None]) -> None:
    body = files.block(shot=[text(TAKEN, MOMENT)], gps=files.position(), pointer=kind)
    found = files.read_metadata(files.with_exif(body))
    assert (found.exif["taken_at"], found.privacy["has_gps"]) == ("2024-06-21T23:59:58", True)
    case_result("GPS and EXIF are read by pointers of any type")


@pytest.mark.case("images double prefix", was="no EXIF")
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0", b"Exif\0\0Exif\0\0", b"\0\0", b"Exif\0\xff"])
def test_what_stands_before_a_block_does_not_matter(prefix: bytes, case_result: Callable[[str], None]) -> None:
    data = files.with_exif(prefix + files.block(text(files.MAKE, b"Canon\0")))
    assert files.read_metadata(data).exif["make"] == "Canon"
    case_result("the block is found behind any prefix")


@pytest.mark.case("images neighbouring types", was="orientation 1")
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(
            (BYTE, b"\x08"),
            (SHORT, b"\x08\0"),
            (LONG, b"\x08\0\0\0"),
            (SSHORT, b"\x08\0"),
            (6, b"\x08"),
            (9, b"\x08\0\0\0"),
        ),
        *((UNDEFINED, b"\x08\0"), (RATIONAL, files.rationals(16, 2)), (ASCII, b"8\0"), (11, struct.pack("<f", 8))),
        (SHORT, b"\0\0\x08\0"),
    ],
)
def test_the_orientation_may_be_of_any_type(kind: int, value: bytes, case_result: Callable[[str], None]) -> None:
    assert files.read_metadata(files.with_exif(files.block((files.ORIENTATION, kind, 1, value)))).orientation == 8
    case_result("8, of any type")


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_orientation_that_means_nothing_is_upright(value: int) -> None:
    body = files.block((files.ORIENTATION, SHORT, 1, struct.pack("<H", value)))
    assert files.read_metadata(files.with_exif(body)).orientation == 1


@pytest.mark.case("images neighbouring types", was="make null")
@pytest.mark.parametrize("kind", [BYTE, ASCII, UNDEFINED, 129])
def test_a_text_may_be_of_any_type_of_bytes(kind: int, case_result: Callable[[str], None]) -> None:
    assert files.read_metadata(files.with_exif(files.block((files.MAKE, kind, 6, b"Google")))).exif["make"] == "Google"
    case_result("Google")


def test_the_other_byte_order_is_tried_where_the_header_is_wrong() -> None:
    body = b"MM\0*" + files.block(text(files.MAKE, b"Canon\0"))[4:]
    assert files.read_metadata(files.with_exif(body)).exif["make"] == "Canon"


def test_a_field_beyond_the_end_costs_no_other_field() -> None:
    long = (0x010E, ASCII, 1 << 30, b"\xff\xff\xff\x7f")
    body = files.block(
        long, text(files.MAKE, b"Canon\0"), shot=[(0x927C, UNDEFINED, 1 << 31, bytes(5)), text(LENS, b"RF")]
    )
    assert (
        files.read_metadata(files.with_exif(body)).exif["make"],
        files.read_metadata(files.with_exif(body)).exif["lens"],
    ) == (
        "Canon",
        "RF",
    )


@pytest.mark.case("images times", was="taken_at null")
@pytest.mark.parametrize(
    ("written", "at", "zone"),
    [
        ("2015:08:22 24:08:19", "2015-08-23T00:08:19", None),
        ("2015:12:31 24:00:00", "2016-01-01T00:00:00", None),
        ("2023-07-21 21:06:26", "2023-07-21T21:06:26", None),
        ("2023/07/21 21:06:26", "2023-07-21T21:06:26", None),
        ("2023-07-21T21:06:26.123+02:00", "2023-07-21T21:06:26", "+02:00"),
        ("2023:07:21 21:06:26-0330", "2023-07-21T21:06:26", "-03:30"),
        ("2023:07:21 21:06:26Z", "2023-07-21T21:06:26", "+00:00"),
        ("20230721T210626", "2023-07-21T21:06:26", None),
        ("2003: 8:15 12: 5: 9", "2003-08-15T12:05:09", None),
        ("2003:08:27:00:09:15", "2003-08-27T00:09:15", None),
        ("2008:02:15 16:00", "2008-02-15T16:00:00", None),
        ("2013:02:06 09:00:03 PM", "2013-02-06T21:00:03", None),
        ("2016:12:31 23:59:60", "2017-01-01T00:00:00", None),
        ("2012.04.01  21.06.26+02", "2012-04-01T21:06:26", "+02:00"),
        ("05.10.2009 11:16", "2009-10-05T11:16:00", None),
        ("2013:02:06 21:00:03ASCII", "2013-02-06T21:00:03", None),
    ],
)
def test_a_moment_is_read_however_it_is_written(
    written: str, at: str, zone: str | None, case_result: Callable[[str], None]
) -> None:
    found = read_exif(text(TAKEN, written.encode() + b"\0"))
    assert (found["taken_at"], found["taken_at_offset"]) == (at, zone)
    case_result("the moment")


@pytest.mark.parametrize(
    "moment",
    [
        *("0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:01 00:00:00", "2024:02:30 12:00:00"),
        *("2024:06:21", "2024:06:21 24:61:00", "2024:06:21 25:00:00", "", "9999:12:31 24:00:00"),
    ],
)
def test_what_is_no_moment_is_nothing_and_neither_is_its_zone(moment: str) -> None:
    assert read_exif(text(TAKEN, moment.encode() + b"\0"), text(TAKEN_OFFSET, b"+02:00")) == NOTHING


@pytest.mark.parametrize("zone", ["+15:00", "02:00", "+02:60", "   :  "])
def test_what_is_no_zone_leaves_the_moment(zone: str) -> None:
    found = read_exif(text(TAKEN, MOMENT), text(TAKEN_OFFSET, zone.encode()))
    assert (found["taken_at"], found["taken_at_offset"]) == ("2024-06-21T23:59:58", None)


def test_a_scan_was_taken_when_it_was_digitized() -> None:
    blank = text(TAKEN, b"0000:00:00 00:00:00\0")
    found = read_exif(blank, text(DIGITIZED, b"1999:12:31 23:00:00\0"), text(DIGITIZED_OFFSET, b"-05:30\0"))
    assert (found["taken_at"], found["taken_at_offset"]) == ("1999-12-31T23:00:00", "-05:30")


@pytest.mark.parametrize(
    ("above", "below", "seconds"),
    [(1, 8000, 0.000125), (1, 3, 0.3333333), (2, 3, 0.6666667), (30, 1, 30.0), (0, 1, None), (1, 0, None)],
)
def test_a_rational_is_rounded_and_one_over_zero_is_nothing(above: int, below: int, seconds: float | None) -> None:
    assert read_exif((0x829A, RATIONAL, 1, files.rationals(above, below))) == {**NOTHING, "exposure_s": seconds}


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ((0x829A, SRATIONAL, 1, struct.pack("<ii", -1, 200)), "exposure_s"),
        ((0x829A, RATIONAL, 1, files.rationals(4_000_000_000, 1)), "exposure_s"),
        ((0x829D, ASCII, 8, b"1.8 or so"), "f_number"),
        ((0x829D, RATIONAL, 0, b""), "f_number"),
        ((0x829D, 11, 1, struct.pack("<f", float("nan"))), "f_number"),
        ((0x8827, RATIONAL, 1, files.rationals(201, 2)), "iso"),
        ((0x8827, SHORT, 1, b"\0\0"), "iso"),
        ((LENS, SHORT, 1, b"ab"), "lens"),
        ((LENS, 99, 8, b"whatever"), "lens"),
    ],
)
def test_a_value_that_makes_no_sense_is_nothing(entry: files.Entry, name: str) -> None:
    assert read_exif(entry)[name] is None


def test_a_sensitivity_beyond_its_field_stands_in_another() -> None:
    beyond = (0x8827, SHORT, 1, b"\xff\xff")
    assert read_exif(beyond, (0x8832, LONG, 1, struct.pack("<I", 102_400)))["iso"] == 102_400
    assert read_exif(beyond)["iso"] == 65_535


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
        (b"x" + "é".encode() * 600, "x" + "é" * 127),
    ],
)
def test_a_text_is_bounded_and_shows_what_it_has(written: bytes, read: str | None) -> None:
    assert read_exif(text(LENS, written))["lens"] == read


def test_a_directory_that_says_it_is_longer_than_it_is_is_read_up_to_its_end() -> None:
    body = files.block(text(files.MAKE, b"Canon\0"), text(files.MODEL, b"EOS R6\0"))
    data = files.with_exif(body[:8] + b"\xc8\0" + body[10:] + b"\x99" * 3_000)
    assert files.read_metadata(data).exif["model"] == "EOS R6"


def test_a_block_that_is_none_is_a_warning() -> None:
    found = files.read_metadata(files.with_exif(b"II*\0\xff\xff\xff\xff"))
    assert (found.exif, found.orientation, found.warnings) == (NOTHING, 1, ("exif_unreadable",))


def test_a_pointer_that_leads_nowhere_is_a_warning() -> None:
    found = files.read_metadata(files.with_exif(files.block((files.EXIF, LONG, 1, struct.pack("<I", 60_000)))))
    assert (found.exif, found.warnings) == (NOTHING, ("exif_unreadable",))


def test_exif_that_the_library_has_lost_is_found_in_a_heic() -> None:
    image = Image.new("RGB", (1, 1))
    image.format = "HEIF"
    body = b"\0\0\0\x06Exif\0\0" + files.block(text(files.MAKE, b"Canon\0"), (files.ORIENTATION, SHORT, 1, b"\6\0"))
    found = read(image, body, include_gps=False)
    assert (found.exif["make"], found.orientation) == ("Canon", 1)


def test_a_text_that_is_cut_off_within_a_character_stays_utf_8() -> None:
    assert texts.decode("xé".encode()[:-1], cut_at=2) == "x"
    assert texts.decode("xé".encode()[:-1], cut_at=9) == "xÃ"
