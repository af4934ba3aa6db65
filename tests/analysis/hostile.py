"""All hostile files that there are, and how many are drawn."""

import os

from tests.analysis.corpus import anything, bmp, boxes, gif, jpeg, mutants, png, tiff, webp
from tests.analysis.corpus.kinds import Hostile

#: More is for a long run.
DRAWN = int(os.environ.get("DARKROOM_HOSTILE", "200"))
_BUILT = (png, jpeg, webp, gif, bmp, tiff, boxes, anything)


def built() -> list[Hostile]:
    """Return those that are built for a purpose."""
    return [file for module in _BUILT for file in module.FILES]


def hostile() -> list[Hostile]:
    """Return all of them."""
    return [*built(), *mutants.cut(), *mutants.drawn(DRAWN)]
