"""Which files are uploaded, and under which names; what can't be is named before anything is sent."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.errors import InvalidReference
from shared.rules.image_files import content_type, is_image
from shared.rules.names import Kind, check

#: Stands for the standard input.
STDIN = "-"
#: The Functions host decodes a path twice, so such a name would reach another blob.
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_NOT_IN_A_URL = "The name has a percent sign before two hexadecimal digits, which no URL can carry. Rename the file."


@dataclass(frozen=True)
class Upload:
    """One file.

    Attributes:
        path: Of the file; None for the standard input.
        name: Of the image.
        content_type: To declare.
    """

    path: Path | None
    name: str
    content_type: str

    @property
    def source(self) -> str:
        """What people know it by."""
        return STDIN if self.path is None else str(self.path)


@dataclass
class UploadPlan:
    """What to upload.

    Attributes:
        uploads: In the order in which they were named; those of a folder by their names.
        refusals: What can't be uploaded, and why.
    """

    uploads: list[Upload] = field(default_factory=list)
    refusals: list[tuple[Upload, str]] = field(default_factory=list)


class NameMissing(ValueError):
    """An image from the standard input needs a name. Give it with --name."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def plan(sources: Sequence[str], *, prefix: str = "", name: str | None = None) -> UploadPlan:
    """Plan the upload of files, folders and the standard input.

    A file is called as it is called in its folder, a file of a named folder by its path within that.

    Args:
        sources: Paths, or ``-``.
        prefix: Goes before each name, as it is: ``holiday/`` makes a folder.
        name: Of the image, where there is only one.

    Raises:
        NameMissing: The standard input has no name.
    """
    found, owners = UploadPlan(), dict[str, str]()
    for path, own_name in _files(sources, name, found):
        upload = Upload(path, f"{prefix}{own_name}", content_type(own_name))
        why = _refusal(upload, owners)
        if why is None:
            owners[upload.name] = upload.source
            found.uploads.append(upload)
        else:
            found.refusals.append((upload, why))
    return found


def _files(sources: Sequence[str], name: str | None, found: UploadPlan) -> Iterator[tuple[Path | None, str]]:
    for source in sources:
        path = Path(source)
        if source == STDIN:
            if name is None:
                raise NameMissing
            yield None, name
        elif path.is_dir():
            yield from ((each, each.relative_to(path).as_posix()) for each in _images_below(path, found))
        else:
            yield path, name or path.name


def _images_below(folder: Path, found: UploadPlan) -> list[Path]:
    """Return the images of a folder and of those in it, but for folders behind links, which could lead in a circle.

    Args:
        folder: Where to look.
        found: Takes the folders that can't be read as refusals: an upload without them is not whole.
    """

    def refuse(error: OSError) -> None:
        place = Path(error.filename)
        found.refusals.append((Upload(place, place.name, ""), f"The folder can't be read: {_reason(error)}."))

    walk = os.walk(folder, onerror=refuse)
    return sorted(Path(place, name) for place, _, names in walk for name in names if is_image(name))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _unreadable(path: Path) -> str | None:
    """Say why a file can't be read, as far as can be said without reading it: a pipe would never end."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "There is no such file."
    except OSError as error:  # such as a folder on its way that may not be entered
        return f"The file can't be read: {_reason(error)}."
    return None if stat.S_ISREG(mode) else "This is not a plain file."


def _refusal(upload: Upload, owners: dict[str, str]) -> str | None:
    if upload.path is not None and (why := _unreadable(upload.path)) is not None:
        return why
    if upload.name in owners:
        return f"{owners[upload.name]} has the same name. Rename it."
    if _ESCAPE.search(upload.name):
        return _NOT_IN_A_URL
    try:
        check(Kind.BLOB, upload.name)
    except InvalidReference as error:
        return str(error)
    return None
