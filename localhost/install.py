"""What dev.py makes before the first task: .venv and node_modules, each once, whole, and again when it is out of date.

Standard library only: this runs before anything is installed.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

NODE_NEEDED = 20
#: The file in each folder that says what it was made from.
STAMP = "darkroom.stamp"
UNFINISHED = "unfinished"
TAIL_LINES = 25
#: A command ended by signal n has the exit status 128 + n, as in a shell.
BY_SIGNAL = 128


class InstallFailed(Exception):
    """The folder can't be made; the message says what to do about it."""


def say(text: str) -> None:
    """Tell on stderr how it goes: stdout belongs to the task."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def call(
    command: Sequence[str], *, cwd: Path, environ: Mapping[str, str] | None = None, quiet: bool = False
) -> tuple[int, str]:
    """Run a command to its end.

    A signal never ends this process before the command: Ctrl-C reaches both by the terminal, SIGTERM is passed on.

    Args:
        command: Program and arguments.
        cwd: Where it runs.
        environ: Its environment; by default this one's.
        quiet: Take in what it prints instead of showing it.

    Returns:
        Its exit status, BY_SIGNAL + n also when only this process was told to end; and what it printed.
    """
    signals: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        if number != signal.SIGINT:
            child.send_signal(number)

    pipe = subprocess.PIPE if quiet else None
    child = subprocess.Popen(command, cwd=cwd, env=environ, stdout=pipe, stderr=subprocess.STDOUT if quiet else None)
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        printed = child.communicate()[0] or b""
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    status = child.returncode if child.returncode >= 0 else BY_SIGNAL - child.returncode
    return (BY_SIGNAL + signals[0] if signals else status), printed.decode("utf-8", "replace")


def must(command: Sequence[str], *, cwd: Path, doing: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a command that has to succeed, and return what it printed.

    Raises:
        InstallFailed: It ended badly; with the end of what it printed.
    """
    status, printed = call(command, cwd=cwd, environ=environ, quiet=True)
    if status > BY_SIGNAL:
        sys.exit(status)
    if status:
        raise InstallFailed(f"{doing} failed (exit status {status}):\n{tail(printed)}")
    return printed


def tail(printed: str) -> str:
    """Return the last lines that say something."""
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:]) or "    (no output)"


def identity() -> str:
    """Name what a venv can't outlive: version and platform of the interpreter that runs this."""
    return f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]} {sysconfig.get_platform()}"


def digest(*parts: bytes) -> str:
    """Return one short name for all the parts."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def venv_digest(root: Path, python: str) -> str:
    """Name everything that .venv is made from: interpreter, requirements, dependency groups, the project's own name."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    decides = [project.get(table) for table in ("dependency-groups", "project", "build-system")]
    decides.append(project.get("tool", {}).get("setuptools"))
    requirements = (root / "requirements.txt").read_bytes()
    return digest(python.encode(), requirements, json.dumps(decides, sort_keys=True).encode())


def node_digest(root: Path) -> str:
    """Name everything that node_modules is made from."""
    return digest((root / "package-lock.json").read_bytes())


def stamp_of(folder: Path) -> str:
    """Return the digest that a folder was made from, UNFINISHED, or nothing when it has no stamp."""
    try:
        return (folder / STAMP).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


@contextlib.contextmanager
def stamping(folder: Path, made_from: str) -> Iterator[None]:
    """Stamp a folder when, and only when, the work on it has come to its end."""
    folder.mkdir(exist_ok=True)
    stamp = folder / STAMP
    stamp.write_text(UNFINISHED, encoding="utf-8")
    yield
    stamp.write_text(made_from, encoding="utf-8")


def python_of(venv: Path) -> Path:
    """Return where a venv has its interpreter."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


@contextlib.contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Keep a second one waiting until the first has ended, by a lock on a file that is there anyway."""
    with file.open("rb") as held:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - of one platform

            held.seek(1 << 30)  # far behind the end: the lock is mandatory there, and the file must stay readable
            msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - of the other platforms

            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another dev.py is installing; waiting for it.")
                fcntl.flock(held, fcntl.LOCK_EX)
        yield


def fits(venv: Path) -> bool:
    """Tell whether a venv can be brought up to date in place: whole, and made for the Python that runs this."""
    python = python_of(venv)
    if not python.exists() or stamp_of(venv) == UNFINISHED:
        return False
    # Its own interpreter runs this very file, so that both say it in the same words; pip must be there too.
    script = f"import runpy, pip; print(runpy.run_path({__file__!r})['identity']())"
    status, printed = call([str(python), "-I", "-c", script], cwd=venv, quiet=True)
    return status == 0 and printed.strip() == identity()


