import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import NewerSchema, TooLarge
from shared.ports.jobs import JobCopy
from shared.rules.jobs import SCHEMA, Job, JobError, State
from shared.storage import codec, copies, row_keys
from tests.doubles.job_strategies import jobs, moments, refs
from tests.proving import at_length

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job(id="image-analysis-" + "0" * 32, type="image-analysis", ref="images/cat.png", due=NOW)
FORBIDDEN = set("/\\#?%") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


def encode(job: Job) -> dict[str, object]:
    """Return a job as an entity."""
    return codec.encode(job, place=row_keys.partition(job.id, 4), nonce="n")


def decode(entity: dict[str, object]) -> Job:
    """Return the job of an entity."""
    return codec.decode(entity, etag='"1"', modified_at=NOW, seen_at=NOW).job


@settings(max_examples=at_length(8, 500))
@given(st.data(), refs, st.sampled_from(State))
def test_a_job_is_decoded_as_it_was_encoded(data: st.DataObject, ref: str, state: State) -> None:
    job = data.draw(jobs(ref, state))
    cut = job.error and replace(job.error, message=job.error.message[: codec.MESSAGE_LENGTH])
    assert decode(encode(job)) == replace(job, error=cut)


@settings(max_examples=at_length(8, 500))
@given(st.data(), refs, st.sampled_from(State))
def test_an_index_row_copies_its_job_but_for_what_no_list_shows(data: st.DataObject, ref: str, state: State) -> None:
    job = data.draw(jobs(ref, state))
    index = codec.encode_index(job, place=row_keys.partition(job.id, 4))
    copy = codec.decode_copy(index, modified_at=NOW)
    shown = replace(decode(encode(job)), claim_id=None, add_nonce="", thumbnail=None)
    assert copy == (JobCopy(shown, NOW) if "copy" in index else None)
    assert "copy" in index or len(str(encode(job))) > copies.CHARACTERS
    assert not job.claim_id or job.claim_id not in str(index)


def test_a_large_job_has_no_copy() -> None:
    sizes = (copies.CHARACTERS - 400, copies.CHARACTERS)
    large = [codec.encode_index(replace(JOB, params={"text": "x" * size}), place="a:00") for size in sizes]
    assert [row.get("copy") is None for row in large] == [False, True]


@pytest.mark.parametrize("copy", [None, 7, b"{}", "", "{", "[]", "null", "7", "{}", '{"schema": 99}', '{"due": 7}'])
def test_a_copy_that_cannot_be_read_is_none(copy: object) -> None:
    index = codec.encode_index(JOB, place="a:00")
    assert codec.decode_copy(index, modified_at=NOW) is not None
    assert codec.decode_copy(index | {"copy": copy}, modified_at=NOW) is None


@pytest.mark.parametrize("name", ["due", "state", "token", "params", "ref"])
def test_a_copy_with_a_column_that_means_nothing_is_none(name: str) -> None:
    index = codec.encode_index(JOB, place="a:00")
    damaged = json.dumps(json.loads(index["copy"]) | {name: "x" if name != "ref" else 7})
    assert codec.decode_copy(index | {"copy": damaged}, modified_at=NOW) is None


@settings(max_examples=at_length(8, 500), deadline=None)
@given(st.data(), refs, st.sampled_from(State))
def test_no_key_holds_what_table_storage_forbids(data: st.DataObject, ref: str, state: State) -> None:
    job = data.draw(jobs(ref, state))
    keys = [row_keys.partition(job.id, 4), row_keys.job_key(job.id), row_keys.try_key(job.id, job.token)]
    keys += [row_keys.ref_key(job.type, ref), row_keys.index_key(job)]
    assert not FORBIDDEN & set("".join(keys))
    assert max(map(len, keys)) <= 512


