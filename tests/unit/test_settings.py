from dataclasses import fields
from datetime import timedelta

import pytest

from shared.errors import SettingsInvalid
from shared.settings.bindings import binding
from shared.settings.enums import Dispatch
from shared.settings.settings import Settings
from tests.unit.acts import note

NAMES = {declared.metadata["name"]: declared for declared in fields(Settings)}
BAD = {
    "IMAGES_CONNECTION": "a b",
    "JOBS_CONNECTION": "=",
    "IMAGES_CONTAINER": "Images",
    "THUMBNAILS_CONTAINER": "a--b",
    "JOB_QUEUE": "q" * 57,
    "JOBS_TABLE": "1jobs",
    "LOCKS_TABLE": "a-b",
    "IMAGE_JOB_TYPE": "Image",
    "JOB_BUCKETS": "257",
    "BLOB_SOURCE": "eventgrid",
    "SCHEDULE": "* * * * *",
    "DISPATCH": "none",
    "LEASE_SECONDS": "0.5",
    "LEASE_MARGIN_SECONDS": "61",
    "DISPATCH_GRACE_SECONDS": "-1",
    "API_AUTH_LEVEL": "open",
    "API_KEYS": "reader=x",
    "EASY_AUTH": "yes",
    "MAX_JOB_TYPES": "201",
    "MAX_ATTEMPTS": "0",
    "JOB_TIME_LIMIT_SECONDS": "0",
    "REANALYZE_ON_METADATA": "no",
    "MAX_BACKLOG": "-1",
    "BACKOFF_SECONDS": "five",
    "BACKOFF_MAX_SECONDS": "1e3",
    "SWEEP_BUDGET_SECONDS": "nan",
    "SWEEP_PARALLELISM": "2.0",
    "RECONCILE_SCHEDULE": "0 */5 * * *",
    "RECONCILE_BUDGET_SECONDS": "9",
    "RECONCILE_GRACE_SECONDS": "86401",
    "RECONCILE_PARALLELISM": "33",
    "RETENTION_COMPLETED_DAYS": "-1",
    "RETENTION_FAILED_DAYS": "36501",
    "RETENTION_CANCELED_DAYS": "0.5",
    "RETENTION_REJECTED_DAYS": "36501",
    "RETENTION_ACTIONS_DAYS": "-1",
    "PURGE_SCHEDULE": "hourly",
    "PURGE_BUDGET_SECONDS": "0",
    "PURGE_THUMBNAILS": "yes",
    "POISON_TRIGGERS": "on",
    "AzureFunctionsJobHost__functionTimeout": "10",
    "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "0",
    "ANALYZERS": "core,faces",
    "INCLUDE_GPS": "1",
    "ANALYSIS_ISOLATION": "vm",
    "ANALYSIS_CONFINEMENT": "always",
    "ANALYSIS_CHILD_IMAGES": "0",
    "ANALYSIS_PROCESSES": "0",
    "ANALYSIS_TIMEOUT_SECONDS": "0",
    "ANALYSIS_CPU_SECONDS": "x",
    "ANALYSIS_MEMORY_BYTES": "1",
    "THUMBNAILS": "both",
    "THUMBNAIL_LONG_EDGE_PX": "8",
    "THUMBNAIL_FORMAT": "gif",
    "THUMBNAIL_QUALITY": "101",
    "MAX_BYTES": "0",
    "MAX_DECODE_BYTES": "1",
    "MAX_PIXELS": "x",
    "MAX_SIDE_PX": "1000001",
    "MAX_PROGRESSIVE_SCANS": "+1",
    "MAX_PNG_CHUNKS": "1 000",
}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    """Return what is wrong with settings."""
    with pytest.raises(SettingsInvalid) as met:
        Settings.read(environ)
    return met.value.problems


def test_every_setting_has_a_bad_value_here() -> None:
    assert set(BAD) == set(NAMES)


def test_a_bad_value_is_refused_by_its_name() -> None:
    for name, value in BAD.items():
        with note(name):
            (problem,) = problems({name: value})
            assert problem.startswith(f"{name}: must ")
            assert problem.endswith(f", but is {value!r}") == NAMES[name].metadata["shown"]


def test_the_isolation_that_was_removed_is_refused_with_what_to_use_instead() -> None:
    (problem,) = problems({"ANALYSIS_ISOLATION": "thread"})
    assert problem.endswith("(thread was removed, because a thread can't be stopped; use process), but is 'thread'")


