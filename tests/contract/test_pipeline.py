"""All steps over Azurite: what no double can show."""

import pytest

from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.work.attempt import End
from shared.wiring.steps import Darkroom
from tests.contract import job_moves
from tests.contract.uploads import upload
from tests.sdk_clients import queue_of

#: Backslashes and control characters are refused by rules.names, before anything is sent.
NAMES = ["cat.png", "2026/summer #1/50% ä?😀.png", "é" * 1024, " ", "a//b", "%2e%2e", "~"]


def _upload(darkroom: Darkroom, name: str) -> ImageRef:
    darkroom.storage.create()
    return upload(darkroom, name)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_of_any_name_is_recorded_announced_and_completed(darkroom: Darkroom, name: str) -> None:
    ref = _upload(darkroom, name)
    recorded = darkroom.record.record(ref)
    (message,) = queue_of(darkroom.storage.queue).receive_messages()
    assert darkroom.receive.receive(message.content.encode(), owner="queue/1") == [End.COMPLETED]
    row = job_moves.row_of(darkroom.storage.jobs, recorded.job_id)
    assert (row.job.ref, row.job.state) == (ref.ref, State.COMPLETED)


def test_the_first_act_of_all_creates_what_is_missing(darkroom: Darkroom) -> None:
    assert darkroom.sweep.sweep(owner="timer/1").outcomes == {}
    assert darkroom.receive.receive(b"absent.png", owner="queue/1") == [Disposition.REJECTED]


def test_an_image_that_two_workers_are_told_of_is_completed_once(darkroom: Darkroom) -> None:
    ref = _upload(darkroom, "cat.png")
    first, second = (darkroom.receive.receive(ref.name.encode(), owner=f"queue/{n}") for n in (1, 2))
    assert (first, second) == ([End.COMPLETED], [End.ENDED])


@pytest.mark.parametrize("body", [b"\x00", b"a\x00b", b"%zz", b"#?", b"http://h/images/a%00b", b'{"name":"\\u0000"}'])
def test_a_name_that_no_blob_can_have_is_rejected(darkroom: Darkroom, body: bytes) -> None:
    darkroom.storage.create()
    assert darkroom.receive.receive(body, owner="queue/1") == [Disposition.REJECTED]
    assert darkroom.bury.bury(body) == [Disposition.REJECTED]


@pytest.mark.parametrize("body", [b"..", b"a/../../other/cat.png", b'{"name":"../x"}', b'{"name":"\\ud800"}'])
def test_a_name_that_no_url_can_say_is_rejected(darkroom: Darkroom, body: bytes) -> None:
    darkroom.storage.create()
    assert darkroom.receive.receive(body, owner="queue/1") == [Disposition.REJECTED]
