"""The client as strangers get it: built, installed and imported where nothing else of ours is. No network is needed."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import urllib3

from localhost.install import python_of
from tests.doubles.api import Api
from tests.examples import CLIENT, ROOT, readme_program

buildapi = pytest.importorskip("flit_core.buildapi", reason="the group dev has changed: run python3 dev.py test")
VERSION = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]["version"]
PACKAGE = {f"darkroom_client/{path.name}" for path in CLIENT.glob("src/darkroom_client/*.*")}
#: Says where the package is, how pip knows it, what pip installs with it, and which packages of the service it finds.
QUESTION = """
import darkroom_client, importlib.metadata, importlib.util, json
installed = importlib.metadata.distribution("darkroom-client")
service = [name for name in ("shared", "localhost") if importlib.util.find_spec(name)]
print(json.dumps([darkroom_client.__file__, installed.version, installed.requires, service]))
"""


@pytest.fixture(autouse=True)
def _in_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CLIENT)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Build the wheel."""
    return tmp_path / str(buildapi.build_wheel(str(tmp_path)))


def test_the_wheel_has_the_package_its_types_and_its_licence_alone(wheel: Path) -> None:
    assert "darkroom_client/py.typed" in PACKAGE
    about = f"darkroom_client-{VERSION}.dist-info/"
    with zipfile.ZipFile(wheel) as files:
        assert {name for name in files.namelist() if not name.startswith(about)} == PACKAGE
        assert files.read(f"{about}licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_the_sdist_has_what_the_wheel_is_built_from(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / buildapi.build_sdist(str(tmp_path))) as files:
        names = {name.removeprefix(f"darkroom_client-{VERSION}/") for name in files.getnames()}
    assert names == {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", *(f"src/{name}" for name in PACKAGE)}


def test_the_readmes_worker_runs_where_the_wheel_and_urllib3_alone_are_installed(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, symlinks=os.name != "nt")
    (packages,) = tmp_path.glob("[Ll]ib/**/site-packages")
    for path in Path(urllib3.__file__).parents[1].glob("urllib3*"):
        shutil.copytree(path, packages / path.name)
    python = str(python_of(tmp_path))
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-index", str(wheel)], check=True)  # which refuses if it needs more
    with Api() as api:
        command = [
            python,
            "-I",
            "-c",
            readme_program(api.url, "t") + QUESTION,
        ]  # -I: without this folder and PYTHONPATH
        printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=True).stdout
    assert [(job["state"], job["result"]) for job in api.jobs.values()] == [("COMPLETED", {"words": 4})]
    file, *rest = json.loads(printed)
    assert Path(file).parent == packages / "darkroom_client"
    assert rest == [VERSION, ["urllib3>=2.2,<3"], []]
