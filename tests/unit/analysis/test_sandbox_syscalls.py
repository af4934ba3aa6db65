"""The filter of system calls, run by a small machine of our own: so both processors are tried on either."""

import errno
import struct

import pytest

from shared.analysis.sandbox import syscalls

MACHINES = sorted(syscalls.MACHINES)
PID = 4242
EPERM = syscalls.ERRNO | errno.EPERM


def _verdict(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """Run the filter over one call, as the kernel does.

    Source:
        struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits.
    """
    wanted = syscalls.MACHINES[machine][1] if arch is None else arch
    memory = struct.pack("<iIQ6Q", number, wanted, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    lines = list(struct.iter_unpack("=HBBI", syscalls.program(machine, PID)))
    at, register = 0, 0
    while True:
        code, when_true, when_false, operand = lines[at]
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            register = struct.unpack_from("<I", memory, operand)[0]
        elif code == 0x54:
            register &= operand
        else:
            true = register == operand if code == 0x15 else register >= operand
            at += when_true if true else when_false
        at += 1


def _call(machine: str, name: str, *arguments: int) -> int:
    tables = {**syscalls.ALLOWED, **syscalls.KILLED, **syscalls.ABSENT, **syscalls.CONDITIONAL}
    number = tables[name][syscalls.MACHINES[machine][0]]
    assert number is not None
    return _verdict(machine, number, *arguments)


@pytest.mark.parametrize("machine", MACHINES)
def test_what_an_analysis_needs_is_allowed_and_what_no_decoder_calls_kills(machine: str) -> None:
    column = syscalls.MACHINES[machine][0]
    for table, verdict in (
        (syscalls.ALLOWED, syscalls.ALLOW),
        (syscalls.KILLED, syscalls.KILL),
        (syscalls.ABSENT, syscalls.ERRNO | errno.ENOSYS),
    ):
        for name, numbers in table.items():
            number = numbers[column]
            assert number is None or _verdict(machine, number) == verdict, name


#: socket, connect, bind, sendmsg, fork, vfork, unlinkat, memfd_create, setrlimit, setsid, shmget: none is listed.
OTHERS = {
    "x86_64": (41, 42, 49, 46, 57, 58, 263, 319, 160, 112, 29),
    "aarch64": (198, 203, 200, 211, 35, 279, 164, 157),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_listed_is_refused(machine: str) -> None:
    for number in (*OTHERS[machine], 9_999):
        assert _verdict(machine, number) == EPERM, number


#: Arguments by which a call is allowed, and by which it is refused.
CONDITIONS: list[tuple[str, list[tuple[int, ...]], list[tuple[int, ...]]]] = [
    ("clone", [(0x3D0F00,)], [(0x11,), (0x1200011,), (0x3D0F00 | 0x1000_0000,), (0x3D0F00 | 0x2_0000,)]),
    ("openat", [(0, 0, 0o2000000), (0, 0, 0o200000)], [(0, 0, 1), (0, 0, 2), (0, 0, 0o100), (0, 0, 0o1000)]),
    ("kill", [(PID, 9)], [(1, 9), (0, 9), (0xFFFF_FFFF, 9)]),
    ("tgkill", [(PID, PID, 6)], [(1, 1, 6)]),
    ("prlimit64", [(0, 7, 0, 9)], [(0, 7, 9, 0), (0, 7, 1 << 32, 0), (1, 7, 0, 9)]),
    ("prctl", [(15,), (39,)], [(1, 0), (4, 1), (22,), (38,)]),
    ("fcntl", [(3, 1), (3, 1030)], [(3, 8), (3, 1031)]),
    ("ioctl", [(3, 0x5401)], [(3, 0x5412), (3, 0x8912)]),
]


@pytest.mark.parametrize(("name", "allowed", "refused"), CONDITIONS)
@pytest.mark.parametrize("machine", MACHINES)
def test_some_calls_depend_on_what_they_are_asked_for(
    machine: str, name: str, allowed: list[tuple[int, ...]], refused: list[tuple[int, ...]]
) -> None:
    assert [_call(machine, name, *arguments) for arguments in allowed] == [syscalls.ALLOW] * len(allowed)
    assert [_call(machine, name, *arguments) for arguments in refused] == [EPERM] * len(refused)


def test_every_conditional_call_is_tried_above() -> None:
    assert {name for name, _, _ in CONDITIONS} == set(syscalls.CONDITIONAL)


@pytest.mark.parametrize("machine", MACHINES)
def test_another_interface_of_the_kernel_is_no_way_around(machine: str) -> None:
    for arch in (0x4000_0003, 0x4000_0028, *(arch for _, arch in syscalls.MACHINES.values())):
        if arch != syscalls.MACHINES[machine][1]:
            assert _verdict(machine, 0, arch=arch) == syscalls.KILL
    assert _verdict("x86_64", syscalls.X32 | 1) == syscalls.KILL


def test_the_kernel_takes_no_longer_program() -> None:
    assert all(len(syscalls.program(machine, PID)) // 8 < 4_096 for machine in MACHINES)
