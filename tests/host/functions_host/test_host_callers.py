"""Who may call a host that asks for no key, by raw sockets: what a browser would send for a page of another site."""

from collections.abc import Callable

import pytest

from tests.host.functions_host.hosts import HostUnderTest, Launch
from tests.host.functions_host.test_host_api import talk

RUN = "POST /admin/functions/work"
WEBHOOK = "POST /runtime/webhooks/blobs?functionName=Host.Functions.work"
APP = "POST /api/a"
M8 = pytest.mark.case("security M8", was="any Host; 202 for a cross-site POST /admin/functions/…")


@pytest.fixture(scope="module")
def host(launch_shared: Launch) -> HostUnderTest:
    """Return a host that asks for no key."""
    return launch_shared("recorder", allow_hosts=("box.example", "box.example:81"))


def status(host: HostUnderTest, line: str, *headers: str) -> int:
    """Send a request with these headers, ``PORT`` in them being the host's; return the status of the answer."""
    lines = [f"{line} HTTP/1.1", *headers, "Content-Length: 2", "Connection: close", "", "{}"]
    answer = talk(host.host.port, "\r\n".join(lines).replace("PORT", str(host.host.port)).encode())
    return int(answer.split(b" ", 2)[1])


@M8
@pytest.mark.parametrize("line", [RUN, WEBHOOK, APP, "GET /admin/functions", "GET /admin/host/status", "GET /"])
@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "evil.example:PORT",
        "localhost.evil.example:PORT",
        "127.0.0.1.evil.example",
        "localhost:1",
        "192.168.0.1:PORT",
        "0.0.0.0:PORT",
        "2130706433:PORT",
        "[::2]:PORT",
        "box.example.evil",
        "",
    ],
)
def test_a_request_to_another_name_is_refused(
    host: HostUnderTest, line: str, name: str, case_result: Callable[[str], None]
) -> None:
    assert status(host, line, f"Host: {name}") == 403
    case_result("another Host: 403")


@M8
def test_a_url_as_the_target_brings_no_other_name_in(host: HostUnderTest, case_result: Callable[[str], None]) -> None:
    assert status(host, "GET http://evil.example/admin/functions", "Host: localhost:PORT") == 403
    assert status(host, "GET http://localhost:PORT/admin/functions", "Host: evil.example") == 403
    case_result("another Host: 403")


@pytest.mark.parametrize(
    "name",
    ["localhost:PORT", "LOCALHOST", "127.0.0.1:PORT", "127.9.9.9:PORT", "[::1]:PORT", "[::1]", "Box.example:81"],
)
def test_a_request_to_a_name_of_ours_passes(host: HostUnderTest, name: str) -> None:
    assert status(host, "GET /admin/functions", f"Host: {name}") == 200


@M8
@pytest.mark.parametrize("line", [RUN, WEBHOOK, "PUT /admin/unknown", "DELETE /runtime/unknown"])
@pytest.mark.parametrize(
    "headers",
    [
        ["Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-site", "Origin: http://localhost:PORT"],
        ["Sec-Fetch-Site: "],
        ["Origin: http://evil.example"],
        ["Origin: null"],
        ["Origin: http://localhost:1"],
        ["Origin: http://localhost:PORT.evil.example"],
        ["Origin: http://evil.example/localhost:PORT"],
        ["Origin: http://localhost:PORT, http://evil.example"],
        ["Origin: ", "Referer: http://localhost:PORT/"],
        ["Referer: http://evil.example/http://localhost:PORT/"],
        ["Referer: http://[bad"],
    ],
)
def test_a_page_of_another_site_runs_nothing(
    host: HostUnderTest, line: str, headers: list[str], case_result: Callable[[str], None]
) -> None:
    assert status(host, line, "Host: localhost:PORT", *headers) == 403
    assert host.no_call(0)
    case_result("a page of another site: 403")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Sec-Fetch-Site: same-origin", "Origin: http://localhost:PORT"],
        ["Sec-Fetch-Site: none"],
        ["Origin: http://localhost:PORT"],
        ["Origin: HTTP://LOCALHOST:PORT"],
        ["Referer: http://localhost:PORT/page?x=1"],
    ],
)
def test_tools_and_the_own_page_may_run_functions(host: HostUnderTest, headers: list[str]) -> None:
    assert status(host, RUN, "Host: localhost:PORT", *headers) == 202
    assert host.call()[0] == "work"


def test_a_page_of_another_site_may_look_where_nothing_changes(host: HostUnderTest) -> None:
    """It can't read the answer: no header of ours lets it."""
    assert status(host, "GET /admin/functions", "Host: localhost:PORT", "Origin: http://evil.example") == 200
