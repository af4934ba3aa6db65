"""The zip that is deployed: the files that .funcignore leaves, with the lock in place of requirements.txt.

Azure's remote build runs ``pip install -r requirements.txt`` in the unpacked folder and looks for no other file. So the
zip's requirements.txt is the lock: each package at one version, with its hashes, and pip refuses everything else.

Source:
    https://github.com/microsoft/Oryx/blob/main/src/BuildScriptGenerator/Python/PythonBashBuildSnippet.sh.tpl;
    read 2026-11.
"""

import io
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from localhost import lock
from localhost.package import funcignore

#: The earliest time that a zip can state: the same in each package of the same files.
_TIME = (1980, 1, 1, 0, 0, 0)
#: A regular file that its owner may write and everybody may read.
_MODE = 0o100644


class PackageFailed(Exception):
    """The package can't be made; the message says what to do about it."""


def name(root: Path) -> str:
    """Return the file name of a project's package: darkroom and its version."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}-{project['version']}.zip"


def contents(root: Path) -> dict[str, bytes]:
    """Return the bytes of each file of the package by its path, sorted.

    Raises:
        PackageFailed: The lock was not made from requirements.txt as it is.
    """
    files = {path: (root / path).read_bytes() for path in funcignore.deployed_files(root)}
    locked = files[lock.FUNCTIONS.path]
    if lock.recorded_digest(locked.decode()) != lock.digest(lock.FUNCTIONS.requirements(root)):
        raise PackageFailed(f"{lock.FUNCTIONS.path} is out of date. Run: python3 dev.py lock")
    return {**files, lock.REQUIREMENTS: locked}


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files.

    Nothing is compressed: its bytes depend on the files alone, and not on the zlib of a machine.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system, entry.external_attr = 3, _MODE << 16
            archive.writestr(entry, files[path])
    return packed.getvalue()
