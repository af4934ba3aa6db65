import json
import logging
from datetime import timedelta

import pytest

from shared.telemetry import FIELDS, LogEvent, emit


@pytest.mark.parametrize(
    ("event", "fields", "line"),
    [
        (LogEvent.COMPLETED, {"ref": "images/ä\n.png"}, {"event": "job completed", "ref": "images/ä\n.png"}),
        (LogEvent.DEFERRED, {"seconds": timedelta(1)}, {"event": LogEvent.DEFERRED.value, "seconds": "1 day, 0:00:00"}),
        (LogEvent.ENDED, {"job": "a", "code": None}, {"event": "job ended", "job": "a"}),
        (LogEvent.RECORDED, {"ref": "images/100%s.png"}, {"event": "job recorded", "ref": "images/100%s.png"}),
    ],
)
def test_an_event_is_one_line_of_json_without_facts_that_are_none(
    event: LogEvent, fields: dict[str, object], line: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "darkroom")
    emit(event, level=None, **fields)
    assert "\n" not in caplog.messages[0]
    assert json.loads(caplog.messages[0]) == line


@pytest.mark.parametrize(("least", "levels"), [(logging.INFO, [logging.INFO, logging.WARNING]), (logging.ERROR, [])])
def test_an_event_has_its_level_or_that_of_the_call_and_is_not_logged_below_that_of_the_logger(
    least: int, levels: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(least, "darkroom")
    for level in (None, logging.WARNING):
        emit(LogEvent.RECORDED, level=level, ref="images/cat.png")
    assert [record.levelno for record in caplog.records] == levels


def test_every_field_of_an_event_has_a_meaning() -> None:
    assert frozenset().union(*(event.fields for event in LogEvent)) == FIELDS.keys()
