"""What an analysis may cost and what thumbnail it makes, as the settings have it."""

from shared.analysis import Limits, ThumbnailSpec
from shared.settings import Settings, Thumbnails


def limits(settings: Settings) -> Limits:
    """Return what an image may cost."""
    return Limits(
        max_bytes=settings.max_bytes,
        max_decode_bytes=settings.max_decode_bytes,
        max_pixels=settings.max_pixels,
        max_side_px=settings.max_side_px,
        max_progressive_scans=settings.max_progressive_scans,
        max_png_chunks=settings.max_png_chunks,
    )


def thumbnail_spec(settings: Settings) -> ThumbnailSpec | None:
    """Return what thumbnails are wanted; None for none."""
    if settings.thumbnails is Thumbnails.OFF:
        return None
    return ThumbnailSpec(
        long_edge_px=settings.thumbnail_long_edge_px,
        format=settings.thumbnail_format.value,
        quality=settings.thumbnail_quality,
    )
