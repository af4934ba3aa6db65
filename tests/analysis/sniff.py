"""Do with every hostile file what a parent may do, and tell whether an image library has been imported.

Started in an interpreter of its own with a folder of beginnings of files.
Prints the formats, and what should not have been imported.
"""

import sys
from collections import Counter
from pathlib import Path

from shared.analysis import Limits, Source, formats, over_size_gate

LIBRARIES = ("PIL", "pi_heif")


def main(folder: Path) -> None:
    """Tell the formats of the files of a folder."""
    found: Counter[str] = Counter()
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        source = Source(container="c", name=path.name, etag="e", size_bytes=len(data), declared_type=None)
        known = formats.sniff(data)
        found[known.name if known else ""] += over_size_gate(source, Limits()) is None
    print(dict(found), [name for name in sys.modules if name.partition(".")[0] in LIBRARIES])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
