"""Confine this process, layer by layer, for good. The child calls this when it is ready and has one thread.

Source:
    landlock(7), landlock_create_ruleset(2), landlock_add_rule(2), landlock_restrict_self(2); Linux 6.18,
    include/uapi/linux/landlock.h and Documentation/userspace-api/landlock.rst (ABI 1 to 7); prctl(2); seccomp(2);
    unshare(2); user_namespaces(7).
"""

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterable
from functools import cache
from os.path import basename, dirname, isdir

import shared
from shared.analysis.sandbox import syscalls
from shared.analysis.sandbox.layers import Confinement, Layer

try:
    import resource
except ImportError:  # no POSIX
    resource = None  # type: ignore[assignment] # mypy takes every module to be there

#: What a child may open: the interpreter's files, a few at once.
OPEN_FILES = 64
#: For the threads of a decoder; this holds only in a user namespace, which counts the child alone.
PROCESSES = 64

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER, _CLONE_NEWIPC, _CLONE_NEWNET = 0x1000_0000, 0x0800_0000, 0x4000_0000

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on all machines
_CREATE_RULESET_VERSION, _RULE_PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
#: How many rights on files each ABI knows, counted from bit 0; a later one knows as many as the last.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP, _TCP_SINCE = 0b11, 4  # bind and connect
_SCOPES, _SCOPES_SINCE = 0b11, 6  # abstract Unix sockets, signals
#: struct landlock_ruleset_attr: rights on files, on the net, scopes; struct landlock_path_beneath_attr: rights, place.
_RULESET, _BENEATH = struct.Struct("=QQQ"), struct.Struct("=Qi")
#: Where shared libraries are, and how they are found.
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine(wanted: Iterable[Layer], *, modules: Iterable[str] = ()) -> Confinement:
    """Confine this process in as many layers as the platform offers.

    Args:
        wanted: The layers; the parent sees to ``PARENT``.
        modules: Names of loaded modules whose folders stay readable, as those of Python and this package do.
    """
    found, layers = Confinement(), frozenset(wanted)
    steps: dict[Layer, Callable[[], str]] = {
        Layer.NAMESPACES: _leave_namespaces,
        Layer.LIMITS: lambda: _set_limits(counted_apart=Layer.NAMESPACES in found.layers),
        Layer.DEATH_SIGNAL: lambda: _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
        Layer.NO_NEW_PRIVS: lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1),
        Layer.LANDLOCK: lambda: _restrict_files(modules),
        Layer.SECCOMP: _filter_calls,
    }
    for layer in [layer for layer in steps if layer in layers]:  # in this order: the last one forbids the others
        _establish(layer, steps[layer], found)
    return found


def hide_memory() -> Confinement:
    """Hide this process's memory and environment from other processes of its user; for the parent."""
    found = Confinement()
    _establish(Layer.PARENT, lambda: _prctl(_PR_SET_DUMPABLE, 0), found)
    return found


def _establish(layer: Layer, step: Callable[[], str], found: Confinement) -> None:
    """Try one layer, and note the result."""
    if not sys.platform.startswith("linux"):
        found.refusals[layer] = f"not offered by {sys.platform}"
        return
    try:
        found.layers[layer] = step()
    except OSError as error:
        found.refusals[layer] = error.strerror or type(error).__name__


def _set_limits(*, counted_apart: bool) -> str:
    """Allow few open files, no content in any file and, if they are counted apart, few processes.

    Otherwise that limit would count all processes of the user, the host's included.
    """
    for kind, most in ((resource.RLIMIT_NOFILE, OPEN_FILES), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(kind, (most, most))
    if counted_apart:
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    return ""


def _leave_namespaces() -> str:
    """Move to new namespaces for users, networks and System V IPC.

    Processes keep their namespace, because only a second process could be the first in a new one. Mounts keep theirs,
    because Landlock decides which files exist.
    """
    _check(_libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC))
    return ""


def _restrict_files(modules: Iterable[str]) -> str:
    """Allow only to read the interpreter's files; the details depend on the kernel's ABI."""
    abi = _landlock(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    rights = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    net, scopes = _TCP if abi >= _TCP_SINCE else 0, _SCOPES if abi >= _SCOPES_SINCE else 0
    ruleset = _landlock(_CREATE_RULESET, _RULESET.pack(rights, net, scopes), _RULESET.size, 0)
    try:
        for path in _readable(modules):
            _allow_reading(ruleset, path)
        _landlock(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return f"ABI {abi}"


def _allow_reading(ruleset: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what can't be opened needs no rule
        return
    try:
        rights = _READ_FILE | _READ_DIR if isdir(path) else _READ_FILE
        _landlock(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, _BENEATH.pack(rights, place), 0)
    finally:
        os.close(place)


def _readable(modules: Iterable[str]) -> set[str]:
    """Return what an interpreter may still read: modules and libraries that load when they are first needed.

    It is not all of ``sys.path``: that has the app's folder, which holds settings.
    """
    packages = [entry for entry in sys.path if basename(entry) in ("site-packages", "dist-packages", "lib-dynload")]
    named = [dirname(file) for file in (sys.modules[name].__file__ for name in modules) if file]
    libraries = [path for path in (*_LIBRARIES, *os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)) if path]
    return {dirname(os.__file__), *packages, *named, *libraries, *shared.__path__}


def _filter_calls() -> str:
    """Allow only the system calls that an analysis needs."""
    machine = os.uname().machine
    if machine not in syscalls.MACHINES:
        raise OSError(0, f"no filter for {machine}")
    code = syscalls.program(machine, os.getpid())
    filters = _Program(length=len(code) // 8, filter=code)
    return _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(filters))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: int) -> str:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    _check(_libc().prctl(option, *map(ctypes.c_ulong, padded)))
    return ""


def _landlock(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call of Landlock, for which the C library has no function."""
    whole = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    return _check(_libc().syscall(ctypes.c_long(number), *whole))


def _check(result: int) -> int:
    """Return the result of a call.

    Raises:
        OSError: The call failed.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
