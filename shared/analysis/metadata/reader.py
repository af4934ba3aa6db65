"""Read the metadata of an image that a library has opened."""

from dataclasses import dataclass

from PIL import Image

from shared.analysis import schema
from shared.analysis.metadata import blocks, camera, directory, markers, privacy, provenance, xmp
from shared.analysis.metadata.blocks import Blocks
from shared.analysis.metadata.directory import Directories
from shared.analysis.metadata.xmp import Property

#: Of all XMP packets together that are parsed; the rest is only searched for marks.
_MAX_PARSED_BYTES = 4 << 20
#: For an image without a readable block.
_NOTHING = Directories({}, {}, ())


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The metadata of a file.

    Args:
        orientation: EXIF orientation, 1-8; 1 is upright, also if the library turns the pixels.
        exif: How and when the picture was taken.
        privacy: Whether there is a position; the position only on request.
        provenance: Hints at its origin.
        warnings: Codes of what could not be read: ``exif_unreadable``, ``xmp_unreadable``, ``gps_unreadable``,
            ``metadata_left_out``.
    """

    orientation: int
    exif: schema.Exif
    privacy: schema.Privacy
    provenance: schema.Provenance
    warnings: tuple[str, ...]


def read(image: Image.Image, data: bytes, *, include_gps: bool, beside_pixels: bytes | None = None) -> Metadata:
    """Read the metadata of an image; no bytes make it raise.

    Args:
        image: Opened by Pillow or pi-heif; its pixels are not loaded.
        data: The whole file.
        include_gps: Whether to return coordinates.
        beside_pixels: The bytes in which to search for marks of metadata; None for all. A megabyte costs 8 ms.
    """
    beside_pixels = data if beside_pixels is None else beside_pixels
    found = blocks.collect(image, data, beside_pixels)
    own = [directory.read(block) for block in found.exif]
    known = [each for each in own if each]
    others = [each for each in map(directory.read, found.other_exif) if each]
    properties, whole = _properties(found)
    first = known[0] if known else _NOTHING
    has_gps = privacy.has_position([*known, *others], properties, (beside_pixels, *found.xmp))
    has_gps = has_gps or (found.incomplete and markers.has_gps_pointer(beside_pixels))
    place = privacy.position([*known, *others], properties) if has_gps else None
    problems = {
        "exif_unreadable": len(known) < len(own) or first.exif_lost,
        "xmp_unreadable": not whole,
        "gps_unreadable": has_gps and place is None,
        "metadata_left_out": found.incomplete,
    }
    return Metadata(
        orientation=1 if image.format == "HEIF" else camera.orientation(first),  # pi-heif has turned it already
        exif=camera.facts(first, properties),
        privacy={"has_gps": has_gps, "gps": place if include_gps else None},
        provenance=provenance.provenance(found),
        warnings=tuple(code for code, holds in problems.items() if holds),
    )


def _properties(found: Blocks) -> tuple[list[Property], bool]:
    """Return the properties of all packets and notes, and whether every packet is complete."""
    read_packets, notes, left = [], [], _MAX_PARSED_BYTES
    for packet in found.xmp:
        if packet.strip(b"\0 \r\n\t"):
            read_packets.append(xmp.properties(packet) if len(packet) <= left else ([], False))
            left -= len(packet)
    for keyword, text in found.texts:
        prefix, _, name = keyword.decode("latin-1").rpartition(":")
        notes.append(Property(name, prefix, text[:1024].decode("utf-8", "replace")))
    return [each for packet, _ in read_packets for each in packet] + notes, all(whole for _, whole in read_packets)
