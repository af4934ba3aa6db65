"""The system calls that an analysis needs, as a filter for seccomp; all others fail with EPERM.

Source:
    Linux 6.18, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (aarch64);
    Documentation/userspace-api/seccomp_filter.rst; include/uapi/linux/{seccomp,filter,audit,sched,prctl}.h.
"""

import errno
import struct

#: Allowed in any case: the number on x86-64 and on aarch64, None where there is no such call.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # Reading: Landlock decides which files. Writing: to the socket, because no file can be opened for writing.
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "recvfrom": (45, 207), "sendto": (44, 206), "lseek": (8, 62), "close": (3, 57), "dup": (32, 23),
    "fstat": (5, 80), "newfstatat": (262, 79), "stat": (4, None), "lstat": (6, None), "statx": (332, 291),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getcwd": (79, 17), "getdents64": (217, 61),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    # Memory, threads and signals of its own.
    "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226), "madvise": (28, 233),
    "brk": (12, 214), "membarrier": (324, 283), "futex": (202, 98), "set_robust_list": (273, 99),
    "rseq": (334, 293), "set_tid_address": (218, 96), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "setitimer": (38, 103), "restart_syscall": (219, 128), "exit": (60, 93), "exit_group": (231, 94),
    # Information.
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getrandom": (318, 278), "getrusage": (98, 165),
    "getrlimit": (97, 163), "times": (100, 153), "sysinfo": (99, 179), "uname": (63, 160),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
}  # fmt: skip

#: No decoder calls these: a process that does was taken over, and is killed.
KILLED: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "mount_setattr": (442, 442), "setns": (308, 268), "unshare": (272, 97),
    "open_by_handle_at": (304, 265), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "personality": (135, 92),
}  # fmt: skip

#: Reported as missing: libraries then use the older calls above and below.
ABSENT: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435), "openat2": (437, 437)}

#: Allowed under a condition.
CONDITIONAL: dict[str, tuple[int, int]] = {
    "openat": (257, 56), "clone": (56, 220), "kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261),
    "prctl": (157, 167), "fcntl": (72, 25), "ioctl": (16, 29),
}  # fmt: skip

#: By the name of ``platform.machine()``: the column of the tables, and the kernel's AUDIT_ARCH.
MACHINES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}

ALLOW, KILL, ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
#: Numbers from here on belong to the 32-bit interface that an x86-64 kernel may also offer.
X32 = 0x4000_0000

#: One instruction: code, how many to skip if it is true, how many if not, operand.
_Line = tuple[int, int, int, int]
_LOAD, _EQUALS, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW_CALL: _Line = (_RETURN, 0, 0, ALLOW)
_REFUSE: _Line = (_RETURN, 0, 0, ERRNO | errno.EPERM)

_CLONE_THREAD = 0x0001_0000
_CLONE_NEW = 0x7E02_0000  # namespaces of all kinds that clone knows
_OPEN_WRITES = 0o3 | 0o100 | 0o1000 | 0o2000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND
_PRCTLS = (15, 39, 0x5356_4D41)  # PR_SET_NAME of threads, PR_GET_NO_NEW_PRIVS, PR_SET_VMA of malloc
_FCNTLS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_[GS]ETFD, F_[GS]ETFL, F_DUPFD_CLOEXEC; no F_SETOWN: it signals others
_IOCTLS = (0x5401, 0x5421, 0x5450, 0x5451)  # TCGETS, FIONBIO, FIONCLEX, FIOCLEX


def program(machine: str, pid: int) -> bytes:
    """Return the filter for the kernel: an array of ``struct sock_filter``.

    Args:
        machine: As ``platform.machine()`` returns it.
        pid: Of this process, the only one that it may send signals to.

    Raises:
        KeyError: There is no table for that machine.
    """
    column, arch = MACHINES[machine]
    lines: list[_Line] = [(_LOAD, 0, 0, _ARCH), (_EQUALS, 1, 0, arch), (_RETURN, 0, 0, KILL), (_LOAD, 0, 0, _NUMBER)]
    if machine == "x86_64":
        lines += [(_AT_LEAST, 0, 1, X32), (_RETURN, 0, 0, KILL)]
    for table, action in ((ALLOWED, ALLOW), (KILLED, KILL), (ABSENT, ERRNO | errno.ENOSYS)):
        for numbers in table.values():
            number = numbers[column]
            if number is not None:
                lines += [(_EQUALS, 0, 1, number), (_RETURN, 0, 0, action)]
    for name, condition in _conditions(pid).items():
        lines += [(_EQUALS, 0, len(condition), CONDITIONAL[name][column]), *condition]
    return b"".join(struct.pack("=HBBI", *line) for line in [*lines, _REFUSE])


def _conditions(pid: int) -> dict[str, list[_Line]]:
    """Return the instructions that decide each call under a condition.

    The kernel reads these arguments as 32 bits, except the pointer of ``prlimit64``.
    """
    return {
        "openat": _if_bits(2, _OPEN_WRITES, 0),
        "clone": _if_bits(0, _CLONE_THREAD | _CLONE_NEW, _CLONE_THREAD),
        "kill": _if_one_of(0, (pid,)),
        "tgkill": _if_one_of(0, (pid,)),
        "prlimit64": [
            _argument(0), (_EQUALS, 1, 0, 0), _REFUSE,
            _argument(2), (_EQUALS, 1, 0, 0), _REFUSE,
            _argument(2, high=True), (_EQUALS, 1, 0, 0), _REFUSE,
            _ALLOW_CALL,
        ],
        "prctl": _if_one_of(0, _PRCTLS),
        "fcntl": _if_one_of(1, _FCNTLS),
        "ioctl": _if_one_of(1, _IOCTLS),
    }  # fmt: skip


def _if_bits(index: int, mask: int, wanted: int) -> list[_Line]:
    return [_argument(index), (_AND, 0, 0, mask), (_EQUALS, 0, 1, wanted), _ALLOW_CALL, _REFUSE]


def _if_one_of(index: int, values: tuple[int, ...]) -> list[_Line]:
    lines = [_argument(index)]
    for value in values:
        lines += [(_EQUALS, 0, 1, value), _ALLOW_CALL]
    return [*lines, _REFUSE]


def _argument(index: int, *, high: bool = False) -> _Line:
    """Load half of an argument; both machines store the lower half first."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index + 4 * high)
