"""Bytes of an image in, a report out; pure, no storage, no settings.

Importing this package loads no image library: the first image that passes the gates does.
"""

from shared.analysis.interface import Analysis, Limits, Options, Source, Thumbnail, ThumbnailSpec
from shared.analysis.pipeline import analyze, over_size_gate
from shared.analysis.report import REPORT_SCHEMA

__all__ = [
    "REPORT_SCHEMA",
    "Analysis",
    "Limits",
    "Options",
    "Source",
    "Thumbnail",
    "ThumbnailSpec",
    "analyze",
    "over_size_gate",
]
