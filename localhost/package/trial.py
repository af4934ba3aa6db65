"""Try a package: unpack it, install what it asks for as Azure's build does, and run the tests of the pipeline on it.

The app's environment has the locked packages and nothing else. What the local host needs lies in a folder of its own,
and pytest with all that it needs runs in another process, in .venv.
"""

import shutil
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from localhost.install import call, must, python_of, say
from localhost.package import interpreters

#: Names the folder that tests take the app from; read by tests/rig.py.
VARIABLE = "DARKROOM_PACKAGE"
APP, VENV, TOOLS = "app", "venv", "tools"
#: What hosts run of, beside the app's own packages; each is in the group dev of pyproject.toml, or needed by those.
_HOST_PACKAGES = ("uvicorn", "h11", "cronsim", "azure-functions-runtime")
_UNPINNED = ("click",)
#: Imports all that is deployed; what requirements-extra.txt has is there for who turns it on.
_IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, ".")
import function_app, shared
for module in pkgutil.walk_packages(shared.__path__, "shared."):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        if error.name not in {"zxingcpp"}:
            raise
"""
TESTS = ("tests/host/pipeline",)
#: It runs the command, which is not deployed.
_WITHOUT_HOST = "tests/host/pipeline/test_worker_process.py"


def attempt(archive: Path, version: str, *, root: Path, environ: Mapping[str, str]) -> bool:
    """Try a package on one Python; say how that ends, and return whether all tests pass.

    Args:
        archive: The package.
        version: Such as 3.13.
        root: The project's folder, which has the tests.
        environ: Of this process.

    Raises:
        InstallFailed: A step before the tests has failed; the message says which.
    """
    python = interpreters.find(version, environ)
    if python is None:
        say(f"== Python {version}: NOT TRIED, because this machine has no interpreter of it (on PATH or in pyenv)")
        return False
    with tempfile.TemporaryDirectory(prefix="darkroom-package-") as name:
        folder = Path(name)
        lay_out(archive, python, folder, root=root, environ=environ)
        say(f"== Python {version}: the tests of the pipeline, with the app from the package")
        words = ["-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *TESTS, "--ignore", _WITHOUT_HOST]
        status, _ = call([sys.executable, *words], cwd=root, environ={**environ, VARIABLE: name})
    say(f"== Python {version}: {'FAILED' if status else 'passed'}")
    return status == 0


def lay_out(archive: Path, python: Path, folder: Path, *, root: Path, environ: Mapping[str, str]) -> None:
    """Make the folders of app, its environment, and what runs it.

    Raises:
        InstallFailed: A package can't be installed, or does not fit to the others.
    """
    app, venv, tools = folder / APP, folder / VENV, folder / TOOLS
    own = {name: value for name, value in environ.items() if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(app)
    say(f"== {python}: installing the requirements of the package ...")
    must([str(python), "-m", "venv", str(venv)], cwd=folder, doing="python -m venv", environ=own)
    pip = [str(python_of(venv)), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
    # As the build does: by the file alone. pip asks for a hash of each package where one of them has one.
    must([*pip, "install", "--prefer-binary", "-r", "requirements.txt"], cwd=app, doing="pip install", environ=own)
    must([*pip, "check"], cwd=app, doing="pip check", environ=own)
    # Before anything else can be found: -I keeps out all that is not in the environment.
    must([str(python_of(venv)), "-I", "-c", _IMPORT_ALL], cwd=app, doing="Importing each module of the package")
    named = [line for line in _development(root) if line.partition(">")[0] in _HOST_PACKAGES]
    words = ["install", "--no-deps", "--target", str(tools), *named, *_UNPINNED]
    must([*pip, *words], cwd=folder, doing="pip install for the local host", environ=own)
    shutil.copytree(root / "localhost", tools / "localhost", ignore=shutil.ignore_patterns("__pycache__"))


def _development(root: Path) -> list[str]:
    """Return the requirements of development."""
    groups = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [line for line in groups["dev"] if isinstance(line, str)]
