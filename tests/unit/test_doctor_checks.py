"""The checks of ``darkroom doctor`` one by one, on doubles."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.ports.places import Answer, ConnectionFacts, Form, ServiceTime, Verdict
from shared.rules.access import Act
from shared.rules.diagnoses import Diagnosis
from shared.rules.names import Kind
from shared.rules.rhythms import Upkeep
from shared.rules.symptoms import Symptom
from shared.rules.timestamps import span
from shared.runtime import Runtime
from shared.steps.operators.doctor.access_check import Access, CheckAccess
from shared.steps.operators.doctor.clock_check import check_clocks
from shared.steps.operators.doctor.job_check import CheckJobs, check_upkeep
from tests.doubles.world import World

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MARGIN = timedelta(seconds=2)


class Queue:
    """A queue that answers as it is told."""

    kind, name = Kind.QUEUE, "jobs"
    acts: Sequence[Act] = (Act.COUNT_MESSAGES, Act.SEND_MESSAGES, Act.RECEIVE_MESSAGES)

    def __init__(self, form: Form, answer: Callable[[Act], Answer]) -> None:
        urls = {"queue": "https://a.queue.core.windows.net"}
        self.connection = ConnectionFacts(setting="X", shadow=None, form=form, urls=urls, expires=None)
        self.answer, self.tries = answer, list[Act]()

    def try_act(self, act: Act) -> Answer:
        """Answer."""
        self.tries.append(act)
        return self.answer(act)


def check(queue: Queue, runtime: Runtime | None = None) -> Access:
    (access,) = CheckAccess(places=[queue], spare=frozenset(), runtime=runtime or Runtime()).check()
    return access


@pytest.mark.parametrize(
    ("form", "said"), [(Form.IDENTITY, "the role Storage Queue Data Message Sender"), (Form.SAS, "the permissions a")]
)
def test_what_is_forbidden_names_the_role_of_an_identity_and_the_letters_of_a_sas(form: Form, said: str) -> None:
    def refuse(act: Act) -> Answer:
        forbidden = act is Act.SEND_MESSAGES
        return Answer(verdict=Verdict.FORBIDDEN if forbidden else Verdict.ALLOWED, code="X")

    fine, forbidden = check(Queue(form, refuse)).diagnoses
    assert fine.text == "It exists. You may count messages, receive and delete messages."
    assert said in forbidden.advice


def test_an_outage_is_asked_about_once() -> None:
    queue = Queue(Form.IDENTITY, lambda _: Answer(verdict=Verdict.UNREACHABLE, code="timed out"))
    (found,) = check(queue).diagnoses
    assert (len(queue.tries), found.text) == (1, "a.queue.core.windows.net can't be reached: timed out.")


class Impatient(threading.Event):
    """Waits for nothing."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as its base
        """Say how it stands."""
        return self.is_set()


def test_a_place_that_does_not_answer_in_time_is_told() -> None:
    forever = threading.Event()

    def hang(_: Act) -> Answer:
        forever.wait()
        return Answer(verdict=Verdict.ALLOWED)

    (found,) = check(Queue(Form.KEY, hang), Runtime(event=Impatient)).diagnoses
    forever.set()
    assert (found.symptom, found.text) == (Symptom.SILENT, "There was no answer within 20 s.")


def at(offset: float, *, latency: float = 0.1) -> ServiceTime:
    """Return what a service says at second 100 of this process whose clock is ahead of noon by an offset."""
    date = (NOON + timedelta(seconds=offset)).replace(microsecond=0)
    return ServiceTime(date=date, sent_at=100.0 - latency, seen_at=100.0)


def clocks(times: dict[str, list[ServiceTime]], *, wall: float = 0.0) -> list[Diagnosis]:
    now = NOON + timedelta(seconds=wall)
    return list(check_clocks(times, margin=MARGIN, wall=lambda: now, monotonic=lambda: 100.0))


@pytest.mark.parametrize(
    ("offset", "wall", "symptom"),
    [
        (0.0, 0.0, Symptom.CLOCKS_AGREE),
        (3.9, 0.0, Symptom.CLOCKS_AGREE),
        (4.0, 0.0, Symptom.SERVICES_APART),
        (-4.0, 0.0, Symptom.SERVICES_APART),
        (0.0, 59.0, Symptom.CLOCKS_AGREE),
        (0.0, 63.0, Symptom.CLOCK_OFF),
        (0.0, -63.0, Symptom.CLOCK_OFF),
    ],
)
def test_clocks_are_compared_as_far_as_whole_seconds_tell(offset: float, wall: float, symptom: Symptom) -> None:
    (found,) = clocks({"blob": [at(0)], "table": [at(offset)], "queue": []}, wall=wall)
    assert found.symptom is symptom


def test_a_slow_reply_accuses_no_clock() -> None:
    (found,) = clocks({"blob": [at(0)], "table": [at(-10, latency=10)]})
    assert found.symptom is Symptom.CLOCKS_AGREE
    assert clocks({"blob": []}) == []


@pytest.mark.parametrize(
    ("seconds", "limit", "symptom"),
    [
        (60.0, 100.0, Symptom.UPKEEP_DONE),
        (101.0, 100.0, Symptom.UPKEEP_LATE),
        (101.0, None, Symptom.UPKEEP_DONE),
        (None, 100.0, Symptom.UPKEEP_NEVER),
    ],
)
def test_what_timers_do_is_late_beyond_its_limit(seconds: float | None, limit: float | None, symptom: Symptom) -> None:
    (found,) = check_upkeep(Upkeep.SWEEP, seconds=seconds, limit=limit)
    assert found.symptom is symptom
    assert "sweep" in found.text
    assert list(check_upkeep(Upkeep.WALK, seconds=None, limit=None)) == []


def test_jobs_that_cannot_be_read_are_a_finding(world: World) -> None:
    room = world.darkroom
    jobs = CheckJobs(storage=room.storage, liveness=room.liveness, settings=room.settings, clock=room.clock)
    world.record_image()
    assert Symptom.ON_TIME in [each.symptom for each in jobs.check()]
    world.index.out = True
    assert [each.symptom for each in jobs.check()] == [Symptom.JOBS_UNREADABLE]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")],
)
def test_a_time_is_told_in_its_largest_unit(seconds: int, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text
