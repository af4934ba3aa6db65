import ast
import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from localhost import chromium, install
from tests import proving
from tests.browser import __main__ as browser

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def dev() -> ModuleType:
    """Load dev.py as a module: it is no package's."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Lay out a project as far as its set-up looks at it."""
    (tmp_path / "requirements.txt").write_text("one\n")
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ndev = ["two"]\n[tool.other]\nvalue = 1\n')
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


def make_all(root: Path) -> None:
    """Leave the traces of a set-up that has come to its end."""
    with install.stamping(root / ".venv", install.venv_digest(root, install.identity())):
        python = install.python_of(root / ".venv")
        python.parent.mkdir(parents=True)
        python.write_text("")
    with install.stamping(root / "node_modules", install.node_digest(root)):
        pass


def due(root: Path, *, node: bool = True, group: str = "") -> list[object]:
    return list(install.due(root, node=node, group=group))


BOTH = [install.make_node_modules, install.make_venv]


def test_an_old_python_can_read_dev_py_to_its_refusal() -> None:
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_dev_py_imports_nothing_of_ours_before_it_has_looked_at_the_version() -> None:
    before, _, _ = (ROOT / "dev.py").read_text(encoding="utf-8").partition("\nif version_problem(")
    imported = re.findall(r"^(?:import|from) (\S+)", before, re.MULTILINE)
    assert imported == ["os", "subprocess", "sys", "time", "collections.abc", "functools", "pathlib"]


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (2, 7, 18)])
def test_a_python_too_old_is_named_beside_the_one_needed(dev: ModuleType, version: tuple[int, int, int]) -> None:
    found = ".".join(map(str, version))
    assert dev.version_problem(version) == f"Python 3.11 or newer is needed, this is {found}."


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 0), (4, 0, 0)])
def test_a_python_new_enough_is_no_problem(dev: ModuleType, version: tuple[int, int, int]) -> None:
    assert dev.version_problem(version) == ""


def test_everything_is_due_in_a_fresh_checkout_and_node_which_may_be_missing_first(project: Path) -> None:
    assert due(project) == BOTH


def test_nothing_is_due_after_a_set_up(project: Path) -> None:
    make_all(project)
    assert due(project) == []


def test_node_is_left_alone_by_a_task_that_does_not_need_it(project: Path) -> None:
    assert due(project, node=False) == [install.make_venv]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("requirements.txt", "another\n", [install.make_venv]),
        ("pyproject.toml", '[dependency-groups]\ndev = ["three"]\n', [install.make_venv]),
        ("pyproject.toml", '[dependency-groups]\ndev = ["two"]\n[project.scripts]\na = "b"\n', [install.make_venv]),
        ("package-lock.json", '{"a": 1}', [install.make_node_modules]),
        ("pyproject.toml", '[dependency-groups]\ndev = ["two"]\n[tool.other]\nvalue = 2\n', []),
    ],
)
def test_a_folder_is_made_again_when_what_it_is_made_from_changes(
    project: Path, file: str, text: str, expected: list[object]
) -> None:
    make_all(project)
    (project / file).write_text(text)
    assert due(project) == expected


def test_a_group_is_added_by_the_task_that_needs_it_once_and_again_when_it_changes(project: Path) -> None:
    make_all(project)
    assert due(project) == []
    assert len(due(project, group="bench")) == 1
    install.group_stamp(project, "bench").write_text(install.venv_digest(project, install.identity()))
    assert due(project, group="bench") == []
    (project / "requirements.txt").write_text("another\n")
    assert len(due(project, group="bench")) == 2


def test_another_python_makes_another_venv(project: Path) -> None:
    assert install.venv_digest(project, "cpython 3.11 linux") != install.venv_digest(project, "cpython 3.13 linux")


def test_a_venv_whose_interpreter_is_gone_is_made_again(project: Path) -> None:
    make_all(project)
    install.python_of(project / ".venv").unlink()
    assert due(project) == [install.make_venv]


