import base64
import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from enum import StrEnum

import pytest

from shared.errors import BlobUnreadable, DarkroomError, InvalidReference, StorageOut
from shared.rules import messages
from shared.rules.flows import flow_of
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.acts import raising


def _receive(world: World, text: str) -> list[StrEnum]:
    return world.darkroom.receive.receive(text.encode(), owner="queue/1")


def _event(name: str) -> dict[str, object]:
    subject = f"/blobServices/default/containers/images/blobs/{name}"
    return {"eventType": "Microsoft.Storage.BlobCreated", "subject": subject, "data": {"api": "PutBlob"}}


def test_our_own_message_is_analysed(world: World) -> None:
    world.record_image()
    assert _receive(world, world.queue.take_texts()[0]) == [End.COMPLETED]


def test_a_message_that_names_an_image_records_and_analyses_it(world: World) -> None:
    world.upload("a/cat.png")
    assert _receive(world, "images/a/cat.png") == [End.COMPLETED]
    (row,) = world.jobs.table.jobs.values()
    assert (row.job.ref, row.job.state) == ("images/a/cat.png", State.COMPLETED)


def test_a_message_that_names_an_image_sends_no_other_message(world: World) -> None:
    world.upload()
    _receive(world, "cat.png")
    assert world.queue.messages == []


def test_a_message_that_comes_twice_is_done_once(world: World) -> None:
    world.upload()
    assert _receive(world, "cat.png") == [End.COMPLETED]
    assert _receive(world, "cat.png") == [End.ENDED]
    assert list(world.images.thumbnails.values()).__len__() == 1


def test_base64_is_decoded_when_nothing_else_matches(world: World) -> None:
    world.upload()
    assert _receive(world, base64.b64encode(b"images/cat.png").decode()) == [End.COMPLETED]


def test_base64_is_not_decoded_when_a_blob_has_that_very_name(world: World) -> None:
    text = base64.b64encode(b"images/cat.png").decode()
    world.upload()
    world.upload(text)
    _receive(world, text)
    assert [row.job.ref for row in world.jobs.table.jobs.values()] == [f"images/{text}"]


def test_a_name_that_looks_like_a_job_id_is_an_image_when_there_is_no_such_job(world: World) -> None:
    name = "image-analysis-" + "0" * 32
    world.upload(name)
    assert _receive(world, name) == [End.COMPLETED]


def test_the_images_of_a_list_are_recorded_and_get_a_message_each(world: World) -> None:
    world.upload("a.png")
    world.upload("b.png", png(9, 9))
    assert _receive(world, json.dumps([_event("a.png"), _event("b.png")])) == [Recording.RECORDED] * 2
    assert [_receive(world, text) for text, _ in world.queue.messages] == [[End.COMPLETED]] * 2


def test_bad_items_of_a_list_are_kept_in_one_row_and_the_others_are_done(world: World) -> None:
    world.upload("a.png")
    text = '["images/a.png", {"x": 1}, 5, "absent.png"]'
    assert _receive(world, text) == [Recording.RECORDED, *[Disposition.REJECTED] * 3]
    ((kept, row),) = world.rejections.rows.items()
    assert (kept, row.code) == (text, "bad_items")
    assert row.message.startswith("3 of 4 items can't be used (unknown_form: item 2, 3; blob_not_found: item 4).")


def test_a_list_in_which_nothing_is_real_is_kept_in_one_row(world: World) -> None:
    assert _receive(world, '["absent.png", {"x": 1}]') == [Disposition.REJECTED]
    assert [row.code for row in world.rejections.rows.values()] == ["bad_items"]


