"""The header of HEIC and AVIF files: what their items say about the image.

Source:
    As of isobmff.py; also AV1 Codec ISO Media File Format Binding 1.2.0, 2019, 2.3, and ISO/IEC 14496-15:2022,
    8.3.2.1: the configurations of the codecs.
"""

import struct
from typing import NamedTuple

from shared.analysis import av1
from shared.analysis.facts import Limits
from shared.analysis.header import MAX_METADATA_BYTES, Header, corrupt
from shared.analysis.isobmff import C2PA_UUID, Box, Items, Steps, boxes, found, items
from shared.analysis.tiffdir import with_orientation
from shared.errors import ImageRejected

#: By format: the type of a coded item.
_CODED = {"heic": b"hvc1", "avif": b"av01"}
#: Peak memory a pixel of colour by halves (4:2:0) in 8 bits, and what comes on top of it: for colour in full, for
#: alpha, for more bits. Measured at 6 and 12 MP: HEIC 8.2, 9.2, 8.8, 15.3; AVIF 9.7, 11.7, 12.7, and no file of more
#: bits.
_BYTES_PER_PX = {"heic": (8, 2, 2, 8), "avif": (10, 2, 3, 8)}
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
#: What a decoder gets; pi_heif 1.4 even crashes over a type that is no UTF-8.
_PIXELS = frozenset({b"grid", *_CODED.values()})

#: What x and y become, by EXIF orientation (CIPA DC-008-2023, 4.6.5.1.4): x' = ax + by, y' = cx + dy, y downwards.
_TURNS = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, -1, 1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, 1, -1, 0): 8,
}
_LEFT = (0, 1, -1, 0)


class _Shape(NamedTuple):
    """Stored size in pixels, pixels that the decoder holds, and the matrix that turns them upright."""

    width: int
    height: int
    held: int
    turn: tuple[int, int, int, int]


class _Samples(NamedTuple):
    """Whether there is no colour, whether there is colour in each pixel, and bits a sample."""

    grey: bool
    full: bool
    bits: int


def read_heic(data: bytes, _limits: Limits) -> Header:
    """Read the header of a HEIC; see ``_read``."""
    return _read(data, "heic")


def read_avif(data: bytes, _limits: Limits) -> Header:
    """Read the header of an AVIF; see ``_read``."""
    return _read(data, "avif")


def plain(data: bytes) -> bytes:
    """Return a copy in which there are images only.

    All other items and the tracks are renamed: decoders would parse EXIF, and fail where it is broken; and of a
    sequence they would decode the track, whose size no gate has seen, instead of the still image beside it.

    Args:
        data: A file that has been read.
    """
    copy, steps = bytearray(data), Steps()
    for box in boxes(data, 0, len(data), steps):
        if box.kind == b"ftyp":
            copy[box.body : box.end] = data[box.body : box.end].replace(b"avis", b"avif")
        elif box.kind == b"moov":
            copy[box.name : box.name + 4] = b"free"
        elif box.kind == b"meta":
            read = items(data, box, steps)
            for number, at in read.names.items():
                if read.kinds[number] not in _PIXELS:
                    copy[at : at + 4] = b"free"
    return bytes(copy)


def _read(data: bytes, name: str) -> Header:
    """Read the header.

    Returns:
        ``width_px`` and ``height_px`` are those of the coded image; ``orientation`` is what ``irot`` and ``imir`` make
        of it, and stands in ``exif`` whatever the camera wrote there: HEIF says that these properties alone count.

    Raises:
        ImageRejected, struct.error, IndexError: ``corrupt_image``: cut off, no image, contradictions;
            ``unsupported_format``: a video without a still image, or one composed otherwise than of a grid.
    """
    steps = Steps()
    top = list(boxes(data, 0, len(data), steps))
    meta = next((box for box in top if box.kind == b"meta"), None)
    if meta is None:
        raise ImageRejected("unsupported_format", f"The {name.upper()} holds no still image.")
    read = items(data, meta, steps)
    tile = _tile(read, _CODED[name], name)
    shape = _shape(data, read, tile, crops=name == "heic")
    shape = shape._replace(held=max(shape.held, _bitstream_pixels(data, read, steps)))
    samples = _samples(data, read.of(tile))
    has_alpha = _alpha(data, read)
    mode = "L" if samples.grey and not (has_alpha and name == "avif") else "RGB"
    return Header(
        format=name,
        width_px=shape.width,
        height_px=shape.height,
        mode=mode + ("A" if has_alpha else ""),
        bits=samples.bits,
        has_alpha=has_alpha,
        frames=_frames(data, top, steps),
        exif=_exif(data, read, _TURNS[shape.turn]),
        xmp=_item(data, read, b"mime"),
        icc=_icc(data, read.of(read.primary)),
        c2pa=any(box.kind == b"uuid" and data[box.body : box.body + 16] == C2PA_UUID for box in top),
        bytes_per_px=-(
            -_bytes_per_px(name, samples, has_alpha=has_alpha) * shape.held // max(1, shape.width * shape.height)
        ),
        spans=((0, len(data)),),
    )


