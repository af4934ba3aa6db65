"""Which layers confine a child process, and which of them a process may insist on; loads nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum


class Layer(StrEnum):
    """One layer of confinement. None of them needs another one to work, but for ``no_new_privs``."""

    #: Limits on open files, on the size of any file that is written, and on processes where they have a user namespace.
    #: Those on memory and on processor time hold without any layer.
    LIMITS = "limits"
    #: The kernel kills the child when its parent has ended.
    DEATH_SIGNAL = "death_signal"
    #: Namespaces of its own for users, networks and System V IPC: no capability and no network interface.
    NAMESPACES = "namespaces"
    #: No program that it starts could have more rights; without it, only root may have the next two.
    NO_NEW_PRIVS = "no_new_privs"
    #: Reads the interpreter's files and no others, writes none; no TCP, and no signals or abstract sockets to others.
    LANDLOCK = "landlock"
    #: Makes only the system calls that an analysis needs.
    SECCOMP = "seccomp"
    #: The parent's memory and environment can't be read by processes of the same user.
    PARENT = "parent_not_dumpable"


#: What ``ANALYSIS_CONFINEMENT=require`` insists on. The others are refused by many containers, or back these up.
REQUIRED = frozenset({Layer.LIMITS, Layer.NO_NEW_PRIVS, Layer.LANDLOCK, Layer.SECCOMP})


@dataclass(frozen=True)
class Policy:
    """Which layers are wanted.

    Args:
        wanted: Each is tried at a child's start.
        required: Without these no child is used.
    """

    wanted: frozenset[Layer] = frozenset(Layer)
    required: frozenset[Layer] = frozenset()


@dataclass(frozen=True)
class Confinement:
    """How a child is confined.

    Args:
        layers: Those that hold, with a detail such as ``ABI 7``, or an empty text.
        refused: Those that were wanted and that this platform refuses, with its reason.
    """

    layers: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
