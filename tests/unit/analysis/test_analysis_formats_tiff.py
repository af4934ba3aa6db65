"""TIFF: pages, layouts, depths and byte orders, judged before libtiff sees them."""

import struct

import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from shared.analysis.decode import _UPRIGHT
from shared.errors import ImageRejected
from tests.unit.acts import note
from tests.unit.analysis.pictures import Encode, Examine, header_facts, mean, picture, pillow_facts, refusal, working

SHORT, LONG = 3, 4
Fields = dict[int, tuple[int, list[int]]]


def directory(order: str, fields: Fields, at: int, following: int = 0) -> bytes:
    """Build a directory that stands at byte ``at``, with long values behind it."""
    table, behind = struct.pack(order + "H", len(fields)), b""
    for tag, (kind, values) in sorted(fields.items()):
        body = struct.pack(f"{order}{len(values)}{'H' if kind == SHORT else 'I'}", *values)
        if len(body) > 4:
            place = struct.pack(order + "I", at + 6 + 12 * len(fields) + len(behind))
            body, behind = place, behind + body
        table += struct.pack(order + "HHI", tag, kind, len(values)) + body.ljust(4, b"\0")
    return table + struct.pack(order + "I", following) + behind


def tiff(
    bits: list[int],
    photometric: int,
    pixels: bytes,
    order: str = "<",
    *,
    more: Fields | None = None,
    following: int = 0,
) -> bytes:
    """Build a TIFF of 2 x 2 px in one strip; ``more`` adds fields or replaces them."""
    layout: Fields = {256: (SHORT, [2]), 257: (SHORT, [2]), 258: (SHORT, bits), 259: (SHORT, [1])}
    layout |= {262: (SHORT, [photometric]), 273: (LONG, [8]), 277: (SHORT, [len(bits)]), 278: (SHORT, [2])}
    fields = {**layout, 279: (LONG, [len(pixels)]), **(more or {})}
    at = 8 + len(pixels)
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", at)
    return head + pixels + directory(order, fields, at, following)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I;16B"])
def test_a_tiff_header_says_what_pillow_says(mode: str, encode: Encode, examine: Examine) -> None:
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        data = encode(Image.new(mode, (7, 5)), "TIFF", compression=compression)
        with note(compression):
            assert header_facts(examine, data) == pillow_facts(data)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("bits", "pixels"),
    [(1, b"\x80\x40"), (2, b"\xc0\x30"), (4, b"\xf0\x0f"), (8, b"\xff\0\0\xff"), (16, b"\xff\xff\0\0\0\0\xff\xff")],
)
def test_every_depth_of_grey_in_both_byte_orders(bits: int, pixels: bytes, order: str, examine: Examine) -> None:
    report = examine(tiff([bits], 1, pixels, order)).report
    assert (report["color"]["mean"], report["image"]["format"]) == ("#808080", "tiff")
    if bits < 16:
        assert mean(examine, tiff([bits], 0, bytes(len(pixels)), order)) == "#ffffff"


@pytest.mark.parametrize("level", [0, 1, 127, 128, 254, 255])
@pytest.mark.parametrize("order", "<>")
def test_sixteen_bits_scale_without_clipping(level: int, order: str, examine: Examine) -> None:
    grey = bytes([level, level])
    expected = f"#{level:02x}{level:02x}{level:02x}"
    assert mean(examine, tiff([16], 1, grey * 4, order)) == expected
    assert mean(examine, tiff([16] * 3, 2, grey * 12, order)) == expected
    assert mean(examine, tiff([16] * 4, 2, (grey * 3 + b"\xff\xff") * 4, order)) == expected


def test_a_large_image_of_16_bits_high_byte_first_is_shrunk_without_clipping(encode: Encode, examine: Examine) -> None:
    image = Image.new("I", (4000, 10), 0x4040).convert("I;16B")
    data = encode(image, "TIFF")
    assert (picture(data).mode, mean(examine, data)) == ("I;16B", "#404040")


@pytest.mark.parametrize(("kind", "expected"), [(0, "#ff0000"), (1, "#ff7f7f"), (2, "#ff7f7f")])
def test_extra_samples_are_alpha_only_where_they_say_so(kind: int, expected: str, examine: Examine) -> None:
    pixel = b"\x80\0\0\x80" if kind == 1 else b"\xff\0\0\x80"
    report = examine(tiff([8] * 4, 2, pixel * 4, more={338: (SHORT, [kind])})).report
    assert (report["color"]["mean"], report["image"]["has_alpha"]) == (expected, kind > 0)