def _bytes_per_px(name: str, samples: _Samples, *, has_alpha: bool) -> int:
    half, full, alpha, deep = _BYTES_PER_PX[name]
    return half + full * samples.full + alpha * has_alpha + deep * (samples.bits > 8)  # noqa: PLR2004 - a byte


def _tile(read: Items, coded: bytes, name: str) -> int:
    """Return the item that is the image, or the first of its tiles."""
    item, kind = read.primary, read.kinds.get(read.primary)
    if kind == b"grid":
        tiles = read.referred(b"dimg", item)
        if not tiles or any(read.kinds.get(tile) != coded for tile in tiles):
            raise corrupt(f"The {name.upper()} is a grid of {len(tiles)} tiles, of which not all are images.")
        return tiles[0]
    if kind != coded:
        told = "none" if kind is None else ascii(kind.decode("latin-1"))
        raise ImageRejected("unsupported_format", f"The {name.upper()} has a primary item of type {told}.")
    return item


def _size(data: bytes, properties: list[Box]) -> tuple[int, int]:
    """Return the size that an item says it has.

    Raises:
        ImageRejected: ``corrupt_image``; it says none.
    """
    box = next((box for box in properties if box.kind == b"ispe"), None)
    if box is None:
        raise corrupt("The image has no size.")
    width, height = struct.unpack_from(">II", data, box.body + 4)
    return width, height


def _shape(data: bytes, read: Items, tile: int, *, crops: bool) -> _Shape:
    """Return the size of the image and how it is turned, in the order of its properties.

    Args:
        data: The file.
        read: Its items.
        tile: The first coded item.
        crops: The decoder obeys ``clap``.
    """
    width, height = _size(data, read.of(read.primary))
    held, turn = width * height, (1, 0, 0, 1)
    if tile != read.primary:
        held = _grid_pixels(data, read, tile, (width, height))
    for box in read.of(read.primary):
        if box.kind == b"irot":
            for _ in range(data[box.body] & 3):
                turn = _times(_LEFT, turn)
        elif box.kind == b"imir":
            turn = _times((-1, 0, 0, 1) if data[box.body] & 1 else (1, 0, 0, -1), turn)
        elif box.kind == b"clap" and crops:
            width, height = _cropped(data, box, (width, height), sideways=not turn[0])
    return _Shape(width, height, held, turn)


