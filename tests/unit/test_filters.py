"""What filters of lists want, one job at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.rules.filters import EVERYTHING, JobFilter
from shared.rules.jobs import Job, JobError, State
from tests.doubles.reports import report

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
REPORT = report(quality={"flags": ["dark"]}, image={"format": "png"})
DONE = Job(
    id=f"image-analysis-{0:032x}", type="image-analysis", ref="images/2026/Straße.PNG", version="0x1",
    state=State.COMPLETED, report=REPORT, created=AT - timedelta(hours=1), ended=AT,
)  # fmt: skip
BAD = replace(DONE, state=State.FAILED, report=None, error=JobError("corrupt_image", "It is cut short.", AT))
WAITS = replace(DONE, state=State.PENDING, report=None, ended=None, created=AT)


@pytest.mark.parametrize("job", [DONE, BAD, WAITS])
def test_an_empty_filter_wants_every_job(job: Job) -> None:
    assert EVERYTHING.matches(job)
    assert EVERYTHING.may_match(job.state)


@pytest.mark.parametrize(
    ("wanted", "others"),
    [
        ({"ref_prefix": "images/2026/"}, [{"ref_prefix": "2026/"}, {"ref_prefix": "images/2026/s"}]),
        ({"name_prefix": "2026/S"}, [{"name_prefix": "images/"}, {"name_prefix": "2026/s"}]),
        ({"name_part": "STRASSE.p"}, [{"name_part": "images"}, {"name_part": "straße/"}]),
        ({"flag": "dark"}, [{"flag": "bright"}, {"flag": "dar"}]),
        ({"format": "png"}, [{"format": "jpeg"}, {"format": "pn"}]),
        ({"since": AT}, [{"since": AT + MS}]),
        ({"until": AT + MS}, [{"until": AT}]),
        ({"name_part": "s", "flag": "dark"}, [{"name_part": "s", "flag": "gps"}, {"name_part": "xx", "flag": "dark"}]),
    ],
)
def test_a_filter_wants_what_it_says_and_nothing_else(wanted: dict[str, Any], others: list[dict[str, Any]]) -> None:
    assert JobFilter(**wanted).matches(DONE)
    assert not any(JobFilter(**other).matches(DONE) for other in others)


def test_an_error_is_asked_for_by_its_whole_code() -> None:
    assert JobFilter(error="corrupt_image").matches(BAD)
    assert not any(JobFilter(error=code).matches(BAD) for code in ("corrupt", "corrupt_images"))
    assert not JobFilter(error="corrupt_image").matches(DONE)


def test_the_moment_of_a_live_job_is_when_it_was_created() -> None:
    assert JobFilter(since=AT, until=AT + MS).matches(WAITS)
    assert not JobFilter(since=AT + MS).matches(WAITS)
    assert not JobFilter(until=AT).matches(WAITS)
    assert not JobFilter(since=AT).matches(replace(WAITS, created=None))


def test_flags_and_formats_are_those_of_images() -> None:
    words = replace(DONE, type="word-count", ref="a/b", version="")
    assert not JobFilter(flag="dark").matches(words)
    assert not JobFilter(format="png").matches(words)


@pytest.mark.parametrize(
    "job", [DONE, BAD, WAITS, replace(BAD, state=State.CANCELED), replace(BAD, state=State.PENDING)]
)
@pytest.mark.parametrize("wanted", [{"flag": "dark"}, {"format": "png"}, {"error": "corrupt_image"}, {"since": AT}])
def test_a_state_in_which_no_job_can_be_wanted_is_known_before(job: Job, wanted: dict[str, Any]) -> None:
    only = JobFilter(**wanted)
    assert only.may_match(job.state) or not only.matches(job)


def test_no_job_has_both_a_report_and_an_error() -> None:
    assert not any(JobFilter(flag="dark", error="corrupt_image").may_match(state) for state in State)