@pytest.mark.case("security H3", was="51,952 requests; a row for each of 10,000 items")
@pytest.mark.parametrize("items", [[0] * 30_000, [f"{number}.png" for number in range(101)], [[]] * 20_000])
@pytest.mark.parametrize("encode", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_a_list_of_more_than_a_hundred_items_costs_no_more_than_a_row(
    world: World, items: list[object], encode: Callable[[str], str], case_result: Callable[[str], None]
) -> None:
    world.upload("0.png")
    assert _receive(world, encode(json.dumps(items))) == [Disposition.REJECTED]
    assert [row.code for row in world.rejections.rows.values()] == ["too_many_items"]
    assert world.journal == ["rejections.reject"]
    case_result("1 row, too_many_items")


@pytest.mark.case("security H3", was="51,952 requests; a row for each of 10,000 items")
def test_a_hundred_bad_items_cost_one_row(world: World) -> None:
    assert _receive(world, json.dumps([{"x": number} for number in range(100)])) == [Disposition.REJECTED]
    assert world.journal == ["rejections.reject"]


def test_the_jobs_of_a_list_get_a_message_each_and_are_not_worked_on_in_this_call(world: World) -> None:
    jobs = [world.record_image(f"{number}.png") for number in range(3)]
    world.darkroom.attempt.run(jobs[2], owner="queue/0")
    world.queue.messages.clear()
    text = json.dumps([{"job_id": job_id} for job_id in (*jobs, "image-analysis-" + "0" * 32)])
    assert _receive(world, text) == [Disposition.LIVE, Disposition.LIVE, End.ENDED, Disposition.REJECTED]
    assert [json.loads(sent)["job_id"] for sent, _ in world.queue.messages] == jobs[:2]
    assert [row.code for row in world.rejections.rows.values()] == ["unknown_job"]


def test_an_event_that_asks_for_nothing_is_ignored_with_its_reason(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    deleted = {**_event("a.png"), "eventType": "Microsoft.Storage.BlobDeleted"}
    with caplog.at_level(logging.INFO, "darkroom"):
        assert _receive(world, json.dumps([deleted, deleted])) == [Disposition.IGNORED] * 2
    assert json.loads(caplog.messages[-1]) == {"event": "event ignored", "reason": "other_kind", "count": 2}
    assert world.journal == []


@pytest.mark.case("storage refused name", was="poison for ever, never listed")
@pytest.mark.parametrize("way", ["receive", "bury", "admit"])
@pytest.mark.parametrize(
    ("code", "refusal"),
    [("invalid_reference", InvalidReference("The service refuses it.")), ("blob_unreadable", BlobUnreadable("x"))],
)
def test_a_name_that_the_service_refuses_is_kept_with_the_reason(way: str, code: str, refusal: DarkroomError) -> None:
    world = World()
    world.images.before("head", *[raising(refusal)] * 9)
    options = {"owner": "queue/1"} if way == "receive" else {}
    assert getattr(getattr(world.darkroom, way), way)(b"cat.png", **options) == [Disposition.REJECTED]
    assert [row.code for row in world.rejections.rows.values()] == [code]


@pytest.mark.case("mutants 9", was="rejected: unknown_job")
def test_an_image_whose_job_is_purged_is_a_duplicate(world: World) -> None:
    world.darkroom.attempt.run(world.record_image(), owner="queue/1")
    world.clock.advance(31 * 86_400)
    assert world.darkroom.purge.purge(owner="timer/1").jobs == 1
    assert [_receive(world, "images/cat.png"), world.darkroom.bury.bury(b"images/cat.png")] == [
        [Recording.DUPLICATE]
    ] * 2
    assert world.rejections.rows == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"absent.png", "blob_not_found"),
        (b'{"container":"images","name":"absent.png"}', "blob_not_found"),
        (b'{"v":1,"job_id":"image-analysis-00000000000000000000000000000000"}', "unknown_job"),
        (b"{", "malformed_json"),
        (b" ", "empty"),
        (b"\xff\xfe", "not_text"),
        (b'{"container":"other","name":"cat.png"}', "other_container"),
        (b"[" * 30_000, "too_deep"),
        (b"cat.png?snapshot=2026-01-02", "blob_version"),
        (b"images/a/../cat.png", "invalid_reference"),
        (b"images/Path\\To\\Blob.png", "invalid_reference"),
    ],
)
def test_a_message_that_names_nothing_real_is_kept_with_its_reason(world: World, body: bytes, code: str) -> None:
    assert world.darkroom.receive.receive(body, owner="queue/1") == [Disposition.REJECTED]
    ((text, kept),) = world.rejections.rows.items()
    assert (text.encode() == body or text == "\\xff\\xfe", kept.code) == (True, code)
    assert kept.message


