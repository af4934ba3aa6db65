"""Means, colourfulness and palettes of images whose figures theory gives."""

import pytest
from PIL import Image

from shared.analysis.analyzers.color import colorfulness, mean, palette
from shared.analysis.decode import miniature
from tests.unit.analysis.pictures import Encode, Examine


def halves(left: str, right: str) -> Image.Image:
    image = Image.new("RGB", (640, 480), left)
    image.paste(right, (320, 0, 640, 480))
    return image


def test_the_mean_of_one_colour_is_that_colour(encode: Encode, examine: Examine) -> None:
    found = examine(encode(Image.new("RGB", (3000, 7), "#a1b2c3"), "PNG")).report["color"]
    assert (found["mean"], found["palette"]) == ("#a1b2c3", [{"hex": "#a1b2c3", "share": 1.0}])


def test_the_mean_rounds_half_up() -> None:
    image = Image.new("RGB", (2, 1), "#000000")
    image.putpixel((1, 0), (1, 3, 255))
    assert mean(image) == "#010280"


@pytest.mark.parametrize("grey", ["#000000", "#808080", "#ffffff"])
def test_grey_has_no_colourfulness(grey: str, photo: Image.Image) -> None:
    assert colorfulness(Image.new("RGB", (300, 200), grey)) == 0
    assert colorfulness(photo.convert("L").convert("RGB")) == 0


@pytest.mark.parametrize(
    ("image", "figure"),
    [
        # One colour has no deviation: 0.3 x the length of (R - G, (R + G) / 2 - B).
        (Image.new("RGB", (300, 200), "#ff0000"), 0.3 * (255**2 + 127.5**2) ** 0.5),
        (Image.new("RGB", (300, 200), "#0000ff"), 0.3 * 255),
        (Image.new("RGB", (300, 200), "#ffff00"), 0.3 * 255),
        # Red and blue: R - G is 255 or 0, the other axis 127.5 or -255; their means and deviations follow.
        (halves("#ff0000", "#0000ff"), (127.5**2 + 191.25**2) ** 0.5 + 0.3 * (127.5**2 + 63.75**2) ** 0.5),
        # Red and green are as far apart, and as yellow, as can be.
        (halves("#ff0000", "#00ff00"), 255 + 0.3 * 127.5),
    ],
)
def test_colourfulness_is_that_of_hasler_and_suesstrunk(image: Image.Image, figure: float) -> None:
    assert colorfulness(image) == pytest.approx(figure, abs=0.6)  # half a code of yellow is cut off


def test_colourfulness_counts_pixels_as_they_are_and_not_mixed() -> None:
    fine = Image.new("RGB", (1024, 8), "#ff0000")
    for x in range(0, 1024, 14):
        fine.paste("#00ff00", (x, 0, x + 7, 8))  # samples lie four apart: some between two stripes, if they had a width
    assert colorfulness(fine) == pytest.approx(255 + 0.3 * 127.5, abs=2)


def test_a_palette_of_two_colours_has_these_with_their_shares() -> None:
    image = halves("#c81e28", "#143c8c")
    image.paste("#c81e28", (0, 0, 480, 480))
    assert palette(miniature(image)) == [{"hex": "#c81e28", "share": 0.75}, {"hex": "#143c8c", "share": 0.25}]


def test_a_palette_keeps_a_small_area_of_a_strong_colour(photo: Image.Image) -> None:
    spotted = photo.copy()
    spotted.paste("#00ff00", (224, 150, 238, 159))  # a thousandth of it
    colours = [bytes.fromhex(found["hex"][1:]) for found in palette(miniature(spotted))]
    assert [green for red, green, blue in colours if max(red, blue) < 50 and green > 200]


def test_a_palette_of_a_photograph_has_six_colours_whose_shares_are_all_of_it(photo: Image.Image) -> None:
    found = palette(miniature(photo))
    shares = [colour["share"] for colour in found]
    assert len(found) == 6
    assert sum(shares) == pytest.approx(1, abs=0.0006)
    assert shares == sorted(shares, reverse=True)


def test_an_image_of_one_pixel_has_colours_too() -> None:
    image = Image.new("RGB", (1, 1), "#123456")
    assert (mean(image), palette(miniature(image))) == ("#123456", [{"hex": "#123456", "share": 1.0}])
    assert colorfulness(image) == pytest.approx(0.3 * (0x22**2 + 51**2) ** 0.5, abs=0.3)
