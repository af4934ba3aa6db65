"""Small images, one for each number."""

import struct
import zlib

#: With which each begins.
PNG = b"\x89PNG\r\n\x1a\n"


def png(number: int) -> bytes:
    """Return a small PNG, another for each number."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress(bytes([0, *number.to_bytes(3, "big")]))
    return PNG + b"".join(
        chunk(kind, body)
        for kind, body in ((b"IHDR", struct.pack(">IIBBBBB", 3, 1, 8, 0, 0, 0, 0)), (b"IDAT", pixels), (b"IEND", b""))
    )
