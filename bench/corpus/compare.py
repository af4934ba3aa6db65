"""Answers side by side: counts, disagreements, differences, each with its class; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bench.corpus import peers
from bench.corpus.reports import Report

_NOT_A_WORD = re.compile(r"\W+")
#: Digits of a moment to the second.
_MOMENT_DIGITS = 14

#: Why a report differs from an earlier one: the first class whose paths cover a difference gives its name.
CLASSES: tuple[tuple[str, str], ...] = (
    (r"privacy\..*", "place: a mark or a position that was not read before"),
    (r"exif\.(taken_at|taken_at_offset)", "moment: a form of time, or a source, that was not read before"),
    (r"exif\..*", "camera: a type, a prefix or a source (XMP, notes of a PNG) that was not read before"),
    (r"provenance\..*", "making: hints and manifests wherever they stand"),
    (r"image\.(orientation|display_width_px|display_height_px)", "orientation: read from more places"),
    (r"image\.(frames|animated)", "frames: counted by the library, not believed"),
    (r"image\..*", "header: as the library tells it"),
    (r"warnings", "warnings: what could not be read is said"),
    (r"(quality|color|hash|placeholder|thumbnail)\..*", "pixels: decoded in another way"),
    (r"error\.message", "message: the same verdict in other words"),
    (r"source\..*", "source: another type, or further fields"),
)


def verdict(report: Report) -> str:
    """Return ``ok``, or status and code."""
    error = report.get("error")
    return f"{report['status']} {error['code']}" if error else str(report["status"])


def verdicts(reports: Mapping[str, Report]) -> Counter[str]:
    """Count reports by status and code."""
    return Counter(map(verdict, reports.values()))


def readable(reports: Mapping[str, Report]) -> Counter[str]:
    """Count the images that were analysed, by format."""
    return Counter(report["image"]["format"] for report in reports.values() if report["status"] == "ok")


def against_pillow(reports: Mapping[str, Report], said: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the files of which Pillow reads the pixels and we do not, or the other way round.

    A limit of ours that an image is over is no disagreement.

    Returns:
        Name, what Pillow says, what we say.
    """
    found = []
    for name, report in sorted(reports.items()):
        ours, theirs = verdict(report), said.get(name, "died")
        if report["status"] != "partial" and (ours == "ok") != (theirs == "ok"):
            found.append((name, theirs, ours))
    return found


def against_exiftool(
    reports: Mapping[str, Report], said: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Counter[str]], list[tuple[str, str, object, object]]]:
    """Compare four facts of each image that has a header.

    Returns:
        For each fact how often both say nothing, agree, or else we ``missed`` it, have ``more`` or it ``differs``;
        and the name, the fact, what exiftool says and what we say of each that is not agreed upon.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in peers.FACTS}
    unlike = []
    for name, report in sorted(reports.items()):
        if "exif" not in report:
            continue
        ours = {
            "make": report["exif"]["make"],
            "taken_at": report["exif"]["taken_at"],
            "orientation": report["image"]["orientation"],
            "gps": report["privacy"]["has_gps"],
        }
        for fact, value in ours.items():
            theirs = peers.fact(dict(said.get(name, {})), fact)
            word = _word(fact, theirs, value)
            counts[fact][word] += 1
            if word not in ("nothing", "agree"):
                unlike.append((name, fact, theirs, value))
    return counts, unlike


def _word(fact: str, theirs: object, ours: object) -> str:
    if fact == "orientation":
        theirs, ours = (None if value == 1 else value for value in (theirs, ours))
    if not theirs and not ours:
        return "nothing"
    if not ours or not theirs:
        return "missed" if theirs else "more"
    said, found = _plain(fact, theirs), _plain(fact, ours)
    # What exiftool leaves open of a moment we may fill in: seconds.
    same = str(found).startswith(str(said)) if fact == "taken_at" else found == said
    return "agree" if same else "differs"


def _plain(fact: str, value: object) -> object:
    """Return a value without what is a matter of form: a moment's digits, a text's letters as far as ours are kept."""
    if fact == "taken_at":
        return _NOT_A_WORD.sub("", str(value)).replace("T", "")[:_MOMENT_DIGITS]
    return _NOT_A_WORD.sub("", str(value))[:128] if fact == "make" else value


def differences(before: Mapping[str, Report], after: Mapping[str, Report]) -> dict[str, list[str]]:
    """Return the names of the files whose reports differ, by class; a file can be in several."""
    found: dict[str, list[str]] = {}
    for name in sorted(before.keys() | after.keys()):
        for each in _classes(before.get(name), after.get(name)):
            found.setdefault(each, []).append(name)
    return dict(sorted(found.items()))


def _classes(before: Report | None, after: Report | None) -> Iterable[str]:
    if before is None or after is None:
        return ["file: in one of the runs only"]
    if verdict(before) != verdict(after):
        return [f"verdict: {verdict(before)} -> {verdict(after)}"]
    return dict.fromkeys(_class(path) for path in unequal(before, after))


def _class(path: str) -> str:
    return next((name for pattern, name in CLASSES if re.fullmatch(pattern, path)), f"unexplained: {path}")


def unequal(before: object, after: object, path: str = "") -> list[str]:
    """Return the paths at which two values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [*before, *(key for key in after if key not in before)]
        return [each for key in keys for each in unequal(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))]
    return [] if before == after else [path]
