"""Write the locks: every package that a deployment installs, at one version, with its hashes.

requirements.txt says what Darkroom works with, and the group ``cli`` of pyproject.toml what its command needs beside
that; a lock says what was looked at. It serves each Python from 3.11 to 3.14 on every platform, and names no index:
where packages come from is the deployment's affair, what they are is not.
"""

import hashlib
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = "requirements.txt"
OLDEST = "3.11"
#: Stands above the digest in the first lines of a lock.
_HEAD = "# What {sources} resolve{s} to, for each Python from 3.11 on. Made by: python3 dev.py lock\n"
_MADE_FROM = "# requirements sha256:"


@dataclass(frozen=True)
class Lock:
    """A lock.

    Attributes:
        path: From the project's folder.
        group: Of pyproject.toml, that it has beside requirements.txt; none where it is empty.
        constraint: The lock whose versions it takes where it has the same packages.
    """

    path: str
    group: str = ""
    constraint: str = ""

    def requirements(self, root: Path) -> str:
        """Return what it is made from, a requirement a line."""
        lines = (root / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
        if self.group:
            project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
            lines += project["dependency-groups"][self.group]
        return "\n".join(lines)

    @property
    def head(self) -> str:
        """Its first line."""
        more = f" and the group {self.group} of pyproject.toml" if self.group else ""
        return _HEAD.format(sources=f"{REQUIREMENTS}{more}", s="" if more else "s")


FUNCTIONS = Lock("requirements.lock")
WORKER = Lock("deploy/worker/requirements.lock", group="cli", constraint=FUNCTIONS.path)
LOCKS = (FUNCTIONS, WORKER)


def digest(requirements: str) -> str:
    """Return the digest of what is asked for; comments and empty lines ask for nothing."""
    lines = [line.partition("#")[0].strip() for line in requirements.splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()


def recorded_digest(lock: str) -> str:
    """Return the digest that a lock was made from; empty where it names none."""
    return next((line.removeprefix(_MADE_FROM) for line in lock.splitlines() if line.startswith(_MADE_FROM)), "")


def make(root: Path, lock: Lock, *, upgrade: bool = False) -> None:
    """Write a lock; versions that stand there are kept where they still fit.

    Args:
        root: The project's folder.
        lock: Which.
        upgrade: Take the newest version of everything instead.

    Raises:
        subprocess.CalledProcessError: No set of versions fits, or the index can't be reached; uv says which.
    """
    options = ["--universal", "--python-version", OLDEST, "--generate-hashes", "--no-header", "--no-annotate"]
    options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet", *(["--upgrade"] if upgrade else [])]
    options += ["--group", lock.group] if lock.group else []
    options += ["--constraint", lock.constraint] if lock.constraint else []
    command = [sys.executable, "-m", "uv", "pip", "compile", REQUIREMENTS, *options, "--output-file", lock.path]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    file = root / lock.path
    head = f"{lock.head}{_MADE_FROM}{digest(lock.requirements(root))}\n"
    file.write_text(head + file.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    for each in LOCKS:
        make(ROOT, each, upgrade="--upgrade" in sys.argv[1:])
