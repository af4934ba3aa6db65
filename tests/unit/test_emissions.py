"""A text that docs/messages.md does not list fails the test that makes the code say it."""

import logging
from collections.abc import Callable

import pytest
import typer

from shared.http import problems
from shared.http.error_codes import ErrorCode
from shared.telemetry import LogEvent, emit
from tests.emissions import Emissions

TEXT = "nobody lists this"


@pytest.mark.parametrize(
    "say",
    [
        lambda: problems.encode(problems.Problem(ErrorCode.LIVE, TEXT), "/"),
        lambda: problems.encode(problems.invalid("body", TEXT), "/"),
        lambda: typer.echo(TEXT),
        lambda: emit(LogEvent.LEFT, level=logging.ERROR, **{TEXT: 1}),
    ],
)
def test_a_test_that_emits_a_text_at_any_edge_fails_and_names_it(
    pytestconfig: pytest.Config, say: Callable[[], object]
) -> None:
    emissions = pytestconfig.pluginmanager.get_plugin("emissions")
    assert isinstance(emissions, Emissions)
    running = emissions.pytest_runtest_call()
    next(running)
    say()
    with pytest.raises(AssertionError, match=TEXT):
        next(running)
    emissions.unlisted_texts.clear()  # or this test would fail as well
