"""An image file that a library has opened: what its header says, and pixels that are still to be decoded."""

import logging
import warnings as python_warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar

from PIL import Image, ImageFile

from shared.analysis.formats.header import Header, corrupt, unsupported
from shared.errors import ImageRejected

# The gates judge an image by its decoder's memory. Set once: the variable is the process's, not a call's.
Image.MAX_IMAGE_PIXELS = None
# Pillow logs what it reads, at DEBUG: names, places and times of photographs are nobody's who reads logs.
logging.getLogger("PIL").setLevel(logging.INFO)

#: Of what a decoder says.
_MAX_CHARACTERS = 200

_Plugin = TypeVar("_Plugin", bound=ImageFile.ImageFile)

#: What decoders say of a file that may be whole, but is not for them.
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
    """One image file, opened.

    Args:
        image: Opened, without what its decoder must not see; ``load`` decodes the first frame.
        turns: The decoder turns the pixels upright itself.
        pixels: Byte ranges (start, end) that hold coded pixels, where a format has them in one piece and large.
    """

    image: Image.Image
    turns: bool = False
    pixels: tuple[tuple[int, int], ...] = ()

    def beside_pixels(self, data: bytes) -> bytes:
        """Return the bytes of the file that hold no pixels: where it is worth looking for marks of metadata.

        Args:
            data: The file.
        """
        parts, at = [], 0
        for start, end in sorted(self.pixels):
            parts.append(data[at:start])
            at = max(at, end)
        return b"\0".join((*parts, data[at:])) if parts else data


def open_with(plugin: type[_Plugin], data: bytes, name: str) -> _Plugin:
    """Open a file by one plugin: Image.open would import 40, and take a JPEG with an index for another format.

    Args:
        plugin: Pillow's class for the format.
        data: The file.
        name: The format.

    Raises:
        ImageRejected: ``corrupt_image`` or ``unsupported_format``.
    """
    with decoder(name):
        return plugin(BytesIO(data))


@contextmanager
def decoder(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into a verdict on the file, and keep its warnings to ourselves.

    Args:
        name: The format.

    Raises:
        ImageRejected: ``corrupt_image`` or ``unsupported_format``.
        MemoryError: There was none left; another time it may succeed.
    """
    try:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")
            yield
    except (MemoryError, ImageRejected):
        raise
    except Exception as error:  # decoders raise whatever a hostile file makes them raise
        raise verdict(error, name) from error


def verdict(error: Exception, name: str) -> ImageRejected | MemoryError:
    """Tell a bad file from one that is not supported, and from a lack of memory, by what the decoder says.

    Codecs report all three as OSError, libavif and libheif as RuntimeError. The last two can't always tell a lack of
    memory themselves: where an AV1 or HEVC decoder has found none, they say only that there is no image.

    Args:
        error: What the decoder raised.
        name: The format.
    """
    said = str(error)[:_MAX_CHARACTERS] or type(error).__name__
    message = said.lower()
    if "security limit" not in message and ("out of memory" in message or "memory allocation error" in message):
        return MemoryError(said)
    if any(words in message for words in _UNSUPPORTED):
        return unsupported(name, said)
    return corrupt(f"The {name.upper()} can't be decoded: {said}.")


def profile(image: Image.Image) -> bytes:
    """Return the colour profile that a plugin has found; empty when there is none."""
    found = image.info.get("icc_profile")
    return found if isinstance(found, bytes) else b""
