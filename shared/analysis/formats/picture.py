"""An image file that a library has opened: its header, and pixels that are not decoded yet."""

import logging
import warnings as python_warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar

from PIL import Image, ImageFile

from shared.analysis.formats.header import Header, corrupt, unsupported_format
from shared.errors import ImageRejected

# The gates limit the decoder's memory instead. Set once, because the variable belongs to the whole process.
Image.MAX_IMAGE_PIXELS = None
# At DEBUG, Pillow logs what it reads: names, places and times of photographs must not reach a log.
logging.getLogger("PIL").setLevel(logging.INFO)

#: Of a decoder's message.
_MAX_CHARACTERS = 200

_Plugin = TypeVar("_Plugin", bound=ImageFile.ImageFile)

#: In a decoder's message about a file that may be complete, but that it does not support.
_UNSUPPORTED = (
    "unsupported",
    "not supported",
    "not yet supported",
    "cannot handle",
    "unknown pixel mode",
    "unknown data organization",
    "samples per pixel",
    "has not been built",
    "security limit",
)


@dataclass(frozen=True, kw_only=True)
class Picture(Header):
    """One open image file.

    Args:
        image: Without what its decoder must not see; ``load`` decodes the first frame.
        turns: Whether the decoder itself turns the pixels upright.
        pixels: Byte ranges (start, end) of coded pixels, for formats that have them in large pieces.
    """

    image: Image.Image
    turns: bool = False
    pixels: tuple[tuple[int, int], ...] = ()

    def beside_pixels(self, data: bytes) -> bytes:
        """Return the bytes of the file that are not pixels, where metadata may be.

        Args:
            data: The file.
        """
        parts, at = [], 0
        for start, end in sorted(self.pixels):
            parts.append(data[at:start])
            at = max(at, end)
        return b"\0".join((*parts, data[at:])) if parts else data


def open_with(plugin: type[_Plugin], data: bytes, name: str) -> _Plugin:
    """Open a file by one plugin: Image.open would import 40, and open a JPEG with an index as another format.

    Args:
        plugin: Pillow's class of the format.
        data: The file.
        name: The format.

    Raises:
        ImageRejected: ``corrupt_image`` or ``unsupported_format``.
    """
    with decoder(name):
        return plugin(BytesIO(data))


@contextmanager
def decoder(name: str) -> Iterator[None]:
    """Turn any error of a decoder into a verdict on the file, and suppress its warnings.

    Args:
        name: The format.

    Raises:
        ImageRejected: ``corrupt_image`` or ``unsupported_format``.
        MemoryError: Memory ran out; another try may succeed.
    """
    try:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")
            yield
    except (MemoryError, ImageRejected):
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise verdict(error, name) from error


def verdict(error: Exception, name: str) -> ImageRejected | MemoryError:
    """Distinguish a damaged file, an unsupported one and a lack of memory by the decoder's message.

    Codecs report all three as OSError, libavif and libheif as RuntimeError. These two do not always notice a lack of
    memory: when an AV1 or HEVC decoder gets no memory, they only say that the file has no image.

    Args:
        error: What the decoder raised.
        name: The format.
    """
    said = str(error)[:_MAX_CHARACTERS] or type(error).__name__
    message = said.lower()
    if "security limit" not in message and ("out of memory" in message or "memory allocation error" in message):
        return MemoryError(said)
    if any(words in message for words in _UNSUPPORTED):
        return unsupported_format(name, said)
    return corrupt(f"The {name.upper()} can't be decoded: {said}.")


def profile(image: Image.Image) -> bytes:
    """Return the colour profile that a plugin found; empty if it found no profile."""
    found = image.info.get("icc_profile")
    return found if isinstance(found, bytes) else b""
