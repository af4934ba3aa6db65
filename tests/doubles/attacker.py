"""What a decoder does that a file has taken over: called in a child process, in place of ``analysis.analyze``.

Each act returns when it has succeeded, and raises OSError when it was refused.
"""

import ctypes
import errno
import json
import os
import platform
import resource
import select
import signal
import socket
from pathlib import Path

from shared.analysis import report
from shared.analysis.interface import Analysis, Source

LIBC = ctypes.CDLL(None, use_errno=True)
#: More than a child may have of anything.
MANY = 80
_TRACE_ME, _ATTACH, _DETACH, _GET_NO_NEW_PRIVS, _NEW_USER = 0, 16, 17, 39, 0x1000_0000
_SET_NAME = 15
_READ_OF_ANOTHER = {"x86_64": 310, "aarch64": 270}
_IO_URING_SETUP = 425


def analyze(data: bytes, *, source: Source, **_given: object) -> Analysis:
    """Do what the bytes say, as JSON, and report what has come of it."""
    given = json.loads(data)
    try:
        globals()[f"_{given['act']}"](**given["args"])
        end = "done"
    except OSError as error:
        end = f"refused: {errno.errorcode.get(error.errno or 0, error)}"
    head = {**report.envelope(None), "source": report.source_unread(source)}
    section = {"end": end, "pid": os.getpid()}
    return Analysis(report={**head, "attacker": section, "timing": report.timing(0, 0)}, thumbnail=None)


def _check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def _call(number: int, *arguments: int) -> None:
    _check(LIBC.syscall(*map(ctypes.c_long, (number, *arguments))))


def _read_a_file(path: str) -> None:
    assert Path(path).read_bytes()


def _read_the_parents_environment() -> None:
    assert Path(f"/proc/{os.getppid()}/environ").read_bytes()


def _open_the_parents_memory() -> None:
    with Path(f"/proc/{os.getppid()}/mem").open("r+b", 0):
        pass


def _read_the_parents_memory() -> None:
    """Read 1 byte at an address that need not be there: EFAULT then, once that is allowed."""
    buffer = ctypes.create_string_buffer(1)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 1)
    theirs = (ctypes.c_size_t * 2)(4096, 1)
    arguments = os.getppid(), ctypes.addressof(vector), 1, ctypes.addressof(theirs), 1, 0
    try:
        _call(_READ_OF_ANOTHER[platform.machine()], *arguments)
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise


def _trace_the_parent() -> None:
    _check(LIBC.ptrace(_ATTACH, os.getppid(), None, None))
    os.waitpid(os.getppid(), 0x4000_0000)  # __WALL
    _check(LIBC.ptrace(_DETACH, os.getppid(), None, None))


def _invite_a_tracer() -> None:
    _check(LIBC.ptrace(_TRACE_ME, 0, None, None))


def _signal_the_parent() -> None:
    os.kill(os.getppid(), 0)


def _write_a_file(folder: str) -> None:
    Path(folder, "written").write_bytes(b"x")


def _make_an_empty_file(folder: str) -> None:
    Path(folder, "made").touch()


def _delete_a_file(folder: str) -> None:
    Path(folder, "victim").unlink()


def _connect_by_tcp(port: int) -> None:
    with socket.socket() as caller:
        caller.connect(("127.0.0.1", port))


def _send_by_udp(port: int) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as caller:
        caller.sendto(b"x", ("127.0.0.1", port))


def _connect_to_an_abstract_socket(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(f"\0{name}")


def _run_a_shell() -> None:
    os.execv("/bin/sh", ["sh", "-c", "exit 7"])  # noqa: S606 - the act


def _fork() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def _fork_away(folder: str) -> None:
    """Leave a process behind that is in no group and no session of its parent's."""
    if not os.fork():
        os.setsid()
        Path(folder, "away").write_text(str(os.getpid()), encoding="ascii")
        select.select([], [], [], 60)
        os._exit(0)


def _fork_often() -> None:
    """Start many processes; they end with this act."""
    pids = []
    try:
        for _ in range(MANY):
            pids.append(os.fork())
            if not pids[-1]:
                select.select([], [], [], 60)
                os._exit(0)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _take_more_processor_time() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    except ValueError:  # Python's for EPERM
        raise PermissionError(errno.EPERM, "") from None


def _open_many_files() -> None:
    opened = []
    try:
        opened += [os.dup(0)]
        for _ in range(MANY):
            opened += [os.dup(0)]
    finally:
        for one in opened:
            os.close(one)


def _set_up_io_uring() -> None:
    parameters = ctypes.create_string_buffer(120)
    _call(_IO_URING_SETUP, 1, ctypes.addressof(parameters))


def _make_a_namespace() -> None:
    _check(LIBC.unshare(_NEW_USER))


def _be_the_parents_user(uid: int) -> None:
    if os.getuid() != uid:
        raise PermissionError(errno.EPERM, "")


def _gain_rights_by_programs() -> None:
    """Succeed where a set-uid program would give this process its owner's rights."""
    if LIBC.prctl(_GET_NO_NEW_PRIVS, 0, 0, 0, 0):
        raise PermissionError(errno.EPERM, "")


def _rest() -> None:
    """Do nothing."""


def _stay() -> None:
    """Take no notice of anything, the parent's end among it; the process's name says when that begins."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    LIBC.prctl(_SET_NAME, b"staying")
    while True:
        select.select([], [], [], 60)


def _have_few_descriptors(most: int) -> None:
    """Succeed with no more open files than these."""
    opened = 0
    for number in range(1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        opened += 1
    if opened > most:
        raise OSError(errno.EMFILE, "")
