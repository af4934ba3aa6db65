"""Hostile GIF files.

Source:
    CompuServe, "Graphics Interchange Format Version 89a", 1990, sections 17 to 27 and appendix F (LZW).
"""

import struct

from tests.analysis.corpus.kinds import CORRUPT, OVER, UNSUPPORTED, XMP, Hostile, files, files_with

END = b";"
_NEW = frozenset({UNSUPPORTED})


def screen(width: int, height: int, flags: int = 0x80) -> bytes:
    """Build the beginning, with a table of two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + (bytes(6) if flags & 0x80 else b"")


def blocks(data: bytes) -> bytes:
    """Cut data into blocks of at most 255 bytes, with an end."""
    cut = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes((len(one),)) + one for one in cut) + b"\0"


def image(width: int, height: int, packed: bytes, *, x: int = 0, code_bits: int = 2, flags: int = 0) -> bytes:
    """Build one frame."""
    return b"," + struct.pack("<HHHHBB", x, 0, width, height, flags, code_bits) + blocks(packed)


def packed_zeros(number: int) -> bytes:
    """Pack zeros, each code one zero longer than the one before: the most that LZW can make of a byte."""
    out, held, bits, size, code, done, run = bytearray(), 4, 3, 3, 0, 0, 0
    while done < number:
        code = 0 if run == 0 else 5 + run
        held, bits = held | code << bits, bits + size
        run, done = run + 1, done + run + 1
        if 5 + run >= 1 << size and size < 12:
            size += 1
        if run == 4000:
            held, bits, size, run = held | 4 << bits, bits + size, 3, 0
        out += (held & (1 << bits // 8 * 8) - 1).to_bytes(bits // 8, "little")
        held, bits = held >> bits // 8 * 8, bits % 8
    held, bits = held | 5 << bits, bits + size
    return bytes(out) + held.to_bytes(-(-bits // 8), "little")


ONE = image(1, 1, b"\x44\x01")
COMMENT = b"!\xfe"
CONTROL = b"!\xf9\x04\x05\x01\x00\x01\x00"


def _flat(side: int) -> bytes:
    return screen(side, side) + image(side, side, packed_zeros(min(side, 8000) ** 2)) + END


FILES: list[Hostile] = [
    *files("gif", {"64 megapixels, which the gates let in": lambda: _flat(8000)}, frozenset({"ok"}) | OVER | _NEW),
    *files(
        "gif",
        {
            "65,535 × 65,535": lambda: _flat(65_535),
            "0 × 0": lambda: screen(0, 0) + image(0, 0, b"\x44\x01") + END,
            "a frame of 65,535 a side on a pixel": lambda: screen(1, 1) + image(65_535, 65_535, packed_zeros(99)) + END,
            "a frame far out": lambda: screen(9, 9) + image(60_000, 60_000, packed_zeros(9999), x=65_535) + END,
        },
        OVER | _NEW,
    ),
    *files(
        "gif",
        {
            "no frame": lambda: screen(9, 9) + END,
            "no codes": lambda: screen(64, 64) + image(64, 64, b"") + END,
            "fewer pixels than there should be": lambda: screen(500, 500) + image(500, 500, packed_zeros(900)) + END,
            "nothing behind the screen": lambda: screen(9, 9),
            "a table of colours that is cut off": lambda: screen(9, 9, 0xF7),
        },
        CORRUPT | _NEW,
    ),
    *files(
        "gif",
        {
            "300,000 frames": lambda: screen(1, 1) + ONE * 300_000 + END,
            "300,000 frames that have a delay": lambda: screen(1, 1) + (CONTROL + ONE) * 300_000 + END,
            "a million controls": lambda: screen(1, 1) + CONTROL * 1_000_000 + ONE + END,
            "300,000 comments": lambda: screen(1, 1) + (COMMENT + b"\1x\0") * 300_000 + ONE + END,
            "a comment of 20 MB": lambda: screen(1, 1) + COMMENT + blocks(bytes(20_000_000)) + ONE + END,
            "a comment of ten million crumbs": lambda: screen(1, 1) + COMMENT + b"\1x" * 10_000_000 + b"\0" + ONE + END,
            "pixels in ten million crumbs": lambda: screen(9, 9) + ONE[:-4] + b"\1\x44" * 10_000_000 + b"\0" + END,
            "a second frame of 65,535 × 65,535": lambda: screen(1, 1) + ONE + image(65_535, 65_535, b"\x44\x01") + END,
            "codes of 0 bits": lambda: screen(9, 9) + image(9, 9, bytes(99), code_bits=0) + END,
            "codes of 255 bits": lambda: screen(9, 9) + image(9, 9, bytes(99), code_bits=255) + END,
            "codes that there are none of": lambda: screen(64, 64) + image(64, 64, b"\xfc" + b"\xff" * 900) + END,
            "a million clear codes": lambda: screen(64, 64) + image(64, 64, b"\x24\x49\x92" * 700_000) + END,
            "no colours": lambda: screen(64, 64, 0) + image(64, 64, packed_zeros(4096)) + END,
            "a transparent colour 255": lambda: screen(1, 1) + CONTROL[:-2] + b"\xff\0" + ONE + END,
            "no end": lambda: screen(1, 1) + ONE,
            "blocks of an unknown kind": lambda: screen(1, 1) + b"?" * 999_999 + ONE + END,
            "a loop of -1": lambda: screen(1, 1) + b"!\xff\x0bNETSCAPE2.0\x03\x01\xff\xff\0" + ONE + END,
        },
        frozenset({"ok", *OVER, "too_many_chunks", "too_many_frames"}) | _NEW,
    ),
    *files_with("gif xmp", lambda packet: (
        screen(1, 1) + b"!\xff\x0bXMP DataXMP" + packet + b"\1" + bytes(range(255, -1, -1)) + b"\0" + ONE + END
    ), XMP, frozenset({"ok", *CORRUPT}) | _NEW),
]  # fmt: skip
