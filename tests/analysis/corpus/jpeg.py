"""Hostile JPEG files.

Source:
    ITU-T T.81 (1992), annex B: markers and segments; annex C: Huffman tables; annex G: progressive scans.
"""

import struct

from tests.analysis.corpus.kinds import CORRUPT, EXIF, ICC, OVER, UNSUPPORTED, XMP, Hostile, files, files_with, jumbf
from tests.analysis.corpus.originals import encode, scene

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def segment(marker: int, body: bytes = b"", *, length: int | None = None) -> bytes:
    """Build one segment; its length is right where none is given."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2 if length is None else length) + body


def frame(width: int, height: int, *, marker: int = 0xC0, components: int = 1, sampling: int = 0x11) -> bytes:
    """Build the frame header, 8 bits a sample."""
    each = b"".join(bytes((at + 1, sampling, 0)) for at in range(components))
    return segment(marker, struct.pack(">BHHB", 8, height, width, components) + each)


def scan(first: int = 0, last: int = 63, bits: int = 0, components: int = 1) -> bytes:
    """Build a scan header: which coefficients, which of their bits, and of how many components."""
    each = b"".join(bytes((at + 1, 0)) for at in range(components))
    return segment(0xDA, bytes((components,)) + each + bytes((first, last, bits)))


def tables(symbol: int = 0) -> bytes:
    """Build a quantisation table of ones, and Huffman tables of one symbol, whose code is a 0."""
    one = bytes((1, *bytes(15), symbol))
    zero = bytes((1, *bytes(15), 0))
    return segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0" + zero) + segment(0xC4, b"\x10" + one)


def flat(width: int, height: int) -> bytes:
    """Build a grey baseline image, two bits a block and complete."""
    blocks = -(-width // 8) * -(-height // 8)
    return SOI + tables() + frame(width, height) + scan() + bytes(-(-2 * blocks // 8)) + EOI


def scans(side: int, number: int, *, refining: bool = False) -> bytes:
    """Build a progressive image of that many scans, of a few bytes each: a run of 32,767 blocks in 15 bits.

    Args:
        side: Of the image.
        number: How many, the first of which is DC.
        refining: Each of the others looks at all coefficients again; otherwise at one of 63.
    """
    blocks = (-(-side // 8)) ** 2
    bits = "".join("0" + "1" * 14 for _ in range(blocks // 32_767 + 1))
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8)).replace(b"\xff", b"\xff\0")
    bands = ((1, 63, 0x10) if refining else (1 + at % 63, 1 + at % 63, 0) for at in range(number - 1))
    dc, ac = scan(0, 0) + bytes(-(-blocks // 8)), b"".join(scan(*band) + packed for band in bands)
    return SOI + tables(0xE0) + frame(side, side, marker=0xC2) + dc + ac + EOI


def photo() -> bytes:
    """Return a real file of 96 × 64."""
    return encode(scene(), "JPEG")


def with_segments(*segments: bytes) -> bytes:
    """Return it with segments at its beginning."""
    return SOI + b"".join(segments) + photo()[2:]


def _icc(profile: bytes, number: int = 1, of: int = 1) -> bytes:
    return segment(0xE2, b"ICC_PROFILE\0" + bytes((number, of)) + profile)


def _mpf(offset: int, images: int) -> bytes:
    entries = struct.pack("<HHII", 0xB001, 4, 1, images) + struct.pack("<HHII", 0xB002, 7, 16 * images, offset)
    return segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4 + 64))


def _between(number: int, piece: bytes) -> bytes:
    """Put pieces between the first scan of a progressive image and what follows."""
    whole = scans(64, 3)
    second = whole.index(b"\xff\xda", whole.index(b"\xff\xda") + 2)
    return whole[:second] + piece * number + whole[second:]


FILES: list[Hostile] = [
    *files(
        "jpeg",
        {
            "255 megapixels, which the gates let in": lambda: flat(16_000, 15_900),
            "100 scans of 85 megapixels, which the gates let in": lambda: scans(9232, 100),
            "40 refining scans of 85 megapixels": lambda: scans(9232, 40, refining=True),
            "65,500 × 1": lambda: flat(65_500, 1),
            "1 × 65,500": lambda: flat(1, 65_500),
        },
        frozenset({"ok"}),
    ),
    *files(
        "jpeg",
        {
            "65,535 × 65,535": lambda: SOI + tables() + frame(65_535, 65_535) + scan() + bytes(1000) + EOI,
            "65,535 × 65,535, in four colours": lambda: (
                SOI + tables() + frame(65_535, 65_535, components=4) + scan(components=4) + bytes(999)
            ),
            "progressive, 12,000 × 12,000": lambda: scans(12_000, 2),
        },
        OVER,
    ),
    *files(
        "jpeg",
        {
            "two components": lambda: SOI + tables() + frame(8, 8, components=2) + scan(components=2) + bytes(9) + EOI,
            "255 components": lambda: SOI + tables() + frame(8, 8, components=255) + scan() + bytes(9) + EOI,
            "a lossless process": lambda: SOI + tables() + frame(8, 8, marker=0xC3) + scan() + bytes(99) + EOI,
            "a hierarchical process": lambda: SOI + tables() + frame(8, 8, marker=0xC5) + scan() + bytes(99) + EOI,
            "12 bits": lambda: photo().replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
        },
        frozenset({UNSUPPORTED}),
    ),
    *files("jpeg", {"5,000 scans": lambda: scans(64, 5000)}, frozenset({"too_many_scans"})),
    *files(
        "jpeg",
        {
            "0 × 0": lambda: SOI + tables() + frame(0, 0) + scan() + EOI,
            "no height": lambda: SOI + tables() + frame(8, 0) + scan() + bytes(1) + EOI,
            "no tables": lambda: SOI + frame(64, 64) + scan() + bytes(99) + EOI,
            "no frame": lambda: SOI + tables() + scan() + bytes(99) + EOI,
            "no scan": lambda: SOI + tables() + frame(64, 64) + EOI,
            "an end at the beginning": lambda: SOI + EOI + photo()[2:],
            "sampled 15 × 15": lambda: SOI + tables() + frame(8, 8, sampling=0xFF) + scan() + bytes(99) + EOI,
            "two frames": lambda: SOI + tables() + frame(60_000, 60_000) + frame(8, 8) + scan() + bytes(99) + EOI,
            "20,000 application segments": lambda: with_segments(segment(0xE5, b"x" * 40) * 20_000),
            "two million empty segments": lambda: with_segments(segment(0xFE) * 2_000_000),
            "a segment of length 1": lambda: with_segments(segment(0xE1, length=1)),
            "nothing but fill bytes": lambda: SOI + b"\xff" * 20_000_000,
            "a table of too many codes": lambda: with_segments(segment(0xC4, b"\0" + b"\xff" * 16 + bytes(255))),
            "a quantisation table 9": lambda: with_segments(segment(0xDB, b"\x09" + bytes(64))),
        },
        CORRUPT,
    ),
    *files(
        "jpeg",
        {
            "9,000 application segments": lambda: with_segments(segment(0xE5, b"x" * 400) * 9000),
            "20 million fill bytes": lambda: with_segments(b"\xff" * 20_000_000),
            "a million segments between two scans": lambda: _between(1_000_000, segment(0xFE)),
            "a million empty tables between two scans": lambda: _between(1_000_000, segment(0xC4)),
            "ten million restarts": lambda: flat(64, 64)[:-2] + b"\xff\xd0" * 10_000_000 + EOI,
            "20 million stuffed bytes": lambda: flat(64, 64)[:-2] + b"\xff\0" * 20_000_000 + EOI,
            "arithmetic coding": lambda: SOI + tables() + frame(64, 64, marker=0xC9) + scan() + bytes(99) + EOI,
            "half of its scan and an end": lambda: photo()[: len(photo()) * 6 // 10] + EOI,
            "a restart each block": lambda: SOI + segment(0xDD, b"\0\1") + flat(640, 640)[2:],
            "a profile of 255 parts": lambda: with_segments(*(_icc(b"\xff" * 60_000, at, 255) for at in range(1, 256))),
            "a profile of odd parts": lambda: with_segments(_icc(b"a", 0, 0), _icc(b"b", 200, 1), _icc(b"c", 1, 9)),
            "an index of 200 million images": lambda: with_segments(_mpf(58, 200_000_000)),
            "an index of itself": lambda: with_segments(_mpf(8, 3)),
            "Photoshop garbage": lambda: with_segments(segment(0xED, b"Photoshop 3.0\0" + b"8BIM" * 9000)),
            "C2PA garbage": lambda: with_segments(segment(0xEB, b"JP\0\1\0\0\0\7" + jumbf(900)) * 99),
            "XMP in 60 parts that overlap": lambda: with_segments(*(_extended_xmp(at * 9) for at in range(60))),
            "XMP said to have 4 GB": lambda: with_segments(_extended_xmp(0, total=0xFFFFFFFF)),
            "65,535 × 1, more than libjpeg takes": lambda: flat(65_535, 1),
            "Adobe's transform 200": lambda: with_segments(segment(0xEE, b"Adobe\0\x64\0\0\0\0\xc8")),
        },
    ),
    *files_with("jpeg exif", lambda block: with_segments(segment(0xE1, b"Exif\0\0" + block)), EXIF),
    *files_with(
        "jpeg xmp", lambda packet: with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)), XMP
    ),
    *files_with("jpeg icc", lambda icc: with_segments(_icc(icc)), ICC),
]  # fmt: skip


def _extended_xmp(offset: int, total: int = 600_000) -> bytes:
    """Build a part of an XMP packet that is too long for one segment.

    Source:
        Adobe, XMP Specification Part 3 (2020), 1.1.3.1: digest, length and offset.
    """
    place = b"0" * 32 + struct.pack(">II", total, offset)
    return segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + place + b"<x>" * 3000)
