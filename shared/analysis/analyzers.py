"""Which analyzers run on a working image, in the order of their sections."""

from typing import Any

from shared.analysis import report
from shared.analysis.color import color
from shared.analysis.decode import Working
from shared.analysis.facts import Thumbnail, ThumbnailSpec
from shared.analysis.hashes import hashes
from shared.analysis.thumbnail import render


def run(working: Working, spec: ThumbnailSpec | None) -> tuple[dict[str, Any], Thumbnail | None]:
    """Run all analyzers.

    Args:
        working: The image, small; no analyzer changes it.
        spec: What thumbnail to make; None for none.

    Returns:
        The sections of the report by name, and the thumbnail.
    """
    sections: dict[str, Any] = {"color": color(working.image), "hash": hashes(working.grey)}
    if spec is None:
        return sections, None
    made = render(working.image, spec)
    return {**sections, "thumbnail": report.thumbnail(made)}, made
