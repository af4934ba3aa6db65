"""Earlier releases of Darkroom, to run beside this one: their own code as it was released, under a name of its own.

``tests/data`` has the rooms of a release that decide what is written and how it is read. What those stand on, errors,
clock, runtime, telemetry and analysis, is this release's: it writes no rows, and the simulator hands it in.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
import tarfile
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

#: The release before this one.
PREVIOUS = "0.2.0"
_ROOT = Path(__file__).resolve().parents[2]
#: Where a release's own rooms are imported from, rather than this release's.
_ROOMS = "rules|ports|storage|steps|settings|wiring|heartbeat|handlers|views"
_OWN = re.compile(rf"^( *from )shared(?=\.(?:{_ROOMS})\b| import handlers\b)", re.MULTILINE)


def archive_of(version: str) -> Path:
    """Return the file that has a release."""
    return _ROOT / "tests" / "data" / f"release-{version}.tar.xz"


def sources(version: str) -> dict[str, str]:
    """Return the texts of a release's modules by their paths, as they were released."""
    with tarfile.open(archive_of(version)) as archive:
        return {name: data.decode() for name, data in files_of(archive).items()}


def files_of(archive: tarfile.TarFile) -> dict[str, bytes]:
    """Return the files of an archive by their paths."""
    files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
    return {name: file.read() for name, file in files.items() if file is not None}


class _Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one release's modules from its archive."""

    def __init__(self, version: str) -> None:
        self.package = f"darkroom_{version.replace('.', '_')}"
        self._archive = archive_of(version)
        self._texts = sources(version)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - as the import system calls it
        target: ModuleType | None = None,  # noqa: ARG002 - the same
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the release."""
        file = self._file(fullname)
        if fullname.partition(".")[0] != self.package or file not in self._texts:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=file.endswith("/__init__.py"))

    def exec_module(self, module: ModuleType) -> None:
        """Run a module, which imports modules of its own release."""
        file = self._file(module.__name__)
        text = _OWN.sub(rf"\g<1>{self.package}", self._texts[file])
        module.__file__ = str(_ROOT / file)  # by which the settings find the analyzers, which are this release's
        exec(compile(text, f"{self._archive}/{file}", "exec"), vars(module))  # noqa: S102 - our own release

    def _file(self, fullname: str) -> str:
        stem = "/".join(["shared", *fullname.split(".")[1:]])
        room = f"{stem}/__init__.py"
        return room if room in self._texts else f"{stem}.py"


@cache
def wiring_of(version: str) -> ModuleType:
    """Return the composition root of an earlier release."""
    importer = _Importer(version)
    sys.meta_path.insert(0, importer)
    return import_module(f"{importer.package}.wiring")


def module_of(part: object, name: str) -> ModuleType:
    """Return a module of the release that a part of a Darkroom is of.

    Args:
        part: An object of one of its classes.
        name: Of the module, without the package's.
    """
    return import_module(f"{type(part).__module__.partition('.')[0]}.{name}")
