"""The header of an image file as plain values, for the gates and the report."""

from dataclasses import dataclass

from shared.errors import ImageRejected


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of one image file.

    Args:
        format: ``jpeg``, ``png``, ``webp``, ``gif``, ``bmp``, ``tiff``, ``heic`` or ``avif``.
        width_px: Stored width, before orientation; 1 or more.
        height_px: Stored height, before orientation; 1 or more.
        mode: Pillow's name of the stored pixels, such as ``L``, ``I;16``, ``P``, ``RGB``, ``RGBA`` or ``CMYK``.
        bits: Bits a sample, 1-16.
        has_alpha: Some pixels may be transparent.
        frames: Or pages; 1 for a still image.
        icc: The colour profile; empty if the file has no profile.
        progressive: A JPEG in several passes, an interlaced PNG.
        jpeg_quality: 1-100, by the quantisation tables; None for other formats.
        bytes_per_px: Estimated peak memory of decoding, a stored pixel.
        scans: Scans of a JPEG, counted up to one beyond the limit; otherwise 0.
        chunks: Chunks of a PNG, counted up to one beyond the limit; otherwise 0.
        orientation: EXIF orientation, if the container decides it; None if EXIF does.
        warnings: Codes of what was ignored.

    Raises:
        ImageRejected: ``corrupt_image``: there are no pixels.
    """

    format: str
    width_px: int
    height_px: int
    mode: str
    bits: int = 8
    has_alpha: bool = False
    frames: int = 1
    icc: bytes = b""
    progressive: bool = False
    jpeg_quality: int | None = None
    bytes_per_px: int
    scans: int = 0
    chunks: int = 0
    orientation: int | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.width_px and self.height_px):
            raise corrupt(f"The {self.format.upper()} has no pixels: {self.width_px} x {self.height_px}.")

    @property
    def decode_bytes(self) -> int:
        """Estimated peak memory of decoding."""
        return self.width_px * self.height_px * self.bytes_per_px


def corrupt(message: str) -> ImageRejected:
    """Return the error of a file that is damaged or cut off.

    Args:
        message: One sentence for a person, with the figures that decided.
    """
    return ImageRejected("corrupt_image", message)


def unsupported_format(name: str, what: str) -> ImageRejected:
    """Return the error of a file that no decoder reads.

    Args:
        name: The format.
        what: Why, as a clause.
    """
    return ImageRejected("unsupported_format", f"This kind of {name.upper()} is not supported: {what}.")
