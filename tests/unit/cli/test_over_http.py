"""The API of an app at an address, over a socket of the loopback."""

from collections.abc import Iterator

import pytest

from shared.cli.over_http import OverHttp
from shared.cli.service import ServiceDown, ServiceRefused
from shared.errors import SettingsInvalid
from shared.runtime import Runtime
from tests.doubles.api import BUSY, KEY, REPLY_LOST, REQUEST_LOST, Api, Pauses, Reply
from tests.doubles.clock import FakeClock


@pytest.fixture
def api() -> Iterator[Api]:
    """Serve the jobs API in memory."""
    with Api() as served:
        yield served


@pytest.fixture
def pauses() -> Pauses:
    """Give a clock that pauses move on."""
    return Pauses(FakeClock())


@pytest.fixture
def service(api: Api, pauses: Pauses) -> OverHttp:
    """Give the API as the command calls it."""
    runtime = Runtime(monotonic=pauses.clock, pause=pauses, chance=lambda: 0.5)
    return OverHttp(api.url, {"DARKROOM_KEY": f" {KEY}\n"}, runtime=runtime)


def test_a_request_has_both_forms_of_the_key_and_its_parameters(api: Api, service: OverHttp) -> None:
    job_id = api.put()
    assert service.call("GET", "/jobs", query={"type": "t", "ref": None}).json()["items"][0]["id"] == job_id
    (request,) = api.requests
    assert request.query == {"type": "t"}
    assert (request.headers["authorization"], request.headers["x-functions-key"]) == (f"Bearer {KEY}", KEY)


def test_a_body_is_json_and_headers_of_a_reply_have_lower_case(api: Api, service: OverHttp) -> None:
    reply = service.call("POST", "/jobs", body={"type": "t", "ref": "r", "unique": False})
    assert (reply.status, "etag" in reply.headers) == (201, True)
    assert api.requests[0].headers["content-type"] == "application/json"


def test_a_request_that_is_put_off_is_sent_again_when_the_app_says(api: Api, service: OverHttp, pauses: Pauses) -> None:
    api.script("list", Reply(503, {}, {"Retry-After": "5"}), Reply(429, {}, {"Retry-After": "7"}), None)
    assert service.call("GET", "/jobs").status == 200
    assert pauses.seconds == [5, 7]


def test_an_app_that_does_not_recover_is_given_up(api: Api, service: OverHttp, pauses: Pauses) -> None:
    api.script("list", *[BUSY] * 9)
    with pytest.raises(ServiceDown, match="storage_out: out"):
        service.call("GET", "/jobs")
    assert (len(api.requests), pauses.seconds) == (5, [0.5, 1, 2, 4])


def test_nobody_waits_for_an_app_that_puts_off_for_long(api: Api, service: OverHttp, pauses: Pauses) -> None:
    api.script("list", Reply(503, {}, {"Retry-After": "3600"}))
    with pytest.raises(ServiceDown):
        service.call("GET", "/jobs")
    assert pauses.seconds == []


@pytest.mark.parametrize("loss", [REPLY_LOST, REQUEST_LOST])
def test_a_lost_connection_is_made_again_for_what_may_be_repeated(api: Api, service: OverHttp, loss: Reply) -> None:
    api.script("list", loss, None)
    assert service.call("GET", "/jobs").status == 200
    assert len(api.requests) == 2


def test_what_may_not_be_repeated_is_sent_once(api: Api, service: OverHttp) -> None:
    api.script("add", REPLY_LOST)
    with pytest.raises(ServiceDown, match="does not answer: the connection was lost"):
        service.call("POST", "/jobs", body={"type": "t", "ref": "r", "unique": False})
    assert len(api.requests) == 1


def test_a_connection_that_is_refused_is_tried_again_for_every_request(pauses: Pauses) -> None:
    with Api() as gone:
        url = gone.url
    service = OverHttp(url, {}, runtime=Runtime(monotonic=pauses.clock, pause=pauses))
    with pytest.raises(ServiceDown, match="Connection refused"):
        service.call("POST", "/jobs/actions", body={})
    assert len(pauses.seconds) == 4


def test_a_redirection_is_not_followed(api: Api, service: OverHttp) -> None:
    api.script("list", Reply(302, {}, {"Location": f"{api.url}/jobs/claim"}))
    with pytest.raises(ServiceRefused, match="redirects"):
        service.call("GET", "/jobs")
    assert len(api.requests) == 1


def test_an_answer_without_end_is_not_read(api: Api, service: OverHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.cli.over_http._LONGEST", 1_000)
    api.script("list", Reply(200, b"x" * 1_001))
    with pytest.raises(ServiceDown, match="too long"):
        service.call("GET", "/jobs")


@pytest.mark.parametrize(
    "address",
    ["http://app.example", "ftp://localhost", "app.example", "https://", "https://u@app.example", "https://a/?code=1",
     "https://app.example:0", "https://app.example:x", "https://app.example/\n",
     "https://a b", "https://a%00b"],
)  # fmt: skip
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsInvalid, match="--url or DARKROOM_URL: must be an address"):
        OverHttp(address, {}, runtime=Runtime())


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="DARKROOM_KEY"):
        OverHttp("https://app.example", {"DARKROOM_KEY": "a\u00e4"}, runtime=Runtime())
