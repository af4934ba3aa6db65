"""Reports and thumbnails in a folder. What stands there under its name is whole: written beside it, then renamed."""

import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from localhost.run.watch import Json
from shared.analysis.interface import THUMBNAIL_FORMATS

THUMBNAIL = ".thumbnail"


class Reports:
    """Write what a run brings.

    Args:
        out: The folder; made when missing.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        out.mkdir(parents=True, exist_ok=True)

    def clear(self, names: Iterable[str]) -> None:
        """Remove what earlier runs left under these names, so that nothing old passes for a result of this run."""
        for name in names:
            self._path(name, ".json").unlink(missing_ok=True)
            self._clear_thumbnails(name)

    def write(self, name: str, job: Json, thumbnail: bytes | None) -> Path:
        """Write a job, its thumbnail before it: where the report is, the thumbnail is too.

        Args:
            name: The blob's.
            job: As the API gives it.
            thumbnail: Its bytes; None for a job without one.

        Returns:
            Where the report is.
        """
        self._clear_thumbnails(name)
        if thumbnail is not None:
            _whole(self._path(name, THUMBNAIL + thumbnail_suffix(job)), thumbnail)
        report = self._path(name, ".json")
        _whole(report, (json.dumps(job, indent=2, ensure_ascii=False) + "\n").encode())
        return report

    def _path(self, name: str, suffix: str) -> Path:
        # A blob's name may be anything; one of ours comes from a path, and never leads out of the folder.
        parts = [part for part in PurePosixPath(name).parts if part not in {"/", ".."}]
        return self.out.joinpath(*parts[:-1], parts[-1] + suffix)

    def _clear_thumbnails(self, name: str) -> None:
        path = self._path(name, THUMBNAIL)
        if path.parent.is_dir():
            for old in path.parent.iterdir():
                if old.stem == path.name and old.name != path.name:
                    old.unlink()


def thumbnail_suffix(job: Json) -> str:
    """Return how the thumbnail's name ends, dot included."""
    mime = ((job.get("report") or {}).get("thumbnail") or {}).get("mime")
    return next((f".{extension}" for extension, its in THUMBNAIL_FORMATS.values() if its == mime), "")


def _whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
