"""HEIC by pi-heif, which also turns it upright, and AVIF by Pillow; both libraries read the header.

Source:
    AV1 Codec ISO Media File Format Binding 1.2.0, 2019, 2.3: the configuration of the codec.
"""

from PIL import Image, ImageFile

from shared.analysis.formats import isobmff
from shared.analysis.formats.header import corrupt, unsupported_format
from shared.analysis.formats.picture import Picture, open_with, profile
from shared.analysis.interface import Limits
from shared.errors import ImageRejected

#: Peak memory a pixel with 4:2:0 in 8 bits, and what 4:4:4, alpha and more bits add. Measured at 6 and 12 MP: HEIC 8.2,
#: 9.2, 8.8, 15.3; AVIF 9.7, 11.7, 12.7, and no file of more bits.
_BYTES_PER_PX = {"heic": (8, 2, 2, 8), "avif": (10, 2, 3, 8)}
#: Of one table of items: a grid of 500 tiles has 12 KB. 10,000 items cost libavif 0.7 s, 60,000 items 15 s; libheif
#: accepts 1,000.
MAX_TABLE_BYTES = 32 * 1024
#: libavif's message about any box that it rejects, for any reason.
_STRICT = "BMFF parsing failed"


def read_heic(data: bytes, _limits: Limits) -> Picture:
    """Open a HEIC.

    Args:
        data: The file; ``isobmff.brand`` says that it is one.

    Returns:
        A picture with the size before the decoder turns it.

    Raises:
        ImageRejected: ``corrupt_image``; ``unsupported_format``: a video without a still image, or a kind of image that
            the library does not decode.
    """
    image = _open(isobmff.without_metadata(data), "heic", _heif_plugin())
    orientation = isobmff.orientation(data)
    width, height = image.size if orientation < 5 else reversed(image.size)  # noqa: PLR2004 - 5 to 8 swap the axes
    return Picture(
        format="heic",
        image=image,
        width_px=width,
        height_px=height,
        mode=image.mode,
        has_alpha="A" in image.mode,
        frames=max(isobmff.track_frames(data), getattr(image, "n_frames", 1)),
        icc=profile(image),
        bytes_per_px=_bytes_per_px(
            image, "heic", full=image.info.get("chroma") == 444, deep=image.info.get("bit_depth", 8) > 8  # noqa: PLR2004
        ),
        orientation=orientation,
        turns=True,
    )  # fmt: skip


def read_avif(data: bytes, _limits: Limits) -> Picture:
    """Open an AVIF.

    Args:
        data: The file; ``isobmff.brand`` says that it is one.

    Raises:
        ImageRejected: ``corrupt_image``; ``unsupported_format``: the library rejects it although it is complete.
    """
    from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415 - 5 ms that few images need

    if (table := isobmff.largest_table(data)) > MAX_TABLE_BYTES:
        raise unsupported_format(
            "avif", f"a table of its items has {table:,} bytes, and the limit is {MAX_TABLE_BYTES:,}"
        )
    image = _open(data, "avif", AvifImageFile)
    full, deep = isobmff.av1_layout(data)
    return Picture(
        format="avif",
        image=image,
        width_px=image.width,
        height_px=image.height,
        mode=image.mode,
        has_alpha="A" in image.mode,
        frames=getattr(image, "n_frames", 1),
        icc=profile(image),
        bytes_per_px=_bytes_per_px(image, "avif", full=full, deep=deep),
        orientation=isobmff.orientation(data),
    )


def _heif_plugin() -> type[ImageFile.ImageFile]:
    from pi_heif import HeifImageFile, options  # noqa: PLC0415 - 20 ms that few images need

    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    plugin: type[ImageFile.ImageFile] = HeifImageFile
    return plugin


def _open(data: bytes, name: str, plugin: type[ImageFile.ImageFile]) -> ImageFile.ImageFile:
    """Open a file; if that fails, without its metadata and tracks."""
    try:
        return open_with(plugin, data, name)
    except ImageRejected as first:
        refusal = first
    if isobmff.is_cut_off(data):
        raise corrupt(f"The {name.upper()} is cut off: its boxes don't end at the end of the file.") from refusal
    if not any(isobmff.inner(data, (b"meta",))):
        raise unsupported_format(name, "it has no still image") from refusal
    try:
        return open_with(plugin, isobmff.still_alone(data), name)
    except ImageRejected as second:
        if _STRICT in str(second):
            raise unsupported_format(
                name, "the decoder rejects its structure, although the file is complete"
            ) from second
        raise


def _bytes_per_px(image: Image.Image, name: str, *, full: bool, deep: bool) -> int:
    half, for_full, for_alpha, for_deep = _BYTES_PER_PX[name]
    return half + for_full * full + for_alpha * ("A" in image.mode) + for_deep * deep
