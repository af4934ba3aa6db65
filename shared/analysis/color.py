"""The colours of an image."""

from PIL import Image


def color(image: Image.Image) -> dict[str, str]:
    """Describe the colours.

    Args:
        image: Mode RGB, sRGB.

    Returns:
        ``mean``: the mean of each channel as ``#rrggbb``, rounded half up; a mean of coded values, not of light.
    """
    counts = image.histogram()
    pixels = image.width * image.height
    means = []
    for start in (0, 256, 512):
        total = sum(value * count for value, count in enumerate(counts[start : start + 256]))
        means.append((2 * total + pixels) // (2 * pixels))
    return {"mean": "#{:02x}{:02x}{:02x}".format(*means)}
