"""Collect the blocks of metadata of each format, from the library that opened the file and from its bytes.

Source:
    CIPA DC-008-2023 (Exif 3.0), 4.7; XMP Specification Part 3 (2020), 1.1; RIFF container of WebP (2023), "Metadata";
    C2PA Technical Specification 2.1 (2024), A.3.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from PIL import Image

from shared.analysis.metadata import markers, png

#: That are read of a block; real ones have some kilobytes.
MAX_BLOCK_BYTES = 1 << 20

_EXIF = re.compile(rb"exif\x00", re.IGNORECASE)
_TIFF = re.compile(rb"(?:exif\x00.)*(?:II|MM)", re.IGNORECASE | re.DOTALL)
_XMP, _EXTENDED = b"http://ns.adobe.com/xap/1.0/", b"http://ns.adobe.com/xmp/extension/\x00"
#: After the name of an extended packet: its digest, length and offset.
_EXTENDED_HEAD = 40
#: The outermost box of a C2PA manifest: ``jumb``, and in it ``jumd`` of this type (ISO/IEC 19566-5).
_MANIFEST = re.compile(rb"jumb.{4}jumdc2pa", re.DOTALL)
#: Before the boxes in each segment of a JPEG: ``JP``, instance and packet number; from the second segment on, also the
#: length and type of the outermost box.
_PACKET_HEAD, _BOX_HEAD = 8, 8

_MAX_RIFF_CHUNKS = 10_000
#: EXIF blocks that are read of a file, and as many XMP packets and embedded blocks.
_MAX_BLOCKS = 16


@dataclass
class Blocks:
    """The blocks of metadata of a file.

    Args:
        exif: EXIF blocks; the first is the image's own.
        other_exif: EXIF blocks of a preview or of another image in the file.
        xmp: XMP packets; the first is the image's own.
        texts: Keyword and text of PNG notes.
        manifest: A C2PA manifest; empty if the file has no manifest.
        incomplete: There is more than is read.
    """

    exif: list[bytes] = field(default_factory=list)
    other_exif: list[bytes] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    texts: list[tuple[bytes, bytes]] = field(default_factory=list)
    manifest: bytes = b""
    incomplete: bool = False


def collect(image: Image.Image, data: bytes, beside_pixels: bytes) -> Blocks:
    """Collect the metadata of a file.

    Args:
        image: Opened by a library; its pixels are not loaded.
        data: The whole file.
        beside_pixels: The bytes of the file in which to search for marks.

    Returns:
        Blocks of any bytes, each at most ``MAX_BLOCK_BYTES``, and a TIFF file as a whole.
    """
    found = Blocks()
    if image.format in ("JPEG", "MPO"):
        _of_jpeg(found, image)
    elif image.format == "PNG":
        _of_png(found, data)
    elif image.format == "WEBP":
        _of_webp(found, data)
    elif image.format == "TIFF":
        found.exif.append(data)
    for name, blocks in (("exif", found.exif), ("xmp", found.xmp)):
        block = image.info.get(name)
        if not blocks and isinstance(block, bytes) and block:
            found.incomplete |= len(block) > MAX_BLOCK_BYTES
            blocks.append(block)
    found.other_exif += islice(markers.exif(beside_pixels), _MAX_BLOCKS + 1)
    if image.format in ("HEIF", "AVIF") and not found.exif:
        found.exif += found.other_exif[:1]  # the library drops it if the file is broken elsewhere
    found.xmp = found.xmp or list(islice(markers.packets(beside_pixels, MAX_BLOCK_BYTES), _MAX_BLOCKS + 1))
    if image.format not in ("JPEG", "MPO", "PNG"):
        box = _MANIFEST.search(beside_pixels)
        found.manifest = beside_pixels[box.start() : box.start() + MAX_BLOCK_BYTES] if box else b""
    for blocks in (found.exif, found.other_exif, found.xmp):
        found.incomplete |= len(blocks) > _MAX_BLOCKS
        del blocks[_MAX_BLOCKS:]
    return found


def _of_jpeg(found: Blocks, image: Image.Image) -> None:
    extended: list[tuple[int, bytes]] = []
    boxes = bytearray()
    for name, body in getattr(image, "applist", []):
        if name == "APP1" and _EXIF.match(body):
            if not found.exif or _TIFF.match(body):
                found.exif.append(body)
            elif len(found.exif[-1]) < MAX_BLOCK_BYTES:
                found.exif[-1] += body[6:]  # the block continues here
        elif name == "APP1" and body.startswith(_EXTENDED):
            head = body[len(_EXTENDED) : len(_EXTENDED) + _EXTENDED_HEAD]
            extended.append((int.from_bytes(head[36:40]), body[len(_EXTENDED) + _EXTENDED_HEAD :]))
        elif name == "APP1" and body.startswith(_XMP):
            found.xmp.append(body[len(_XMP) :].lstrip(b"\0"))
        elif name == "APP11" and body.startswith(b"JP") and len(boxes) < MAX_BLOCK_BYTES:
            boxes += body[_PACKET_HEAD + (_BOX_HEAD if boxes else 0) :]
    if extended:
        found.xmp.append(b"".join(part for _, part in sorted(extended)))
    box = _MANIFEST.search(boxes)
    found.manifest = bytes(boxes[box.start() :]) if box else b""


def _of_png(found: Blocks, data: bytes) -> None:
    notes = png.notes(data)
    found.exif += notes.exif
    found.xmp += notes.xmp
    found.texts += notes.texts
    found.manifest, found.incomplete = notes.manifest, notes.incomplete
    for block in notes.other[:_MAX_BLOCKS]:
        found.other_exif += islice(markers.exif(block), _MAX_BLOCKS)


def _of_webp(found: Blocks, data: bytes) -> None:
    """Read the chunks here, because libwebp hides those that the flags of the file don't announce."""
    for kind, body in _riff(data):
        if kind == b"EXIF":
            found.exif.append(body)
        elif kind == b"XMP ":
            found.xmp.append(body)


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    for _ in range(_MAX_RIFF_CHUNKS):
        if at + 8 > len(data):
            return
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind in (b"EXIF", b"XMP "):
            yield kind, data[at + 8 : at + 8 + min(length, MAX_BLOCK_BYTES + 1)]
        at += 8 + length + length % 2
