"""The body of a request: bytes, or a file, which is read anew for each try."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shared.cli.service import NOTHING, FileRefused

#: So much of a file is in memory while it is sent.
_CHUNK = 256 * 1024


@contextmanager
def refuse_unreadable() -> Iterator[None]:
    """Say of a file what the system says of it.

    Raises:
        FileRefused: It can't be read.
    """
    try:
        yield
    except OSError as error:
        raise FileRefused(f"The file can't be read: {error.strerror or type(error).__name__}.") from None


def read(data: bytes | Path | None) -> bytes:
    """Return a body, all of it."""
    if not isinstance(data, Path):
        return data or b""
    with refuse_unreadable():
        return data.read_bytes()


@contextmanager
def open_body(data: bytes | Path | None) -> Iterator[tuple[bytes | Iterator[bytes] | None, Mapping[str, str]]]:
    """Open a body at its beginning; yield what is sent, and the headers that it needs."""
    if not isinstance(data, Path):
        yield data, NOTHING
        return
    with refuse_unreadable():
        file = data.open("rb")
    with file:
        size = os.fstat(file.fileno()).st_size
        yield _parts(file, size), {"Content-Length": str(size)}


def _parts(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield as many bytes as were announced: more would be taken for the next request."""
    while size:
        with refuse_unreadable():
            part = file.read(min(size, _CHUNK))
        if not part:
            raise FileRefused("The file became shorter while it was sent. Upload it again.")
        size -= len(part)
        yield part
