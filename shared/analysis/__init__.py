"""Analyse an image: its bytes in, a report and a thumbnail out. No storage, no settings.

Steps and commands call an ``Analyst`` (``analyst``), which wiring builds; it calls ``analyze`` in a child process
(``sandbox``). ``formats`` opens a file, ``metadata`` reads what it has beside its pixels, ``analyzers`` make sections
of the report. Importing this package loads no image library: only the first image does.
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
