"""One file, opened and decoded as an analysis does it, for what no report says."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image

from shared.analysis import Analysis, Limits, metadata
from shared.analysis.decode import Working, working_image
from shared.analysis.formats import readers, sniff
from shared.analysis.formats.picture import Picture
from shared.errors import ImageRejected
from tests.unit import acts

#: What the fixtures of these names give: an analysis of bytes, and a file of an image in Pillow's format.
Examine = Callable[..., Analysis]
Encode = Callable[..., bytes]


def picture(data: bytes) -> Picture:
    """Open a file of a known format."""
    known = sniff(data)
    assert known
    return readers.read(known, data, Limits())


def working(data: bytes) -> Working:
    """Decode a file, and turn it."""
    opened = picture(data)
    turn = opened.orientation or metadata.read(opened.image, data, include_gps=False).orientation
    return working_image(opened, turn)


def pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    """Return one pixel of an image of several bands."""
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found


def mean(examine: Examine, data: bytes) -> str:
    """Return the mean colour of an image."""
    return str(examine(data).report["color"]["mean"])


def header_facts(examine: Examine, data: bytes) -> tuple[object, ...]:
    """Return what a report says of mode, size, alpha and frames."""
    facts = examine(data).report["image"]
    return tuple(facts[name] for name in ("mode", "width_px", "height_px", "has_alpha", "frames"))


def pillow_facts(data: bytes) -> tuple[object, ...]:
    """Return what Pillow says of the same, for a file of one frame."""
    with Image.open(BytesIO(data)) as opened:
        return (opened.mode, *opened.size, "A" in opened.mode, 1)


def refusal(examine: Examine, data: bytes) -> str:
    """Return the code by which a file is refused."""
    return acts.refusal(examine, data, error=ImageRejected)