def test_grey_has_alpha_too(examine: Examine) -> None:
    assert mean(examine, tiff([8, 8], 1, b"\0\x80" * 4, more={338: (SHORT, [2])})) == "#7f7f7f"
    assert refusal(examine, tiff([8, 8], 1, bytes(8), more={338: (SHORT, [1])})) == "unsupported_format"


def test_cmyk_comes_out_as_rgb(examine: Examine) -> None:
    report = examine(tiff([8] * 4, 5, b"\0\xff\xff\0" * 4)).report
    assert (report["color"]["mean"], report["image"]["mode"]) == ("#ff0000", "CMYK")
    assert mean(examine, tiff([16] * 4, 5, b"\0\0\xff\xff\xff\xff\0\0" * 4)) == "#ff0000"


def test_a_palette_is_resolved(examine: Examine) -> None:
    colours = {320: (SHORT, [0xFFFF, 0] + [0] * 254 + [0] * 256 + [0, 0xFFFF] + [0] * 254)}
    assert mean(examine, tiff([8], 3, b"\0\1\1\0", more=colours)) == "#800080"


def test_channels_may_stand_in_planes(examine: Examine) -> None:
    planes = {273: (LONG, [8, 12, 16]), 279: (LONG, [4, 4, 4]), 284: (SHORT, [2])}
    pixels = b"\xff" * 4 + bytes(4) + b"\x33" * 4
    assert mean(examine, tiff([8] * 3, 2, pixels, more=planes)) == "#ff0033"
    assert refusal(examine, tiff([16] * 3, 2, pixels * 2, more=planes)) == "unsupported_format"


@pytest.mark.parametrize(
    ("bits", "photometric", "more"),
    [
        ([32], 1, {339: (SHORT, [3])}),
        ([32], 1, {}),
        ([64], 1, {339: (SHORT, [3])}),
        ([16], 1, {339: (SHORT, [2])}),
        ([8], 1, {339: (SHORT, [2])}),
        ([16], 0, {}),
        ([12], 1, {}),
        ([8] * 3, 8, {}),
        ([8] * 3, 6, {}),
        ([8, 8, 16], 2, {}),
        ([8] * 3, 2, {259: (SHORT, [6])}),
        ([8], 1, {259: (SHORT, [34925])}),
        ([8], 32803, {}),
        ([8] * 3, 2, {50706: (LONG, [1])}),
        ([8] * 3, 2, {254: (LONG, [1]), 330: (LONG, [8])}),
    ],
)
def test_what_has_no_white_or_is_read_wrongly_is_unsupported(
    bits: list[int], photometric: int, more: Fields, examine: Examine
) -> None:
    assert refusal(examine, tiff(bits, photometric, bytes(64), more=more)) == "unsupported_format"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.5])
@pytest.mark.parametrize("order", "<>")
def test_floating_point_is_refused_and_never_guessed(value: float, order: str, examine: Examine) -> None:
    data = tiff([32], 1, struct.pack(order + "4f", *[value] * 4), order, more={339: (SHORT, [3])})
    assert refusal(examine, data) == "unsupported_format"


def test_pages_are_counted_and_only_the_first_is_analysed(encode: Encode, examine: Examine) -> None:
    later = [Image.new("RGB", (30, 20), "#0000ff"), Image.new("L", (9, 9))]
    data = encode(Image.new("RGB", (20, 10), "#ff0000"), "TIFF", save_all=True, append_images=later)
    report = examine(data).report
    assert (report["image"]["frames"], report["image"]["animated"], report["image"]["width_px"]) == (3, True, 20)
    assert report["color"]["mean"] == "#ff0000"


@pytest.mark.case("images tiff strips", was="corrupt_image")
@pytest.mark.parametrize("following", [12, 60_000, 0xFFFFFFF0, 1])
def test_a_next_directory_that_leads_nowhere_is_the_end_of_the_pages(following: int, examine: Examine) -> None:
    report = examine(tiff([8], 1, b"\xff" * 4, following=following)).report
    assert (report["image"]["frames"], report["warnings"]) == (1, ["frames_ignored"])
    assert report["color"]["mean"] == "#ffffff"