@settings(max_examples=at_length(20, 2_000))
@given(moments, moments)
def test_due_keys_sort_by_their_moment(one: datetime, two: datetime) -> None:
    first, second = (row_keys.due_key(moment, JOB.id) for moment in (one, two))
    assert abs(one - two) < timedelta(milliseconds=1) or (first < second) == (one < two)


@settings(max_examples=at_length(20, 2_000))
@given(moments, moments)
def test_end_keys_sort_newest_first(one: datetime, two: datetime) -> None:
    first, second = (row_keys.end_key(State.FAILED, moment, JOB.id) for moment in (one, two))
    assert abs(one - two) < timedelta(milliseconds=1) or (first > second) == (one < two)


def test_attempts_sort_by_their_token() -> None:
    assert row_keys.try_key(JOB.id, 9) < row_keys.try_key(JOB.id, 10) < row_keys.try_key(JOB.id, 2**31 - 1)


@pytest.mark.parametrize("job", [JOB, replace(JOB, state=State.FAILED, due=None, ended=NOW)])
def test_an_index_key_ends_with_its_job(job: Job) -> None:
    assert row_keys.job_of_index(row_keys.index_key(job)) == job.id


def test_a_job_that_is_neither_live_nor_ended_has_no_index() -> None:
    with pytest.raises(ValueError, match="neither live nor ended"):
        row_keys.index_key(replace(JOB, due=None))


def test_a_partition_is_type_and_bucket() -> None:
    assert row_keys.partition("image-analysis-1f" + "0" * 30, 256) == "image-analysis:1f"


def test_an_error_message_is_cut() -> None:
    job = decode(encode(replace(JOB, error=JobError("x", "y" * 5000, NOW))))
    assert job.error == JobError("x", "y" * 1000, NOW)


@pytest.mark.parametrize("name", ["params", "report"])
@pytest.mark.parametrize("text", ["x" * 32_757, "😀" * 16_378 + "x"], ids=["ASCII", "pairs"])
def test_a_document_up_to_the_size_of_a_property_is_taken(name: str, text: str) -> None:
    assert getattr(decode(encode(replace(JOB, **dict[str, Any]({name: {"text": text}})))), name) == {"text": text}


@pytest.mark.parametrize("name", ["params", "report"])
@pytest.mark.parametrize("text", ["x" * 32_758, "😀" * 16_379], ids=["ASCII", "pairs"])
def test_a_document_larger_than_a_property_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(TooLarge, match="UTF-16") as met:
        encode(replace(JOB, **dict[str, Any]({name: {"text": text}})))
    assert met.value.field == name


@pytest.mark.parametrize("value", ["", "x" * 30_000, "00-1-2-01", 7, b"x", NOW])
def test_a_trace_context_that_nobody_can_read_is_none(value: object) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    row = encode(replace(JOB, traceparent=trace))
    assert (decode(row).traceparent, decode({**row, "traceparent": value}).traceparent) == (trace, None)
    assert "traceparent" not in encode(JOB)


def test_a_row_of_a_newer_release_is_refused() -> None:
    with pytest.raises(NewerSchema):
        decode(encode(replace(JOB, schema=SCHEMA + 1)))


def test_a_column_that_is_none_is_left_out() -> None:
    assert None not in encode(JOB).values()
    assert "owner" not in encode(JOB)


def test_a_column_of_later_releases_that_is_null_is_missing() -> None:
    assert decode(encode(JOB) | {"abandons": None, "unique": None}) == JOB


@pytest.mark.parametrize(("purged", "end"), [(False, (None, None)), (True, (State.FAILED, NOW))])
def test_a_key_row_says_how_its_job_ended_once_that_is_purged(*, purged: bool, end: tuple[object, object]) -> None:
    job = replace(JOB, state=State.FAILED, due=None, ended=NOW)
    key = codec.decode_key(codec.encode_key(job, place="a:00", nonce="n", purged=purged), etag='"1"')
    assert (key.job_id, key.state, key.ended) == (job.id, *end)