def make_venv(root: Path) -> None:
    """Make .venv, or bring it up to date.

    Raises:
        InstallFailed: Python's venv module is missing, or the packages can't be installed.
    """
    venv = root / ".venv"
    new = not fits(venv)
    if new:
        need_venv_module()
        say(f"Creating .venv with Python {sys.version_info[0]}.{sys.version_info[1]} (a minute or two) ...")
        shutil.rmtree(venv, ignore_errors=True)
    else:
        say("Updating .venv ...")
    with stamping(venv, venv_digest(root, identity())):
        if new:
            # The base interpreter: the one that runs this may be .venv's own, and is gone by now.
            base = getattr(sys, "_base_executable", sys.executable)
            must([base, "-m", "venv", str(venv)], cwd=root, doing="python -m venv")
        pip = [str(python_of(venv)), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "install"]
        must([*pip, "pip>=25.1"], cwd=root, doing="Upgrading pip")  # the first that knows dependency groups
        must([*pip, "-r", "requirements.txt", "--group", "dev"], cwd=root, doing="pip install")
        # Its dependencies are there by now: this makes the script `darkroom`.
        must([*pip, "--no-deps", "--editable", "."], cwd=root, doing="pip install --editable .")


def make_group(root: Path, name: str) -> None:
    """Add a dependency group to .venv that most tasks can do without.

    Raises:
        InstallFailed: The packages can't be installed.
    """
    say(f"Installing what 'dev.py {name}' needs into .venv ...")
    pip = [str(python_of(root / ".venv")), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    must([*pip, "install", "-r", "requirements.txt", "--group", name], cwd=root, doing="pip install")
    group_stamp(root, name).write_text(venv_digest(root, identity()), encoding="utf-8")


def group_stamp(root: Path, name: str) -> Path:
    """Return the file that says what .venv was made from when a group was added to it."""
    return root / ".venv" / f"{name}-{STAMP}"


def need_venv_module(find: Callable[[str], object] = find_spec) -> None:
    """Refuse to start without the modules that make a venv.

    Raises:
        InstallFailed: One is missing: Debian and Ubuntu deliver them separately.
    """
    if not (find("venv") and find("ensurepip")):
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise InstallFailed(f"Python's venv module is missing. On Debian and Ubuntu:\n    sudo apt install {package}")


def make_node_modules(root: Path) -> None:
    """Install Azurite into node_modules; and Mermaid, which draws diagrams, and axe-core, which looks at the page.

    Raises:
        InstallFailed: Node or npm is missing or too old, or the packages can't be installed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    version = must([node, "--version"], cwd=root, doing="node --version") if node else ""
    problem = node_problem(version.strip(), npm=npm)
    if problem or npm is None:
        raise InstallFailed(problem)
    say("Creating node_modules for the storage emulator Azurite (half a minute) ...")
    must([npm, "ci", "--no-audit", "--no-fund"], cwd=root, doing="npm ci")  # empties the folder first, stamp and all
    with stamping(root / "node_modules", node_digest(root)):
        pass


def node_problem(version: str, *, npm: str | None) -> str:
    """Say what is wrong with Node; nothing when all is well.

    Args:
        version: What ``node --version`` printed; nothing when there is no Node.
        npm: Where npm is.
    """
    advice = f"Install Node {NODE_NEEDED} or newer, with npm: https://nodejs.org/en/download"
    found = re.match(r"v(\d+)\.", version)
    if not version:
        return f"Node is not installed, and the storage emulator Azurite needs it. {advice}"
    if found is None or int(found[1]) < NODE_NEEDED:
        return f"Node {version} is too old for the storage emulator Azurite. {advice}"
    return "" if npm else f"Node is installed, but npm is not. {advice}"


def due(root: Path, *, node: bool, group: str = "") -> list[Callable[[Path], None]]:
    """List what has to be made; starts no process.

    Node comes first: that it is missing should be said before a minute has gone into .venv.
    """
    steps: list[Callable[[Path], None]] = []
    venv = root / ".venv"
    if node and stamp_of(root / "node_modules") != node_digest(root):
        steps.append(make_node_modules)
    if stamp_of(venv) != venv_digest(root, identity()) or not python_of(venv).exists():
        steps.append(make_venv)
    stamp = group_stamp(root, group)
    if group and (not stamp.exists() or stamp.read_text(encoding="utf-8") != venv_digest(root, identity())):
        steps.append(lambda root: make_group(root, group))
    return steps


def ready(root: Path, *, node: bool, group: str = "") -> None:
    """Make what is missing or out of date, and say nothing when nothing is.

    Args:
        root: The project's folder.
        node: Whether node_modules is needed.
        group: A dependency group that is needed beside dev.

    Raises:
        InstallFailed: It can't be made.
    """
    if due(root, node=node, group=group):
        with one_at_a_time(Path(__file__)):
            for make in due(root, node=node, group=group):  # asked again: another dev.py may have made it meanwhile
                make(root)
