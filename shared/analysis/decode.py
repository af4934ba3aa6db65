"""Decode an image once, to the working image from which everything else is computed."""

from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from shared.analysis.formats.header import Header
from shared.analysis.formats.picture import Picture, decoder

#: The longest edge of a working image.
WORKING_EDGE_PX = 1024

#: An image is reduced by a whole number as long as its long edge keeps this length.
REDUCED_EDGE_PX = 960

#: Both sides of a miniature.
MINIATURE_EDGE_PX = 32
#: An image is first reduced by a whole number while it is so much larger: this takes a quarter of the time.
_REDUCING_GAP = 2.0


_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Working:
    """The image that the analyzers see.

    Args:
        image: Mode RGB, sRGB, upright, over white, no metadata; at most ``WORKING_EDGE_PX`` long.
        grey: Mode L, the same pixels before the colour profile: luma of the coded values (ITU-R BT.601), so that no
            colour engine's rounding changes it.
        warnings: What was ignored: ``icc_ignored``, ``transparency_ignored``.
    """

    image: Image.Image
    grey: Image.Image
    warnings: tuple[str, ...]

    @cached_property
    def miniature(self) -> Image.Image:
        """The colours at a glance: see the function of this name."""
        return miniature(self.image)


def working_image(picture: Picture, orientation: int) -> Working:
    """Decode the first frame.

    Args:
        picture: The file; its header has passed the gates.
        orientation: EXIF orientation, 1-8.

    Raises:
        ImageRejected: ``corrupt_image``: the decoder failed, as it does for a file that is cut off.
            ``unsupported_format``: the decoder says that it does not support the file.
        MemoryError: Memory ran out; another try may succeed.

    Source:
        Over white: W3C Compositing and Blending Level 1, 2015, "source over" with an opaque backdrop.
    """
    with decoder(picture.format):
        return _decode(picture, orientation)


def miniature(image: Image.Image) -> Image.Image:
    """Return 32 x 32 pixels that are means of areas of an image; for what needs no detail."""
    size = (MINIATURE_EDGE_PX, MINIATURE_EDGE_PX)
    return image.resize(size, Image.Resampling.BOX, reducing_gap=_REDUCING_GAP)


def reduction(size_px: tuple[int, int]) -> int:
    """Return the largest of 8, 4 and 2 by which a JPEG decodes to ``REDUCED_EDGE_PX`` or more, or 1."""
    return next((by for by in (8, 4, 2) if max(size_px) // by >= REDUCED_EDGE_PX), 1)


def fit_size(size_px: tuple[int, int], edge_px: int) -> tuple[int, int]:
    """Return the size with the same proportions whose long edge is at most ``edge_px``; never larger, never 0."""
    long = max(size_px)
    if long <= edge_px:
        return size_px
    width, height = (max(1, (2 * side * edge_px + long) // (2 * long)) for side in size_px)
    return width, height


def _decode(picture: Picture, orientation: int) -> Working:
    image = picture.image
    by = reduction(image.size)
    if by > 1 and picture.format == "jpeg":
        # thumbnail() alone would decode all pixels. Pillow divides by this size, so neither side may be 0.
        image.draft(None, (max(1, image.width // by), max(1, image.height // by)))
    image.load()
    image, warnings = _resolve_transparency(image, picture)
    image = _flatten(_to_eight_bits(_shrink(_to_reducible(image))))
    colours = _to_srgb(image, picture.icc) if picture.icc else image.convert("RGB")
    if colours is None:
        warnings, colours = (*warnings, "icc_ignored"), image.convert("RGB")
    turn = 1 if picture.turns else orientation
    return Working(_turn(colours, turn), _turn(image.convert("L"), turn), warnings)


def _resolve_transparency(image: Image.Image, header: Header) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert palettes and transparent colours to plain channels, before any pixels are mixed.

    Returns:
        An image without ``info["transparency"]``, for ``_to_reducible``; and warnings.
    """
    key = image.info.get("transparency")
    if image.mode == "P":
        return image.convert("RGB" if key is None else "RGBA"), ()
    image.info.pop("transparency", None)
    if image.mode == "1":
        image = image.convert("L")
    if key is None:
        return image, ()
    if header.bits > 8:  # noqa: PLR2004 - the pixels have lost the low bytes that the key is compared with
        return image, ("transparency_ignored",)
    if image.mode == "L":
        key = key * 255 // (2**header.bits - 1)  # Pillow widens the pixels to 8 bits and leaves the key as it is
    image.info["transparency"] = key
    return image.convert("RGBA"), ()


def _to_reducible(image: Image.Image) -> Image.Image:
    """Convert modes that Pillow can't shrink: 16 bits high byte first, colours multiplied with their alpha.

    A BMP whose alpha is 0 everywhere is opaque: many programs declare alpha and write none, and viewers expect that.
    """
    if image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")
    other = {"I;16B": "I", "La": "LA", "RGBa": "RGBA"}.get(image.mode)
    return image.convert(other) if other else image


def _shrink(image: Image.Image) -> Image.Image:
    """Shrink to ``WORKING_EDGE_PX``: first by a whole number, which is cheap, then by the rest."""
    by = max(image.size) // REDUCED_EDGE_PX
    if by > 1 and image.mode == "I;16":  # reduce() knows no 16 bits
        smaller = (-(-image.width // by), -(-image.height // by))
        image = image.resize(smaller, Image.Resampling.BOX)
    elif by > 1:
        image = image.reduce(by)
    size = fit_size(image.size, WORKING_EDGE_PX)
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16 bits to 8, because a plain conversion to L would clip everything above 255."""
    if image.mode not in ("I", "I;16"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    opaque = image.mode[:-1]
    white = Image.new(opaque, image.size, "white")
    white.paste(image.convert(opaque), mask=image.getchannel("A"))
    return white


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    from shared.analysis import icc  # noqa: PLC0415 - Little CMS, which an image without a profile does not need

    return icc.to_srgb(image, profile)


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    """Turn an image upright, and drop the metadata that an encoder would write into a thumbnail."""
    turned = image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image
    turned.info = {}  # comment, profile
    return turned
