"""Operations of the command on many jobs, over the API in process, on storage."""

import json
import shlex
from collections import Counter
from collections.abc import Callable

import pytest
from typer.testing import Result

from shared.cli import bulk
from shared.cli.in_process import InProcess
from shared.cli.service import Reply, ServiceDown
from tests.contract.places import Place
from tests.contract.verify_bench import VerifyBench

NAMES = [f"{number}.png" for number in range(5)]
Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "TRIES", 1)


def _canceled(command: Command, bench: VerifyBench, place: Place) -> list[str]:
    """Cancel jobs by their type; an operation leaves alone what is younger than two seconds."""
    ids = [bench.record(name).job.id for name in NAMES]
    place.go(2)
    assert command("cancel", "--type", "image-analysis", "--yes").stdout.splitlines()[-1] == "5 canceled, 0 refused."
    place.go(2)
    return ids


def _states(command: Command) -> Counter[str]:
    return Counter(json.loads(line)["state"] for line in command("jobs", "--json").stdout.splitlines())


def test_what_matches_is_canceled_opened_again_and_deleted(command: Command, bench: VerifyBench, place: Place) -> None:
    _canceled(command, bench, place)
    redriven = command("redrive", "--state", "CANCELED", "--yes")
    assert (redriven.exit_code, redriven.stdout.splitlines()[-1]) == (0, "5 redriven, 0 refused.")
    container = place.environ["IMAGES_CONTAINER"]
    assert command("cancel", "--ref", f"{container}/", "--yes").stdout.splitlines()[-1] == "5 canceled, 0 refused."
    place.go(2)
    assert command("delete", "--state", "CANCELED", "--yes").stdout.splitlines()[-1] == "5 deleted, 0 refused."
    assert _states(command) == {}


def test_an_operation_whose_reply_is_lost_goes_on_and_opens_each_job_once(
    command: Command, bench: VerifyBench, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _canceled(command, bench, place)
    answer, calls = InProcess.call, 0

    def lose(self: InProcess, method: str, *words: str, **more: object) -> Reply:
        nonlocal calls
        calls += method == "POST"
        reply = answer(self, method, *words, **more)  # type: ignore[arg-type]
        if method == "POST" and calls == 2:
            raise ServiceDown("lost")
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "call", lose)
        first = command("redrive", "--state", "CANCELED", "--yes")
    assert (first.exit_code, first.stdout.splitlines()[-1]) == (3, "2 redriven, 0 refused.")
    second = command(*shlex.split(first.stderr.splitlines()[0].partition("To go on: darkroom ")[2]))
    assert "2 of 5 are done." in second.stdout
    assert "3 redriven, 2 refused." in second.stdout
    assert "An earlier, interrupted try may have done it." in second.stdout
    assert _states(command) == {"PENDING": 5}
