"""Undo an uploader's ``Content-Encoding``, within the limit of bytes.

Source:
    RFC 9110 (2022), 8.4: content codings; RFC 1952 (1996): gzip with several members; RFC 1950 and 1951 (1996):
    deflate, which some programs write without its frame.
"""

import zlib
from dataclasses import dataclass

from shared.analysis.interface import Limits
from shared.errors import ImageRejected

_GZIP, _ZLIB, _RAW = 31, 15, -15
_GZIP_NAMES, _DEFLATE = frozenset({"gzip", "x-gzip"}), "deflate"
#: Members of one file: programs that append logs write thousands; each costs some microseconds.
_MAX_MEMBERS = 10_000
_MEMBER = b"\x1f\x8b"
#: Bytes that are inflated at once, because zlib copies what follows a member: never the whole rest.
_PIECE = 65_536


@dataclass(frozen=True)
class Content:
    """The bytes of an image.

    Args:
        data: To be analysed.
        over_bytes: Their length so far when it is over the limit; 0 otherwise.
        warnings: Codes of what was ignored.
    """

    data: bytes
    over_bytes: int = 0
    warnings: tuple[str, ...] = ()


def undo(stored: bytes, encoding: str | None, limits: Limits, *, is_image: bool) -> Content:
    """Return the content of stored bytes.

    Args:
        stored: The whole blob.
        encoding: Its ``Content-Encoding``; None, empty and ``identity`` mean none.
        limits: ``max_bytes`` limits the result.
        is_image: Whether the stored bytes start like an image; then they are one, and the encoding is ignored.

    Raises:
        ImageRejected: ``unsupported_encoding``: neither gzip nor deflate, or several. ``corrupt_encoding``: the bytes
            are not encoded so, or are cut off.
    """
    name = (encoding or "").strip().lower()
    if name in ("", "identity") or not stored:
        return Content(stored)
    if is_image:
        return Content(stored, warnings=("content_encoding_ignored",))
    if name not in _GZIP_NAMES and name != _DEFLATE:
        raise ImageRejected(
            "unsupported_encoding",
            "The blob's Content-Encoding is neither gzip nor deflate. Upload the image without a Content-Encoding.",
        )
    try:
        return _inflate(stored, name, limits.max_bytes)
    except zlib.error as error:
        raise ImageRejected(
            "corrupt_encoding", f"The blob's Content-Encoding is {name}, but its bytes are not."
        ) from error


def _inflate(stored: bytes, name: str, most: int) -> Content:
    """Inflate to at most so many bytes.

    Raises:
        ImageRejected: ``corrupt_encoding``: the stream is cut off. ``unsupported_encoding``: it has too many members.
        zlib.error: It is not such a stream.
    """
    parts, size, at = list[bytes](), 0, 0
    for _ in range(_MAX_MEMBERS):
        packer = zlib.decompressobj(_GZIP if name != _DEFLATE else _window_bits(stored))
        while not packer.eof:
            piece = stored[at : at + _PIECE]
            if not piece:
                raise ImageRejected("corrupt_encoding", f"The blob's {name} data is cut off.")
            parts.append(packer.decompress(piece, most - size + 1))
            size += len(parts[-1])
            if size > most:
                return Content(b"", over_bytes=size)
            at += len(piece) - len(packer.unused_data)
        if name == _DEFLATE or not stored.startswith(_MEMBER, at):  # padding or junk may follow
            return Content(b"".join(parts))
    raise ImageRejected("unsupported_encoding", f"The blob's {name} data has more than {_MAX_MEMBERS:,} members.")


def _window_bits(data: bytes) -> int:
    """Return zlib's number for deflate with its frame, as the standard says, or without."""
    framed = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0  # noqa: PLR2004 - RFC 1950, 2.2
    return _ZLIB if framed else _RAW
