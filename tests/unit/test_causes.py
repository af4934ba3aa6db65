"""The cause of a job in one word, what somebody may do about it, and groups of jobs by their causes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.ports.jobs import Row
from shared.rules.cause_groups import MOST_GROUPS, MOST_IDS, MOST_TYPES, CauseGroups, LateJob, group
from shared.rules.causes import CONTENT_CODES, PATIENCE, TITLES, Cause, late_before, mend_of_many, title_of_many
from shared.rules.jobs import Job, JobError, State
from shared.views import explanation

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND, GRACE = timedelta(seconds=1), timedelta(seconds=120)
ID = "a-" + "0" * 32
LATE = NOW - PATIENCE - GRACE
DOCTOR, REDRIVE = "darkroom doctor", f"darkroom redrive {ID}"
ERROR = JobError("handler_crashed", "Nothing to see.", NOW)
CORRUPT = JobError("corrupt_image", "Nothing to see.", NOW)
WAITS = Job(id=ID, type="a", ref="b", created=NOW - 60 * SECOND, due=NOW)
RUNS = replace(WAITS, state=State.RUNNING, owner="queue/1", claim_id="c", lease=0 * SECOND, token=1, attempts=1)
FAILED = replace(WAITS, state=State.FAILED, ended=NOW, due=None, error=ERROR)
SUPERSEDED = replace(FAILED, state=State.CANCELED, error=JobError("superseded", "A newer one.", NOW))
JOBS: list[tuple[Job, Cause, str | None]] = [
    (WAITS, Cause.WAITS_FOR_WORKER, None),
    (replace(WAITS, due=LATE), Cause.WAITS_FOR_WORKER, DOCTOR),
    (replace(WAITS, due=LATE + SECOND), Cause.WAITS_FOR_WORKER, None),
    (replace(WAITS, not_before=NOW + SECOND), Cause.NOT_DUE, None),
    (replace(WAITS, not_before=NOW + SECOND, attempts=1, error=ERROR), Cause.BETWEEN_ATTEMPTS, None),
    (replace(WAITS, not_before=NOW + SECOND, attempts=1, attempts_base=1), Cause.BETWEEN_ATTEMPTS, None),
    (replace(RUNS, lease=60 * SECOND, due=LATE), Cause.LEASED, None),
    (RUNS, Cause.LAPSED, None),
    (replace(RUNS, due=LATE), Cause.LAPSED, DOCTOR),
    (replace(RUNS, attempts=5, due=LATE), Cause.OUT_OF_ATTEMPTS, DOCTOR),
    (replace(WAITS, deadline=NOW, due=LATE), Cause.TIME_OVER, DOCTOR),
    (replace(FAILED, state=State.COMPLETED, error=None), Cause.COMPLETED, None),
    (FAILED, Cause.FAILED, REDRIVE),
    (replace(FAILED, state=State.CANCELED), Cause.CANCELED, REDRIVE),
    (SUPERSEDED, Cause.CANCELED, None),
    (replace(FAILED, error=CORRUPT), Cause.FAILED, None),
]


@pytest.mark.parametrize(("job", "cause", "mend"), JOBS)
def test_a_job_has_a_cause_and_a_command_where_one_helps(job: Job, cause: Cause, mend: str | None) -> None:
    row = Row(job, '"1"', modified_at=NOW - 10 * SECOND, seen_at=NOW)
    found = explanation(row, margin=2 * SECOND, grace=GRACE, now=NOW)
    assert (found["cause"], found["mend"], found["code"]) == (cause, mend, job.error and job.error.code)


def test_every_cause_has_a_title_and_is_met_above() -> None:
    assert {cause for _, cause, _ in JOBS} == set(Cause) == set(TITLES)


def test_a_job_is_late_when_an_idle_app_should_have_swept() -> None:
    assert late_before(NOW, grace=GRACE) == LATE


@pytest.mark.parametrize(
    ("cause", "code", "mend"),
    [
        (Cause.FAILED, "handler_crashed", "darkroom redrive --state FAILED --error handler_crashed"),
        (Cause.FAILED, "corrupt_image", "darkroom jobs --state FAILED --error corrupt_image"),
        (Cause.FAILED, "x; rm -r /", None),
        (Cause.FAILED, None, None),
        (Cause.LAPSED, None, DOCTOR),
        (Cause.LEASED, None, None),
    ],
)
def test_a_group_has_a_command_that_no_worker_can_add_to(cause: Cause, code: str | None, mend: str | None) -> None:
    assert mend_of_many(cause, code) == mend


def test_a_code_that_the_content_causes_is_one_of_the_documents_and_asks_for_another_file() -> None:
    table = Path(__file__).resolve().parents[2].joinpath("docs", "design.md").read_text("utf-8")
    assert [code for code in CONTENT_CODES if f"| `{code}` |" not in table] == []
    assert {title_of_many(Cause.FAILED, code).partition(": ")[2] for code in CONTENT_CODES} == {
        "only another file helps"
    }


def late(number: int, cause: Cause = Cause.LAPSED, code: str | None = None, kind: str = "a") -> LateJob:
    return LateJob(f"{kind}-{number:032x}", kind, cause, code, NOW - number * SECOND)


def test_groups_go_by_cause_and_code_and_name_the_oldest_first() -> None:
    jobs = [late(1), late(3), late(2, kind="b"), late(9, Cause.FAILED, "x"), late(8, Cause.FAILED, "y")]
    found = group(jobs, now=NOW, complete=True)
    assert [(each.title, each.count) for each in found.groups] == [
        ("The lease has lapsed", 3),
        ("Failed with x", 1),
        ("Failed with y", 1),
    ]
    first = found.groups[0]
    assert first.first_ids == (late(3).id, late(2, kind="b").id, late(1).id)
    assert (first.oldest_age_seconds, first.types, found.complete) == (3, {"a": 2, "b": 1}, True)


def test_an_answer_of_any_codes_and_types_fits_into_a_mark_and_comes_back_from_it() -> None:
    kinds = [f"{number:02}" + "k" * 29 for number in range(2 * MOST_TYPES)]
    jobs = [late(9, Cause.FAILED, f"{code:03}" + "😀" * 99, kind) for code in range(2 * MOST_GROUPS) for kind in kinds]
    found = group(jobs, now=NOW, complete=True)
    text = json.dumps(found.value, ensure_ascii=False)
    assert len(text.encode("utf-16-le")) // 2 <= 32_768
    assert CauseGroups.of(json.loads(text)) == found
    assert (len(found.groups), found.complete) == (MOST_GROUPS, False)
    assert {(len(each.first_ids), len(each.types)) for each in found.groups} == {(MOST_IDS, MOST_TYPES)}


@pytest.mark.parametrize(
    "value",
    [{}, {"schema": 0}, {"schema": 1}, {"schema": 1, "as_of": "2026-01-01", "groups": [], "complete": True}],
)
def test_what_another_release_has_written_is_read_anew(value: dict[str, object]) -> None:
    assert CauseGroups.of(value) is None
