"""How large an AV1 bitstream says its frames are: its decoder believes that, and not the boxes around it.

Source:
    AOMedia, "AV1 Bitstream & Decoding Process Specification", version 1.0.0 with errata 1, 2019, 4.10.5, 5.3 and 5.5.
"""

from shared.analysis.isobmff import Steps

_SEQUENCE_HEADER = 1
#: A sequence header has some dozens of bytes; 32 operating points make it longest.
_MAX_HEADER_BYTES = 512
#: Reading one takes as long as so many boxes.
_HEADER_STEPS = 20


class _Bits:
    """Reads whole numbers, the highest bit first; beyond the end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._number, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        shifted = self._number >> self._left if self._left >= 0 else 0
        return shifted & (1 << count) - 1

    def skip_uvlc(self) -> None:
        """Skip a number of variable length: as many zeros as bits follow the one."""
        zeros = 0
        while zeros < 32 and not self.take(1):  # noqa: PLR2004 - a longer one has no more bits
            zeros += 1
        self.take(zeros % 32)


def largest_frame(data: bytes, start: int, end: int, steps: Steps) -> tuple[int, int]:
    """Return the largest width and height of all sequence headers in a byte range; 0 x 0 when it has none.

    Raises:
        ImageRejected: ``corrupt_image``; there are too many units.
        IndexError: The range is cut off.
    """
    width = height = 0
    while start < end:
        steps.take()
        head = data[start]
        start += 2 if head & 4 else 1
        size = end - start
        if head & 2:
            size, start = _leb128(data, start)
        if head >> 3 & 15 == _SEQUENCE_HEADER:
            steps.take(_HEADER_STEPS)
            found = _frame(_Bits(data[start : start + min(size, _MAX_HEADER_BYTES)]))
            width, height = max(width, found[0]), max(height, found[1])
        start += size
    return width, height


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte; return it, and where it ends."""
    value = 0
    for index in range(8):
        value |= (data[at + index] & 0x7F) << 7 * index
        if not data[at + index] & 0x80:
            break
    return value, at + index + 1


def _frame(bits: _Bits) -> tuple[int, int]:
    """Read a sequence header up to the largest frame; 5.5.1."""
    bits.take(4)  # profile, still picture
    if bits.take(1):  # reduced header of a still picture
        bits.take(5)
    else:
        _skip_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(wide) + 1, bits.take(high) + 1


def _skip_points(bits: _Bits) -> None:
    """Skip timing and operating points."""
    delay = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):  # equal intervals
            bits.skip_uvlc()
        if bits.take(1):  # a decoder model
            delay = bits.take(5) + 1
            bits.take(42)
    displayed = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:  # noqa: PLR2004 - levels above 7 have a tier
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if displayed and bits.take(1):
            bits.take(4)
