"""Files with metadata made to measure: whatever no program would write, and some do."""

import struct
import warnings
import zlib
from io import BytesIO

from PIL import Image

from shared.analysis.metadata import Metadata, read

MAKE, MODEL, ORIENTATION, SOFTWARE, EXIF, GPS = 0x010F, 0x0110, 0x0112, 0x0131, 0x8769, 0x8825
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SSHORT, SLONG, SRATIONAL, IFD = 1, 2, 3, 4, 5, 7, 8, 9, 10, 13
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"

Entry = tuple[int, int, int, bytes]


def directory(entries: list[Entry], at: int, order: str = "<", following: int = 0) -> bytes:
    """Build a directory that stands at an offset, with its values behind it."""
    body, tail = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        behind = at + 2 + 12 * len(entries) + 4 + len(tail)
        field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", behind)
        tail += value if len(value) > 4 else b""
        body += struct.pack(order + "HHI", tag, kind, count) + field
    return body + struct.pack(order + "I", following) + tail


def block(
    *picture: Entry,
    shot: list[Entry] | None = None,
    gps: list[Entry] | None = None,
    order: str = "<",
    pointer: int = LONG,
) -> bytes:
    """Build an EXIF block; pointers are of the type that is given."""
    wanted = [(tag, entries) for tag, entries in ((EXIF, shot), (GPS, gps)) if entries is not None]
    at = 8 + len(directory([*picture, *((tag, pointer, 1, bytes(4)) for tag, _ in wanted)], 8, order))
    rows, behind = list(picture), b""
    for tag, entries in wanted:
        rows.append((tag, pointer, 1, struct.pack(order + "I", at + len(behind))))
        behind += directory(entries, at + len(behind), order)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + directory(rows, 8, order) + behind


def rationals(*pairs: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}{len(pairs)}I", *pairs)


def position(*, order: str = "<", seconds: tuple[int, int] = (39, 1)) -> list[Entry]:
    """Stockholm City Hall: 59° 19' 39" N, 18° 3' 17" E."""
    return [
        (1, ASCII, 2, b"N\0"),
        (2, RATIONAL, 3, rationals(59, 1, 19, 1, *seconds, order=order)),
        (3, ASCII, 2, b"E\0"),
        (4, RATIONAL, 3, rationals(18, 1, 3, 1, 17, 1, order=order)),
    ]


def plain(name: str, **options: object) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (16, 12)).save(stream, name, **options)
    return stream.getvalue()


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    data = plain("JPEG")
    added = b"".join(struct.pack(">BBH", 0xFF, code, len(body) + 2) + body for code, body in segments)
    return data[:2] + added + data[2:]


def with_exif(body: bytes) -> bytes:
    return jpeg((0xE1, b"Exif\0\0" + body))


def with_xmp(packet: bytes) -> bytes:
    return jpeg((0xE1, XMP_HEAD + packet))


def png(*chunks: tuple[bytes, bytes], behind: bool = False) -> bytes:
    """Add chunks before the pixels, or behind them."""
    data = plain("PNG")
    added = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    at = data.rindex(b"IEND") - 4 if behind else 33
    return data[:at] + added + data[at:]


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    data = plain("WEBP")[12:]
    data += b"".join(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in chunks)
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def raw_profile(kind: str, body: bytes) -> bytes:
    """Write bytes as ImageMagick puts them into a text."""
    digits = body.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{kind}\n{len(body):8}\n{lines}\n".encode()


def read_metadata(data: bytes, *, include_gps: bool = True) -> Metadata:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of what is broken on purpose
        image = Image.open(BytesIO(data))
    return read(image, data, include_gps=include_gps)
