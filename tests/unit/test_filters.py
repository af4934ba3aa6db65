"""What filters of lists want, one job at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.filters import EVERYTHING, JobFilter
from shared.rules.jobs import Job, JobError, State
from shared.storage import codec
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


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | st.sampled_from(
    ['a"b', "a\\b", "\u1e9e", "S\u0130\n"]
)


def copy_of(job: Job) -> str:
    """Return the copy of a job in its index row."""
    text = codec.encode_index(job, place="p")["copy"]
    assert isinstance(text, str)
    return text


@given(NAMES, st.integers(0, 9), st.integers(0, 9), st.sampled_from([str, str.upper, str.lower, str.swapcase]))
def test_the_text_of_no_job_that_is_wanted_by_its_name_is_passed_over(
    name: str, first: int, last: int, case: Callable[[str], str]
) -> None:
    job = replace(DONE, ref=f"images/{name}")
    part, start = case(name[first:last]), name[:last]
    for only in (JobFilter(name_part=part), JobFilter(name_prefix=start), JobFilter(ref_prefix=job.ref[:last])):
        assert only.may_match_text(copy_of(job)) or not only.matches(job)


@pytest.mark.parametrize("flag", ["dark", "gps", "ai", "partial", "type_mismatch", "bright", "of_a_worker"])
def test_the_text_of_no_job_that_is_wanted_by_its_flags_is_passed_over(flag: str) -> None:
    source = REPORT["source"] | {"type_mismatch": True}
    sections = {
        "privacy": {"has_gps": True},
        "provenance": {"ai_hint": "comfyui"},
        "status": "partial",
        "source": source,
    }
    job = replace(DONE, report={**REPORT, **sections, "quality": {"flags": ["dark", "of_a_worker"]}})
    only = JobFilter(flag=flag)
    assert only.matches(job) == (flag != "bright")
    assert only.may_match_text(copy_of(job)) == only.matches(job)


@pytest.mark.parametrize(
    ("wanted", "job"),
    [
        ({"error": "empty_blob"}, BAD),
        ({"format": "jpeg"}, DONE),
        ({"name_part": "dog"}, DONE),
        ({"ref_prefix": "xx/"}, BAD),
    ],
)
def test_most_jobs_that_are_not_wanted_are_passed_over_by_their_texts(wanted: dict[str, Any], job: Job) -> None:
    assert not JobFilter(**wanted).may_match_text(copy_of(job))
    assert EVERYTHING.may_match_text(copy_of(job))
