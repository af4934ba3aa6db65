"""Which media types come in, and which go out: closed lists, so that no answer of ours is a page of somebody else's."""

from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem

#: What says nothing of the bytes; they say by themselves what they are.
UNDECLARED = "application/octet-stream"
#: What an upload may declare: the types of the formats that can be analysed, by all of their names. SVG is none of
#: them: a browser runs what is written in it.
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
    """Tell a thumbnail's media type by its first bytes alone; None where it is none that is ever made."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
