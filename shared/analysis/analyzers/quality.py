"""The technical quality of a picture: blur, light, contrast."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageFilter

from shared.analysis.decimals import ratio
from shared.analysis.decode import Working
from shared.analysis.schema import Flag, Quality

#: Crete-Roffet: one more blur removes half of the variation between neighbours. Sharp photographs have 0.2-0.4.
BLURRED_ABOVE = 0.5
#: Mid-grey, 18 % of white, is 0.46 in sRGB (IEC 61966-2-1); two stops less are 0.23, two stops more 0.87.
DARK_BELOW = 0.23
BRIGHT_ABOVE = 0.87
#: Greys that fill a fifth of the range evenly: 0.2 / sqrt(3).
LOW_CONTRAST_BELOW = 0.115
#: Three codes at either end, because the rounding of a JPEG moves clipped pixels by a code or two.
SHADOW_UP_TO = 2
HIGHLIGHT_FROM = 253

#: A mean of nine pixels, as in the paper.
_RADIUS_PX = 4
#: Of a side; fewer pixels say nothing about blur.
_LEAST_PX = 3 * (2 * _RADIUS_PX + 1)
_EVERY = 4

#: Fixed point of logarithms, because the last bits of floats differ between C libraries.
_LOG_SCALE = 1 << 20


class Light(NamedTuple):
    """Statistics of a histogram; see ``Quality``."""

    brightness: float
    contrast: float
    shadow_clip: float
    highlight_clip: float
    entropy_bits: float


def analyze(working: Working, _facts: Mapping[str, Any]) -> Quality:
    """Judge the grey values of an image, before its colour profile."""
    measured, spread = light(working.grey.histogram()), blur(working.grey)
    return {
        "blur": spread,
        "brightness": measured.brightness,
        "contrast": measured.contrast,
        "shadow_clip": measured.shadow_clip,
        "highlight_clip": measured.highlight_clip,
        "entropy_bits": measured.entropy_bits,
        "flags": flags(measured, spread),
    }


def light(counts: list[int]) -> Light:
    """Describe a histogram.

    Args:
        counts: Pixels by grey, 256 of them, at least one not 0.

    Source:
        E. Peli, "Contrast in complex images", 1990: RMS contrast, here over its greatest value, 127.5;
        C. E. Shannon, "A Mathematical Theory of Communication", 1948.
    """
    pixels = sum(counts)
    total = sum(grey * count for grey, count in enumerate(counts))
    squares = sum(grey * grey * count for grey, count in enumerate(counts))
    deviation = math.isqrt(10**12 * (pixels * squares - total * total))  # x 10**6 x pixels
    logs = sum(count * round(math.log2(count) * _LOG_SCALE) for count in counts if count)
    entropy = pixels * round(math.log2(pixels) * _LOG_SCALE) - logs
    return Light(
        brightness=ratio(total, 255 * pixels),
        contrast=ratio(2 * deviation, 255 * pixels * 10**6),
        shadow_clip=ratio(sum(counts[: SHADOW_UP_TO + 1]), pixels),
        highlight_clip=ratio(sum(counts[HIGHLIGHT_FROM:]), pixels),
        entropy_bits=ratio(max(0, entropy), pixels * _LOG_SCALE, 3),
    )


def blur(grey: Image.Image) -> float | None:
    """Return how blurred an image is, 0-1, along the worse of its two directions.

    One more blur removes much of the variation between neighbours from a sharp image, and little from a blurred one.
    Every fourth line is enough, for a quarter of the time.

    Args:
        grey: Mode L, about 1,024 px long; smaller images seem sharper.

    Returns:
        None for an image of one grey, or with a side below ``_LEAST_PX``.

    Source:
        F. Crete, T. Dolmiere, P. Ladret, M. Nicolas, "The blur effect: perception and estimation with a new
        no-reference perceptual blur metric", 2007.
    """
    width, height = grey.size
    if min(width, height) < _LEAST_PX:
        return None
    rows = grey.resize((width, height // _EVERY), Image.Resampling.NEAREST)
    columns = grey.resize((width // _EVERY, height), Image.Resampling.NEAREST)
    found = (_along(rows, (1, 0)), _along(columns, (0, 1)))
    return max((value for value in found if value is not None), default=None)


def _along(grey: Image.Image, step: tuple[int, int]) -> float | None:
    """Return the blur along one direction; None if nothing changes along it."""
    right, down = step
    again = grey.filter(ImageFilter.BoxBlur((_RADIUS_PX * right, _RADIUS_PX * down)))
    before, after = _changes(grey, step), _changes(again, step)
    lost = _sum(ImageChops.subtract(before, after))  # clipped at 0, as in the paper
    total = _sum(before)
    return ratio(total - lost, total) if total else None


def _changes(grey: Image.Image, step: tuple[int, int]) -> Image.Image:
    """Return the absolute change from pixel to pixel, without the border, which has too few neighbours."""
    right, down = step
    left, top = _RADIUS_PX * right, _RADIUS_PX * down
    far = grey.crop((left + right, top + down, grey.width - left, grey.height - top))
    near = grey.crop((left, top, grey.width - left - right, grey.height - top - down))
    return ImageChops.difference(far, near)


def _sum(grey: Image.Image) -> int:
    return sum(value * count for value, count in enumerate(grey.histogram()))


def flags(measured: Light, spread: float | None) -> list[Flag]:
    """Return the flags, by the thresholds above."""
    found: list[tuple[Flag, bool]] = [
        ("blurred", spread is not None and spread > BLURRED_ABOVE),
        ("dark", measured.brightness < DARK_BELOW),
        ("bright", measured.brightness > BRIGHT_ABOVE),
        ("low_contrast", measured.contrast < LOW_CONTRAST_BELOW),
    ]
    return [flag for flag, stands_out in found if stands_out]
