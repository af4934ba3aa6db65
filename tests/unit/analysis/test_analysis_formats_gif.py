"""GIF: the header without a decoder, the first frame without the others."""

import re
import struct
from io import BytesIO

import pytest
from PIL import Image

from shared.analysis import Limits
from shared.errors import ImageRejected
from tests.unit.analysis.pictures import Encode, Examine, picture, refusal, working

CONTROL = b"!\xf9\x04\x01\x00\x00\x01\x00"


def frames(encode: Encode, *colours: str, size: tuple[int, int] = (20, 10)) -> bytes:
    first, *later = (Image.new("RGB", size, colour) for colour in colours)
    return encode(first, "GIF", save_all=True, append_images=later)


def application(name: bytes, body: bytes) -> bytes:
    parts = [body[start : start + 255] for start in range(0, len(body), 255)]
    return b"!\xff\x0b" + name + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def with_extension(data: bytes, extension: bytes) -> bytes:
    """Insert a block before the first image."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    return data[:at] + extension + data[at:]


def grid(encode: Encode, **options: object) -> bytes:
    image = Image.new("P", (4, 4))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1] * 8)
    return encode(image, "GIF", **options)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_gif_header_says_what_pillow_says(mode: str, encode: Encode, examine: Examine) -> None:
    data = encode(Image.linear_gradient("L").convert(mode), "GIF")
    with Image.open(BytesIO(data)) as opened:
        expected = (opened.mode, *opened.size, "transparency" in opened.info, 1)
    facts = examine(data).report["image"]
    assert tuple(facts[name] for name in ("mode", "width_px", "height_px", "has_alpha", "frames")) == expected


def test_of_a_gif_animation_only_the_first_frame_counts(encode: Encode, examine: Examine) -> None:
    report = examine(frames(encode, "#ff0000", "#0000ff", "#00ff00")).report
    assert (report["image"]["animated"], report["image"]["frames"]) == (True, 3)
    assert (report["color"]["mean"], report["source"]["mime"]) == ("#ff0000", "image/gif")


def test_a_decoder_gets_only_the_first_frame(encode: Encode) -> None:
    moving = picture(frames(encode, *["#ff0000", "#0000ff"] * 20))
    assert (moving.frames, getattr(moving.image, "n_frames", 0)) == (40, 1)


def test_opening_lays_out_no_canvas(encode: Encode, examine: Examine) -> None:
    data = encode(Image.new("RGB", (20, 10), "#ff0000"), "GIF", disposal=2)
    opened = picture(data).image
    assert (getattr(opened, "disposal_method", None), getattr(opened, "dispose", "")) == (0, None)
    vast = data[:6] + struct.pack("<HH", 65_535, 65_535) + data[10:]
    assert examine(vast).report["error"]["code"] == "too_many_pixels"


def test_transparent_indices_are_laid_over_white(encode: Encode, examine: Examine) -> None:
    report = examine(grid(encode, transparency=1)).report
    assert (report["color"]["mean"], report["image"]["has_alpha"]) == ("#ff8080", True)
    assert examine(grid(encode)).report["color"]["mean"] == "#800080"


def test_the_last_control_block_before_a_frame_is_the_one_that_counts(encode: Encode, examine: Examine) -> None:
    data = with_extension(grid(encode), CONTROL + CONTROL[:3] + bytes(5))
    assert examine(data).report["image"]["has_alpha"] is False
    assert examine(data).report["color"]["mean"] == "#800080"
    assert examine(with_extension(grid(encode), CONTROL)).report["color"]["mean"] == "#ff8080"


def test_a_frame_beyond_the_screen_enlarges_it_as_it_does_when_decoded(encode: Encode, examine: Examine) -> None:
    data = bytearray(frames(encode, "#ff0000", size=(40, 30)))
    data[6:10] = struct.pack("<HH", 2, 2)
    facts = examine(bytes(data)).report["image"]
    assert (facts["width_px"], facts["height_px"]) == (40, 30)
    assert examine(bytes(data), limits=Limits(max_side_px=39)).report["error"]["code"] == "too_large_side"


def test_an_interlaced_gif_is_progressive_and_decoded_in_order(photo: Image.Image, encode: Encode) -> None:
    passes, plain = (encode(photo.convert("L"), "GIF", interlace=value) for value in (1, 0))
    assert (picture(passes).progressive, picture(plain).progressive) == (True, False)
    assert working(passes).grey.tobytes() == working(plain).grey.tobytes()


def test_a_colour_profile_is_found(encode: Encode) -> None:
    profile = bytes(range(256)) * 3
    assert picture(with_extension(grid(encode), application(b"ICCRGBG1012", profile))).icc == profile


def test_a_gif_of_endless_small_blocks_is_refused_at_a_bound(encode: Encode, examine: Examine) -> None:
    for crumbs in (b"!\xfe" + b"\1a" * 100_001 + b"\0", b"!\xfe\0" * 100_001, b"\0" * 100_001):
        with pytest.raises(ImageRejected, match="more than 100,000 small blocks"):
            examine(with_extension(grid(encode), crumbs))
    filled = b"!\xfe" + (b"\xff" + b"a" * 255) * 100_001 + b"\0"
    assert examine(with_extension(grid(encode), filled)).report["status"] == "ok"


@pytest.mark.parametrize("cut", ["no frame", "no pixels"])
def test_a_gif_without_what_makes_an_image_is_corrupt(cut: str, encode: Encode, examine: Examine) -> None:
    data = frames(encode, "#ff0000", "#0000ff")
    at = data.index(b",", 13)
    broken = {
        "no frame": data[:13] + bytes(3 << (data[10] & 7) + 1) + b";",
        "no pixels": data[: at + 5] + bytes(4) + data[at + 9 :],
    }[cut]
    assert refusal(examine, broken) == "corrupt_image"


@pytest.mark.case("images gif trailer", was="corrupt_image")
@pytest.mark.parametrize("junk", [b"", b"\0", b"junk", b"x,cut", b"!\xfe\x09cut", bytes(range(0x60, 0x100))])
def test_a_gif_without_a_trailer_is_read_as_far_as_its_frames_are_whole(
    junk: bytes, encode: Encode, examine: Examine
) -> None:
    whole = examine(frames(encode, "#ff0000", "#0000ff")).report
    report = examine(frames(encode, "#ff0000", "#0000ff")[:-1] + junk).report
    assert (report["warnings"], report["image"], report["hash"]) == (["trailer_missing"], whole["image"], whole["hash"])


def test_junk_before_the_first_frame_is_skipped_as_pillow_skips_it(encode: Encode, examine: Examine) -> None:
    data = with_extension(frames(encode, "#ff0000", "#0000ff"), b"X")
    assert examine(data).report["image"]["frames"] == 2


def test_a_gif_cut_off_in_a_later_frame_is_corrupt(encode: Encode, examine: Examine) -> None:
    data = frames(encode, "#ff0000", "#0000ff", "#00ff00")
    starts = [found.start() for found in re.finditer(rb",\0\0\0\0\x14\0\x0a\0", data)]
    assert len(starts) == 3
    for start in starts:
        for length in (5, 10, 15):
            assert refusal(examine, data[: start + length]) == "corrupt_image"


def test_pixels_that_end_early_are_corrupt_though_the_blocks_are_whole(encode: Encode, examine: Examine) -> None:
    data = grid(encode)
    with pytest.raises(ImageRejected, match="can't be decoded"):
        examine(data[: data.index(b",", 13) + 10] + b"\x02\x01\x04\x00;")
