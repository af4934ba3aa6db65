"""Convert colours to sRGB."""

from functools import lru_cache
from io import BytesIO
from itertools import product

from PIL import Image, ImageCms

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert an image to sRGB by its profile.

    Args:
        image: Mode L, RGB or CMYK; small, since the cost grows with its pixels.
        profile: Its ICC profile.

    Returns:
        Mode RGB; None if the profile is broken or belongs to another kind of image.

    Source:
        ICC.1:2022, 7.2.8: the colour space, bytes 16-19 of a profile.
    """
    if image.mode == "L" and profile[16:20] == b"RGB ":
        image = image.convert("RGB")
    try:
        transform = _transform(profile, image.mode)
        return ImageCms.applyTransform(image, transform) if transform else image.convert("RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build a transform to sRGB; building takes longer than applying, so it is cached.

    Returns:
        None if it would change nothing: most profiles are sRGB under one of many names.

    Raises:
        ValueError: The profile belongs to another kind of image.
        ImageCms.PyCMSError, OSError: It is broken.
    """
    opened = ImageCms.ImageCmsProfile(BytesIO(profile))
    space = opened.profile.xcolor_space.strip()
    if _MODES.get(space) != mode:
        raise ValueError(f"a profile for {space}, an image in {mode}")
    transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode == "RGB" and _largest_change(transform) <= 1:
        return None
    return transform


def _largest_change(transform: ImageCms.ImageCmsTransform) -> int:
    """Return the largest change, 0-255, that a transform makes to any channel of 9 x 9 x 9 colours."""
    steps = [min(255, 32 * step) for step in range(9)]
    before = bytes(value for colour in product(steps, repeat=3) for value in colour)
    cube = Image.frombytes("RGB", (27, 27), before)
    after = ImageCms.applyTransform(cube, transform)
    return max(abs(new - old) for new, old in zip(after.tobytes(), before, strict=True)) if after else 255
