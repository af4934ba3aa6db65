"""The API as a command calls it, which answers as a test says."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.cli.service import Reply


@dataclass(frozen=True)
class Call:
    """What a command has asked."""

    method: str
    path: str
    query: Mapping[str, object]
    body: object | None
    data: bytes | Path | None
    headers: Mapping[str, str]


def answer(value: object, status: int = 200, **headers: str) -> Reply:
    """Return a reply of JSON; header names have ``_`` for ``-``."""
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, names, json.dumps(value).encode())


@dataclass
class FakeService:
    """Answer each method and path with what is scripted for it, the last of it again and again.

    Attributes:
        replies: By ``GET /jobs`` and the like; an error is raised.
        calls: In their order.
        most_bytes: Of an image.
    """

    replies: Mapping[str, Reply | BaseException | list[Reply | BaseException]]
    calls: list[Call] = field(default_factory=list)
    most_bytes: int = 1_000

    def __post_init__(self) -> None:
        """Take a script apart."""
        self._script = {
            name: deque(replies if isinstance(replies, list) else [replies]) for name, replies in self.replies.items()
        }

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object | None = None,
        data: bytes | Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """See ``Service.call``."""
        self.calls.append(Call(method, path, dict(query or {}), body, data, dict(headers or {})))
        script = self._script[f"{method} {path}"]
        reply = script.popleft() if len(script) > 1 else script[0]
        if isinstance(reply, BaseException):
            raise reply
        return reply
