"""All hostile files that there are, and how many are drawn."""

from tests.analysis.corpus import anything, bmp, boxes, gif, jpeg, mutants, png, tiff, webp
from tests.analysis.corpus.kinds import Hostile
from tests.proving import at_length

DRAWN = at_length(200, 2_000)
_BUILT = (png, jpeg, webp, gif, bmp, tiff, boxes, anything)


def built() -> list[Hostile]:
    """Return those that are built for a purpose."""
    return [file for module in _BUILT for file in module.FILES]


def hostile() -> list[Hostile]:
    """Return all of them."""
    return [*built(), *mutants.cut(), *mutants.drawn(DRAWN)]
