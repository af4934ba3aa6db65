"""Connections of the client that lead to the real API, in process."""

from typing import Any, cast

import urllib3

from tests.unit.http.client import Client as Service

URL = "http://localhost:7071/api"


class InProcess(urllib3.PoolManager):
    """Answer the client's requests by the API over a world.

    Attributes:
        service: The API, and its world.
        lose: How many responses are lost after the API has obeyed.
        requests: Method and path of each request.
    """

    def __init__(self) -> None:
        super().__init__()
        self.service, self.lose = Service(), 0
        self.requests: list[tuple[str, str]] = []

    def request(  # type: ignore[override] # as the client calls it
        self, method: str, url: str, *, body: str | None, headers: dict[str, str], **_: object
    ) -> urllib3.BaseHTTPResponse:
        """Call the API."""
        path = url.removeprefix(URL)
        self.requests.append((method, path))
        content = None if body is None else body.encode()
        response = self.service.call(method, path, content, **headers)
        if self.lose:
            self.lose -= 1
            raise urllib3.exceptions.ProtocolError("lost")
        return cast(
            "urllib3.BaseHTTPResponse",
            urllib3.HTTPResponse(response.body, _headers(response.headers), response.status, preload_content=True),
        )


def _headers(headers: Any) -> urllib3.HTTPHeaderDict:  # noqa: ANN401 - any mapping
    return urllib3.HTTPHeaderDict(headers)
