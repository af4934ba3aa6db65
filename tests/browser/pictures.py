"""Photographs of samples/, analysed as production does, and one whose metadata and name would be markup elsewhere."""

import functools
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from shared import analysis
from shared.rules import thumbnails
from shared.settings.settings import Settings
from shared.wiring.analyst import build_analyst
from tests.conftest import SAMPLES

#: What would run where text becomes markup.
SCRIPT = "<img src=x onerror=alert(1)>"
#: A name that is markup, a name that turns its end around, and one with control characters.
HOSTILE_NAMES = (f"{SCRIPT}.jpg", "turned\u202egpj.exe\u202c.jpg", "bell\x07 escape\x1b[31m.jpg")
_PHOTOGRAPHS = ("cat.png", "coffee.webp", "retina.jpg", "rocket.jpg")
#: Left, top, right and bottom edge, as shares of width and height.
_PARTS = ((0, 0, 1, 1), (0, 0, 0.7, 0.8), (0.3, 0.1, 1, 1), (0.15, 0.2, 0.85, 0.9), (0.25, 0, 0.75, 1))
_MAKE, _MODEL, _SOFTWARE = 0x010F, 0x0110, 0x0131


@dataclass(frozen=True)
class Picture:
    """An image, and what its analysis has found.

    Attributes:
        data: The file.
        mime: Its declared type.
        report: Of the analysis.
        thumbnail: Its bytes.
        extension: Of the thumbnail's name.
    """

    data: bytes
    mime: str
    report: Mapping[str, Any]
    thumbnail: bytes
    extension: str

    def report_of(self, job_id: str, name: str, version: str, container: str) -> dict[str, Any]:
        """Return the report of a job about an image with this content."""
        place = {"container": container, "name": thumbnails.name_of(job_id, 1, extension=self.extension)}
        source = {**self.report["source"], "name": name, "etag": version}
        return {**self.report, "source": source, "thumbnail": {**self.report["thumbnail"], **place}}


@functools.cache
def photographs() -> tuple[Picture, ...]:
    """Analyse the photographs, once a process."""
    return tuple(_analyze((SAMPLES / name).read_bytes()) for name in _PHOTOGRAPHS)


@functools.cache
def crops() -> tuple[Picture, ...]:
    """Analyse parts of the photographs, as a camera with a name would have taken them: a gallery for screenshots."""
    return tuple(_analyze(_crop(name, *part)) for part in _PARTS for name in _PHOTOGRAPHS)


def _crop(name: str, left: float, top: float, right: float, bottom: float) -> bytes:
    with Image.open(SAMPLES / name) as photograph:
        exif, (width, height) = Image.Exif(), photograph.size
        exif[_MAKE], exif[_MODEL] = "Canon", "Canon EOS R6"
        box = (int(left * width), int(top * height), int(right * width), int(bottom * height))
        file = io.BytesIO()
        photograph.convert("RGB").crop(box).save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


@functools.cache
def hostile() -> Picture:
    """Analyse a photograph whose camera has markup and invisible characters for a name."""
    with Image.open(SAMPLES / "rocket.jpg") as photograph:
        exif = photograph.getexif()
        exif[_MAKE], exif[_SOFTWARE] = SCRIPT, "\x1b[31m'onclick=x"
        exif[_MODEL] = f'"><script>alert(2)</script>{SCRIPT}'
        file = io.BytesIO()
        photograph.resize((320, 214)).save(file, "JPEG", exif=exif)
    return _analyze(file.getvalue())


def _analyze(data: bytes) -> Picture:
    mime = Image.open(io.BytesIO(data)).get_format_mimetype() or ""
    source = analysis.Source(
        container="images", name="x", etag="0x1", size_bytes=len(data), declared_type=mime, content_encoding=None
    )
    analyst = build_analyst(Settings.read({"ANALYSIS_ISOLATION": "off"}), time.monotonic)
    found = analyst.analyze(data, source=source, alone=False, stop=lambda: False)
    assert found.thumbnail is not None
    # A blob's download is timed by who reads it; a fixed time keeps screenshots the same.
    timing = {"decode_ms": 21.4, "analyze_ms": 96.3, "download_ms": 8.1, "total_ms": 125.8}
    return Picture(data, mime, {**found.report, "timing": timing}, found.thumbnail.data, found.thumbnail.extension)