@pytest.mark.parametrize("port", ["jobs", "images"])
def test_an_outage_raises_and_rejects_nothing(world: World, port: str) -> None:
    world.upload()
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        _receive(world, "cat.png")
    assert world.rejections.rows == {}


def test_a_message_refused_by_a_live_lease_is_done_with(world: World) -> None:
    world.rival_claims(world.record_image())
    assert _receive(world, world.queue.take_texts()[0]) == [End.BUSY]


def test_an_event_of_two_images_of_which_one_is_gone_is_done_for_the_other(world: World) -> None:
    world.upload("b.png")
    outcomes = _receive(world, json.dumps([_event("a.png"), _event("b.png")]))
    assert outcomes == [Disposition.REJECTED, Recording.RECORDED]
    assert [row.code for row in world.rejections.rows.values()] == ["blob_not_found"]
    assert world.images.head(ImageRef("images", "b.png")).version


@pytest.mark.case("storage backslash", was="a second job under an alias")
def test_a_message_that_is_no_name_is_kept_with_the_reason(world: World) -> None:
    world.upload("Path/To/Blob.png")
    assert world.darkroom.receive.receive(b"images/Path\\To\\Blob.png", owner="queue/1") == [Disposition.REJECTED]
    (kept,) = world.rejections.list(limit=2)
    assert (kept.code, "backslash" in kept.message) == ("invalid_reference", True)
    assert world.jobs.table.jobs == {}


def _slow_prefix(world: World, stack: ExitStack, *, alone: bool = False) -> str:
    """Let a prefix have been slow, and fill the slots; return the text of its next message."""
    flow = flow_of("images/slow/1.png")
    if not alone:
        with world.darkroom.share.take(flow_of("images/quick/1.png")):
            pass
    with world.darkroom.share.take(flow) as slot:
        world.clock.advance(2)
        slot.end = End.COMPLETED
    for _ in range(2):
        stack.enter_context(world.darkroom.share.take(flow))
    text = messages.write(world.record_image("slow/1.png"), None, flow=flow)
    world.queue.messages.clear()
    world.journal.clear()
    return text


@pytest.mark.case("security M7", was="an honest image waited 31 s behind 50 slow ones")
def test_a_message_of_a_prefix_that_takes_more_than_its_share_goes_to_the_tail_once(world: World) -> None:
    with ExitStack() as stack:
        text = _slow_prefix(world, stack)
        assert _receive(world, text) == [Disposition.DEFERRED]
        assert world.journal == ["queue.send"]
        ((again, delay),) = world.queue.messages
        assert (json.loads(again)["hop"], delay) == (1, timedelta(seconds=3))
        assert _receive(world, again) == [End.COMPLETED]


def test_a_prefix_that_is_alone_keeps_all_places(world: World) -> None:
    with ExitStack() as stack:
        text = _slow_prefix(world, stack, alone=True)
        assert _receive(world, text) == [End.COMPLETED]
        assert "queue.send" not in world.journal


def test_a_prefix_makes_way_for_the_first_image_of_another_that_is_recorded(world: World) -> None:
    with ExitStack() as stack:
        text = _slow_prefix(world, stack, alone=True)
        world.record_image("quick/1.png")
        assert _receive(world, text) == [Disposition.DEFERRED]


def test_a_message_that_names_an_image_goes_to_the_tail_like_our_own(world: World) -> None:
    with ExitStack() as stack:
        _slow_prefix(world, stack, alone=True)  # who names another image in the queue is in no row
        world.upload("slow/2.png", png(9))
        assert _receive(world, "images/slow/2.png") == [Disposition.DEFERRED]
        ((again, _),) = world.queue.messages
        assert _receive(world, again) == [End.COMPLETED]
    assert world.rejections.rows == {}


@pytest.mark.parametrize("dispatch", ["both", "timer"])
def test_a_message_that_cannot_be_sent_to_the_tail_is_worked_on(dispatch: str) -> None:
    world = World(DISPATCH=dispatch)
    with ExitStack() as stack:
        text = _slow_prefix(world, stack)
        world.queue.out = True
        assert _receive(world, text) == [End.COMPLETED]


def test_our_own_message_tells_the_flow_of_its_image(world: World) -> None:
    world.record_image("a/1.png")
    assert json.loads(world.queue.take_texts()[0])["flow"] == flow_of("images/a/1.png")
