"""HEIC grids, as phones write them: tiles that share one header, built from the tile of a test file."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.analysis import Analysis, Limits
from shared.analysis.decode import working_image
from shared.analysis.formats import read_header, sniff
from shared.analysis.isobmff import Steps, boxes, items
from shared.errors import ImageRejected

Examine = Callable[..., Analysis]
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
            part[:8] + b"\2\0\0\0" + part[8:] for part in map(lengthened, infe)
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


def lengthened(part: bytes) -> bytes:
    """Make room for the version of an ``infe`` box."""
    return struct.pack(">I", len(part) + 4) + part[4:]


def tile_of(path: Path) -> tuple[bytes, bytes]:
    """Return the ``hvcC`` box and the data of a file's image."""
    data, steps = path.read_bytes(), Steps()
    meta = next(part for part in boxes(data, 0, len(data), steps) if part.kind == b"meta")
    read = items(data, meta, steps)
    (configuration,) = (part for part in read.of(read.primary) if part.kind == b"hvcC")
    (place,) = read.places[read.primary]
    return data[configuration.body - 8 : configuration.end], data[slice(*place)]


def decode_bytes(grid: Grid) -> int:
    data = grid.file()
    return read_header(sniff(data), data, Limits()).decode_bytes


def test_a_grid_is_one_image(examine: Examine) -> None:
    data = Grid().file()
    header = read_header(sniff(data), data, Limits())
    image = working_image(data, header).image
    assert (header.width_px, header.height_px, header.mode, image.size) == (120, 100, "RGB", (120, 100))
    pairs = zip(image.getpixel((5, 5)), image.getpixel((5 + 64, 5 + 64)), strict=True)
    assert all(abs(left - right) <= 2 for left, right in pairs)
    assert examine(data).report["image"]["format"] == "heic"


def test_all_pixels_of_a_grid_s_tiles_count_as_memory() -> None:
    assert decode_bytes(Grid()) >= 128 * 128 * 8
    assert decode_bytes(Grid(tile=(6400, 6400))) >= 12_800 * 12_800 * 8


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (Grid(tiles=3), "2 x 2 tiles and 3 items"),
        (Grid(rows=1), "1 x 2 tiles and 4 items"),
        (Grid(size=(129, 100)), "don't cover"),
        (Grid(size=(100, 129)), "don't cover"),
        (Grid(kind=b"jpeg"), "not all are images"),
        (Grid(beyond=1), "item 2 ends at byte"),
    ],
    ids=["tile missing", "row missing", "too narrow", "too low", "of JPEGs", "data beyond the file"],
)
def test_a_grid_that_contradicts_itself_is_corrupt(grid: Grid, said: str, examine: Examine) -> None:
    with pytest.raises(ImageRejected, match=said) as caught:
        examine(grid.file())
    assert caught.value.code == "corrupt_image"


def test_a_grid_cut_off_at_any_tenth_is_corrupt(examine: Examine) -> None:
    data = Grid().file()
    for tenth in range(1, 10):
        with pytest.raises(ImageRejected) as caught:
            examine(data[: len(data) * tenth // 10])
        assert caught.value.code == "corrupt_image"
