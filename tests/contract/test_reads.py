"""What a read of an image takes: one request under If-Match, no byte twice, and no copy in memory."""

from typing import Any

import pytest

from shared.storage import transport
from tests.contract.places import Place
from tests.contract.uploads import upload
from tests.doubles.transports import Passing

#: Beyond what the SDK hands on at once by default, 4 MiB.
SIZES = [1, 4 * 1024 * 1024 + 1]


class ReadLog(Passing):
    """Note the condition and the range of each read."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.transport)
        self.reads: list[tuple[str | None, str | None]] = []

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Note and send."""
        if request.method == "GET":
            self.reads.append((request.headers.get("If-Match"), request.headers.get("x-ms-range")))
        return super().send(request, **kwargs)


@pytest.mark.azurite
@pytest.mark.parametrize("size", SIZES)
def test_an_image_is_read_by_one_request_that_names_its_version_and_its_length(place: Place, size: int) -> None:
    log = ReadLog(place)
    darkroom = place.build(log, create=True)
    data = bytes(size)
    ref = upload(darkroom, data=data)
    version = darkroom.storage.images.head(ref).version
    log.reads.clear()
    assert darkroom.storage.images.read(ref, version, size_bytes=size) == data
    assert log.reads == [(f'"{version}"', f"bytes=0-{size - 1}")]


@pytest.mark.parametrize("size", SIZES)
def test_the_bytes_of_an_image_are_those_that_came_and_no_copy(
    place: Place, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    darkroom = place.build(create=True)
    ref = upload(darkroom, data=bytes(size))
    version, body, read_body = darkroom.storage.images.head(ref).version, b"", transport._body

    def keep(*args: Any) -> bytes:  # noqa: ANN401 - of requests, which has no types
        nonlocal body
        body = read_body(*args)
        return body

    monkeypatch.setattr(transport, "_body", keep)
    assert darkroom.storage.images.read(ref, version, size_bytes=size) is body


def test_a_page_of_rows_is_handed_on_in_one_piece() -> None:
    page = transport._Memory(bytes(100_000), None)
    assert [*map(len, page.stream(4096, decode_content=True))] == [100_000]
