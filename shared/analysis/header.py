"""What a file says about its image before anything is decoded.

The readers of jpeg.py, png.py and webp.py look at the container only, so that the gates can judge an image before any
decoder has allocated a byte: opening a WebP with Pillow already allocates its canvas.
"""

from dataclasses import dataclass

from shared.analysis.exif import orientation
from shared.errors import ImageRejected

#: Of one block of metadata that is read; real ones have some kilobytes.
MAX_METADATA_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Header:
    """Facts of one image file.

    Args:
        format: ``jpeg``, ``png``, ``webp``, ``gif``, ``bmp``, ``tiff``, ``heic`` or ``avif``.
        width_px: Stored width, before orientation; 1 or more.
        height_px: Stored height, before orientation; 1 or more.
        mode: Pillow's name of the stored pixels, such as ``L``, ``I;16``, ``P``, ``RGB``, ``RGBA`` or ``CMYK``.
        bits: Bits a sample, 1-16.
        has_alpha: Some pixels may be transparent.
        frames: Or pages; 1 for a still image.
        exif: The EXIF block, a TIFF file; empty when there is none.
        xmp: The XMP packet, UTF-8; empty when there is none, or one over ``MAX_METADATA_BYTES``.
        icc: The colour profile as it stands in the file; empty when there is none, or one over the same.
        c2pa: The file holds a C2PA manifest.
        manifest: It, as it stands in the file; empty when there is none, and cut off at ``MAX_METADATA_BYTES``.
        texts: Keyword and text of PNG text chunks, in order, of each the beginning.
        progressive: A JPEG in several passes, an interlaced PNG.
        jpeg_quality: 1-100, told from the quantisation tables; None for other formats.
        bytes_per_px: Estimated peak memory of decoding, a stored pixel.
        scans: Scans of a JPEG, counted up to one beyond the limit; otherwise 0.
        chunks: Chunks of a PNG, counted up to one beyond the limit; otherwise 0.
        spans: The byte ranges (start, end) that hold the pixels and their colour space, in order. A decoder gets
            these and nothing else: hostile or broken metadata can then neither cost memory nor fail an image.
    """

    format: str
    width_px: int
    height_px: int
    mode: str
    bits: int = 8
    has_alpha: bool = False
    frames: int = 1
    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    c2pa: bool = False
    manifest: bytes = b""
    texts: tuple[tuple[bytes, bytes], ...] = ()
    progressive: bool = False
    jpeg_quality: int | None = None
    bytes_per_px: int
    scans: int = 0
    chunks: int = 0
    spans: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not (self.width_px and self.height_px):
            raise corrupt(f"The {self.format.upper()} has no pixels: {self.width_px} x {self.height_px}.")

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1-8; 1 is upright."""
        return orientation(self.exif)

    @property
    def display_size_px(self) -> tuple[int, int]:
        """Width and height after orientation."""
        sideways = self.orientation >= 5  # noqa: PLR2004 - 5 to 8 swap the axes
        return (self.height_px, self.width_px) if sideways else (self.width_px, self.height_px)

    @property
    def decode_bytes(self) -> int:
        """Estimated peak memory of decoding."""
        return self.width_px * self.height_px * self.bytes_per_px


def corrupt(message: str) -> ImageRejected:
    """Return the error of a file that can't be read.

    Args:
        message: One sentence, with the figures that decided.
    """
    return ImageRejected("corrupt_image", message)


def joined(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Merge neighbouring byte ranges.

    Args:
        spans: Ranges (start, end) in order, none overlapping.
    """
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)
