"""Which results stand, by files that the contestants write as they go."""

import re
from collections.abc import Sequence
from pathlib import Path

#: A line of a file that has nothing else in it.
NAME = re.compile(rb"^(.+)$", re.MULTILINE)
#: What Darkroom logs once a result is committed; the reference of a blob has its container in front, ``photos`` here.
#: Two processes may write into one line of a file that they share.
COMMIT = re.compile(rb'"event": "job completed"[^{}]*?"ref": "(?:photos/)?([^"]+)"')


class Ends:
    """Read whole lines of files as they come.

    Args:
        files: Which; one that is not there yet has no lines.
        pattern: Finds the name in a line.
    """

    def __init__(self, files: Sequence[Path], pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern
        self._begins = dict.fromkeys(files, 0)
        #: All names so far, repeats among them, in the order in which they were read.
        self.names: list[str] = []

    def read(self) -> list[str]:
        """Return the names that have come since the last time."""
        new: list[str] = []
        for file, begin in self._begins.items():
            if not file.exists() or file.stat().st_size == begin:
                continue
            with file.open("rb") as stream:
                stream.seek(begin)
                whole = stream.read().rpartition(b"\n")
            self._begins[file] = begin + len(whole[0]) + len(whole[1])
            new += [name.decode() for name in self._pattern.findall(whole[0])]
        self.names += new
        return new

    def count(self) -> int:
        """Read, and return how many names there are by now."""
        self.read()
        return len(self.names)
