"""Metadata of one image, from the file as a library has opened it."""

from dataclasses import dataclass

from PIL import Image

from shared.analysis import schema
from shared.analysis.metadata import blocks, camera, directory, markers, privacy, provenance, xmp
from shared.analysis.metadata.blocks import Blocks
from shared.analysis.metadata.directory import Directories
from shared.analysis.metadata.xmp import Property

#: Of all XMP packets together that is parsed; the rest is searched for marks alone.
_MAX_PARSED_BYTES = 4 << 20
#: What a block without any directory stands for.
_NOTHING = Directories({}, {}, ())


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a file says beside its pixels.

    Args:
        orientation: EXIF orientation, 1-8; 1 is upright, also where a library has turned the pixels already.
        exif: How and when it was taken.
        privacy: Whether it says where; the position only where that was wanted.
        provenance: Hints at its making.
        warnings: Codes of what could not be read: ``exif_unreadable``, ``xmp_unreadable``, ``gps_unreadable``,
            ``metadata_left_out``.
    """

    orientation: int
    exif: schema.Exif
    privacy: schema.Privacy
    provenance: schema.Provenance
    warnings: tuple[str, ...]


def read(image: Image.Image, data: bytes, *, include_gps: bool, searched: bytes | None = None) -> Metadata:
    """Read the metadata of an image; no bytes make it raise.

    Args:
        image: As Pillow or pi-heif has opened it; its pixels need not be loaded, and are not.
        data: The whole file.
        include_gps: Whether coordinates are to be returned.
        searched: The bytes of the file in which marks of metadata are looked for; all of them without it. A megabyte
            costs 8 ms.
    """
    searched = data if searched is None else searched
    found = blocks.collect(image, data, searched)
    own = [directory.read(block) for block in found.exif]
    known = [each for each in own if each]
    others = [each for each in map(directory.read, found.embedded) if each]
    properties, whole = _properties(found)
    first = known[0] if known else _NOTHING
    has_gps = privacy.has_position([*known, *others], properties, (searched, *found.xmp))
    has_gps = has_gps or (found.truncated and markers.has_gps_pointer(searched))
    place = privacy.position([*known, *others], properties) if has_gps else None
    problems = {
        "exif_unreadable": len(known) < len(own) or first.exif_lost,
        "xmp_unreadable": not whole,
        "gps_unreadable": has_gps and place is None,
        "metadata_left_out": found.truncated,
    }
    return Metadata(
        orientation=1 if image.format == "HEIF" else camera.orientation(first),  # pi-heif has turned it already
        exif=camera.facts(first, properties),
        privacy={"has_gps": has_gps, "gps": place if include_gps else None},
        provenance=provenance.provenance(found),
        warnings=tuple(code for code, holds in problems.items() if holds),
    )


def _properties(found: Blocks) -> tuple[list[Property], bool]:
    """Return the properties of all packets and notes, and whether every packet is whole."""
    read_packets, notes, left = [], [], _MAX_PARSED_BYTES
    for packet in found.xmp:
        if packet.strip(b"\0 \r\n\t"):
            read_packets.append(xmp.properties(packet) if len(packet) <= left else ([], False))
            left -= len(packet)
    for keyword, text in found.texts:
        prefix, _, name = keyword.decode("latin-1").rpartition(":")
        notes.append(Property(name, prefix, text[:1024].decode("utf-8", "replace")))
    return [each for packet, _ in read_packets for each in packet] + notes, all(whole for _, whole in read_packets)