def test_all_problems_are_told_at_once() -> None:
    assert {problem.partition(":")[0] for problem in problems(BAD)} == set(NAMES)


def test_the_error_shows_every_problem() -> None:
    with pytest.raises(SettingsInvalid, match=r"(?s)JOB_BUCKETS.*DISPATCH"):
        Settings.read({"JOB_BUCKETS": "0", "DISPATCH": "none"})


def test_nothing_set_gives_the_defaults() -> None:
    assert Settings.read({}) == Settings()


def test_an_empty_value_stands_for_the_default() -> None:
    assert Settings.read(dict.fromkeys(NAMES, " ")) == Settings()


def test_a_default_that_is_written_out_is_the_same() -> None:
    defaults = {name: declared.metadata["default"] for name, declared in NAMES.items()}
    assert [name for name, default in defaults.items() if Settings.read({name: default}) != Settings()] == []


def test_a_value_is_taken() -> None:
    settings = Settings.read({"LEASE_SECONDS": "10.5", "DISPATCH": " timer ", "MAX_ATTEMPTS": "3"})
    assert (settings.lease, settings.dispatch, settings.max_attempts) == (timedelta(seconds=10.5), Dispatch.TIMER, 3)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"LEASE_SECONDS": "4"}, "LEASE_SECONDS"),
        ({"SWEEP_BUDGET_SECONDS": "600"}, "SWEEP_BUDGET_SECONDS"),
        ({"AzureFunctionsJobHost__functionTimeout": "00:04:00"}, "SWEEP_BUDGET_SECONDS"),
        ({"RECONCILE_BUDGET_SECONDS": "600"}, "RECONCILE_BUDGET_SECONDS"),
        ({"PURGE_BUDGET_SECONDS": "600"}, "PURGE_BUDGET_SECONDS"),
        ({"BACKOFF_MAX_SECONDS": "4"}, "BACKOFF_SECONDS"),
        ({"DISPATCH": "queue", "MAX_BACKLOG": "0"}, "MAX_BACKLOG"),
        ({"THUMBNAILS_CONTAINER": "images"}, "THUMBNAILS_CONTAINER"),
        ({"LOCKS_TABLE": "DARKROOMJOBS"}, "LOCKS_TABLE"),
        ({"ANALYSIS_CONFINEMENT": "require", "ANALYSIS_ISOLATION": "off"}, "ANALYSIS_CONFINEMENT"),
    ],
)
def test_values_that_cannot_work_together_are_refused(environ: dict[str, str], name: str) -> None:
    (problem,) = problems(environ)
    assert (
        problem.startswith(f"{name}: must "),
        problem.endswith(f", but is {environ.get(name, NAMES[name].metadata['default'])!r}"),
    ) == (True, True)


@pytest.mark.parametrize(
    "environ",
    [
        {"LEASE_SECONDS": "4.001"},
        {"SWEEP_BUDGET_SECONDS": "599"},
        {"PURGE_BUDGET_SECONDS": "599"},
        {"SWEEP_BUDGET_SECONDS": "3600", "AzureFunctionsJobHost__functionTimeout": "-1"},
        {"RECONCILE_BUDGET_SECONDS": "599"},
        {"BACKOFF_MAX_SECONDS": "5"},
    ],
)
def test_values_that_just_work_together_are_taken(environ: dict[str, str]) -> None:
    assert Settings.read(environ) != Settings()


@pytest.mark.parametrize(("dispatch", "sends"), [("both", True), ("queue", True), ("timer", False), ("off", False)])
def test_grace_is_given_only_where_a_message_is_sent(dispatch: str, *, sends: bool) -> None:
    settings = Settings.read({"DISPATCH": dispatch})
    assert settings.sends is sends
    assert settings.grace == timedelta(seconds=120 if sends else 0)


def test_the_poison_queue_is_named_as_the_host_names_it() -> None:
    assert Settings.read({"JOB_QUEUE": "work"}).poison_queue == "work-poison"


@pytest.mark.parametrize(("value", "bound"), [("work", "%JOB_QUEUE%"), ("", "image-jobs"), (" ", "image-jobs")])
def test_a_binding_names_the_setting_where_there_is_one(value: str, bound: str) -> None:
    assert binding({"JOB_QUEUE": value}, "JOB_QUEUE", "image-jobs") == bound


def test_a_binding_falls_back_to_the_default() -> None:
    assert binding({}, "JOB_QUEUE", "image-jobs") == "image-jobs"