def test_a_set_up_that_breaks_off_does_not_count(project: Path) -> None:
    make_all(project)
    with pytest.raises(ZeroDivisionError), install.stamping(project / ".venv", "new"):
        raise ZeroDivisionError
    assert install.stamp_of(project / ".venv") == install.UNFINISHED
    assert due(project) == [install.make_venv]


def test_a_venv_that_broke_off_is_not_built_upon(project: Path) -> None:
    make_all(project)
    (project / ".venv" / install.STAMP).write_text(install.UNFINISHED)
    assert not install.fits(project / ".venv")


def test_a_whole_venv_of_this_python_is_built_upon(tmp_path: Path) -> None:
    python = install.python_of(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / "pyvenv.cfg").write_text(Path(sys.prefix, "pyvenv.cfg").read_text())
    assert not install.fits(tmp_path), "it has no pip"
    packages = tmp_path / "lib" / f"python3.{sys.version_info[1]}" / "site-packages" / "pip"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text("")
    assert install.fits(tmp_path)


def test_digests_keep_the_borders_of_their_parts() -> None:
    assert install.digest(b"ab", b"c") != install.digest(b"a", b"bc")


@pytest.mark.parametrize(
    ("said", "npm", "problem"),
    [
        ("", None, "Node is not installed"),
        ("v18.19.0", "/usr/bin/npm", "Node v18.19.0 is too old"),
        ("who knows", "/usr/bin/npm", "Node who knows is too old"),
        ("v20.0.0", None, "npm is not"),
    ],
)
def test_a_problem_with_node_is_said_with_advice(said: str, npm: str | None, problem: str) -> None:
    message = install.node_problem(said, npm=npm)
    assert problem in message
    assert "Install Node 20 or newer" in message


@pytest.mark.parametrize("said", ["v20.0.0", "v24.1.0"])
def test_a_node_new_enough_is_no_problem(said: str) -> None:
    assert install.node_problem(said, npm="/usr/bin/npm") == ""


def test_a_missing_venv_module_is_said_with_the_package_that_has_it() -> None:
    with pytest.raises(install.InstallFailed, match=rf"apt install python3\.{sys.version_info[1]}-venv"):
        install.need_venv_module(lambda name: None if name == "ensurepip" else object())


