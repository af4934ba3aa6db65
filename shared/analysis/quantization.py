"""Estimate the quality setting of a JPEG's encoder from its quantisation tables.

The encoder of the Independent JPEG Group scales one table by the quality, and most others do the same. The result is
the quality of the nearest of these hundred tables, by the sum of absolute differences. It is exact for files of that
encoder, and an estimate for encoders with tables of their own (Photoshop, some cameras).

Source:
    ITU-T T.81 (1992), table K.1; libjpeg 6b (1998), jcparam.c, ``jpeg_quality_scaling`` and
    ``jpeg_add_quant_table``. The method: R. Cogranne, "Determining JPEG Image Standard Quality Factor from the
    Quantization Tables", 2018.
"""

from functools import cache
from operator import sub

#: Table K.1, luminance at quality 50, row by row.
_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
_MIDDLE = 50


def quality(table: tuple[int, ...]) -> int:
    """Return the quality, 1-100, whose table is nearest; of several, the highest.

    Args:
        table: 64 values, row by row.
    """
    standard = _standard_tables()
    exact = standard.get(table)
    if exact is not None:
        return exact
    return min(standard.items(), key=lambda one: (_distance(one[0], table), -one[1]))[1]


def _distance(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    return sum(map(abs, map(sub, left, right)))


@cache
def _standard_tables() -> dict[tuple[int, ...], int]:
    """Return the tables of each quality, of 8 bits as in baseline files."""
    return {_scale(value): value for value in range(1, 101)}


def _scale(value: int) -> tuple[int, ...]:
    scale = 5000 // value if value < _MIDDLE else 200 - 2 * value
    return tuple(min(255, max(1, (step * scale + 50) // 100)) for step in _LUMINANCE)
