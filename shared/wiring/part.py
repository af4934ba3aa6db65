"""A part of a Darkroom that is built when it is first asked for."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Self, TypeVar, overload

#: The name under which each owner has its lock, which is reentrant, because parts are built of parts.
GUARD = "part guard"
T = TypeVar("T")


class Part(Generic[T]):
    """Build a part once, whichever threads ask for it first: each would build its own with ``functools``.

    A process that has one message to work on neither builds nor imports what looks jobs up or proves invariants.

    Args:
        build: A method of what has the part.
    """

    def __init__(self, build: Callable[[Any], T]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        """Note the attribute that it becomes."""
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type | None = None) -> T: ...

    def __get__(self, owner: Any, kind: type | None = None) -> Self | T:
        """Build it, or wait for the thread that does; from then on it is an attribute like any other."""
        if owner is None:
            return self
        parts = vars(owner)
        with parts.setdefault(GUARD, RLock()):  # setdefault is atomic: one lock for all
            if self._name not in parts:
                parts[self._name] = self._build(owner)
        found: T = parts[self._name]
        return found
