"""Write requirements.lock: every package that a deployment installs, at one version, with its hashes.

requirements.txt says what Darkroom works with; the lock says what was looked at. It serves each Python from 3.11 to
3.14 on every platform, and names no index: where packages come from is the deployment's affair, what they are is not.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS, LOCK = "requirements.txt", "requirements.lock"
OLDEST = "3.11"
#: Stands above the digest of requirements.txt in the first lines of the lock.
_HEAD = "# What requirements.txt resolves to, for each Python from 3.11 on. Made by: python3 dev.py lock\n"
_MADE_FROM = "# requirements.txt sha256:"


def digest(requirements: str) -> str:
    """Return the digest of what requirements.txt asks for; comments and empty lines ask for nothing."""
    lines = [line.partition("#")[0].strip() for line in requirements.splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()


def recorded_digest(lock: str) -> str:
    """Return the digest that a lock was made from; empty where it names none."""
    return next((line.removeprefix(_MADE_FROM) for line in lock.splitlines() if line.startswith(_MADE_FROM)), "")


def make(root: Path, *, upgrade: bool = False) -> None:
    """Write the lock; versions that stand there are kept where they still fit.

    Args:
        root: The project's folder.
        upgrade: Take the newest version of everything instead.

    Raises:
        subprocess.CalledProcessError: No set of versions fits, or the index can't be reached; uv says which.
    """
    options = ["--universal", "--python-version", OLDEST, "--generate-hashes", "--no-header", "--no-annotate"]
    options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet", *(["--upgrade"] if upgrade else [])]
    command = [sys.executable, "-m", "uv", "pip", "compile", REQUIREMENTS, *options, "--output-file", LOCK]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    lock = root / LOCK
    head = f"{_HEAD}{_MADE_FROM}{digest((root / REQUIREMENTS).read_text(encoding='utf-8'))}\n"
    lock.write_text(head + lock.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    make(ROOT, upgrade="--upgrade" in sys.argv[1:])
