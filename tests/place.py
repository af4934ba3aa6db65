"""Where hosts of tests find the app and its Python: in this repository, or in a package that is tried."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localhost.install import python_of
from localhost.package import interpreters, trial

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Place:
    """What a host is started with.

    Attributes:
        python: The interpreter, with the packages of the app and those of the local host.
        app: The folder of the app.
        folder: Where the package ``localhost`` is.
        environ: Variables over those of the test.
        version: Of the interpreter.
    """

    python: Path
    app: Path
    folder: Path
    environ: Mapping[str, str]
    version: tuple[int, int]


def place_of(environ: Mapping[str, str] = os.environ) -> Place:
    """Return the place that ``dev.py package --test`` has laid out; by default this repository and this Python."""
    package = environ.get(trial.VARIABLE)
    if package is None:
        return Place(Path(sys.executable), ROOT, ROOT, {}, sys.version_info[:2])
    folder = Path(package)
    python, tools = python_of(folder / trial.VENV), folder / trial.TOOLS
    major, minor = (int(number) for number in interpreters.version_of(python).split("."))
    return Place(python, folder / trial.APP, tools, {"PYTHONPATH": str(tools)}, (major, minor))
