"""The way from bytes to a report: tell the format, open, judge the header, decode once, analyse."""

from collections.abc import Callable

from shared import clock
from shared.analysis import content_encoding, formats, gates, report
from shared.analysis.interface import Analysis, Limits, Options, Source, ThumbnailSpec
from shared.errors import ImageRejected

_LIMITS = Limits()
_THUMBNAIL = ThumbnailSpec()
_OPTIONS = Options()


def over_size_gate(source: Source, limits: Limits) -> Analysis | None:
    """Compare a blob with the limit of bytes before it is downloaded.

    Args:
        source: What storage says about it.
        limits: ``max_bytes`` decides.

    Returns:
        A ``partial`` report if the blob is over the limit (``too_many_bytes``); None if it may be downloaded.
    """
    over = gates.check_size(source.size_bytes, limits)
    if over is None:
        return None
    partial = {**report.envelope(over), "source": report.source_unread(source), "timing": report.timing(0, 0)}
    return Analysis(report=partial, thumbnail=None)


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

    Libraries in C parse hostile bytes here, so call this in a child process that has limits of its own.

    Args:
        data: The whole blob, as it is stored.
        source: What storage says about it.
        limits: What the image may cost.
        thumbnail: Which thumbnail to make; None to make no thumbnail.
        options: What the report contains.
        monotonic: Seconds that never go back.

    Returns:
        A report with status ``ok``; or with status ``partial``, an error and the facts of the header, if the image is
        over a limit: ``too_large_side``, ``too_many_pixels``, ``too_much_memory``, ``too_many_scans``,
        ``too_many_chunks``; ``too_many_bytes`` if its content is, although the stored blob is not.

    Raises:
        ImageRejected: ``empty_blob``, ``unsupported_format``, ``corrupt_image``, ``unsupported_encoding`` or
            ``corrupt_encoding``.
        MemoryError: Memory ran out; another try may succeed.
    """
    started = monotonic()
    source_facts = report.source_read(source, data)
    content = content_encoding.undo(data, source.content_encoding, limits, is_image=formats.sniff(data) is not None)
    if over := gates.check_size(content.over_bytes, limits):
        partial = {**report.envelope(over), "source": source_facts, "timing": report.timing(0, monotonic() - started)}
        return Analysis(report=partial, thumbnail=None)
    known = _format_of(content.data)
    from shared.analysis.examine import Examine  # noqa: PLC0415 - the image libraries load with the first image

    source_facts["mime"] = known.mime
    source_facts["type_mismatch"] = formats.type_mismatch(source.declared_type, known.mime)
    examine = Examine(limits, thumbnail, options, monotonic, started, source_facts, content.warnings)
    return examine.examine(content.data, known)


def _format_of(data: bytes) -> formats.Format:
    """Return the format of a file.

    Raises:
        ImageRejected: ``empty_blob`` or ``unsupported_format``.
    """
    if not data:
        raise ImageRejected("empty_blob", "The blob is empty.")
    known = formats.sniff(data)
    if known is None:
        raise ImageRejected(
            "unsupported_format", "The blob is not a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF file."
        )
    return known
