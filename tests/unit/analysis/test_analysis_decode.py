"""One decode gives a small, upright, opaque sRGB image, whatever the file was."""

import struct
from collections.abc import Callable

import pytest
from PIL import Image, ImageCms

from shared.analysis.decode import fit_size, reduction
from shared.analysis.formats.picture import verdict
from shared.analysis.icc import _transform
from shared.errors import ImageRejected
from tests.unit.analysis.pictures import Encode, Examine, mean, pixel, working


def exif_of(value: int) -> bytes:
    return b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)


def lay_out(display: Image.Image, value: int) -> Image.Image:
    """Lay out pixels as a camera held that way stores them: Exif 3.0, 4.6.5.1.4, row 0 and column 0."""
    width, height = display.size
    sources: dict[int, Callable[[int, int], tuple[int, int]]] = {
        1: lambda row, column: (column, row),
        2: lambda row, column: (width - 1 - column, row),
        3: lambda row, column: (width - 1 - column, height - 1 - row),
        4: lambda row, column: (column, height - 1 - row),
        5: lambda row, column: (row, column),
        6: lambda row, column: (width - 1 - row, column),
        7: lambda row, column: (width - 1 - row, height - 1 - column),
        8: lambda row, column: (row, height - 1 - column),
    }
    image = Image.new("RGB", display.size if value < 5 else (height, width))
    for row in range(image.height):
        for column in range(image.width):
            image.putpixel((column, row), pixel(display, sources[value](row, column)))
    return image


@pytest.mark.parametrize(
    ("size", "by"),
    [
        ((4000, 3000), 4),
        ((8064, 6048), 8),
        ((7680, 10), 8),
        ((7679, 10), 4),
        ((1920, 9), 2),
        ((1919, 9), 1),
        ((1, 1), 1),
    ],
)
def test_a_jpeg_is_reduced_by_the_most_that_keeps_960_px(size: tuple[int, int], by: int) -> None:
    assert reduction(size) == by


def test_a_large_jpeg_is_decoded_at_a_reduced_size(encode: Encode) -> None:
    # Decoded in full and shrunk afterwards it would be reduced by 5 to 1000 px, not by 4 and fit_size to 1024.
    assert working(encode(Image.new("RGB", (5000, 50)), "JPEG")).image.size == (1024, 11)
    assert working(encode(Image.new("RGB", (5000, 50)), "PNG")).image.size == (1000, 10)


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(65_500, 1), (1, 65_500), (65_500, 7)])
def test_an_image_one_pixel_high_survives_reduction(
    name: str, size: tuple[int, int], encode: Encode, examine: Examine
) -> None:
    made = examine(encode(Image.new("RGB", size, "#ffffff"), name))
    assert made.report["color"]["mean"] == "#ffffff"
    assert made.thumbnail is not None
    assert max(made.thumbnail.width_px, made.thumbnail.height_px) == 320
    assert min(made.thumbnail.width_px, made.thumbnail.height_px) == 1


@pytest.mark.parametrize(
    ("size", "edge", "expected"),
    [((4000, 3000), 320, (320, 240)), ((100, 50), 320, (100, 50)), ((5000, 1), 320, (320, 1)), ((3, 2), 2, (2, 1))],
)
def test_fitting_keeps_proportions_and_never_enlarges(
    size: tuple[int, int], edge: int, expected: tuple[int, int]
) -> None:
    assert fit_size(size, edge) == expected


@pytest.mark.parametrize("value", range(1, 9))
def test_every_orientation_comes_out_upright(value: int, encode: Encode, examine: Examine) -> None:
    display = Image.new("RGB", (5, 3))
    display.putdata([(20 * x, 60 * y, 0) for y in range(3) for x in range(5)])
    data = encode(lay_out(display, value), "PNG", exif=exif_of(value))
    assert working(data).image.tobytes() == display.tobytes()
    facts = examine(data).report["image"]
    assert (facts["display_width_px"], facts["display_height_px"], facts["orientation"]) == (5, 3, value)
    assert (facts["width_px"], facts["height_px"]) == ((5, 3) if value < 5 else (3, 5))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_read_from_every_format(name: str, encode: Encode, examine: Examine) -> None:
    report = examine(encode(Image.new("RGB", (400, 100)), name, exif=exif_of(8))).report
    assert report["image"]["orientation"] == 8
    assert (report["thumbnail"]["width_px"], report["thumbnail"]["height_px"]) == (80, 320)


