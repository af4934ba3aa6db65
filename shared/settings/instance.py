"""How much memory this process may take, as the system says it. Standard library only, as all settings."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

_ROOT = Path("/")


def _physical_bytes() -> int | None:
    """Return the memory of the machine; None where the system does not say it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # no POSIX, or a name that it does not know
        return None


def memory_bytes(root: Path = _ROOT, *, physical: Callable[[], int | None] = _physical_bytes) -> int | None:
    """Return the least of what the machine has and of what the groups of this process are limited to.

    Args:
        root: Where the system's files are.
        physical: Returns the memory of the machine.

    Returns:
        Bytes; None where the system says neither.

    Source:
        Linux, Documentation/admin-guide/cgroup-v2.rst (memory.max) and cgroup-v1/memory.rst (memory.limit_in_bytes).
    """
    return min((limit for limit in (physical(), *_group_limits(root)) if limit is not None), default=None)


def _group_limits(root: Path) -> Iterator[int]:
    """Give the limits of each group of this process and of all groups around it, in both versions of control groups."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            top, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        group = Path(path.strip("/"))
        for each in (group, *group.parents):  # in a container, the path may be that outside of it: the top counts too
            text = _text(top / each / name).strip()
            if text.isdecimal():  # not "max"
                yield int(text)


def _text(file: Path) -> str:
    """Return what a file of the system says; nothing where it is not there or not to be read."""
    try:
        return file.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
