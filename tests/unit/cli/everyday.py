"""A line of each command that prints what it was asked for, over a world where everything has something to show."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from shared import wiring
from shared.cli import over_http
from shared.cli.in_process import InProcess
from shared.cli.service import Service
from shared.runtime import Runtime
from tests.doubles.world import World, png

#: In place of the id of a failed job, of one that waits, and of the path of an image.
JOB, LIVE, FILE = "JOB", "LIVE", "FILE"
#: All take ``--json``.
LINES: Sequence[Sequence[str]] = (
    ("jobs",),
    ("show", JOB),
    ("why", JOB),
    ("why", "--all"),
    ("history", JOB),
    ("trace", JOB),
    ("lock",),
    ("stats",),
    ("actions",),
    ("upload", FILE),
    ("backfill",),
    ("cancel", LIVE),
    ("cancel", "--type", "image-analysis", "--yes"),
    ("redrive", JOB),
    ("delete", JOB, "--yes"),
    ("rejected",),
    ("analyze", FILE),
    ("verify",),
    ("doctor",),
)


class Everyday:
    """The command over a world, which stands for the app at its address and for the storage of its settings.

    Attributes:
        service: The world's own API.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        world = World()
        self.service: Service = InProcess(world.darkroom, user="me", runtime=Runtime(draw=world.draw))
        failed, live, canceled = (world.record_image(name, b"?" if name == "a" else None) for name in "abc")
        world.darkroom.attempt.run(failed, owner="queue/1")
        self.service.call("POST", f"/jobs/{canceled}/cancel")
        world.rejections.reject("cat.png", code="odd", message="It is odd.")
        world.clock.advance(60)
        (folder / "d.png").write_bytes(png(3, 2))
        self._words = {JOB: failed, LIVE: live, FILE: str(folder / "d.png")}
        monkeypatch.setattr(over_http, "OverHttp", lambda *_, **__: self.service)
        monkeypatch.setattr(wiring, "build", lambda *_, **__: world.darkroom)
        environ = {"DARKROOM_URL": "https://app.example", "XDG_STATE_HOME": str(folder), "ANALYSIS_ISOLATION": "off"}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)

    def words(self, line: Sequence[str]) -> list[str]:
        """Return a line with ids and paths of this world."""
        return [self._words.get(word, word) for word in line]
