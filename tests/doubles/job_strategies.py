"""Jobs of every shape, for Hypothesis."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from shared.rules.ids import job_id
from shared.rules.jobs import Job, JobError, State

TYPE = "image-analysis"

#: Whatever UTF-8 can say, and often what Table Storage forbids in keys.
texts = st.text(st.one_of(st.sampled_from("/#?\\%:;'\"&+ äß漢😀\t"), st.characters(exclude_categories=["Cs", "Cc"])))
names = texts.map(lambda text: text[:1024]).filter(bool)
long_names = st.sampled_from("a/#?\\%é漢😀").map(lambda character: character * 1024)
refs = st.one_of(names, long_names).map(lambda name: f"images/{name}")
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone follows
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)
errors = st.builds(JobError, code=st.sampled_from(["corrupt_image", "x"]), message=texts, at=moments)
counts = st.integers(0, 2**31 - 1)


def jobs(ref: str, state: State, *, version: str = "0x1") -> st.SearchStrategy[Job]:
    """Draw a job of a reference in a state: each field as that state allows it, and otherwise anything."""
    running = state is State.RUNNING
    nothing = st.none()
    return st.builds(
        Job,
        id=st.just(job_id(TYPE, ref, version)),
        type=st.just(TYPE),
        ref=st.just(ref),
        version=st.just(version),
        retagged=st.none() | texts.filter(bool) if state is State.COMPLETED else nothing,
        params=objects,
        state=st.just(state),
        owner=texts.filter(bool) if running else nothing,
        claim_id=st.uuids().map(lambda drawn: drawn.hex) if running else nothing,
        token=counts,
        lease=st.timedeltas(min_value=0 * _second, max_value=3600 * _second) if running else nothing,
        attempts=counts,
        attempts_base=counts,
        abandons=counts,
        max_attempts=counts,
        time_limit=st.none() | st.timedeltas(min_value=_second, max_value=10**6 * _second),
        deadline=st.none() | moments,
        not_before=st.none() | moments if state is State.PENDING else nothing,
        due=nothing if state.ended else moments,
        progress=st.none() | st.floats(0, 1),
        cursor=st.none() | texts,
        error=st.none() | errors,
        report=st.none() | objects if state is State.COMPLETED else nothing,
        thumbnail=st.none() | st.binary(min_size=1, max_size=99) if state is State.COMPLETED else nothing,
        created=moments,
        started=st.none() | moments,
        ended=moments if state.ended else nothing,
        traceparent=st.none() | st.uuids().map(lambda drawn: f"00-{drawn.hex}-{drawn.hex[:16]}-01"),
        add_nonce=st.uuids().map(lambda drawn: drawn.hex),
    )


_second = datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC) - datetime(2020, 1, 1, tzinfo=UTC)
