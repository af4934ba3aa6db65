"""A field of a directory, of any type that a camera gives it.

Source:
    TIFF 6.0 (1992), section 2; CIPA DC-008-2023 (Exif 3.0), 4.6.2.
"""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

#: That are read of a field; a position has three.
_MAX_VALUES = 4

_BYTE, _ASCII, _UNDEFINED, _SBYTE, _UTF8 = 1, 2, 7, 6, 129
_RATIONALS = {5: "II", 10: "ii"}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
#: Bytes of a value of each type.
SIZES = {
    **{kind: struct.calcsize("=" + code) for kind, code in (_NUMBERS | _RATIONALS).items()},
    **dict.fromkeys((_ASCII, _UNDEFINED, _UTF8), 1),
}
_TEXTS = frozenset({_BYTE, _ASCII, _SBYTE, _UNDEFINED, _UTF8})

_DECIMAL = re.compile(rb" {0,8}([+-]?\d{1,12}(?:\.\d{1,12})?) {0,8}")


@dataclass(frozen=True)
class Field:
    """A field as it is in the file.

    Args:
        kind: Its type as TIFF numbers them.
        raw: Its values, as far as the block has them, and within a limit.
        order: ``<`` or ``>``.
        cell: The bytes of its value or offset within the entry.
        lost: Its type is unknown, or some of its values are beyond the end.
    """

    kind: int
    raw: bytes
    order: str
    cell: bytes = b""
    lost: bool = False

    def fractions(self) -> list[Fraction | None]:
        """Return at most four values as numbers; None for each that is not a number, such as a division by zero."""
        if self.kind in _RATIONALS:
            numbers = self._unpack(_RATIONALS[self.kind], 8)
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            return [Fraction(int(above), int(below)) if below else None for above, below in pairs]
        if self.kind in (_ASCII, _UTF8):
            number = _DECIMAL.fullmatch(self.raw.partition(b"\0")[0])
            return [Fraction(number[1].decode())] if number else []
        numbers = self._unpack(_NUMBERS.get(self.kind, ""), SIZES.get(self.kind, 1))
        return [Fraction(number) if math.isfinite(number) else None for number in numbers]

    def whole(self) -> int | None:
        """Return the first value as a whole number, 0 or more; None if it is not one."""
        if self.kind == _UNDEFINED:
            return int.from_bytes(self.raw[:4], "little" if self.order == "<" else "big") if self.raw else None
        value = next(iter(self.fractions()), None)
        return int(value) if value is not None and value >= 0 and value.denominator == 1 else None

    def text(self) -> bytes | None:
        """Return the characters up to the first NUL; None for a field of numbers."""
        return self.raw.partition(b"\0")[0] if self.kind in _TEXTS else None

    def offsets(self) -> Iterator[int]:
        """Yield what this may mean as a pointer: by its type, and as a plain offset."""
        value = self.whole()
        if value:
            yield value
        cell = int.from_bytes(self.cell, "little" if self.order == "<" else "big")
        if cell != value:
            yield cell

    def _unpack(self, code: str, size: int) -> tuple[int | float, ...]:
        count = min(len(self.raw) // size, _MAX_VALUES) if code else 0
        return struct.unpack_from(self.order + code * count, self.raw)
