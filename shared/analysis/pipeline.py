"""Bytes in, report out: sniff, read the header, judge it, decode once, analyse. Pure, and safe in several threads."""

from collections.abc import Callable
from typing import Any

from shared import clock
from shared.analysis import formats, gates, report
from shared.analysis.facts import Analysis, Limits, Options, Source, ThumbnailSpec
from shared.analysis.header import Header
from shared.errors import ImageRejected

_LIMITS = Limits()
_THUMBNAIL = ThumbnailSpec()
_OPTIONS = Options()


def over_size_gate(source: Source, limits: Limits) -> Analysis | None:
    """Judge a blob before it is downloaded.

    Args:
        source: What storage says about it.
        limits: Its ``max_bytes`` decides.

    Returns:
        A ``partial`` report when the blob is over the limit (``too_many_bytes``); None when it may be downloaded.
    """
    over = gates.size(source.size_bytes, limits)
    if over is None:
        return None
    partial = {**report.envelope(over), "source": report.source_unread(source), "timing": report.timing(0, 0)}
    return Analysis(report=partial, thumbnail=None)


def estimated_bytes(data: bytes, limits: Limits) -> int:
    """Estimate what decoding will take; 0 for what will not be decoded.

    Args:
        data: The whole blob.
        limits: What it may cost.
    """
    try:
        header = formats.read_header(formats.sniff(data), data, limits) if data else None
    except ImageRejected:
        return 0
    return 0 if header is None or gates.decode(header, limits) else header.decode_bytes


def analyze(
    data: bytes,
    *,
    source: Source,
    limits: Limits = _LIMITS,
    thumbnail: ThumbnailSpec | None = _THUMBNAIL,
    options: Options = _OPTIONS,
    monotonic: Callable[[], float] = clock.monotonic,
) -> Analysis:
    """Analyse one image.

    Args:
        data: The whole blob.
        source: What storage says about it.
        limits: What the image may cost.
        thumbnail: What thumbnail to make; None for none.
        options: What the report is to hold.
        monotonic: Seconds that never go back.

    Returns:
        A report with status ``ok``; or ``partial``, with an error and the facts of the header, when the image is over
        a limit: ``too_large_side``, ``too_many_pixels``, ``too_much_memory``, ``too_many_scans``, ``too_many_chunks``.

    Raises:
        ImageRejected: ``empty_blob``, ``unsupported_format`` or ``corrupt_image``.
        MemoryError: There was none left; another time it may succeed.
    """
    started = monotonic()
    if not data:
        raise ImageRejected("empty_blob", "The blob has 0 bytes.")
    known = formats.sniff(data)
    header = formats.read_header(known, data, limits)
    read = report.source_read(source, data, known.mime)
    facts = {"source": read, **report.header_facts(header, include_gps=options.include_gps)}
    over = gates.decode(header, limits)
    if over:
        partial = {**report.envelope(over), **facts, "timing": report.timing(0, monotonic() - started)}
        return Analysis(report=partial, thumbnail=None)
    return _decoded(data, header, facts, thumbnail, options.analyzers, started=started, monotonic=monotonic)


def _decoded(
    data: bytes,
    header: Header,
    facts: dict[str, Any],
    spec: ThumbnailSpec | None,
    names: tuple[str, ...],
    *,
    started: float,
    monotonic: Callable[[], float],
) -> Analysis:
    """Decode once and analyse; the image library loads with the first image that comes here."""
    from shared.analysis import analyzers, decode, thumbnail  # noqa: PLC0415

    decoding = monotonic()
    working = decode.working_image(data, header)
    decode_seconds = monotonic() - decoding
    found, warnings = analyzers.run(working, facts, names)
    made = thumbnail.render(working.image, spec) if spec else None
    small = {"thumbnail": report.thumbnail(made)} if made else {}
    timing = report.timing(decode_seconds, monotonic() - started - decode_seconds)
    head = {**report.envelope(None, (*working.warnings, *warnings)), **facts}
    # The head twice, for its place and its values: an analyzer can't replace these, whatever it is called.
    full = {**head, **found, **head, **small, "timing": timing}
    return Analysis(report=full, thumbnail=made)
