"""What an analysis may cost, where it is done and what thumbnail it makes, as the settings have it."""

from collections.abc import Callable

from shared.analysis import Limits, Options, ThumbnailSpec
from shared.analysis.analyst import Analyst, Engine, Inline
from shared.analysis.sandbox.layers import REQUIRED, Layer, Policy
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox
from shared.settings.enums import ConfinementMode, Isolation, Thumbnails
from shared.settings.settings import Settings
from shared.tracing import OFF, Tracer
from shared.wiring.tracing import add_engine_spans

#: What a binary property of a row holds (Azure Tables, data model).
ROW_BYTES = 64 * 1024

#: Which layers of confinement each choice asks for, and insists on.
POLICIES = {
    ConfinementMode.REQUIRE: Policy(frozenset(Layer), REQUIRED),
    ConfinementMode.TRY: Policy(frozenset(Layer)),
    ConfinementMode.OFF: Policy(frozenset()),
}


def analysis_limits(settings: Settings) -> Limits:
    """Return what an image may cost."""
    return Limits(
        max_bytes=settings.max_bytes,
        max_decode_bytes=settings.max_decode_bytes,
        max_pixels=settings.max_pixels,
        max_side_px=settings.max_side_px,
        max_progressive_scans=settings.max_progressive_scans,
        max_png_chunks=settings.max_png_chunks,
    )


def analysis_places(settings: Settings) -> int:
    """Return how many images are analysed at once: as many as memory allows, and no more than there are children."""
    bearable = max(1, settings.analysis_memory_bytes // _child_bytes(settings))
    return min(settings.analysis_processes, bearable) if settings.isolation is Isolation.PROCESS else bearable


def _child_bytes(settings: Settings) -> int:
    return settings.max_decode_bytes + OVERHEAD_BYTES


def build_analyst(settings: Settings, monotonic: Callable[[], float], tracer: Tracer = OFF) -> Analyst:
    """Build what analyses, where the settings want it."""
    most, spec, wanted = analysis_limits(settings), thumbnail_spec(settings), analysis_options(settings)
    if settings.isolation is Isolation.OFF:
        engine: Engine = Inline(limits=most, thumbnail=spec, options=wanted, monotonic=monotonic)
    else:
        child_limits = ChildLimits(
            seconds=settings.analysis_timeout.total_seconds(),
            cpu_seconds=settings.analysis_cpu.total_seconds(),
            memory_bytes=_child_bytes(settings),
            images=settings.analysis_child_images,
        )
        engine = Sandbox(
            limits=most,
            thumbnail=spec,
            options=wanted,
            child_limits=child_limits,
            policy=POLICIES[settings.confinement],
            monotonic=monotonic,
        )
    engine = add_engine_spans(engine, tracer, kind=settings.image_type)
    return Analyst(engine, places=analysis_places(settings))


def analysis_options(settings: Settings) -> Options:
    """Return what reports are to hold."""
    return Options(include_gps=settings.include_gps, analyzers=settings.analyzers)


def thumbnail_spec(settings: Settings) -> ThumbnailSpec | None:
    """Return which thumbnail to make; None to make no thumbnail."""
    if settings.thumbnails is Thumbnails.OFF:
        return None
    return ThumbnailSpec(
        long_edge_px=settings.thumbnail_long_edge_px,
        format=settings.thumbnail_format.value,
        quality=settings.thumbnail_quality,
        max_bytes=ROW_BYTES if settings.thumbnails is Thumbnails.ROW else None,
    )
