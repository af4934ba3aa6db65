import json
import logging
from datetime import timedelta

import pytest

from shared.errors import ContentRefused, StorageOut, Undecided
from shared.rules.jobs import Job
from shared.steps.intake.announce import LONGEST_DELAY
from tests.doubles.world import World
from tests.unit.acts import raising

KIND = "word-count"
HANDLED = {KIND: lambda _: None}
JOB = Job(id=f"{KIND}-{0:032x}", type=KIND, ref="text", traceparent="00-1-2-01")
sending = pytest.mark.parametrize("dispatch", ["both", "queue"])
silent = pytest.mark.parametrize("dispatch", ["timer", "off"])


@sending
def test_a_message_names_its_job_and_its_trace(dispatch: str) -> None:
    world = World(HANDLED, DISPATCH=dispatch)
    world.darkroom.announce.announce(JOB, delay=timedelta(seconds=3))
    ((text, delay),) = world.queue.messages
    assert json.loads(text) == {"v": 1, "job_id": JOB.id, "traceparent": "00-1-2-01"}
    assert delay == timedelta(seconds=3)


@silent
def test_where_no_message_starts_jobs_none_is_sent(dispatch: str) -> None:
    world = World(HANDLED, DISPATCH=dispatch)
    world.darkroom.announce.announce(JOB)
    assert world.queue.messages == []


def test_no_message_is_sent_of_a_type_that_external_workers_ask_for(world: World) -> None:
    world.darkroom.announce.announce(JOB)
    assert world.queue.messages == []


@pytest.mark.parametrize(("delay", "sent"), [(LONGEST_DELAY, 1), (LONGEST_DELAY + timedelta(seconds=1), 0)])
def test_no_message_waits_longer_than_the_queue_hides_it(delay: timedelta, sent: int) -> None:
    world = World(HANDLED)
    world.darkroom.announce.announce(JOB, delay=delay)
    assert len(world.queue.messages) == sent


def test_the_queue_hides_no_message_longer_than_a_week() -> None:
    assert timedelta(days=7) == LONGEST_DELAY


@pytest.mark.parametrize("error", [Undecided(), StorageOut("out"), ContentRefused("MessageTooLarge")])
def test_a_queue_that_takes_no_message_fails_nothing_and_is_told(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    world = World(HANDLED)
    world.queue.before("send", raising(error))
    with caplog.at_level(logging.WARNING, logger="darkroom"):
        world.darkroom.announce.announce(JOB)
    assert [json.loads(line)["job"] for line in caplog.messages] == [JOB.id]


@sending
def test_a_job_is_left_to_its_message_for_a_while(dispatch: str) -> None:
    world = World(HANDLED, DISPATCH=dispatch, DISPATCH_GRACE_SECONDS="30")
    assert world.darkroom.announce.grace(KIND) == timedelta(seconds=30)


@silent
def test_without_messages_it_is_left_to_nothing(dispatch: str) -> None:
    world = World(HANDLED, DISPATCH=dispatch)
    assert world.darkroom.announce.grace(KIND) == timedelta(0)


def test_a_type_without_messages_is_left_to_nothing_beside_one_that_has_them() -> None:
    world = World(HANDLED)
    assert world.darkroom.announce.grace("other") == timedelta(0)
    assert (
        world.darkroom.announce.grace("image-analysis") == world.darkroom.announce.grace(KIND) == timedelta(seconds=120)
    )
