"""Says which of some modules a child process has: called there in place of ``analysis.analyze``."""

import sys

from shared import analysis
from shared.analysis.interface import Source
from shared.errors import ImageRejected


def analyze(data: bytes, *, source: Source, **_given: object) -> analysis.Analysis:
    """Analyse what follows the first line, if anything does; then name the modules of the first line that are here.

    Raises:
        ImageRejected: With these names.
    """
    names, _, image = data.partition(b"\n")
    if image:
        analysis.analyze(image, source=source, thumbnail=None)
    raise ImageRejected("corrupt_image", f"modules: {' '.join(sys.modules.keys() & set(names.decode().split()))}")
