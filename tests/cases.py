"""Cases from outside that the product once failed: attacks, real files, differences from the real host, planted faults.

Each stands for a kind. A test that keeps the right value of one is marked ``@pytest.mark.case(ID, was=…)``, and
``python3 dev.py cases`` runs these and prints the table: what happened once, and what happens now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

#: Names under which a test's report carries its cases and what it has observed.
MARK, RESULT = "case", "case result"

#: What each case is about, by its id; the first word of an id is its group.
CASES: Mapping[str, str] = {
    "security C1": "a thumbnail's name in a report leads out of the container",
    "security C2": "a child that was taken over names its own path, type and extension",
    "security H1": "a child that was taken over reaches files, sockets, processes, its parent",
    "security H2": "headers that are costly to parse",
    "security H3": "a message with tens of thousands of items",
    "security M1": "a message that no code can write back, or a name that the service refuses, comes back for ever",
    "security M2": "the lease of a job can be read by anybody who may read the job",
    "security M3": "one key does everything",
    "security M4": "a report of any shape breaks whoever reads it",
    "security M5": "types of jobs never go, and each costs every list and sweep its queries",
    "security M6": "long polls, bodies and abandons without bound",
    "security M7": "slow images of one prefix hold up everybody",
    "security M8": "the local host answers pages of other sites",
    "security M9": "dot segments behind backslashes",
    "security L": "declared types, codes and names that are shown or stored as they are",
    "images gain map": "an AVIF whose brand promises a gain map that the decoder does not see",
    "images sequence": "a HEIC still beside a sequence",
    "images pointers": "EXIF pointers of the types IFD and SLONG",
    "images raw profile": "EXIF and XMP in PNG text chunks of ImageMagick and GIMP",
    "images xmp gps": "a position in XMP alone, in a vendor's spelling",
    "images double prefix": "an EXIF block with its prefix twice",
    "images zero denominators": "seconds of 0/0",
    "images chunk crc": "a wrong checksum in a chunk that is not critical",
    "images gif trailer": "a GIF without a trailer, or with junk behind whole frames",
    "images tiff strips": "a TIFF with wrong strip counts, or a next directory that leads nowhere",
    "images neighbouring types": "EXIF values of neighbouring types",
    "images frame count": "a count of frames that no file could hold",
    "images bmp padding": "a BMP without the padding of its last row",
    "images times": "times as real cameras write them",
    "images variants": "variants that no decoder here reads, told as corrupt",
    "storage encoding": "a blob with a Content-Encoding is inflated in the host",
    "storage false encoding": "a Content-Encoding that is untrue",
    "storage refused name": "a name that the service answers with 400",
    "storage backslash": "a name with backslashes is a second name of one blob",
    "storage event kinds": "events of SFTP and of renames",
    "storage message forms": "base64 with line breaks, and URLs of other schemes and hosts",
    "storage rehydrated": "an archived blob that can be read again",
    "storage folder marker": "blobs that stand for folders",
    "storage asked for": "names that can be recorded and not asked for",
    "host 1": "log lines without a running invocation",
    "host 2": "a message whose keys are called like trigger metadata",
    "host 3": "a body without a Content-Length",
    "host 4": "fewer connections than threads",
    "host 5": "the official worker on Python 3.13",
    "host 6": "an escape behind an escaped percent sign in a path",
    "host 7": "null and arrays under names of trigger metadata",
    "host 8": "ticks that pass behind a long run",
    "host 9": "names of the setting that disables a function",
    "host 10": "the order in which settings of a connection are read",
    "host 11": "what .funcignore leaves at home",
    "host 12": "threads that all functions need together",
    "host 13": "how often the blob trigger's own queue is asked",
    "host 14": "empty segments and dots in paths, and the type of answers without content",
    "host 15": "titles of problems that depend on the version of Python",
    "host 16": "a range of extension bundles that some region does not have",
    "host 17": "what wakes an app that sleeps",
    "host 18": "queries that count sampled rows",
    "mutants 1": "a reply that breaks off after its status line",
    "mutants 2": "a deletion takes the thumbnail of a committed report",
    "mutants 3": "a permanent refusal of one blob is taken for an outage",
    "mutants 4": "one partition that hangs starves every lease of the process",
    "mutants 5": "rows of a newer release hide jobs behind them",
    "mutants 6": "an outage costs a job its attempts",
    "mutants 7": "an error of storage is blamed on the handler",
    "mutants 8": "a refusal that answers the writer's own commit",
    "mutants 9": "a message about an image whose job was purged",
    "mutants wake": "a lease that is taken after an idle spell is never renewed",
    "mutants dated": "the first Date of a chain of replies counts",
}


@dataclass
class CaseResult:
    """What the tests of one case have shown.

    Attributes:
        was: What happened once.
        now: What each test has observed, or its own sentence.
        failed: Names of tests that did not pass.
    """

    was: str = ""
    now: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def mark(items: Iterable[pytest.Item]) -> None:
    """Make each test's report carry the cases that it keeps.

    Raises:
        pytest.UsageError: A test names a case that does not exist, or does not say what happened once.
    """
    for item in items:
        for marker in item.iter_markers(MARK):
            if len(marker.args) != 1 or marker.args[0] not in CASES or set(marker.kwargs) != {"was"}:
                raise pytest.UsageError(
                    f"{item.nodeid}: case takes was= and an id of tests/cases.py: {', '.join(CASES)}"
                )
            item.user_properties.append((MARK, [marker.args[0], marker.kwargs["was"]]))


def table(reports: Sequence[pytest.TestReport]) -> list[str]:
    """Draw the table of all cases from the reports of their tests; a case without a test says so."""
    shown = {case: CaseResult() for case in CASES}
    for report in reports:
        for case, was in _values(report, MARK):
            one = shown[case]
            one.was = one.was or was
            if report.failed:
                one.failed.append(report.nodeid)
            elif report.when == "call":
                one.now += _values(report, RESULT) or [_sentence(report.nodeid)]
    lines = ["| case | about | once | now |", "|---|---|---|---|"]
    return lines + [f"| {case} | {CASES[case]} | {one.was} | {_now(one)} |" for case, one in shown.items()]


def _values(report: pytest.TestReport, name: str) -> list[Any]:
    return [value for key, value in report.user_properties if key == name]


def _sentence(nodeid: str) -> str:
    """Return what a test is called, as the sentence that it is."""
    name = nodeid.partition("[")[0].rpartition("::")[2]
    return name.removeprefix("test_").replace("_", " ")


def _now(one: CaseResult) -> str:
    if one.failed:
        return f"FAILED: {', '.join(one.failed)}"
    return "; ".join(dict.fromkeys(one.now)) or "no test has run"
