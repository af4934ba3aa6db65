"""Headers that once cost minutes, in the host's own process, cost their child a little and the host nothing."""

import struct
import sys
import zlib
from collections.abc import Callable, Iterator

import pytest

from tests.analysis.corpus.boxes import CODED, box, full, kind_of, size
from tests.analysis.corpus.kinds import ALIVE, UNSUPPORTED, Hostile, tiff_block
from tests.analysis.corpus.png import SIGNATURE, chunk, header
from tests.analysis.measure import Meter, measure, wrong
from tests.doubles.world import png

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc")
#: Width, height, depth, compression, photometric interpretation, samples and rows of a strip of 2 x 2 px.
_GREY = [(256, 4, 1, 2), (257, 4, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1), (278, 4, 1, 2)]
_STRIP = [(273, 4, 1, 8), (279, 4, 1, 4)]


def _items(brand: bytes, coded: bytes, *, items: int, references: int = 0, associations: int = 0) -> bytes:
    """Build a file of so many items, references between them and properties for them."""
    numbers = range(1, items + 1)
    infos = b"".join(full(b"infe", struct.pack(">HH", number, 0) + coded + b"\0", 2) for number in numbers)
    places = b"".join(struct.pack(">HHHII", number, 0, 1, 0, 9) for number in numbers)
    refers = b"".join(box(b"auxl", struct.pack(">HHH", 1 + at % items, 1, 1)) for at in range(references))
    used = b"".join(struct.pack(">HBB", 1 + at % items, 1, 1) for at in range(associations))
    parts = full(b"pitm", b"\0\1") + full(b"iinf", struct.pack(">H", items) + infos)
    parts += full(b"iloc", struct.pack(">BBH", 0x44, 0, items) + places) + full(b"iref", refers)
    properties = box(b"ipco", size(64, 64) + CODED[coded])
    parts += box(b"iprp", properties + full(b"ipma", struct.pack(">I", associations) + used))
    return kind_of(brand) + full(b"meta", parts)


def _fields(number: int, kind: int, count: int) -> bytes:
    """Build a TIFF of so many fields that all name the same bytes."""
    more = [(1000 + at, kind, count, 8) for at in range(number)]
    return tiff_block([*sorted(_GREY + _STRIP), *more], tail=bytes(1_000_000))


def _pages(number: int) -> bytes:
    """Build a TIFF of so many pages, each of fields that name most of the file."""
    length = 2 + 12 * 10 + 4
    pages = b"".join(
        struct.pack("<H", 10)
        + b"".join(struct.pack("<HHII", 2000 + at, 7, 900_000, 8) for at in range(10))
        + struct.pack("<I", 126 + (page + 1) * length)
        for page in range(number)
    )
    return tiff_block(sorted(_GREY + _STRIP), following=126, tail=pages)


def _profiles(number: int) -> bytes:
    profile = chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes((1 << 20) + 9)))
    return SIGNATURE + header(1, 1) + profile * number + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND")


BOMBS: dict[str, Callable[[], bytes]] = {
    "heic: 20,000 references, 50,000 properties": lambda: _items(
        b"heic", b"hvc1", items=900, references=20_000, associations=50_000
    ),
    "avif: 20,000 references, 50,000 properties": lambda: _items(
        b"avif", b"av01", items=900, references=20_000, associations=50_000
    ),
    "heic: 60,000 items": lambda: _items(b"heic", b"hvc1", items=60_000),
    "avif: 60,000 items": lambda: _items(b"avif", b"av01", items=60_000),
    "avif: a million boxes": lambda: kind_of(b"avif") + full(b"meta", box(b"free") * 1_000_000),
    "tiff: 49,000 fields of a megabyte": lambda: _fields(49_000, 7, 1_000_000),
    "tiff: 49,000 fields of 100,000 fractions": lambda: _fields(49_000, 5, 100_000),
    "tiff: 9,000 pages that name the same megabyte": lambda: _pages(9_000),
    "png: 990 profiles of a megabyte": lambda: _profiles(990),
}


@pytest.fixture(scope="module")
def analyst() -> Iterator[Meter]:
    """Give what analyses in one child."""
    with measure() as made:
        yield made


@pytest.mark.case("security H2", was="73 s and 8.7 s of the host, for 330 KB and 1.3 MB")
@pytest.mark.parametrize("name", BOMBS)
def test_a_header_bomb_costs_its_child_a_little_and_the_host_nothing(name: str, analyst: Meter) -> None:
    data = BOMBS[name]()
    end = analyst.ending(data)
    assert not wrong(Hostile(name, lambda: data, ALIVE | {UNSUPPORTED}), data, end)
    assert not end.is_death, "the child came to its limit"
    assert analyst.ending(png(9, 5)).code == "ok"