def test_a_failing_command_shows_the_end_of_what_it_printed(tmp_path: Path) -> None:
    script = "print('\\n\\n'.join(f'line {n}' for n in range(40))); raise SystemExit(3)"
    with pytest.raises(install.InstallFailed) as failure:
        install.must([sys.executable, "-c", script], cwd=tmp_path, doing="pip install")
    lines = str(failure.value).splitlines()
    assert lines[0] == "pip install failed (exit status 3):"
    assert lines[1:] == [f"    line {n}" for n in range(40 - install.TAIL_LINES, 40)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_command_ended_by_a_signal_has_the_status_of_a_shell(tmp_path: Path) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert install.call([sys.executable, "-c", script], cwd=tmp_path, quiet=True) == (137, "")


def test_help_names_every_task(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main([]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {task} " in printed for task in dev.TASKS)
    assert dev.main(["--help"]) == 0
    assert capsys.readouterr().out == printed


def test_an_unknown_task_is_refused_with_those_there_are(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["rnu"]) == 2
    known = ", ".join(dev.TASKS)
    assert capsys.readouterr().err == f"dev.py knows no task 'rnu', only {known}.\n"


def test_the_task_finds_our_packages_and_the_venv_first(dev: ModuleType, tmp_path: Path) -> None:
    found = dev.environment(
        tmp_path, {"PATH": "/bin", "PYTHONHOME": "/old", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/me"}
    )
    assert found == {
        "HOME": "/me",
        "PATH": f"{tmp_path / '.venv' / 'bin'}:/bin",
        "PYTHONPATH": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path / ".venv"),
    }


def test_every_step_runs_and_the_first_failure_is_the_status(
    dev: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    vars(dev).update(python_of=lambda _: Path(sys.executable))
    steps = [(str(status), ("-c", f"raise SystemExit({status})")) for status in (0, 3, 0, 4)]
    assert dev.all_of(steps) == 3
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("==")]
    assert said == ["== 0", "== 3", "== 3 failed: exit status 3", "== 0", "== 4", "== 4 failed: exit status 4"]


def test_what_runs_beside_a_step_is_told_behind_it_and_its_failure_is_the_status(
    dev: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    vars(dev).update(python_of=lambda _: Path(sys.executable))
    beside = [("types", ("-c", "print('an error'); raise SystemExit(5)"))]
    assert dev.all_of([("tests", ("-c", "print('all well')"))], beside=beside) == 5
    out, err = capfd.readouterr()
    assert out == "all well\nan error\n"
    assert err.splitlines() == ["== tests", "== types", "== types failed: exit status 5"]


def test_what_runs_beside_a_step_ends_with_it_when_a_signal_ends_that(dev: ModuleType) -> None:
    vars(dev).update(python_of=lambda _: Path(sys.executable))
    beside = [("types", ("-c", "import signal; signal.pause()"))]
    ending = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert dev.all_of([("tests", ("-c", ending))], beside=beside) == 143


@pytest.fixture
def steps(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the steps in place of running them; all pass but those of ``faults`` and ``search``."""
    names: list[str] = []

    def note(each: list[tuple[str, object]], **_: object) -> int:
        names.extend(name for name, _ in each)
        return {"tests/faults": 3, "simulate": 1}.get(each[-1][0], 0)

    monkeypatch.setattr(dev, "all_of", note)
    monkeypatch.setenv(dev.PROVE, "")
    return names


def test_prove_says_first_how_long_it_takes_and_what_it_does(
    dev: ModuleType, steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert dev.prove(["2"]) == 3
    assert os.environ[dev.PROVE] == "2"
    first, *said = capsys.readouterr().err.splitlines()
    assert first.startswith(f"About {sum(minutes for _, minutes, *_ in dev.PROOFS)} minutes on two cores")
    names = [name for name, *_ in dev.PROOFS]
    assert [line.split()[0] for line in said[:-1]] == [*names, *names]
    assert steps == [name for *_, each in dev.PROOFS for name, _ in each]
    assert "  faults     failed in 0 min 00 s" in said
    assert said[-1] == "== failed in 0 min 00 s"


def test_prove_leaves_no_tier_out(dev: ModuleType) -> None:
    tiers = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert {*dev.CHECKS, *(step for tier in tiers for step in dev.tier(tier))} <= {
        step for *_, steps in dev.PROOFS for step in steps
    }


def test_browser_without_a_browser_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(chromium.VARIABLE, "/no/such/program")
    assert browser.main([]) == 1
    assert capsys.readouterr().err == (
        f"dev.py browser: CHROMIUM names no program: '/no/such/program'. {chromium.ADVICE}\n"
    )


@pytest.mark.parametrize("words", [["0"], ["all"], ["1", "2"]])
def test_prove_takes_a_number_of_rounds_and_nothing_else(dev: ModuleType, steps: list[str], words: list[str]) -> None:
    assert (dev.prove(words), steps) == (2, [])


def test_docs_builds_the_site_says_where_it_is_and_takes_no_other_word(
    dev: ModuleType, steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (dev.docs(["--open"]), steps) == (2, [])
    assert (dev.docs([]), steps) == (0, ["mkdocs build"])
    assert capsys.readouterr().err.endswith(f"Open {ROOT / 'out' / 'site' / 'index.html'}\n")


def test_prove_sets_the_variable_that_tests_read(dev: ModuleType) -> None:
    assert dev.PROVE == proving.VARIABLE


def test_one_process_more_than_there_are_cores_shares_the_tests_and_never_more_than_four(dev: ModuleType) -> None:
    assert [dev.processes(cores) for cores in (1, 2, 3, 4, 64)] == [2, 3, 4, 4, 4]
    assert dev.AT_ONCE[:2] == ("-n", str(dev.processes(dev.CORES)))
