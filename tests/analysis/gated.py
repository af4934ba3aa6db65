"""Analyse every hostile file where nothing may be decoded, and tell whether an image library has been imported.

Started in an interpreter of its own with a folder of files.
Prints how they ended, and what it should not have imported.
"""

import sys
from collections import Counter
from pathlib import Path

from shared.analysis import Limits, Source, analyze
from shared.errors import ImageRejected

NOTHING = Limits(max_pixels=0)
LIBRARIES = ("PIL", "pi_heif")


def main(folder: Path) -> None:
    """Analyse the files of a folder."""
    codes: Counter[str] = Counter()
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        source = Source(container="c", name=path.name, etag="e", size_bytes=len(data), declared_type=None)
        try:
            codes[analyze(data, source=source, limits=NOTHING).report["error"]["code"]] += 1
        except ImageRejected as rejected:
            codes[rejected.code] += 1
    print(dict(codes), [name for name in sys.modules if name.partition(".")[0] in LIBRARIES])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
