"""All hostile files that there are, and how many are drawn."""

from tests.analysis.corpus import anything, bmp, boxes, gif, jpeg, mutants, png, tiff, webp
from tests.analysis.corpus.kinds import Hostile
from tests.proving import at_length, everyday

DRAWN = at_length(200, 2_000)
#: Half a second and more each, to be decoded or to be made: a dozen take longer than the thousand others together.
LONG = {
    "avif: 36 megapixels said to be one",
    "avif: said to be 7,000 × 7,000",
    "bmp: 8,000 × 8,000 in runs, which the gates let in",
    "gif: 64 megapixels, which the gates let in",
    "jpeg: 100 scans of 85 megapixels, which the gates let in",
    "jpeg: 40 refining scans of 85 megapixels",
    "png: 62 MB of noise, which the gates let in",
    "png: 64 megapixels, which the gates let in",
    "png: 900 × zTXt of 64 MB",
    "tiff: a million directories",
    "tiff: a million strips that are one",
    "webp: 32 megapixels, which the gates let in",
}
_BUILT = (png, jpeg, webp, gif, bmp, tiff, boxes, anything)


def built_files() -> list[Hostile]:
    """Return those that are built for a purpose; the long ones are left to ``dev.py prove``."""
    files = [file for module in _BUILT for file in module.FILES]
    assert {file.name for file in files} >= LONG
    return [file for file in files if file.name not in LONG or not everyday()]


def hostile() -> list[Hostile]:
    """Return all of them."""
    return [*built_files(), *mutants.cut(), *mutants.draw_mutants(DRAWN)]