def _times(left: tuple[int, int, int, int], right: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    (a, b, c, d), (e, f, g, h) = left, right
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _cropped(data: bytes, box: Box, size_px: tuple[int, int], *, sideways: bool) -> tuple[int, int]:
    """Return the stored size that a clean aperture leaves; ISO/IEC 14496-12:2022, 12.1.4."""
    above, below, above_2, below_2 = struct.unpack_from(">IIII", data, box.body)
    if not (below and below_2):
        raise corrupt("The image is cropped by a fraction of 0.")
    cropped = (2 * above + below) // (2 * below), (2 * above_2 + below_2) // (2 * below_2)
    across, down = reversed(cropped) if sideways else cropped
    return min(across, size_px[0]), min(down, size_px[1])


def _grid_pixels(data: bytes, read: Items, tile: int, size_px: tuple[int, int]) -> int:
    """Return how many pixels the tiles have; ISO/IEC 23008-12:2022, 6.6.2.3.

    Raises:
        ImageRejected: ``corrupt_image``; tiles have other sizes than the first, are too few, or don't cover the image.
    """
    tiles = read.referred(b"dimg", read.primary)
    start = next(iter(read.places.get(read.primary, ())), (0, 0))[0]
    rows, columns = data[start + 2] + 1, data[start + 3] + 1
    width, height = _size(data, read.of(tile))
    if rows * columns != len(tiles) or any(_size(data, read.of(other)) != (width, height) for other in set(tiles)):
        raise corrupt(f"The grid has {rows} x {columns} tiles and {len(tiles)} items, or tiles of several sizes.")
    if width * columns < size_px[0] or height * rows < size_px[1]:
        raise corrupt(f"The grid's tiles don't cover {size_px[0]:,} x {size_px[1]:,} px.")
    return width * columns * height * rows


def _bitstream_pixels(data: bytes, read: Items, steps: Steps) -> int:
    """Return how many pixels AV1 items say they have, alpha too: dav1d decodes them all, libavif then scales.

    libheif needs no such look: it refuses a HEVC bitstream of another size than its boxes say.
    """
    largest = 0
    for item, kind in read.kinds.items():
        if kind == _CODED["avif"] and item in read.places:
            width, height = av1.largest_frame(data, *read.places[item][0], steps)
            largest = max(largest, width * height)
    return largest * max(1, len(read.referred(b"dimg", read.primary)))


def _samples(data: bytes, properties: list[Box]) -> _Samples:
    """Read how an item's pixels are coded.

    Raises:
        ImageRejected: ``corrupt_image``; it has no configuration of its codec.
    """
    for box in properties:
        if box.kind == b"av1C":
            flags = data[box.body + 2]
            bits = (12 if flags & 0x20 else 10) if flags & 0x40 else 8
            return _Samples(bool(flags & 0x10), not flags & 0x1C, bits)
        if box.kind == b"hvcC":
            chroma = data[box.body + 16] & 3
            return _Samples(not chroma, chroma == 3, 8 + (data[box.body + 17] & 7))  # noqa: PLR2004 - 4:4:4
    raise corrupt("The image has no configuration of its codec.")


def _alpha(data: bytes, read: Items) -> bool:
    """Tell whether another item is the image's alpha channel; of a grid it may be that of each tile."""
    wanted = {read.primary, *read.referred(b"dimg", read.primary)[:1]}
    return any(
        data.startswith(_ALPHA, box.body + 4)
        for item in wanted
        for helper in read.referring(b"auxl", item)
        for box in read.of(helper)
        if box.kind == b"auxC"
    )


def _frames(data: bytes, top: list[Box], steps: Steps) -> int:
    """Return how many frames the longest track of pictures has; 1 without any."""
    frames = 1
    for movie in (box for box in top if box.kind == b"moov"):
        for track in boxes(data, movie.body, movie.end, steps):
            media = found(data, (b"mdia",), track, steps) if track.kind == b"trak" else None
            handler = found(data, (b"hdlr",), media, steps) if media else None
            if media and handler and data[handler.body + 8 : handler.body + 12] in (b"pict", b"vide"):
                table = found(data, (b"minf", b"stbl", b"stsz"), media, steps)
                frames = max(frames, struct.unpack_from(">I", data, table.body + 8)[0] if table else 0)
    return frames


def _item(data: bytes, read: Items, kind: bytes) -> bytes:
    """Return the data of the first item of a type that describes the image; empty when it is too long."""
    for item, name in read.kinds.items():
        if name == kind and item in read.places:
            places = read.places[item]
            fits = sum(end - start for start, end in places) <= MAX_METADATA_BYTES
            return b"".join(data[start:end] for start, end in places) if fits else b""
    return b""


def _exif(data: bytes, read: Items, orientation: int) -> bytes:
    """Return the EXIF block; ISO/IEC 23008-12:2022, A.2.1: it begins with how far its TIFF header is away."""
    body = _item(data, read, b"Exif")
    block = body[4 + int.from_bytes(body[:4]) :]
    return with_orientation(block, orientation) if block or orientation != 1 else b""


def _icc(data: bytes, properties: list[Box]) -> bytes:
    for box in properties:
        if box.kind == b"colr" and data[box.body : box.body + 4] in (b"prof", b"rICC"):
            return data[box.body + 4 : box.end] if box.end - box.body <= MAX_METADATA_BYTES else b""
    return b""
