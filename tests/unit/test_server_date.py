from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from shared.errors import StorageOut
from shared.storage.server_date import ReplyDate


@dataclass(frozen=True)
class Reply:
    """A reply as the SDK hands it to a hook."""

    date: str

    @property
    def http_response(self) -> SimpleNamespace:
        """Its headers."""
        return SimpleNamespace(headers={"Date": self.date} if self.date else {})


@pytest.mark.case("mutants dated", was="no test finds that the first Date is kept")
def test_the_last_reply_of_a_read_that_was_asked_again_tells_its_date() -> None:
    reply = ReplyDate()
    for second in (1, 7):
        reply(Reply(f"Sun, 29 Nov 2026 12:00:0{second} GMT"))
    assert reply.date == datetime(2026, 11, 29, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_reply_without_a_date_is_an_outage_whatever_came_before(date: str) -> None:
    reply = ReplyDate()
    reply(Reply("Sun, 29 Nov 2026 12:00:01 GMT"))
    reply(Reply(date))
    with pytest.raises(StorageOut):
        _ = reply.date
