"""PNG files, up to their pixels.

Source:
    W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, section 5 and 11.
"""

import struct
import zlib

from shared.analysis import png_text
from shared.analysis.facts import Limits
from shared.analysis.header import MAX_METADATA_BYTES, Header, corrupt, joined

SIGNATURE = b"\x89PNG\r\n\x1a\n"

#: The chunks that a decoder gets.
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"IDAT", b"IEND"})

#: libpng cuts image data into 8 KiB: full chunks are bounded by the file's length and don't count, crumbs do.
_FULL_CHUNK_BYTES = 1024

#: Pillow's mode of each colour type; a type with samples of one bit or of 16 bits can differ.
_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_MODES_BY_BITS = {(0, 1): "1", (0, 16): "I;16", (4, 16): "RGBA"}

_BYTES_PER_PX = 8

#: The chunks beside the pixels that are read, of each the first.
_FACTS = frozenset({b"acTL", b"caBX", b"eXIf", b"iCCP", b"tRNS"})


def read(data: bytes, limits: Limits) -> Header:
    """Read the header of a PNG and walk its chunks to the end.

    Args:
        data: The file, beginning with ``SIGNATURE``.
        limits: Where counting chunks may stop; what comes later is then not looked at.

    Raises:
        ImageRejected: ``corrupt_image``; cut off, a bad checksum, or an unknown colour type.
        struct.error: The header is cut off.
    """
    if data[12:16] != b"IHDR":
        raise corrupt("The PNG doesn't begin with its header.")
    width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
    if colour not in _MODES:
        raise corrupt(f"The PNG has colour type {colour}.")
    chunks, first, kept, texts = _walk(data, limits.max_png_chunks)
    xmp, notes = png_text.read(texts)
    return Header(
        format="png",
        width_px=width,
        height_px=height,
        mode=_MODES_BY_BITS.get((colour, bits), _MODES[colour]),
        bits=bits,
        has_alpha=colour in (4, 6) or b"tRNS" in first,
        frames=max(1, int.from_bytes(first.get(b"acTL", b"")[:4])),
        exif=first.get(b"eXIf", b""),
        xmp=xmp,
        icc=png_text.profile(first.get(b"iCCP", b"")),
        c2pa=b"caBX" in first,
        manifest=first.get(b"caBX", b""),
        texts=notes,
        progressive=data[28] == 1,
        bytes_per_px=_BYTES_PER_PX,
        chunks=chunks,
        spans=joined([(0, 8), *kept]),
    )


def _walk(data: bytes, limit: int) -> tuple[int, dict[bytes, bytes], list[tuple[int, int]], list[tuple[bytes, bytes]]]:
    """Walk the chunks to IEND, or to one beyond the limit.

    A file whose last bytes are missing decodes without an error in Pillow; here the walk needs an IEND.

    Returns:
        How many chunks count, the first body of each small chunk that we read, the byte ranges for the decoder, and
        kind and body of the chunks of text.
    """
    first: dict[bytes, bytes] = {}
    kept: list[tuple[int, int]] = []
    texts: list[tuple[bytes, bytes]] = []
    chunks, position, view = 0, len(SIGNATURE), memoryview(data)
    while chunks <= limit:
        if position + 12 > len(data):
            raise corrupt(f"The PNG is cut off at byte {len(data):,}: it has no end chunk.")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise corrupt(f"The PNG is cut off: a chunk at byte {position:,} ends at {end:,} of {len(data):,}.")
        if kind in _PIXELS:
            if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
                raise corrupt(f"The PNG has a bad checksum in the chunk at byte {position:,}.")
            # Of profiles the first alone, and none that is too large: that would fail the image in Pillow.
            if kind != b"iCCP" or (kind not in first and png_text.profile(data[position + 8 : end - 4])):
                kept.append((position, end))
        if kind in _FACTS:
            first.setdefault(kind, data[position + 8 : min(end - 4, position + 8 + MAX_METADATA_BYTES)])
        elif kind in png_text.KINDS and len(texts) < png_text.MAX_TEXTS and length <= MAX_METADATA_BYTES:
            texts.append((kind, data[position + 8 : end - 4]))
        chunks += not (kind in (b"IDAT", b"fdAT") and length >= _FULL_CHUNK_BYTES)
        position = end
        if kind == b"IEND":
            break
    return chunks, first, kept, texts
