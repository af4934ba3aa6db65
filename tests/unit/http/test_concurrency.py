"""Limits of what runs at once: more is refused immediately, with the time to try again."""

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import azure.functions as func
import pytest

from shared.http import concurrency
from shared.http.app import build
from shared.http.body import MAX_BYTES
from shared.http.concurrency import Limiter
from shared.http.error_codes import ErrorCode
from shared.http.gateway import answer_through, forwarder
from shared.http.problems import Problem
from shared.rules.images import ImageRef
from tests.unit.http.client import CONTEXT, Client

CLAIM = {"type": "t", "owner": "w", "wait_seconds": 20}


def test_there_is_room_for_so_many_and_again_when_one_has_left() -> None:
    limiter = Limiter(2, ErrorCode.BUSY)
    with limiter.slot(), limiter.slot():
        with pytest.raises(Problem), limiter.slot():
            pass
        assert limiter.count == 2
    with limiter.slot():
        assert limiter.count == 1


def test_room_is_given_back_when_what_was_inside_fails() -> None:
    limiter = Limiter(1, ErrorCode.BUSY)
    with pytest.raises(ZeroDivisionError), limiter.slot(7):
        raise ZeroDivisionError
    assert (limiter.count, limiter.size) == (0, 0)


def test_together_they_have_so_much_and_a_single_one_whatever_it_has() -> None:
    limiter = Limiter(9, ErrorCode.BUSY, max_size=10)
    with limiter.slot(99), pytest.raises(Problem), limiter.slot(1):
        pass
    with limiter.slot(6), limiter.slot(4), pytest.raises(Problem), limiter.slot(1):
        pass


def together(client: Client, requests: list[func.HttpRequest]) -> list[func.HttpResponse]:
    """Send requests at the same time, in one event loop."""

    async def all_of_them() -> list[func.HttpResponse]:
        return await asyncio.gather(*(answer_through(lambda: client.gateway, each, CONTEXT) for each in requests))

    return asyncio.run(all_of_them())


def request(method: str, path: str, body: bytes, mime: str = "application/json") -> func.HttpRequest:
    return func.HttpRequest(method, f"http://localhost/api{path}", headers={"content-type": mime}, body=body)


class Door(Limiter):
    """A limiter that counts who has come to it."""

    tries = 0

    @contextmanager
    def slot(self, size: int = 0) -> Iterator[None]:
        """Count, and let in or refuse."""
        self.tries += 1
        with super().slot(size):
            yield


def wait_together(
    client: Client, count: int, waiters: Door | None = None
) -> tuple[list[func.HttpResponse], list[float]]:
    """Let so many claims wait at the same time; return what they get, and each pause that they have made.

    Time begins when all have come: the first must not be over before the last has begun.
    """
    pauses: list[float] = []
    door = waiters or Door(count, ErrorCode.TOO_MANY_WAITERS)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        client.world.clock.advance(seconds / count if door.tries == count else 0.0)
        await asyncio.sleep(0)

    client.app = build(dataclasses.replace(client.api, pause=pause, waiters=door))
    client.gateway._forward = forwarder(client.app)
    claim = request("POST", "/jobs/claim", json.dumps(CLAIM).encode())
    return together(client, [claim] * count), pauses


@pytest.mark.case("security M6", was="400 long polls: health took 2.9 s")
def test_no_more_claims_wait_than_there_is_room_for(client: Client) -> None:
    responses, pauses = wait_together(client, 4, Door(2, ErrorCode.TOO_MANY_WAITERS))
    assert sorted(each.status_code for each in responses) == [204, 204, 429, 429]
    refusal = next(each for each in responses if each.status_code == 429)
    assert (json.loads(refusal.get_body())["code"], refusal.headers["Retry-After"]) == ("too_many_waiters", "5")
    assert len(pauses) > 2


def test_a_claim_that_does_not_wait_takes_nobodys_room(client: Client) -> None:
    client.app.state.api = dataclasses.replace(client.api, waiters=concurrency.waiters(0))
    assert client.call("POST", "/jobs/claim", {"type": "t", "owner": "w"}).status == 204
    assert client.call("POST", "/jobs/claim", CLAIM).refusal[:2] == (429, "too_many_waiters")


@pytest.mark.case("security M6", was="ten uploads of 64 MiB took 1.5 GB")
def test_no_more_large_bodies_are_under_way_than_there_is_room_for(client: Client) -> None:
    client.gateway._large_bodies = concurrency.large_bodies(2)
    inner, counts = client.gateway._forward, []

    async def slow(incoming: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        counts.append(client.gateway._large_bodies.count)
        await asyncio.sleep(0.01)
        return await inner(incoming, context)

    client.gateway._forward = cast("Callable[[Any, Any], Awaitable[func.HttpResponse]]", slow)
    large, tiny = b"x" * (MAX_BYTES + 1), b"x"
    responses = together(client, [request("PUT", f"/images/{n}", large, "image/png") for n in range(4)])
    assert sorted(each.status_code for each in responses) == [202, 202, 503, 503]
    assert {json.loads(each.get_body()).get("code") for each in responses} == {None, "busy"}
    responses = together(client, [request("PUT", f"/images/{n}", tiny, "image/png") for n in range(8)])
    assert {each.status_code for each in responses} == {202}
    assert max(counts) == 2


def test_a_body_is_handed_to_storage_as_the_piece_that_came(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    body, puts, put = b"x" * 5000, list[bytes](), client.world.images.put

    def note(ref: ImageRef, data: bytes, **more: Any) -> None:  # noqa: ANN401 - passed on
        puts.append(data)
        put(ref, data, **more)

    monkeypatch.setattr(client.world.images, "put", note)
    assert client.call("PUT", "/images/a", body, content_type="image/png").status == 202
    assert puts[0] is body


def test_an_empty_poll_is_good_for_all_who_wait_for_the_type_and_one_that_finds_a_job_for_nobody() -> None:
    polls = concurrency.Polls()
    assert polls.begin("t", 10.0)
    polls.end("t", 10.0)
    assert [polls.begin("t", now) for now in (10.1, 10.25)] == [False, True]
    polls.end("t", None)
    assert [polls.begin("t", 10.3) for _ in range(5)] == [True] * concurrency.MAX_POLLS + [False]
    assert polls.begin("u", 10.3)


def test_types_that_nobody_waits_for_any_more_are_not_remembered() -> None:
    polls = concurrency.Polls()
    for number in range(9):
        assert polls.begin(f"kind-{number}", 1.0)
        polls.end(f"kind-{number}", 1.0)
    assert len(polls._empty) == 1
    assert not polls._running


@pytest.mark.case("security M6", was="each of 400 waiters asked storage by itself")
def test_of_all_who_wait_for_one_type_a_few_a_second_ask_storage(client: Client) -> None:
    began = client.world.clock()
    responses, pauses = wait_together(client, 40)
    assert {each.status_code for each in responses} == {204}
    buckets, took = client.world.settings.job_buckets, client.world.clock() - began
    polled = client.world.journal.count("jobs.due") / buckets
    assert len(pauses) > 400
    assert polled <= 40 + 2 * took / concurrency.FRESH_SECONDS
