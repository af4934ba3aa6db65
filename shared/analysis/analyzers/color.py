"""The colours of an image: mean, colourfulness, and a palette."""

import math
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageChops

from shared.analysis.decimals import ratio
from shared.analysis.decode import MINIATURE_EDGE_PX, Working, fit_size
from shared.analysis.schema import Color, Swatch

#: Colourfulness is that of a sample of unmixed pixels, 256 px long.
_SAMPLE_EDGE_PX = 256
_COLOURS = 6


def analyze(working: Working, _facts: Mapping[str, Any]) -> Color:
    """Describe the colours, sRGB."""
    image = working.image
    return {"mean": mean(image), "colorfulness": colorfulness(image), "palette": palette(working.miniature)}


def mean(image: Image.Image) -> str:
    """Return the mean of each channel as ``#rrggbb``, rounded half up; of coded values, not of light.

    Args:
        image: Mode RGB.
    """
    counts = image.histogram()
    pixels = image.width * image.height
    means = []
    for start in (0, 256, 512):
        total = sum(value * count for value, count in enumerate(counts[start : start + 256]))
        means.append((2 * total + pixels) // (2 * pixels))
    return "#{:02x}{:02x}{:02x}".format(*means)


def colorfulness(image: Image.Image) -> float:
    """Return how colourful an image is, to one decimal: 0 is grey, 33 average, 109 extremely colourful.

    Args:
        image: Mode RGB.

    Source:
        D. Hasler, S. Suesstrunk, "Measuring colourfulness in natural images", 2003, section 7 and table 2.
    """
    sample = image.resize(fit_size(image.size, _SAMPLE_EDGE_PX), Image.Resampling.NEAREST)
    red, green, blue = sample.split()
    pixels = sample.width * sample.height
    red_green, rg_squares = _differences(red, green)
    yellow_blue, yb_squares = _differences(ImageChops.add(red, green, scale=2), blue)
    variance = pixels * (rg_squares + yb_squares) - red_green**2 - yellow_blue**2  # x pixels squared
    means = red_green**2 + yellow_blue**2
    return ratio(10 * math.isqrt(10**6 * variance) + 3 * math.isqrt(10**6 * means), 10_000 * pixels, 1)


def _differences(left: Image.Image, right: Image.Image) -> tuple[int, int]:
    """Return the sum of ``left - right`` over all pixels, and the sum of their squares."""
    over = ImageChops.subtract(left, right).histogram()
    under = ImageChops.subtract(right, left).histogram()
    total = sum(value * (more - less) for value, (more, less) in enumerate(zip(over, under, strict=True)))
    squares = sum(value * value * (more + less) for value, (more, less) in enumerate(zip(over, under, strict=True)))
    return total, squares


def palette(miniature: Image.Image) -> list[Swatch]:
    """Return at most six colours that represent the image, the most frequent first.

    Args:
        miniature: Mode RGB.

    Source:
        Pillow's maximum coverage, then k-means. Octrees are as fast, but miss small areas of strong colour.
    """
    reduced = miniature.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3)
    values = reduced.getpalette() or []
    shares: dict[str, int] = {}
    for index, count in enumerate(reduced.histogram()[:_COLOURS]):
        if count:
            name = "#" + bytes(values[3 * index : 3 * index + 3]).hex()
            shares[name] = shares.get(name, 0) + count
    ordered = sorted(shares.items(), key=lambda one: (-one[1], one[0]))
    return [{"hex": name, "share": ratio(count, MINIATURE_EDGE_PX**2)} for name, count in ordered]
