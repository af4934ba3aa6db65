import pytest

from localhost.run.watch import PATIENCE_SECONDS, Image, Json, Outcome, Watch


def job(state: str, attempts: int = 1) -> Json:
    return {"state": state, "attempts": attempts}


@pytest.fixture
def watch() -> Watch:
    """Watch two images, uploaded at 1 and 2."""
    watch = Watch(["a", "b"], now=0.0)
    watch.note_upload("a", "job-a", 1.0)
    watch.note_upload("b", "job-b", 2.0)
    return watch


def test_an_image_waits_until_it_is_uploaded() -> None:
    watch = Watch(["a"], now=0.0)
    assert watch.images == [Image("a")]
    assert (watch.images[0].state, watch.live, watch.images[0].seconds(5.0)) == ("WAITING", [], None)


def test_an_upload_is_shown_before_anybody_has_recorded_it(watch: Watch) -> None:
    assert watch.note_job("a", None, 3.0) is None
    assert [image.state for image in watch.images] == ["UPLOADED", "UPLOADED"]


def test_a_change_is_told_once(watch: Watch) -> None:
    changed = watch.note_job("a", job("PENDING", 0), 3.0)
    assert changed is not None
    assert (changed.name, changed.state, changed.attempts) == ("a", "PENDING", 0)
    assert watch.note_job("a", job("PENDING", 0), 4.0) is None


def test_another_attempt_is_a_change(watch: Watch) -> None:
    watch.note_job("a", job("RUNNING", 1), 3.0)
    assert watch.note_job("a", job("RUNNING", 2), 4.0) is not None


def test_an_image_that_has_ended_is_asked_for_no_more(watch: Watch) -> None:
    watch.note_job("a", job("COMPLETED"), 3.0)
    assert [image.name for image in watch.live] == ["b"]
    assert watch.note_job("a", job("PENDING"), 4.0) is None
    assert watch.images[0].state == "COMPLETED"


def test_time_runs_from_upload_to_end(watch: Watch) -> None:
    watch.note_job("a", job("COMPLETED"), 3.5)
    assert [image.seconds(10.0) for image in watch.images] == [2.5, 8.0]


@pytest.mark.parametrize(
    ("states", "outcome", "status"),
    [
        (("COMPLETED", "COMPLETED"), Outcome.COMPLETED, 0),
        (("COMPLETED", "FAILED"), Outcome.FAILED, 1),
        (("CANCELED", "COMPLETED"), Outcome.FAILED, 1),
    ],
)
def test_the_exit_status_is_zero_when_every_image_is_completed(
    watch: Watch, states: tuple[str, str], outcome: Outcome, status: int
) -> None:
    for name, state in zip("ab", states, strict=True):
        watch.note_job(name, job(state), 3.0)
    assert watch.outcome(4.0) is outcome
    assert outcome.status == status


def test_a_failure_does_not_end_the_run_while_others_are_under_way(watch: Watch) -> None:
    watch.note_job("a", job("FAILED"), 3.0)
    assert watch.outcome(4.0) is Outcome.GOING


def test_patience_ends_when_nothing_has_ended_for_long(watch: Watch) -> None:
    assert watch.outcome(2.0 + PATIENCE_SECONDS - 0.1) is Outcome.GOING
    assert watch.outcome(2.0 + PATIENCE_SECONDS) is Outcome.STUCK
    assert Outcome.STUCK.status == 1


def test_an_end_renews_the_patience_and_a_mere_change_does_not(watch: Watch) -> None:
    watch.note_job("a", job("COMPLETED"), 100.0)
    watch.note_job("b", job("RUNNING"), 150.0)
    assert watch.outcome(100.0 + PATIENCE_SECONDS - 0.1) is Outcome.GOING
    assert watch.outcome(100.0 + PATIENCE_SECONDS) is Outcome.STUCK


def test_what_is_missing_is_named_with_its_state(watch: Watch) -> None:
    watch.note_job("a", job("COMPLETED"), 3.0)
    assert watch.missing() == ["b: UPLOADED, 0 attempts"]
    watch.note_job("b", job("RUNNING"), 3.0)
    assert watch.missing() == ["b: RUNNING, 1 attempt"]
