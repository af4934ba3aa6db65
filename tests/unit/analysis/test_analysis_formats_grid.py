"""HEIC grids, as phones write them: tiles that share one header, built from the tile of a test file."""

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.analysis.formats.isobmff import inner
from tests.unit.analysis.pictures import Examine, picture, pixel, refusal, working

DATA = Path(__file__).resolve().parents[2] / "data"


def box(kind: bytes, body: bytes, *, full: bool = False) -> bytes:
    return struct.pack(">I", 8 + 4 * full + len(body)) + kind + bytes(4 * full) + body


@dataclass(frozen=True)
class Grid:
    """A grid of tiles of 64 x 64 px: how it is laid out, and what its boxes say."""

    rows: int = 2
    columns: int = 2
    size: tuple[int, int] = (120, 100)
    tile: tuple[int, int] = (64, 64)
    tiles: int = 4
    kind: bytes = b"hvc1"
    beyond: int = 0

    def file(self) -> bytes:
        """Build it: item 1 is the grid, the others are tiles with the same data."""
        configuration, pixels = tile_of(DATA / "odd.heic")
        numbers = range(1, self.tiles + 2)
        grid = struct.pack(">BBBBHH", 0, 0, self.rows - 1, self.columns - 1, *self.size)
        kinds = [b"grid"] + [self.kind] * self.tiles
        infe = [box(b"infe", struct.pack(">HH", n, 0) + kind + b"\0") for n, kind in zip(numbers, kinds, strict=True)]
        types = struct.pack(">H", len(kinds)) + b"".join(
            part[:8] + b"\2\0\0\0" + part[8:] for part in map(with_length, infe)
        )
        ispe = [box(b"ispe", struct.pack(">II", *size), full=True) for size in (self.size, self.tile)]
        used = b"".join(struct.pack(">HB2B", n, 2, *((1, 3) if n == 1 else (2, 3))) for n in numbers)
        properties = box(b"ipco", b"".join(ispe) + configuration)
        properties += box(b"ipma", struct.pack(">I", len(kinds)) + used, full=True)
        refers = box(b"dimg", struct.pack(f">HH{self.tiles}H", 1, self.tiles, *numbers[1:]))
        head = box(b"ftyp", b"heic\0\0\0\0mif1heic")

        def meta(start: int) -> bytes:
            places = [(start, len(grid)), *[(start + len(grid), len(pixels) + self.beyond)] * self.tiles]
            iloc = b"\x44\0" + struct.pack(">H", len(kinds))
            iloc += b"".join(struct.pack(">HHHII", n, 0, 1, *place) for n, place in zip(numbers, places, strict=True))
            parts = box(b"hdlr", bytes(4) + b"pict" + bytes(13), full=True) + box(b"pitm", b"\0\1", full=True)
            parts += box(b"iinf", types, full=True) + box(b"iprp", properties)
            parts += box(b"iref", refers, full=True) + box(b"iloc", iloc, full=True)
            return box(b"meta", parts, full=True)

        start = len(head) + len(meta(0)) + 8
        return head + meta(start) + box(b"mdat", grid + pixels)


def with_length(part: bytes) -> bytes:
    """Make room for the version of an ``infe`` box."""
    return struct.pack(">I", len(part) + 4) + part[4:]


def tile_of(path: Path) -> tuple[bytes, bytes]:
    """Return the ``hvcC`` box and the data of the image of a file whose first item has one extent."""
    data = path.read_bytes()
    (configuration,) = (part for part in inner(data, (b"meta", b"iprp", b"ipco")) if part.kind == b"hvcC")
    iloc = next(part for part in inner(data, (b"meta",)) if part.kind == b"iloc")
    assert data[iloc.body : iloc.body + 6] == bytes(4) + b"\x44\x40"  # version 0; offset, length and base of 4 bytes
    base, _, offset, length = struct.unpack_from(">IHII", data, iloc.body + 12)
    start = base + offset
    return data[configuration.body - 8 : configuration.end], data[start : start + length]


def test_a_grid_is_one_image(examine: Examine) -> None:
    data = Grid().file()
    opened, image = picture(data), working(data).image
    assert (opened.width_px, opened.height_px, opened.mode, image.size) == (120, 100, "RGB", (120, 100))
    pairs = zip(pixel(image, (5, 5)), pixel(image, (5 + 64, 5 + 64)), strict=True)
    assert all(abs(left - right) <= 2 for left, right in pairs)
    assert examine(data).report["image"]["format"] == "heic"


@pytest.mark.parametrize(
    "grid",
    [Grid(size=(129, 100)), Grid(size=(100, 129)), Grid(kind=b"jpeg"), Grid(beyond=1)],
    ids=["too narrow", "too low", "of JPEGs", "data beyond the file"],
)
def test_a_grid_that_contradicts_itself_is_corrupt(grid: Grid, examine: Examine) -> None:
    assert refusal(examine, grid.file()) == "corrupt_image"


def test_a_grid_cut_off_at_any_tenth_is_corrupt(examine: Examine) -> None:
    data = Grid().file()
    for tenth in range(1, 10):
        assert refusal(examine, data[: len(data) * tenth // 10]) == "corrupt_image"
