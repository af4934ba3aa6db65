"""Which interpreters this machine has beside the one that runs."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

_ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def find(version: str, environ: Mapping[str, str]) -> Path | None:
    """Return an interpreter of a version, on PATH or among pyenv's; None if none runs.

    Args:
        version: Such as 3.13.
        environ: Has PATH, and PYENV_ROOT where pyenv is not in the home folder.
    """
    return next((python for python in _candidates(version, environ) if version_of(python) == version), None)


def version_of(python: Path) -> str:
    """Return the version of an interpreter, such as 3.13; empty where it does not run."""
    try:
        answer = subprocess.run([python, "-I", "-c", _ASK], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip()


def _candidates(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where one may be; what pyenv puts on PATH for each version runs only where that version is chosen."""
    command = f"python{version}"
    on_path = shutil.which(command, path=environ.get("PATH", ""))
    if on_path:
        yield Path(on_path)
    versions = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for folder in sorted(versions.glob(f"{version}.*"), key=_numbers, reverse=True):
        yield folder / "bin" / command


def _numbers(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]