def test_broken_metadata_neither_fails_nor_warns_about_an_image(encode: Encode, examine: Examine) -> None:
    index = b"MPF\0II*\0\x08\0\0\0\x02\0" + b"\xff" * 40
    data = encode(Image.new("RGB", (32, 32), "#ffffff"), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\0" + b"\xff" * 50)
    segment = b"\xff\xe2" + struct.pack(">H", len(index) + 2) + index
    assert mean(examine, data[:2] + segment + data[2:]) == "#ffffff"


def test_transparent_pixels_are_laid_over_white(encode: Encode, examine: Examine) -> None:
    assert mean(examine, encode(Image.new("RGBA", (9, 9), (255, 0, 0, 128)), "PNG")) == "#ff7f7f"
    assert mean(examine, encode(Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "WEBP", lossless=True)) == "#ffffff"
    assert mean(examine, encode(Image.new("LA", (9, 9), (0, 51)), "PNG")) == "#cccccc"


def test_transparent_pixels_do_not_bleed_their_colour_when_shrunk(encode: Encode, examine: Examine) -> None:
    image = Image.new("RGBA", (4000, 8), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 2001, 8))
    assert mean(examine, encode(image, "PNG")) == "#ffffff"


def test_a_palette_with_transparency_is_resolved_before_pixels_mix(png: Encode, examine: Examine) -> None:
    palette = (b"PLTE", bytes([0, 0, 0, 0, 0, 255]))
    report = examine(png((2, 1), 8, 3, b"\0\1", palette, (b"tRNS", b"\0"))).report
    assert (report["image"]["mode"], report["image"]["has_alpha"]) == ("P", True)
    assert report["color"]["mean"] == "#8080ff"
    assert mean(examine, png((2, 1), 8, 3, b"\0\1", palette, (b"tRNS", b"\0\x80"))) == "#bfbfff"
    assert mean(examine, png((2, 1), 8, 3, b"\0\1", palette)) == "#000080"


@pytest.mark.parametrize(("bits", "row"), [(1, b"\xff"), (2, b"\xff\xff"), (4, b"\xff" * 4), (8, b"\xff" * 8)])
def test_a_transparent_grey_is_found_at_every_depth(bits: int, row: bytes, png: Encode, examine: Examine) -> None:
    key = struct.pack(">H", 0)
    black = bytes(len(row))
    report = examine(png((8, 2), bits, 0, row + black, (b"tRNS", key))).report
    assert (report["color"]["mean"], report["image"]["has_alpha"], report["warnings"]) == ("#ffffff", True, [])
    lightest = struct.pack(">H", 2**bits - 1)
    assert mean(examine, png((8, 2), bits, 0, black + black, (b"tRNS", lightest))) == "#000000"
    assert mean(examine, png((8, 1), bits, 0, row, (b"tRNS", lightest))) == "#ffffff"


@pytest.mark.parametrize("grey", [0x02, 0x03])
def test_a_transparent_grey_of_few_bits_is_scaled_like_its_pixels(grey: int, png: Encode, examine: Examine) -> None:
    # Two bits, all pixels 2, which decode to 170: hidden by the key 2 only.
    expected = {0x02: "#ffffff", 0x03: "#aaaaaa"}[grey]
    assert mean(examine, png((4, 1), 2, 0, b"\xaa", (b"tRNS", struct.pack(">H", grey)))) == expected


def test_a_transparent_rgb_colour_is_laid_over_white(png: Encode, examine: Examine) -> None:
    pixels = bytes([255, 0, 0, 0, 0, 255])
    assert mean(examine, png((2, 1), 8, 2, pixels, (b"tRNS", struct.pack(">HHH", 255, 0, 0)))) == "#8080ff"


@pytest.mark.parametrize("colour", [0, 2])
def test_a_transparent_colour_of_16_bits_is_ignored_with_a_warning(colour: int, png: Encode, examine: Examine) -> None:
    samples = 3 if colour else 1
    data = png((1, 1), 16, colour, b"\x40\x40" * samples, (b"tRNS", b"\x40\x40" * samples))
    report = examine(data).report
    assert (report["color"]["mean"], report["warnings"]) == ("#404040", ["transparency_ignored"])


@pytest.mark.parametrize("level", [0, 1, 64, 127, 128, 254, 255])
def test_sixteen_bits_scale_to_eight_without_clipping(level: int, png: Encode, examine: Examine) -> None:
    grey = png((3, 3), 16, 0, bytes([level, level]) * 9)
    assert examine(grey).report["image"]["mode"] == "I;16"
    assert mean(examine, grey) == f"#{level:02x}{level:02x}{level:02x}"
    assert mean(examine, png((3, 3), 16, 2, bytes([level, level]) * 27)) == f"#{level:02x}{level:02x}{level:02x}"


def test_sixteen_bits_round_to_the_nearest_level(png: Encode, examine: Examine) -> None:
    assert mean(examine, png((1, 1), 16, 0, struct.pack(">H", 257 * 2 - 128))) == "#020202"
    assert mean(examine, png((1, 1), 16, 0, struct.pack(">H", 257 * 2 - 129))) == "#010101"