@pytest.mark.case("images tiff strips", was="corrupt_image")
@pytest.mark.parametrize("counts", [[0], [3], [60_000], None])
def test_pixels_are_read_whatever_the_lengths_of_strips_say(counts: list[int] | None, examine: Examine) -> None:
    data = tiff([8], 1, b"\xff" * 4, more={279: (LONG, counts)} if counts else {})
    if counts is None:
        data = data.replace(struct.pack("<HHI", 279, LONG, 1), struct.pack("<HHI", 280, LONG, 1))
    assert mean(examine, data) == "#ffffff"


@pytest.mark.case("images tiff strips", was="corrupt_image")
def test_more_depths_than_samples_and_metadata_beyond_the_end_are_no_matter(examine: Examine) -> None:
    assert mean(examine, tiff([8] * 3, 1, b"\xff" * 4, more={277: (SHORT, [1])})) == "#ffffff"
    beyond = tiff([8], 1, b"\xff" * 4, more={315: (LONG, [1, 2])})
    assert mean(examine, beyond.replace(struct.pack("<HHI", 315, LONG, 2), struct.pack("<HHI", 315, LONG, 99_999))) == (
        "#ffffff"
    )


def test_endless_pages_are_counted_up_to_a_bound(examine: Examine) -> None:
    base = tiff([8], 1, bytes(4), following=12 + 6 + 12 * 9)
    pages = b"".join(struct.pack("<H12xI", 1, len(base) + 18 * (number + 1)) for number in range(10_001))
    report = examine(tiff([8], 1, bytes(4), following=len(base)) + pages).report
    assert (report["image"]["frames"], report["warnings"]) == (10_000, ["frames_ignored"])


def test_a_tile_far_larger_than_its_image_is_refused_before_it_is_allocated(examine: Examine) -> None:
    def tile_file(side: int) -> bytes:
        more = {322: (LONG, [side]), 323: (LONG, [side]), 324: (LONG, [8]), 325: (LONG, [side * side])}
        return tiff([8], 1, bytes(min(side, 1024) ** 2), more=more)

    assert mean(examine, tile_file(16)) == mean(examine, tile_file(1024)) == "#000000"
    with pytest.raises(ImageRejected, match="tiles of 65,520 x 65,520 pixels"):
        examine(tile_file(65_520))
    with pytest.raises(ImageRejected, match="tiles of 1,040 x 1,040 pixels"):
        examine(
            tiff([8], 1, bytes(4), more={322: (LONG, [1040]), 323: (LONG, [1040]), 324: (LONG, [8]), 325: (LONG, [4])})
        )


@pytest.mark.parametrize(
    "more",
    [
        {278: (SHORT, [1])},
        {278: (SHORT, [0])},
        {273: (LONG, [9999])},
        {257: (SHORT, [0])},
        {256: (2, [2])},
    ],
)
def test_a_tiff_that_lacks_pixels_is_corrupt(more: Fields, examine: Examine) -> None:
    assert refusal(examine, tiff([8], 1, bytes(4), more=more)) == "corrupt_image"


def test_a_decoder_gets_the_pixels_of_one_page_and_no_metadata(encode: Encode) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    data = encode(Image.new("RGB", (5, 3)), "TIFF", exif=exif, save_all=True, append_images=[Image.new("L", (9, 9))])
    image = picture(data).image
    assert isinstance(image, TiffImageFile)
    assert (image.n_frames, image.size) == (1, (5, 3))
    assert not {0x010F, 0x0112, 0x8769} & set(image.tag_v2)


@pytest.mark.parametrize("value", range(1, 9))
def test_every_orientation_of_a_tiff_is_told_and_made_once(value: int, encode: Encode, examine: Examine) -> None:
    image = Image.new("RGB", (5, 3))
    image.putdata([(20 * x, 60 * y, 0) for y in range(3) for x in range(5)])
    exif = Image.Exif()
    exif[0x0112] = value
    for compression in ("raw", "tiff_lzw"):
        data = encode(image, "TIFF", exif=exif, compression=compression)
        upright = image.transpose(_UPRIGHT[value]) if value > 1 else image
        assert working(data).image.tobytes() == upright.tobytes()
        facts = examine(data).report["image"]
        assert (facts["width_px"], facts["display_width_px"], facts["orientation"]) == (5, upright.width, value)


def test_decoding_is_estimated_by_the_pixels_of_a_strip_and_of_the_image() -> None:
    assert picture(tiff([8] * 3, 2, bytes(12))).bytes_per_px == 8
    assert picture(tiff([16] * 4, 2, bytes(32))).bytes_per_px == 12
