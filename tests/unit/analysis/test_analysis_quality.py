"""Blur, light and contrast: figures of theory on made images, order on photographs."""

import math
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from shared.analysis.analyzers.quality import Light, blur, flags, light
from tests.unit.analysis.pictures import Encode, Examine

MIDDLE = Light(brightness=0.5, contrast=0.5, shadow_clip=0, highlight_clip=0, entropy_bits=7)


def checkerboard() -> Image.Image:
    return Image.frombytes("L", (256, 256), (bytes([0, 255] * 128) + bytes([255, 0] * 128)) * 128)


def step(height: int = 252) -> Image.Image:
    image = Image.new("L", (200, 200), 0)
    image.paste(height, (100, 0, 200, 200))
    return image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (64, 64), 0), (0, 0, 1, 0, 0)),
        (Image.new("L", (64, 64), 255), (1, 0, 0, 1, 0)),
        (Image.new("L", (64, 64), 51), (0.2, 0, 0, 0, 0)),
        (checkerboard(), (0.5, 1, 0.5, 0.5, 1)),
        # Evenly spread: deviation sqrt((256^2 - 1) / 12) of 127.5; three codes of 256 at either end.
        (Image.linear_gradient("L"), (0.5, math.sqrt((256**2 - 1) / 12) / 127.5, 3 / 256, 3 / 256, 8)),
    ],
    ids=["black", "white", "a fifth", "checkerboard", "ramp"],
)
def test_light_has_the_figures_of_theory(image: Image.Image, expected: tuple[float, ...]) -> None:
    # Brightness, contrast, both ends, bits.
    assert light(image.histogram()) == pytest.approx(expected, abs=0.00006)


@pytest.mark.parametrize("share", [0.5, 0.25, 0.125, 0.01])
def test_the_entropy_of_two_greys_is_that_of_a_coin(share: float) -> None:
    counts = [0] * 256
    counts[10], counts[200] = round(10_000 * share), round(10_000 * (1 - share))
    expected = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
    assert light(counts).entropy_bits == pytest.approx(expected, abs=0.0006)


@pytest.mark.parametrize(
    ("image", "figure"),
    [
        # A mean of nine leaves a ninth of a step between neighbours, at each of nine places: all the rest is lost.
        (step(), 1 / 9),
        (checkerboard(), 1 / 9),
        # A step that is a ramp of nine: the second mean leaves (9 - |k|) / 81 of 9 / 81, for k from -4 to 4.
        (step().filter(ImageFilter.BoxBlur((4, 0))), 1 - 20 / 81),
        # A mean does not change a ramp at all.
        (Image.linear_gradient("L"), 1),
    ],
    ids=["step", "checkerboard", "blurred step", "ramp"],
)
def test_blur_is_the_share_of_variation_that_another_blur_leaves(image: Image.Image, figure: float) -> None:
    assert blur(image) == pytest.approx(figure, abs=0.015)
    assert blur(image.transpose(Image.Transpose.TRANSPOSE)) == pytest.approx(figure, abs=0.015)


def test_the_worse_direction_decides() -> None:
    soft = step(126).transpose(Image.Transpose.TRANSPOSE).filter(ImageFilter.BoxBlur((0, 4)))
    both = ImageChops.add(step(126), soft)  # sharp across, blurred down
    assert blur(both) == blur(both.transpose(Image.Transpose.TRANSPOSE)) == pytest.approx(1 - 20 / 81, abs=0.03)


def test_nothing_that_changes_within_four_pixels_of_the_border_counts() -> None:
    image = Image.new("L", (200, 200), 0)
    image.paste(255, (0, 0, 4, 200))
    assert blur(image) is None
    image.paste(255, (0, 0, 5, 200))
    assert blur(image) is not None


@pytest.mark.parametrize("size", [(200, 200), (26, 500), (500, 26), (1, 1)])
def test_where_nothing_changes_or_hardly_a_pixel_is_there_blur_is_not_told(size: tuple[int, int]) -> None:
    image = Image.new("L", size, 9) if size == (200, 200) else Image.effect_noise(size, 80)
    assert blur(image) is None


@pytest.mark.parametrize("name", ["cat.png", "coffee.webp", "retina.jpg", "rocket.jpg"])
def test_a_photograph_is_sharp_until_it_is_blurred(name: str, samples: Path, encode: Encode, examine: Examine) -> None:
    with Image.open(samples / name) as opened:
        image = opened.convert("RGB")
    image.thumbnail((500, 500))
    sharp, soft = (
        examine(encode(made, "PNG"), thumbnail=None).report["quality"]
        for made in (image, image.filter(ImageFilter.GaussianBlur(4)))
    )
    assert sharp["blur"] < 0.4
    assert soft["blur"] > sharp["blur"] + 0.2
    assert ("blurred" in sharp["flags"], "blurred" in soft["flags"]) == (False, True)


@pytest.mark.parametrize(
    ("measured", "spread", "expected"),
    [
        (MIDDLE, 0.5, []),
        (MIDDLE, 0.5001, ["blurred"]),
        (MIDDLE, None, []),
        (MIDDLE._replace(brightness=0.23), 0, []),
        (MIDDLE._replace(brightness=0.2299), 0, ["dark"]),
        (MIDDLE._replace(brightness=0.87), 0, []),
        (MIDDLE._replace(brightness=0.8701), 0, ["bright"]),
        (MIDDLE._replace(contrast=0.115), 0, []),
        (MIDDLE._replace(contrast=0.1149), 0, ["low_contrast"]),
    ],
)
def test_a_flag_is_raised_beyond_its_threshold_and_not_at_it(
    measured: Light, spread: float | None, expected: list[str]
) -> None:
    assert flags(measured, spread) == expected


def test_two_stops_from_mid_grey_are_the_thresholds_of_light() -> None:
    def srgb(linear: float) -> float:
        return float(1.055 * linear ** (1 / 2.4) - 0.055)

    assert (round(srgb(0.18 / 4), 2), round(srgb(0.18 * 4), 2)) == (0.23, 0.87)


def test_a_black_frame_is_dark_and_without_contrast_and_not_called_blurred(encode: Encode, examine: Examine) -> None:
    found = examine(encode(Image.new("RGB", (640, 480)), "JPEG")).report["quality"]
    assert found == {
        "blur": None,
        "brightness": 0,
        "contrast": 0,
        "shadow_clip": 1,
        "highlight_clip": 0,
        "entropy_bits": 0,
        "flags": ["dark", "low_contrast"],
    }
