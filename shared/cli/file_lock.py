"""A lock among the processes of one machine: a file that the system unlocks when its process ends, however it ends."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.errors import LockHeld

if sys.platform == "win32":
    import msvcrt

    _TAKEN: tuple[type[OSError], ...] = (PermissionError,)

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    #: How the system says that another process has the lock; all else says that it can't lock this file.
    _TAKEN: tuple[type[OSError], ...] = (BlockingIOError,)

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Hold a lock while entered.

    The file is deleted at the end. Whoever has opened it before that holds a file that nobody else will find, so its
    place is looked at again once it is locked.

    Args:
        path: Of its file, whose folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock, without waiting.

        Raises:
            LockHeld: Another process has it.
            OSError: The file can't be opened or locked.
        """
        while True:
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                _lock(self._descriptor)
            except OSError as error:
                os.close(self._descriptor)
                if isinstance(error, _TAKEN):
                    raise LockHeld from None
                raise
            if self._is_in_place():
                return self
            os.close(self._descriptor)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        if sys.platform == "win32":  # where a file that is open can't be deleted
            os.close(self._descriptor)
            with suppress(OSError):
                self._path.unlink()
        else:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._descriptor)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return False
