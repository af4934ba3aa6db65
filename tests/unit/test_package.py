"""The package that is deployed: what is in it, and that its bytes depend on nothing else."""

import io
import os
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from localhost.install import python_of
from localhost.lock import FUNCTIONS, digest
from localhost.package import archive, interpreters, trial
from localhost.package.__main__ import main
from tests.place import place_of

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of a project that is made of the real .funcignore and locked requirements."""

    def write_file(path: str, text: str = "") -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write_file(".funcignore", (ROOT / ".funcignore").read_text())
    write_file("requirements.txt", "one>=1\n")
    write_file("requirements.lock", f"# requirements sha256:{digest('one>=1')}\none==1 --hash=sha256:{'0' * 64}\n")
    write_file("pyproject.toml", '[project]\nname = "darkroom"\nversion = "1.2.3"\n')
    return write_file


def test_a_package_has_what_the_app_needs_and_nothing_that_lies_about(tmp_path: Path, write: Write) -> None:
    app = [
        "function_app.py",
        "host.json",
        "shared/a.py",
        "shared/http/dashboard/js/a.js",
        "shared/http/dashboard/style/a.css",
    ]
    tools = [
        "tests/a.py",
        "shared/__pycache__/a.pyc",
        ".venv/lib/a.py",
        "node_modules/a.js",
        "out/a.zip",
        ".git/config",
    ]
    others = ["local.settings.json", "README.md", "shared/cli/a.py", ".vscode/a.json", ".gitignore"]
    for path in (*app, *tools, *others):
        write(path, "")
    assert [*archive.contents(tmp_path)] == [*app[:2], "requirements.lock", "requirements.txt", *app[2:]]


def test_the_real_package_has_every_module_of_the_app() -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "shared").rglob("*.py")}
    not_deployed = {path for path in modules if path.startswith(("shared/cli/", "shared/worker/"))}
    files = set(archive.contents(ROOT))
    assert {path for path in files if path.endswith(".py")} == modules - not_deployed | {"function_app.py"}
    page = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "shared" / "http" / "dashboard").rglob("*.[cjh][st]*")
    }
    assert len(page) > 5
    assert {"host.json", "requirements.txt"} | page <= files


@pytest.mark.usefixtures("write")
def test_what_a_build_installs_is_the_lock(tmp_path: Path) -> None:
    files = archive.contents(tmp_path)
    assert files["requirements.txt"] == files[FUNCTIONS.path] == (tmp_path / "requirements.lock").read_bytes()


def test_a_package_is_not_made_with_a_lock_of_other_requirements(tmp_path: Path, write: Write) -> None:
    write("requirements.txt", "one>=2\n")
    with pytest.raises(archive.PackageFailed, match=r"requirements\.lock is out of date\. Run: python3 dev\.py lock"):
        archive.contents(tmp_path)


def test_the_same_files_give_the_same_bytes_whenever_they_were_written(tmp_path: Path, write: Write) -> None:
    write("shared/a.py", "a = 1\n")
    first = archive.pack(archive.contents(tmp_path))
    os.utime(tmp_path / "shared" / "a.py", (0, 0))
    (tmp_path / "shared" / "a.py").chmod(0o600)
    assert archive.pack(dict(reversed(archive.contents(tmp_path).items()))) == first
    with zipfile.ZipFile(io.BytesIO(first)) as opened:
        assert opened.read("shared/a.py") == b"a = 1\n"
        assert opened.namelist() == sorted(opened.namelist())
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.usefixtures("write")
def test_a_package_is_named_by_its_version(tmp_path: Path) -> None:
    assert archive.name(tmp_path) == "darkroom-1.2.3.zip"
    documents = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert set(re.findall(r"out/(darkroom-\S+\.zip)", documents)) == {archive.name(ROOT)}


def test_an_interpreter_is_found_by_its_version_and_only_where_it_runs(tmp_path: Path) -> None:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = tmp_path / "versions" / f"{own}.1" / "bin"
    folder.mkdir(parents=True)
    environ = {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    (tmp_path / f"python{own}").write_text("#!/bin/sh\nexit 127\n")  # as pyenv has it for a version that is not chosen
    (tmp_path / f"python{own}").chmod(0o755)
    assert interpreters.find(own, environ) is None
    (folder / f"python{own}").symlink_to(sys.executable)
    assert interpreters.find(own, environ) == folder / f"python{own}"
    assert interpreters.find("2.0", environ) is None


def test_a_python_that_is_not_there_fails_the_trial_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"PATH": "", "PYENV_ROOT": "/nowhere"}
    assert not trial.attempt(Path("none.zip"), "3.99", root=ROOT, environ=environ)
    assert "Python 3.99: NOT TRIED" in capsys.readouterr().err


def test_tests_take_app_and_python_from_a_package_that_is_laid_out(tmp_path: Path) -> None:
    assert (place_of({}).app, place_of({}).python) == (ROOT, Path(sys.executable))
    python = python_of(tmp_path / "venv")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    place = place_of({trial.VARIABLE: str(tmp_path)})
    assert (place.app, place.python, place.version) == (tmp_path / "app", python, sys.version_info[:2])
    assert place.environ == {"PYTHONPATH": str(place.folder)} == {"PYTHONPATH": str(tmp_path / "tools")}


@pytest.mark.prove("makes an environment, installs forty packages, and runs the tests of the pipeline in it")
def test_the_package_passes_the_tests_of_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DARKROOM_PROVE", raising=False)  # at everyday length
    assert main(["--test", "--python", f"{sys.version_info[0]}.{sys.version_info[1]}"]) == 0
