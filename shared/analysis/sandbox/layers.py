"""The layers that confine a child process, and which of them a process may require; imports nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum


class Layer(StrEnum):
    """One layer of confinement. No layer needs another one but ``no_new_privs``."""

    #: Limits on open files, on the size of written files and, with a user namespace, on processes. The limits on memory
    #: and processor time hold without any layer.
    LIMITS = "limits"
    #: The kernel kills the child when its parent ends.
    DEATH_SIGNAL = "death_signal"
    #: Own namespaces for users, networks and System V IPC: no capabilities, no network interfaces.
    NAMESPACES = "namespaces"
    #: No program that it starts gets more rights; without this, only root may use the next two.
    NO_NEW_PRIVS = "no_new_privs"
    #: Reads the interpreter's files and no others, writes none; no TCP, and no signals or abstract sockets to others.
    LANDLOCK = "landlock"
    #: Makes only the system calls that an analysis needs.
    SECCOMP = "seccomp"
    #: The parent's memory and environment can't be read by processes of the same user.
    PARENT = "parent_not_dumpable"


#: What ``ANALYSIS_CONFINEMENT=require`` demands. Many containers refuse the others, or they only back these up.
REQUIRED = frozenset({Layer.LIMITS, Layer.NO_NEW_PRIVS, Layer.LANDLOCK, Layer.SECCOMP})


@dataclass(frozen=True)
class Policy:
    """What a child of this process must try, and what it must have.

    Args:
        layers: A child tries each of them when it starts.
        minimum: Without these, no child is used.
    """

    layers: frozenset[Layer] = frozenset(Layer)
    minimum: frozenset[Layer] = frozenset()


@dataclass(frozen=True)
class Confinement:
    """How a child is confined.

    Args:
        layers: Those that hold, with a detail such as ``ABI 7``, or an empty text.
        refusals: Those that this platform refuses, with its reason.
    """

    layers: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
