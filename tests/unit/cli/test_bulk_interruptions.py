"""``darkroom cancel``, ``redrive`` and ``delete`` that were interrupted, and go on; the API is a double."""

import shlex
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from typer.testing import Result

from shared.cli import bulk as bulk_module
from shared.cli.interrupts import Interrupts
from shared.cli.service import ServiceDown, ServiceRefused
from tests.unit.cli.jobs_service import Death, JobsService

Command = Callable[..., Result]
ALL = ("redrive", "--state", "FAILED")


def _sum(service: JobsService) -> list[int]:
    return [service.acts[each] for each in service.ids]


def _die_after(service: JobsService, calls: int, error: Exception) -> None:
    answer = service.call

    def call(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the service
        if sum(path == "/jobs/actions" for path, _ in service.calls) == calls:
            raise error
        return answer(*args, **more)

    service.call = call  # type: ignore[method-assign]


def test_an_operation_that_the_service_has_stopped_goes_on_with_the_line_that_it_prints(
    command: Command, service: JobsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bulk_module, "TRIES", 1)
        _die_after(service, 1, ServiceDown("app.example does not answer."))
        first = command(*ALL, "--yes")
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (3, "3 redriven, 0 refused.")
    del service.call
    words = shlex.split(first.stderr.splitlines()[0].partition("To go on: darkroom ")[2])
    second = command(*words)
    assert "Goes on with the redrive begun at 2026-05-04T12:00:00.000Z: 3 of 7 are done." in second.stdout
    assert "6 redriven, 1 refused." in second.stdout
    assert _sum(service) == [1] * 6 + [0]


@pytest.mark.parametrize(("line", "is_said"), [(("cancel", "--type", "t"), True), (ALL, False)])
def test_only_a_cancellation_that_goes_on_meets_what_was_opened_again_and_says_so(
    command: Command,
    service: JobsService,
    monkeypatch: pytest.MonkeyPatch,
    line: tuple[str, ...],
    *,
    is_said: bool,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bulk_module, "TRIES", 1)
        _die_after(service, 1, Death())
        first = command(*line, "--yes")
    del service.call
    sentence = "Jobs that were opened again since then are canceled too."
    assert (first.exit_code, sentence in first.output, sentence in command(*line, "--yes").stdout) == (
        3,
        False,
        is_said,
    )


def test_an_operator_who_does_not_go_on_is_not_told_that_nothing_was_done(
    command: Command, service: JobsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bulk_module, "TRIES", 1)
        _die_after(service, 1, Death())
        command(*ALL, "--yes")
    del service.call
    assert command(*ALL, types="n\n").stdout.splitlines()[-1] == "Nothing more was done."
    assert _sum(service) == [1, 1, 1, 0, 0, 0, 0]


def test_new_begins_another_operation(command: Command, service: JobsService, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bulk_module, "TRIES", 1)
        _die_after(service, 1, Death())
        assert command(*ALL, "--yes").exit_code == 3
    del service.call
    service.now += timedelta(minutes=1)
    result = command(*ALL, "--yes", "--new")
    assert result.stdout.splitlines()[0] == "7 jobs match."
    assert _sum(service) == [2, 2, 2, 1, 1, 1, 0]


def test_a_filter_that_the_service_refuses_leaves_nothing_to_go_on_with(
    command: Command, service: JobsService, tmp_path: Path
) -> None:
    _die_after(service, 0, ServiceRefused(422, "invalid", "A field is not valid."))
    assert command(*ALL, "--yes").exit_code == 2
    assert list(tmp_path.rglob("*.*")) == []


def test_control_c_waits_for_what_runs_sums_up_and_says_how_to_go_on(command: Command, service: JobsService) -> None:
    answer = service.call

    def call(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the service
        if args[1] == "/jobs/actions":
            signal.raise_signal(signal.SIGINT)
        return answer(*args, **more)

    service.call = call  # type: ignore[method-assign]
    result = command(*ALL, "--yes")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (130, "3 redriven, 0 refused.")
    assert result.stderr.endswith("4 jobs left. To go on: darkroom redrive --state FAILED --yes\n")
    assert _sum(service) == [1, 1, 1, 0, 0, 0, 0]


def _first_control_c(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Give what is set when the first Ctrl-C has been noticed."""
    note, event = Interrupts._note, threading.Event()

    def tell(self: Interrupts, number: int, frame: FrameType | None) -> None:
        event.set()
        note(self, number, frame)

    monkeypatch.setattr(Interrupts, "_note", tell)
    return event


def test_a_second_control_c_leaves_the_batch_that_runs_and_the_next_run_meets_what_it_has_done(
    command: Command, service: JobsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, first_came, over = service.call, _first_control_c(monkeypatch), threading.Event()

    def call(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the service
        reply = answer(*args, **more)
        if args[1] == "/jobs/actions":
            signal.raise_signal(signal.SIGINT)
            first_came.wait(60)
            signal.raise_signal(signal.SIGINT)
            over.wait(60)
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(service, "call", call)
        first = command(*ALL, "--yes")
    over.set()
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (130, "0 redriven, 0 refused.")
    assert "3 redriven, 4 refused." in command(*ALL, "--yes").stdout
    assert _sum(service) == [1] * 6 + [0]
