"""What a check reports."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong in a file.

    Attributes:
        file: Path from the root of the repository.
        line: From 1 on.
        sentence: What is wrong, and what it must be.
    """

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        """Return the line that an editor can follow."""
        return f"{self.file}:{self.line}: {self.sentence}"


#: Given the root of the repository, yields what is wrong there.
Check = Callable[[Path], Iterable[Finding]]
