"""The media types that are accepted and sent: closed lists, so that no response can be a page of somebody else."""

from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem

#: Says nothing about the bytes.
UNDECLARED = "application/octet-stream"
#: Media types of uploads: the formats that can be analysed, by all of their names. SVG is not one of them: browsers run
#: scripts in it.
UPLOADS = (
    UNDECLARED,
    *("image/jpeg", "image/jpg", "image/pjpeg"),
    *("image/png", "image/x-png", "image/apng"),
    *("image/webp", "image/gif"),
    *("image/bmp", "image/x-bmp", "image/x-ms-bmp"),
    *("image/tiff", "image/tif", "image/x-tiff"),
    *("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
    *("image/avif", "image/avif-sequence"),
)


def of_upload(content_type: str) -> str:
    """Return the media type that an upload declares, in lower case and without parameters.

    Raises:
        Problem: 415: it is not one of ``UPLOADS``.
    """
    bare = content_type.partition(";")[0].strip(" \t").lower() or UNDECLARED
    if bare not in UPLOADS:
        detail = f"The Content-Type of an upload must be one of {', '.join(UPLOADS)}. It may be left out."
        raise Problem(ErrorCode.NOT_AN_IMAGE, detail)
    return bare


def of_thumbnail(data: bytes) -> str | None:
    """Return the media type of a thumbnail by its first bytes; None if it is no format of thumbnails."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