@pytest.mark.parametrize("width", [1024, 4096])
def test_a_ramp_of_sixteen_bits_keeps_all_its_greys(width: int, png: Encode) -> None:
    ramp = b"".join(struct.pack(">H", x * 65535 // (width - 1)) for x in range(width))
    image = working(png((width, 1), 16, 0, ramp)).image.convert("L")
    assert len(set(image.tobytes())) == 256
    assert abs(sum(image.tobytes()) / image.width - 127.5) < 0.5


def test_cmyk_comes_out_as_rgb(encode: Encode, examine: Examine) -> None:
    report = examine(encode(Image.new("CMYK", (64, 48), (0, 255, 255, 0)), "JPEG", quality=95)).report
    red, green, blue = bytes.fromhex(report["color"]["mean"][1:])
    assert report["image"]["mode"] == "CMYK"
    assert (red > 250, green < 5, blue < 5) == (True, True, True)


@pytest.mark.parametrize(("mode", "colour", "expected"), [("1", 1, "#ffffff"), ("L", 77, "#4d4d4d")])
def test_images_without_colour_are_analysed_too(
    mode: str, colour: int, expected: str, encode: Encode, examine: Examine
) -> None:
    assert mean(examine, encode(Image.new(mode, (2000, 3), colour), "PNG")) == expected


@pytest.mark.parametrize("name", ["WEBP", "PNG"])
def test_of_an_animation_only_the_first_frame_counts(name: str, encode: Encode, examine: Examine) -> None:
    later = [Image.new("RGB", (32, 32), "#0000ff"), Image.new("RGB", (32, 32), "#00ff00")]
    options = {"lossless": True} if name == "WEBP" else {}
    first = Image.new("RGB", (32, 32), "#ff0000")
    report = examine(encode(first, name, save_all=True, append_images=later, **options)).report
    assert (report["image"]["animated"], report["image"]["frames"]) == (True, 3)
    assert report["color"]["mean"] == "#ff0000"


def test_a_png_that_announces_an_animation_of_no_frames_is_a_still_image(png: Encode, examine: Examine) -> None:
    report = examine(png((1, 1), 8, 0, b"\xff", (b"acTL", bytes(8)))).report
    assert (report["image"]["animated"], report["image"]["frames"], report["warnings"]) == (False, 1, [])


def test_colours_of_a_wide_gamut_are_converted_to_srgb(adobe_rgb: bytes, encode: Encode, examine: Examine) -> None:
    # Adobe RGB (1998), 4.3: gamma 563/256, D65; its red is sRGB's green-blue plane seen from further out.
    red, rest = ((value / 255) ** (563 / 256) for value in (180, 120))
    linear = (1.39836 * red - 0.39836 * rest, rest, rest)
    expected = [255 * (1.055 * value ** (1 / 2.4) - 0.055) for value in linear]
    found = mean(examine, encode(Image.new("RGB", (8, 8), (180, 120, 120)), "PNG", icc_profile=adobe_rgb))
    assert bytes.fromhex(found[1:]) == pytest.approx(expected, abs=1.01)


def test_a_profile_of_srgb_changes_no_pixel(photo: Image.Image, encode: Encode) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert _transform(profile, "RGB") is None
    assert working(encode(photo, "PNG", icc_profile=profile)).image.tobytes() == photo.tobytes()


def test_a_grey_image_with_an_rgb_profile_is_converted_as_rgb(
    adobe_rgb: bytes, encode: Encode, examine: Examine
) -> None:
    report = examine(encode(Image.new("L", (8, 8), 200), "PNG", icc_profile=adobe_rgb)).report
    assert report["warnings"] == []
    assert len(set(bytes.fromhex(report["color"]["mean"][1:]))) == 1


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_profile_that_is_broken_or_of_another_kind_is_ignored_with_a_warning(
    mode: str, adobe_rgb: bytes, encode: Encode, examine: Examine
) -> None:
    profile = adobe_rgb if mode == "CMYK" else b"no profile at all"
    report = examine(encode(Image.new(mode, (16, 16), 0), "JPEG", icc_profile=profile)).report
    assert (report["status"], report["warnings"]) == ("ok", ["icc_ignored"])


OUT_OF_MEMORY = [
    "out of memory error when reading image file",
    "Pixel allocation failed: Out of memory",
    "Memory allocation error: Unspecified: Allocating 12000015 bytes failed",
]
GIVEN_UP = {
    "decoding error when reading image file": "corrupt_image",
    "Memory allocation error: Security limit exceeded: Image size 4000x3000 exceeds the maximum image size 26896": (
        "unsupported_format"
    ),
    "Unsupported feature: Unsupported codec": "unsupported_format",
    "Unsupported feature: Layered HEVC images (lhv1) are not supported yet": "unsupported_format",
    "Error while loading plugin: Support for this compression format has not been built in": "unsupported_format",
}


@pytest.mark.parametrize("said", OUT_OF_MEMORY)
def test_a_codec_that_runs_out_of_memory_is_not_a_corrupt_image(said: str) -> None:
    assert isinstance(verdict(RuntimeError(said), "heic"), MemoryError)


@pytest.mark.parametrize("said", GIVEN_UP)
def test_a_codec_that_gives_up_a_file_is_not_out_of_memory(said: str) -> None:
    found = verdict(OSError(said), "png")
    assert isinstance(found, ImageRejected)
    assert found.code == GIVEN_UP[said]
