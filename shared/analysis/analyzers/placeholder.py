"""A few characters that a page can show as a blurred picture until the image is loaded.

All arithmetic after Pillow's resize is on integers, or on floats by operations that IEEE 754 rounds exactly, so the
characters are the same everywhere.

Source:
    BlurHash, "Algorithm", woltapp/blurhash, 2021; IEC 61966-2-1 for sRGB.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from operator import mul
from typing import Any

from PIL import Image

from shared.analysis.decode import MINIATURE_EDGE_PX, Working
from shared.analysis.schema import Placeholder

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_ACROSS, _DOWN = 4, 3
_EDGE = MINIATURE_EDGE_PX

#: Fixed point of light and of waves.
_LIGHT = 1 << 20
_WAVE = 1 << 20
#: The sum over all pixels with light 1 and a wave of 1.
_WHOLE = _EDGE * _EDGE * _LIGHT * _WAVE * _WAVE

_WAVES = tuple(
    tuple(round(math.cos(math.pi * k * n / _EDGE) * _WAVE) for n in range(_EDGE)) for k in range(max(_ACROSS, _DOWN))
)


def _light(code: float) -> int:
    """Return the light of a coded value, 0-255, in fixed point."""
    value = code / 255
    return round(_LIGHT * (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4))  # noqa: PLR2004


_LIGHTS = tuple(_light(code) for code in range(256))
#: Where the next code begins when light is rounded.
_BORDERS = tuple(_light(code - 0.5) for code in range(1, 256))


def analyze(working: Working, _facts: Mapping[str, Any]) -> Placeholder:
    """Make a placeholder of the colours, sRGB."""
    return {"blurhash": blurhash(working.miniature)}


def blurhash(miniature: Image.Image) -> str:
    """Return a BlurHash of 4 x 3 components, 28 characters.

    Args:
        miniature: Mode RGB; its 32 x 32 pixels are enough for so few components.
    """
    pixels = miniature.tobytes()
    channels = [_components([_LIGHTS[code] for code in pixels[start::3]]) for start in range(3)]
    mean, *waves = zip(*channels, strict=True)
    # Twice, because the mean square of a wave is a half.
    amplitudes = [tuple(2 * value / _WHOLE for value in wave) for wave in waves]
    largest = max(abs(value) for wave in amplitudes for value in wave)
    step = max(0, min(82, math.floor(largest * 166 - 0.5)))
    scale = (step + 1) / 166
    texts = [_digits(_ACROSS - 1 + 9 * (_DOWN - 1), 1), _digits(step, 1), _digits(_rgb(mean), 4)]
    return "".join(texts + [_digits(_wave(amplitude, scale), 2) for amplitude in amplitudes])


def _components(light: list[int]) -> list[int]:
    """Return the sums of one channel times each wave, row by row, the mean's first.

    Args:
        light: 32 x 32, row by row, in fixed point.
    """
    rows = [light[start : start + _EDGE] for start in range(0, _EDGE * _EDGE, _EDGE)]
    across = [[sum(map(mul, row, wave)) for row in rows] for wave in _WAVES[:_ACROSS]]
    return [sum(map(mul, column, wave)) for wave in _WAVES[:_DOWN] for column in across]


def _rgb(sums: tuple[int, ...]) -> int:
    """Return the mean colour as 24 bits."""
    codes = [bisect_right(_BORDERS, value * _LIGHT // _WHOLE) for value in sums]
    return codes[0] << 16 | codes[1] << 8 | codes[2]


def _wave(amplitude: tuple[float, ...], scale: float) -> int:
    """Return the amplitudes of one wave in three channels, in 19 steps each, finer around 0."""
    steps = [math.copysign(math.sqrt(abs(value) / scale), value) for value in amplitude]
    red, green, blue = (max(0, min(18, math.floor(step * 9 + 9.5))) for step in steps)
    return (red * 19 + green) * 19 + blue


def _digits(value: int, length: int) -> str:
    """Write a number to the base 83, the highest digit first."""
    return "".join(_DIGITS[value // 83**place % 83] for place in range(length - 1, -1, -1))
