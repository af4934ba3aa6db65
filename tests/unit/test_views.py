import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.ports.jobs import Row
from shared.rules.jobs import Job, JobError, State
from shared.views import job_json

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEYS = (
    "id type ref state attempts token owner lease_until not_before created_at started_at ended_at updated_at progress "
    "error image report result traceparent"
)
DONE = Job(
    id="image-analysis-" + "0" * 32,
    type="image-analysis",
    ref="images/a/cat.png",
    version="0x1",
    state=State.COMPLETED,
    report={"schema": 1},
    created=NOW,
    ended=NOW + timedelta(seconds=1.5),
)
RUNNING = replace(DONE, state=State.RUNNING, owner="queue/1", claim_id="c", lease=timedelta(seconds=60))
FAILED = replace(DONE, error=JobError("corrupt_image", "Nothing to see.", NOW))


def row(job: Job) -> Row:
    """Return a row written now."""
    return Row(job, '"1"', modified_at=NOW, seen_at=NOW)


def test_a_job_has_the_keys_of_the_api_in_their_order() -> None:
    assert list(job_json(row(DONE))) == KEYS.split()


def test_a_job_is_plain_json() -> None:
    view = job_json(row(FAILED))
    assert json.loads(json.dumps(view)) == view


@pytest.mark.parametrize(
    ("job", "key", "value"),
    [
        (DONE, "created_at", "2026-01-01T12:00:00.000Z"),
        (DONE, "ended_at", "2026-01-01T12:00:01.500Z"),
        (DONE, "updated_at", "2026-01-01T12:00:00.000Z"),
        (RUNNING, "lease_until", "2026-01-01T12:01:00.000Z"),
        (DONE, "image", {"container": "images", "name": "a/cat.png", "etag": "0x1"}),
        (replace(DONE, version=""), "image", None),
        (FAILED, "error", {"code": "corrupt_image", "message": "Nothing to see.", "at": "2026-01-01T12:00:00.000Z"}),
    ],
)
def test_a_job_tells_times_image_and_error(job: Job, key: str, value: object) -> None:
    assert job_json(row(job))[key] == value


def test_claim_id_and_nonce_are_nobodys_business() -> None:
    secret = replace(DONE, claim_id="secret-claim", add_nonce="secret-nonce")
    assert "secret" not in json.dumps(job_json(row(secret)))
