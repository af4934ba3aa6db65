"""BMP: every depth and header, and nothing that Pillow would read past its end."""

import struct

import pytest
from PIL import Image

from tests.unit.analysis.pictures import Encode, Examine, header_facts, picture, pillow_facts, refusal


def bmp(
    bits: int,
    pixels: bytes,
    *,
    compression: int = 0,
    height: int = 2,
    colours: int | None = None,
    tail: bytes = b"",
    masks: bytes = b"",
    palette: bytes = b"",
) -> bytes:
    """Build a BMP of 2 x 2 px; ``tail`` ends its header."""
    values = (40 + len(tail), 2, height, 1, bits, compression, len(pixels), 0, 0)
    head = struct.pack("<IiiHHIIiiII", *values, len(palette) // 4 if colours is None else colours, 0) + tail
    start = 14 + len(head) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + masks + palette + pixels


RED_BLUE = bytes([0, 0, 255, 0, 255, 0, 0, 0])
#: Two pixels a row, the left one red and the right one blue, rows padded to four bytes.
ROWS = {1: b"\x40\0\0\0", 4: b"\x01\0\0\0", 8: b"\x00\x01\0\0", 16: b"\x00\x7c\x1f\x00", 24: b"\0\0\xff\xff\0\0\0\0"}
ROWS[32] = b"\0\0\xff\0\xff\0\0\0"


@pytest.mark.parametrize("bits", ROWS)
def test_every_depth_has_its_colours(bits: int, examine: Examine) -> None:
    palette = RED_BLUE if bits <= 8 else b""
    report = examine(bmp(bits, ROWS[bits] * 2, palette=palette)).report
    assert (report["color"]["mean"], report["source"]["mime"]) == ("#800080", "image/bmp")
    assert report["image"]["mode"] == ("P" if bits <= 8 else "RGB")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_a_bmp_header_says_what_pillow_says(mode: str, encode: Encode, examine: Examine) -> None:
    image = Image.linear_gradient("L").resize((7, 5)).convert("RGB")
    data = encode(image.quantize(9) if mode == "P" else image.convert(mode), "BMP")
    assert header_facts(examine, data) == pillow_facts(data)


def test_rows_may_run_downwards(examine: Examine) -> None:
    rows = ROWS[24] + bytes(8)
    up, down = examine(bmp(24, rows)), examine(bmp(24, rows, height=-2))
    assert up.report["image"]["height_px"] == down.report["image"]["height_px"] == 2
    assert up.thumbnail is not None
    assert down.thumbnail is not None
    assert up.report["hash"] != down.report["hash"] or up.thumbnail.data != down.thumbnail.data


def test_a_core_header_has_a_palette_of_three_bytes(examine: Examine) -> None:
    head = struct.pack("<IHHHH", 12, 2, 2, 1, 1)
    palette = bytes([0, 0, 255, 255, 0, 0])
    data = b"BM" + struct.pack("<IHHI", 40, 0, 0, 32) + head + palette + ROWS[1] * 2
    assert examine(data).report["color"]["mean"] == "#800080"


def test_alpha_by_masks_is_laid_over_white(examine: Examine) -> None:
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    report = examine(bmp(32, b"\0\0\xff\x80" * 4, compression=3, tail=masks)).report
    assert (report["color"]["mean"], report["image"]["mode"]) == ("#ff7f7f", "RGBA")
    assert report["image"]["has_alpha"] is True


def test_alpha_that_is_0_everywhere_is_none(examine: Examine) -> None:
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    data = bmp(32, b"\0\0\xff\0" * 4, compression=3, tail=masks)
    assert examine(data).report["color"]["mean"] == "#ff0000"
    assert picture(data).bytes_per_px == 10


def test_sixteen_bits_by_masks(examine: Examine) -> None:
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    assert examine(bmp(16, struct.pack("<HH", 0xF800, 0x1F) * 2, compression=3, masks=masks)).report["color"][
        "mean"
    ] == ("#800080")


@pytest.mark.parametrize(("bits", "kind", "run"), [(8, 1, b"\x01\x00\x01\x01\0\0"), (4, 2, b"\x02\x01\0\0")])
def test_runs_are_unpacked(bits: int, kind: int, run: bytes, examine: Examine) -> None:
    palette = RED_BLUE + bytes(4 * (2**bits - 2))
    data = bmp(bits, run * 2 + b"\0\1", compression=kind, palette=palette)
    assert examine(data).report["color"]["mean"] == "#800080"
    assert refusal(examine, data[:-6]) == "corrupt_image"


def test_runs_that_would_keep_python_busy_are_refused(examine: Examine) -> None:
    assert (
        refusal(examine, bmp(8, b"\1\0" * (2 << 20) + b"\0", compression=1, palette=RED_BLUE)) == "unsupported_format"
    )


@pytest.mark.parametrize(
    ("bits", "options"),
    [
        (2, {}),
        (64, {}),
        (24, {"compression": 4}),
        (24, {"compression": 5}),
        (32, {"masks": 12}),
    ],
)
def test_what_pillow_can_not_read_is_unsupported(bits: int, options: dict[str, int], examine: Examine) -> None:
    odd = {"compression": 3, "masks": struct.pack("<III", 7, 56, 448)} if "masks" in options else options
    assert refusal(examine, bmp(bits, bytes(64), **odd)) == "unsupported_format"


#: Bytes at the end of a row that no pixel needs.
PADDING = {1: 3, 4: 3, 8: 2, 16: 0, 24: 2, 32: 0}


@pytest.mark.parametrize("missing", [1, 4])
@pytest.mark.parametrize("bits", ROWS)
def test_pixels_that_are_cut_off_are_corrupt(bits: int, missing: int, examine: Examine) -> None:
    data = bmp(bits, ROWS[bits] * 2, palette=RED_BLUE if bits <= 8 else b"")
    assert refusal(examine, data[: -PADDING[bits] - missing]) == "corrupt_image"


@pytest.mark.case("images bmp padding", was="corrupt_image")
@pytest.mark.parametrize("missing", [1, 2, 3])
@pytest.mark.parametrize("bits", ROWS)
def test_the_padding_of_the_last_row_may_be_missing(bits: int, missing: int, examine: Examine) -> None:
    data = bmp(bits, ROWS[bits] * 2, palette=RED_BLUE if bits <= 8 else b"")
    lost = min(missing, PADDING[bits])
    assert examine(data[: len(data) - lost]).report["color"]["mean"] == "#800080"


def test_a_palette_of_too_many_colours_is_unsupported(examine: Examine) -> None:
    assert refusal(examine, bmp(8, bytes(8), colours=65_537)) == "unsupported_format"


@pytest.mark.case("images variants", was="corrupt_image")
def test_the_short_header_of_os_2_is_unsupported(examine: Examine) -> None:
    head = struct.pack("<IIIHH", 16, 2, 2, 1, 24)
    data = b"BM" + struct.pack("<IHHI", 46, 0, 0, 30) + head + ROWS[24] * 2
    assert refusal(examine, data) == "unsupported_format"


def test_the_profile_of_a_v5_header_is_found() -> None:
    tail = bytearray(84)
    tail[16:20] = struct.pack("<I", 0x4D424544)
    tail[72:80] = struct.pack("<II", 124 + 16, 7)
    assert picture(bmp(24, ROWS[24] * 2, tail=bytes(tail)) + b"profile").icc == b"profile"


def test_a_huge_bmp_is_judged_by_its_header_before_its_pixels_are_missed(examine: Examine) -> None:
    data = bytearray(bmp(24, ROWS[24] * 2))
    data[18:26] = struct.pack("<ii", 60_000, 60_000)
    assert examine(bytes(data)).report["error"]["code"] == "too_many_pixels"
