import json
import logging
from datetime import timedelta

import pytest

from shared.telemetry import LogEvent, emit


def test_an_event_is_one_line_of_json(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="darkroom"):
        emit(LogEvent.COMPLETED, job="a", ref="images/ä\n.png", token=timedelta(1))
    (message,) = caplog.messages
    assert "\n" not in message
    assert json.loads(message) == {
        "event": "job completed",
        "job": "a",
        "ref": "images/ä\n.png",
        "token": "1 day, 0:00:00",
    }


def test_a_fact_that_is_none_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="darkroom"):
        emit(LogEvent.ENDED, job="a", code=None)
    assert json.loads(caplog.messages[0]) == {"event": "job ended", "job": "a"}


def test_a_percent_sign_in_a_fact_is_no_format(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="darkroom"):
        emit(LogEvent.RECORDED, ref="images/100%s.png")
    assert json.loads(caplog.messages[0])["ref"] == "images/100%s.png"


def test_a_level_that_is_off_costs_no_json(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="darkroom"):
        emit(LogEvent.RECORDED, level=logging.INFO, ref="images/cat.png")
    assert caplog.messages == []


def test_a_warning_is_logged_as_one(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="darkroom"):
        emit(LogEvent.REJECTED, level=logging.WARNING)
    assert caplog.records[0].levelno == logging.WARNING


def test_no_two_events_look_alike() -> None:
    assert len({event.value for event in LogEvent}) == len(LogEvent)
