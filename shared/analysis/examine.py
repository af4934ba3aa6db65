"""Examine a file of a known format: open it, judge its header, decode it once, analyse it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.analysis import analyzers, decode, gates, metadata, report, schema, thumbnail
from shared.analysis.formats import Format, readers
from shared.analysis.formats.picture import Picture
from shared.analysis.interface import Analysis, Limits, Options, ThumbnailSpec


@dataclass(frozen=True)
class Examine:
    """Examine one image.

    Args:
        limits: What the image may cost.
        spec: Which thumbnail to make; None to make no thumbnail.
        options: What the report contains.
        monotonic: Seconds that never go back.
        started: When the analysis began, by these.
        source: This section of the report.
        warnings: Codes of what was ignored so far.
    """

    limits: Limits
    spec: ThumbnailSpec | None
    options: Options
    monotonic: Callable[[], float]
    started: float
    source: schema.Source
    warnings: tuple[str, ...]

    def examine(self, data: bytes, known: Format) -> Analysis:
        """Examine a file, as far as the gates let it.

        Args:
            data: The whole file.
            known: Its format.

        Raises:
            ImageRejected: ``corrupt_image`` or ``unsupported_format``.
            MemoryError: Memory ran out; another try may succeed.
        """
        picture = readers.read(known, data, self.limits)
        beside, include_gps = picture.beside_pixels(data), self.options.include_gps
        described = metadata.read(picture.image, data, beside_pixels=beside, include_gps=include_gps)
        turn = picture.orientation or described.orientation
        facts = {
            "source": self.source,
            "image": report.image(picture, turn),
            "exif": described.exif,
            "privacy": described.privacy,
            "provenance": described.provenance,
        }
        warnings = (*self.warnings, *picture.warnings, *described.warnings)
        over = gates.check_header(picture, self.limits)
        if over is None:
            return self._decode(picture, turn, facts, warnings)
        timing = report.timing(0, self.monotonic() - self.started)
        return Analysis(report={**report.envelope(over, warnings), **facts, "timing": timing}, thumbnail=None)

    def _decode(self, picture: Picture, turn: int, facts: dict[str, Any], ignored: tuple[str, ...]) -> Analysis:
        """Decode once and analyse."""
        decoding = self.monotonic()
        working = decode.working_image(picture, turn)
        decode_seconds = self.monotonic() - decoding
        sections, failures = analyzers.run(working, facts, self.options.analyzers)
        small = thumbnail.render(working.image, self.spec) if self.spec else None
        tail = {"thumbnail": report.thumbnail(small)} if small else {}
        timing = report.timing(decode_seconds, self.monotonic() - self.started - decode_seconds)
        head = {**report.envelope(None, (*ignored, *working.warnings, *failures)), **facts}
        # The head twice, for its place and for its values: no analyzer can replace these, whatever its name.
        return Analysis(report={**head, **sections, **head, **tail, "timing": timing}, thumbnail=small)
