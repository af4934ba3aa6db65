"""The ledger of an operation: its lines in a file of the user's state directory, which outlives the process.

A file has one JSON line a step (``operations``), is the user's own, and only grows until the operation is over. A last
line that is torn counts as not written.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shared.cli.file_lock import FileLock
from shared.cli.operations import Ledger, Operation
from shared.errors import DarkroomError
from shared.rules.ids import digest

#: Windows writes two characters for a line end else.
_AS_IT_IS = getattr(os, "O_BINARY", 0)
#: Below a home, by platform, and of all others.
_STATE = {"win32": ("AppData", "Local"), "darwin": ("Library", "Application Support")}
_XDG_STATE = (".local", "state")


class LedgerUnusable(DarkroomError):
    """A ledger can't be read or written."""


def folder(environ: Mapping[str, str], *, home: Callable[[], Path] = Path.home, platform: str = sys.platform) -> Path:
    """Return where ledgers are: in the user's state directory, where this system has it.

    Args:
        environ: ``XDG_STATE_HOME``, or on Windows ``LOCALAPPDATA``; counts if it is absolute.
        home: Returns the user's own directory, if anybody knows it.
        platform: As ``sys.platform`` names it.

    Raises:
        LedgerUnusable: No variable names the folder, and this user has no home.

    Source:
        https://specifications.freedesktop.org/basedir-spec/latest/ ; Apple, "File System Programming Guide": support
        files are in ``~/Library/Application Support``; Microsoft, "Known folders": FOLDERID_LocalAppData. Read 2026-12.
    """
    state = Path(environ.get(_variable(platform), ""))
    if not state.is_absolute():
        try:
            state = home().joinpath(*_STATE.get(platform, _XDG_STATE))
        except RuntimeError:
            raise LedgerUnusable(
                f"This user has no home folder. Set {_variable(platform)} to a folder where ledgers can be kept."
            ) from None
    return state / "darkroom" / "operations"


def _variable(platform: str) -> str:
    return "LOCALAPPDATA" if platform == "win32" else "XDG_STATE_HOME"


class LedgerFile(Ledger):
    """The ledger of one target, action and filters; held against other processes while entered.

    Args:
        place: The folder of ledgers; made where it is missing.
        target: See ``Operation``.
        action: The same.
        filters: The same.
        restart: Do without what stands there, whatever it is.
    """

    def __init__(
        self, place: Path, target: str, action: str, filters: Mapping[str, Any], *, restart: bool = False
    ) -> None:
        super().__init__()
        name = digest(target, action, json.dumps(filters, sort_keys=True))
        self.path = place / f"{name}.jsonl"
        self._lock = FileLock(place / f"{name}.lock")
        self._restarts = restart
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Read what stands there.

        Raises:
            LockHeld: Another process is at it.
            LedgerUnusable: The folder or the file can't be used, or the file has another form.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.__enter__()
        except OSError as error:
            raise _unusable(self.path.parent, error) from None
        try:
            self._open()
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; an operation that is not over can go on later."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self.progress.operation is None:
            self.path.unlink(missing_ok=True)
        self._lock.__exit__(None, None, None)

    def begin(self, operation: Operation) -> None:
        """See ``Ledger.begin``."""
        self._truncate(0)
        super().begin(operation)

    def _open(self) -> None:
        try:
            self._descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND | _AS_IT_IS, 0o600)
            whole = self.path.read_bytes()
        except OSError as error:
            raise _unusable(self.path, error) from None
        length = 0 if self._restarts else whole.rfind(b"\n") + 1
        try:
            for line in _lines(whole[:length]):
                self.progress.take(line)
        except (KeyError, TypeError, ValueError):
            raise LedgerUnusable(
                f"{self.path} is damaged, or of another release. Give --new to begin again without it."
            ) from None
        self._truncate(length)

    def _truncate(self, length: int) -> None:
        try:
            os.ftruncate(self._descriptor, length)
        except OSError as error:
            raise _unusable(self.path, error) from None

    def _write(self, line: Mapping[str, Any]) -> None:
        """Append a line; when this returns it outlives the machine, and ``progress`` says the same."""
        try:
            content = memoryview(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            while content:
                content = content[os.write(self._descriptor, content) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unusable(self.path, error) from None
        super()._write(line)


def _lines(content: bytes) -> Iterator[Mapping[str, Any]]:
    for text in content.splitlines():
        line = json.loads(text)
        if not isinstance(line, dict):
            raise TypeError
        yield line


def _unusable(path: Path, error: OSError) -> LedgerUnusable:
    return LedgerUnusable(
        f"The ledger can't be kept in {path}: {error.strerror or type(error).__name__}. "
        f"Set {_variable(sys.platform)} to a folder that you may write to, or make room there."
    )
