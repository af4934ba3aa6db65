"""The API in the command's own process."""

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from shared.cli.in_process import InProcess
from shared.cli.service import ServiceDown, ServiceRefused
from shared.errors import SettingsInvalid, StorageOut
from shared.runtime import Runtime
from shared.wiring.steps import Darkroom
from tests.doubles.world import World, png

NAME = "a/ä;b?%41 #.png"


class _Failing:
    """A Darkroom whose every step fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> object:
        raise self._error


@pytest.fixture
def world() -> World:
    """Give storage and steps."""
    return World()


@pytest.fixture
def service(world: World) -> InProcess:
    """Give the API as the command calls it."""
    return InProcess(world.darkroom, user="ann", runtime=Runtime(monotonic=world.clock, draw=world.draw))


def test_an_image_is_put_in_and_found_under_any_name(service: InProcess) -> None:
    accepted = service.call("PUT", f"/images/{NAME}", data=png(), headers={"Content-Type": "image/png"})
    assert accepted.status == 202
    found = service.call("GET", "/images", query={"name": NAME}).json()["items"]
    assert [(image["name"], image["job"]["id"]) for image in found] == [(NAME, accepted.json()["id"])]


def test_a_reply_has_its_headers_in_lower_case_and_an_unchanged_list_none_of_its_content(service: InProcess) -> None:
    first = service.call("GET", "/jobs")
    again = service.call("GET", "/jobs", headers={"If-None-Match": first.headers["etag"]})
    assert (first.headers["content-type"], again.status, again.content) == ("application/json", 304, b"")


def test_whoever_calls_is_known_and_may_do_everything(service: InProcess) -> None:
    assert set(service.call("GET", "/health").json()) > {"status"}  # the rest is for those who are known
    job = service.call("POST", "/jobs", body={"type": "t", "ref": "r"}).json()["id"]
    done = service.call("POST", "/jobs/actions", body={"action": "cancel", "ids": [job]}).json()
    assert done["done"] == 1
    (entry,) = service.call("GET", "/actions").json()["items"]
    assert (entry["who"], entry["role"], entry["action"]) == ("ann", "operator", "cancel")


def test_nobody_takes_another_name_by_a_header(service: InProcess) -> None:
    job = service.call("POST", "/jobs", body={"type": "t", "ref": "r"}).json()["id"]
    headers = {"X-Darkroom-Caller": "key reader eve"}
    service.call("POST", "/jobs/actions", body={"action": "cancel", "ids": [job]}, headers=headers)
    assert service.call("GET", "/actions").json()["items"][0]["who"] == "ann"


def test_a_refusal_is_raised_with_its_fields(service: InProcess) -> None:
    with pytest.raises(ServiceRefused) as refused:
        service.call("GET", "/jobs", query={"limit": 0, "nonsense": 1})
    assert (refused.value.status, refused.value.errors) == (422, ("query.nonsense must be a known parameter.",))


@pytest.mark.parametrize(
    ("error", "kind"),
    [(StorageOut(), ServiceDown), (SettingsInvalid(["JOB_BUCKETS: must be 16"]), SettingsInvalid),
     (ZeroDivisionError(), ZeroDivisionError)],
)  # fmt: skip
def test_an_outage_is_said_a_wrong_setting_named_and_a_bug_not_hidden(error: Exception, kind: type[Exception]) -> None:
    service = InProcess(cast("Darkroom", _Failing(error)), user="ann", runtime=Runtime())
    with pytest.raises(kind):
        service.call("GET", "/jobs")


def test_threads_may_call_at_once(service: InProcess) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(
            lambda number: service.call("POST", "/jobs", body={"type": "t", "ref": str(number)}), range(20)
        )
    assert {reply.status for reply in replies} == {201}
    assert len(service.call("GET", "/jobs").json()["items"]) == 20
