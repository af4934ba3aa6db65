"""The quality setting of a JPEG's encoder, told from its quantisation tables.

The encoder of the Independent JPEG Group scales one table by the quality, and most others do the same. Of the hundred
tables that it makes, the nearest by the sum of absolute differences gives the quality; exact for files of that encoder,
an estimate for those with tables of their own (Photoshop, some cameras).

Source:
    ITU-T T.81 (1992), B.2.4.1 and table K.1; libjpeg 6b (1998), jcparam.c, ``jpeg_quality_scaling`` and
    ``jpeg_add_quant_table``. The method: R. Cogranne, "Determining JPEG Image Standard Quality Factor from the
    Quantization Tables", 2018.
"""

from functools import cache
from operator import sub

#: Table K.1, luminance at quality 50, in zigzag order as it stands in a file.
_LUMINANCE = (
    *(16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40),
    *(26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51),
    *(56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87),
    *(95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99),
)
_VALUES = 64
_MIDDLE = 50


def tables(segment: bytes) -> dict[int, tuple[int, ...]]:
    """Return the tables of a DQT segment by their number.

    Args:
        segment: Its body; any bytes, of which a table that is cut off is left out.

    Returns:
        64 values each, in zigzag order.
    """
    found: dict[int, tuple[int, ...]] = {}
    at = 0
    while at < len(segment):
        wide, number = segment[at] >> 4, segment[at] & 15
        width = 2 if wide else 1
        body = segment[at + 1 : at + 1 + _VALUES * width]
        if len(body) == _VALUES * width:
            found[number] = tuple(int.from_bytes(body[i : i + width]) for i in range(0, len(body), width))
        at += 1 + _VALUES * width
    return found


def quality(table: tuple[int, ...]) -> int:
    """Return the quality, 1-100, whose table is nearest; of several the highest.

    Args:
        table: 64 values in zigzag order.
    """
    standard = _standard()
    exact = standard.get(table)
    if exact is not None:
        return exact
    return min(standard.items(), key=lambda one: (_distance(one[0], table), -one[1]))[1]


def _distance(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    return sum(map(abs, map(sub, left, right)))


@cache
def _standard() -> dict[tuple[int, ...], int]:
    """Return the tables of each quality, of 8 bits as in baseline files."""
    return {_scaled(value): value for value in range(1, 101)}


def _scaled(value: int) -> tuple[int, ...]:
    scale = 5000 // value if value < _MIDDLE else 200 - 2 * value
    return tuple(min(255, max(1, (step * scale + 50) // 100)) for step in _LUMINANCE)
