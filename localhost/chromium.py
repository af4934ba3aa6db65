"""Where this machine has a Chromium, and how Debian's is installed: the tests of the page drive one.

Standard library only. Nothing here ever downloads a browser by itself.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from localhost.install import InstallFailed, call, say

#: Names the executable of a browser; without it the first of ``NAMES`` on PATH is taken.
VARIABLE = "CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: The browser, and one family of letters: without any, a page has none.
PACKAGES = ("chromium", "fonts-dejavu-core")
ADVICE = (
    "On Debian, `python3 dev.py browser --install` installs it. Elsewhere, also on Ubuntu, whose package of this name "
    f"is a snap, install Chromium or Google Chrome by hand. {VARIABLE}=/path/to/it names one that is not on PATH."
)
_COMMANDS = (("apt-get", "update"), ("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES))
Which = Callable[[str], str | None]


class NoChromium(Exception):
    """There is no Chromium; the message says what to do about it."""


def executable(environ: Mapping[str, str] = os.environ, which: Which = shutil.which) -> Path:
    """Return the Chromium of this machine.

    Raises:
        NoChromium: No Chromium is installed, or ``CHROMIUM`` names no program.
    """
    name = environ.get(VARIABLE)
    path = which(name) if name else next(filter(None, map(which, NAMES)), None)
    if path is None:
        problem = f"{VARIABLE} names no program: {name!r}." if name else "There is no Chromium on this machine."
        raise NoChromium(f"{problem} {ADVICE}")
    return Path(path)


def commands(release: str, *, is_root: bool, which: Which = shutil.which) -> list[tuple[str, ...]]:
    """Return what installs Debian's Chromium: apt, by sudo where this is not root.

    Args:
        release: The text of /etc/os-release (os-release(5)): which system this is.
        is_root: Whether this process may install packages.
        which: Finds a program.

    Raises:
        InstallFailed: This is no Debian, or nobody may install here.
    """
    if "ID=debian" not in release.splitlines() or which("apt-get") is None:
        raise InstallFailed(f"This is no Debian. {ADVICE}")
    if not is_root and which("sudo") is None:
        raise InstallFailed(f"Only root may install packages. Run as root: {' && '.join(map(' '.join, _COMMANDS))}")
    return [(*(() if is_root else ("sudo",)), *command) for command in _COMMANDS]


def install() -> None:
    """Install Debian's Chromium.

    Raises:
        InstallFailed: See ``commands``; or apt has failed.
    """
    release = Path("/etc/os-release")
    for command in commands(release.read_text("utf-8") if release.exists() else "", is_root=is_root()):
        said = " ".join(command)
        say(f"== {said}")
        status, _ = call(command, cwd=Path.cwd())
        if status:
            raise InstallFailed(f"{said} failed (exit status {status}).")


def is_root() -> bool:
    """Say whether this process may do everything: Chromium's own sandbox refuses such a one."""
    return getattr(os, "geteuid", lambda: 1)() == 0
