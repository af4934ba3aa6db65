"""Which files are uploaded, and under which names; what can't be is named before anything is sent."""

import re
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
        OSError: A folder can't be listed.
    """
    found, owners = UploadPlan(), dict[str, str]()
    for path, own_name in _files(sources, name):
        upload = Upload(path, f"{prefix}{own_name}", content_type(own_name))
        why = _refusal(upload, owners)
        if why is None:
            owners[upload.name] = upload.source
            found.uploads.append(upload)
        else:
            found.refusals.append((upload, why))
    return found


def _files(sources: Sequence[str], name: str | None) -> Iterator[tuple[Path | None, str]]:
    for source in sources:
        path = Path(source)
        if source == STDIN:
            if name is None:
                raise NameMissing
            yield None, name
        elif path.is_dir():
            inside = sorted(each for each in path.rglob("*") if is_image(each.name) and each.is_file())
            yield from ((each, each.relative_to(path).as_posix()) for each in inside)
        else:
            yield path, name or path.name


def _refusal(upload: Upload, owners: dict[str, str]) -> str | None:
    if upload.path is not None and not upload.path.is_file():
        return "There is no such file."
    if upload.name in owners:
        return f"{owners[upload.name]} has the same name. Rename it."
    if _ESCAPE.search(upload.name):
        return _NOT_IN_A_URL
    try:
        check(Kind.BLOB, upload.name)
    except InvalidReference as error:
        return str(error)
    return None
