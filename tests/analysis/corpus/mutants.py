"""Real files that are cut off, bent, spliced and shuffled, the same in every run."""

import random
import struct
import zlib
from collections.abc import Callable
from functools import partial
from operator import itemgetter

from tests.analysis.corpus.kinds import ALIVE, CORRUPT, UNSUPPORTED, Hostile
from tests.analysis.corpus.originals import moving, originals, photographs, stills
from tests.analysis.corpus.png import SIGNATURE

#: Numbers that lengths, counts and offsets go wrong by.
EXTREMES = tuple(
    value.to_bytes(size, order)
    for size in (1, 2, 4, 8)
    for value in (0, 1, (1 << 8 * size - 1) - 1, 1 << 8 * size - 1, (1 << 8 * size) - 1)
    for order in ("big", "little")
)
_TENTHS = range(1, 10)
_ANY = ALIVE | {UNSUPPORTED}

Mutation = Callable[[random.Random, bytearray], bytes | bytearray]


def cut() -> list[Hostile]:
    """Cut every real file at each tenth; one of a single image must not pass for whole."""
    whole = {**stills(), **dict(photographs())}
    return [
        Hostile(f"cut: {name} at {tenth}0 %", partial(itemgetter(slice(len(data) * tenth // 10)), data), ends)
        for files, ends in ((whole, CORRUPT | {UNSUPPORTED}), (moving(), _ANY))
        for name, data in files.items()
        for tenth in _TENTHS
    ]


def draw_mutants(number: int) -> list[Hostile]:
    """Draw that many mutants of the real files; the number of each is its seed."""
    return [Hostile(f"mutant: {seed}", partial(mutant, seed), _ANY) for seed in range(number)]


def mutant(seed: int) -> bytes:
    """Draw one."""
    draw = random.Random(seed)
    data = bytearray(draw.choice(list(originals().values())))
    for _ in range(draw.choice((1, 1, 2, 5))):
        data = bytearray(draw.choice(MUTATIONS)(draw, data) or b"\0")
    return mend_checksums(bytes(data)) if draw.random() < 0.7 else bytes(data)


def mend_checksums(data: bytes) -> bytes:
    """Give the chunks of a PNG their right checksums, so that what is wrong gets as far as a decoder."""
    if not data.startswith(SIGNATURE):
        return data
    out, at = bytearray(data), len(SIGNATURE)
    while at + 12 <= len(out):
        end = at + 12 + int.from_bytes(out[at : at + 4])
        if end > len(out):
            break
        struct.pack_into(">I", out, end - 4, zlib.crc32(out[at + 4 : end - 4]))
        at = end
    return bytes(out)


def _somewhere(draw: random.Random, data: bytearray) -> int:
    """Choose a place, in the header as often as anywhere else."""
    return draw.randrange(min(len(data), 512) if draw.random() < 0.5 else len(data))


def _flip(draw: random.Random, data: bytearray) -> bytearray:
    for _ in range(draw.choice((1, 3, 20))):
        data[_somewhere(draw, data)] ^= 1 << draw.randrange(8)
    return data


def _extreme(draw: random.Random, data: bytearray) -> bytearray:
    at, number = _somewhere(draw, data), draw.choice(EXTREMES)
    data[at : at + len(number)] = number
    return data


def _splice(draw: random.Random, data: bytearray) -> bytes:
    other = draw.choice(list(originals().values()))
    return bytes(data[: _somewhere(draw, data)]) + other[draw.randrange(len(other)) :]


def _swap(draw: random.Random, data: bytearray) -> bytes:
    """Swap two neighbouring pieces."""
    first, second, third = sorted(_somewhere(draw, data) for _ in range(3))
    return bytes(data[:first] + data[second:third] + data[first:second] + data[third:])


def _repeat(draw: random.Random, data: bytearray) -> bytes:
    first, second = sorted(_somewhere(draw, data) for _ in range(2))
    return bytes(data[:first] + data[first:second][:4096] * draw.choice((2, 3, 100)) + data[second:])


def _drop(draw: random.Random, data: bytearray) -> bytes:
    first = _somewhere(draw, data)
    return bytes(data[:first] + data[first + draw.choice((1, 2, 4, 100, 10_000)) :])


def _noise(draw: random.Random, data: bytearray) -> bytearray:
    at, length = _somewhere(draw, data), draw.choice((1, 16, 256))
    data[at : at + length] = draw.randbytes(length)
    return data


MUTATIONS: tuple[Mutation, ...] = (_flip, _extreme, _splice, _swap, _repeat, _drop, _noise)
