"""What the name of a file tells of an image; the content decides later."""

import mimetypes
from pathlib import PurePath

#: Media types by suffix: the newer image formats are unknown to some systems.
TYPES = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}


def is_image(name: str) -> bool:
    """Whether a file counts as an image when a folder is looked through."""
    return PurePath(name).suffix.lower() in TYPES


def content_type(name: str) -> str:
    """Guess the media type to declare at the upload."""
    return TYPES.get(PurePath(name).suffix.lower()) or mimetypes.guess_type(name)[0] or "application/octet-stream"
