"""The main facts of a job in a few words; pure, and content with whatever a report leaves out."""

import re
from dataclasses import dataclass

from localhost.run.watch import Image

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Facts:
    """What a table has room for; empty where nothing is known.

    Attributes:
        size: Width × height in pixels as the image is looked at.
        dhash: Difference hash, 16 hexadecimal digits.
        mean: Mean colour, ``#rrggbb``.
        problem: A code: of the error, or of an analysis that stayed partial.
    """

    size: str = ""
    dhash: str = ""
    mean: str = ""
    problem: str = ""


def facts_of(image: Image) -> Facts:
    """Pick them from an image's job."""
    job = image.job or {}
    report = job.get("report") or {}
    shape = report.get("image") or {}
    width = shape.get("display_width_px") or shape.get("width_px")
    height = shape.get("display_height_px") or shape.get("height_px")
    mean = str((report.get("color") or {}).get("mean") or "")
    error = job.get("error") or report.get("error") or {}
    return Facts(
        size=f"{width}×{height}" if width and height else "",
        dhash=str((report.get("hash") or {}).get("dhash") or ""),
        mean=mean if _COLOR.fullmatch(mean) else "",
        problem=plain(str(error.get("code") or "")) if image.state != "COMPLETED" or not _is_ok(report) else "",
    )


def _is_ok(report: dict[str, object]) -> bool:
    return report.get("status", "ok") == "ok"


def plain(text: str) -> str:
    """Return a text without what a terminal would obey: a file's name may hold anything."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def time_words(seconds: float | None) -> str:
    """Return a duration as people say it, with one decimal below a minute."""
    if seconds is None:
        return ""
    tenths = round(seconds, 1)
    if tenths < 60:  # noqa: PLR2004 - a minute
        return f"{tenths:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def line_of(image: Image, now: float) -> str:
    """Return one image as one line, for where no table can be shown."""
    facts = facts_of(image)
    words = [plain(image.name), image.state]
    if image.attempts:
        words.append(f"attempt {image.attempts}")
    if image.ended:
        words += [facts.problem, facts.size, facts.dhash, facts.mean, time_words(image.seconds(now))]
    return "  ".join(word for word in words if word)
