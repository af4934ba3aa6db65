"""Pure rules: deliveries, watermarks, schedules, paths, routes."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localhost.host import delivery, ncrontab, paths, route_templates, timer_status
from localhost.host.delivery import Verdict
from localhost.host.receipts import OVERLAP, Version, Watermark

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOURLY = ncrontab.parse("0 0 * * * *")


@given(st.integers(1, 20), st.integers(1, 20), st.booleans())
def test_a_message_is_called_exactly_up_to_the_maximum(count: int, maximum: int, has_poison: bool) -> None:  # noqa: FBT001
    verdict = delivery.before_call(count, maximum, has_poison=has_poison)
    beyond = Verdict.POISON if has_poison else Verdict.LEAVE
    assert verdict is (Verdict.CALL if count <= maximum else beyond)


@pytest.mark.parametrize(
    ("count", "has_poison", "verdict"),
    [(1, True, Verdict.RETRY), (4, True, Verdict.RETRY), (5, True, Verdict.POISON), (1, False, Verdict.LEAVE)],
)
def test_a_failure_ends_in_poison_at_the_maximum(count: int, has_poison: bool, verdict: Verdict) -> None:  # noqa: FBT001
    assert delivery.after_failure(count, 5, has_poison=has_poison) is verdict


@given(st.integers(0, 2000), st.floats(0.01, 60), st.floats(0, 1))
def test_a_poll_waits_at_least_the_minimum_and_at_most_the_maximum(empty: int, maximum: float, fraction: float) -> None:
    seconds = delivery.poll_seconds(empty, maximum, fraction)
    assert min(0.1, maximum) <= seconds <= maximum


def test_polls_back_off_exponentially_and_start_anew_after_a_message() -> None:
    assert [round(delivery.poll_seconds(n, 60, 0.5), 3) for n in range(7)] == [0.1, 0.1, 0.2, 0.3, 0.5, 0.9, 1.7]
    assert delivery.poll_seconds(50, 60, 0.5) == 60


@given(st.binary(max_size=64))
def test_base64_is_read_back_and_text_is_taken_as_it_is(body: bytes) -> None:
    assert delivery.decode(base64.b64encode(body).decode(), base64_mode=True) == body
    assert delivery.decode(delivery.encode(body, base64_mode=True), base64_mode=True) == body


def test_text_that_is_no_base64_cannot_be_decoded() -> None:
    assert delivery.decode("plain text", base64_mode=True) is None
    assert delivery.decode("plain täxt", base64_mode=False) == "plain täxt".encode()


@pytest.mark.parametrize("body", [b"text", b"[1]", b"7", b"\xff", b"[" * 100_000, b"{"])
def test_only_a_json_object_changes_metadata(body: bytes) -> None:
    assert delivery.overwrite({"Id": "1"}, body) == {"Id": "1"}


def test_keys_of_a_body_keep_the_spelling_of_the_metadata() -> None:
    changed = delivery.overwrite({"Id": "1", "PopReceipt": "r"}, b'{"ID": "x", "popreceipt": "s", "other": {"a": 1}}')
    assert changed == {"Id": "x", "PopReceipt": "s", "other": {"a": 1}}


@pytest.mark.case("host 7", was="they overwrote the metadata")
def test_null_and_arrays_lay_over_nothing() -> None:
    assert delivery.overwrite({"Id": "1"}, b'{"ID": null, "id": ["x"], "other": [1]}') == {"Id": "1"}


def version(name: str, seconds: float) -> Version:
    return Version(name, "0x" + name, NOON + timedelta(seconds=seconds))


def test_a_scan_wants_each_version_once_also_within_the_same_second() -> None:
    listed = [version("a", 0), version("b", 5)]
    mark = Watermark().after(listed, [])
    assert mark.latest == NOON + timedelta(seconds=5)
    assert not any(mark.wants(one) for one in listed)
    assert mark.wants(version("c", 5))
    assert mark.wants(version("late", -30)), "an upload that began before another ended"
    assert not mark.wants(version("old", -3600))


def test_the_watermark_never_passes_a_version_that_failed() -> None:
    failed = version("a", 0)
    mark = Watermark().after([failed, version("b", 3600)], [failed])
    assert mark.latest == NOON
    assert mark.wants(failed)
    assert not mark.wants(version("b", 3600))


VERSIONS = st.lists(st.builds(version, st.text("abc", min_size=1, max_size=2), st.integers(0, 10_000)), max_size=8)


@given(VERSIONS, st.sets(st.integers(0, 7)), VERSIONS)
def test_no_version_is_lost_by_failures(listed: list[Version], fail: set[int], later: list[Version]) -> None:
    failed = [one for index, one in enumerate(listed) if index in fail]
    mark = Watermark().after(listed, failed)
    assert all(mark.wants(one) for one in failed)
    newest = max((one.modified_at for one in listed), default=NOON)
    fresh = [one for one in later if one.modified_at >= newest - OVERLAP and one not in listed]
    assert all(mark.wants(one) for one in fresh)


def test_nothing_is_past_due_before_the_first_occurrence_and_everything_after_a_missed_one() -> None:
    status = timer_status.first_status(HOURLY, NOON)
    assert status.next == NOON + timedelta(hours=1)
    assert not timer_status.is_past_due(HOURLY, status, NOON + timedelta(minutes=59))
    assert timer_status.is_past_due(HOURLY, status, NOON + timedelta(minutes=61))


def test_a_changed_schedule_counts_from_the_last_run() -> None:
    status = timer_status.status_after(HOURLY, NOON, NOON)
    daily = ncrontab.parse("0 0 0 * * *")
    assert not timer_status.is_past_due(daily, status, NOON + timedelta(hours=2))


def test_a_run_that_began_early_counts_as_its_occurrence() -> None:
    early = NOON - timedelta(milliseconds=3)
    assert timer_status.status_after(HOURLY, early, NOON).next == NOON + timedelta(hours=1)


@pytest.mark.parametrize(("text", "monitored"), [("*/30 * * * * *", False), ("0 * * * * *", True), ("00:00:59", False)])
def test_occurrences_are_remembered_from_a_minute_on(text: str, monitored: bool) -> None:  # noqa: FBT001
    assert timer_status.is_monitored(ncrontab.parse(text), NOON, use_monitor=True) is monitored
    assert not timer_status.is_monitored(HOURLY, NOON, use_monitor=False)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_status_is_read_back(last: datetime, following: datetime) -> None:
    status = timer_status.Status(last=last, next=following, updated_at=last)
    assert timer_status.load(timer_status.dump(status)) == status


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Last": 1, "Next": 2, "LastUpdated": 3}'])
def test_a_status_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        timer_status.load(text)


@pytest.mark.parametrize(
    ("path", "name", "parts"),
    [
        ("images/{name}", "a/b.png", {"name": "a/b.png"}),
        ("images", "a/b.png", {"name": "a/b.png"}),
        ("images/in/{name}.png", "in/a/b.png", {"name": "a/b"}),
        ("images/in/{name}.png", "in/a.PNG", None),
        ("images/in/{name}.png", "out/a.png", None),
        ("images/{name}.{ext}", "a.b.png", {"name": "a.b", "ext": "png"}),
        ("images/fixed.png", "fixed.png", {}),
        ("images/fixed.png", "fixedxpng", None),
        ("images/{name}", "line\nbreak", {"name": "line\nbreak"}),
    ],
)
def test_a_name_matches_a_pattern(path: str, name: str, parts: dict[str, str] | None) -> None:
    pattern = paths.compile_pattern(path)
    assert (pattern.container, pattern.match(name)) == ("images", parts)
    if parts is not None:
        assert name.startswith(pattern.prefix)


@pytest.mark.parametrize("path", ["", "/", "{container}/x", "images/{", "images/}", "images/{}", "images/{a}{a}"])
def test_a_pattern_that_means_nothing_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="blob path"):
        paths.compile_pattern(path)


@pytest.mark.parametrize(
    ("url", "blob"),
    [
        ("https://a.blob.core.windows.net/images/a%20b/c.png?x=1", ("images", "a b/c.png")),
        ("http://127.0.0.1:10000/devstoreaccount1/images/c.png", ("images", "c.png")),
        ("http://localhost:10000/devstoreaccount1/images/c.png", ("images", "c.png")),
        ("https://a.blob.core.windows.net/images", None),
    ],
)
def test_a_blob_url_gives_container_and_name(url: str, blob: tuple[str, str] | None) -> None:
    assert paths.event_blob({"data": {"url": url}}) == blob


def test_an_event_without_a_url_is_read_by_its_subject() -> None:
    subject = "/blobServices/default/containers/images/blobs/a/b.png"
    assert paths.event_blob({"subject": subject, "data": {}}) == ("images", "a/b.png")
    assert paths.event_blob({"subject": "/else"}) is None


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("jobs/{id}", "/api/jobs/7", {"id": "7"}),
        ("jobs/{id}", "/api/jobs/7/", {"id": "7"}),
        ("jobs/{id}", "/api/jobs/7/8", None),
        ("jobs/{id:int}", "/api/jobs/x", None),
        ("jobs/{id:int}", "/api/jobs/-7", {"id": "-7"}),
        ("jobs/{id?}", "/api/jobs", {"id": None}),
        ("jobs/{*rest}", "/api/jobs/a/b", {"rest": "a/b"}),
        ("jobs/{*rest}", "/api/jobs", {"rest": None}),
        ("jobs/{*rest}", "/api/jobs/a//b", {"rest": "a//b"}),
        ("jobs/{*rest}", "/api/jobs//a", None),
        ("JOBS", "/API/jobs", {}),
        ("a.b", "/api/axb", None),
    ],
)
def test_a_route_template_matches_paths(template: str, path: str, params: dict[str, str | None] | None) -> None:
    found = route_templates.compile_template(template, "api")[0].fullmatch(path)
    assert (None if found is None else found.groupdict()) == params


def test_literal_segments_win_over_parameters_and_these_over_the_rest() -> None:
    routes = ["{*rest}", "jobs/{id}", "jobs/{id:int}", "jobs/new"]
    ranked = sorted(routes, key=lambda template: route_templates.compile_template(template, "")[1])
    assert ranked == ["jobs/new", "jobs/{id:int}", "jobs/{id}", "{*rest}"]


@pytest.mark.parametrize("template", ["a{b}", "{b", "{id:regex(x)}", "{}"])
def test_a_route_template_that_means_nothing_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="Route"):
        route_templates.compile_template(template, "api")
