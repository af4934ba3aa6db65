"""With which status a command ends."""

import pytest
import typer

from shared.cli.exits import Status, exit_on_error
from shared.cli.service import ServiceDown, ServiceRefused
from shared.errors import NotFound, SettingsInvalid, StorageOut

CASES: list[tuple[BaseException, Status, list[str]]] = [
    (SettingsInvalid(["A: must be a", "B: must be b"]), Status.USAGE, ["A: must be a", "B: must be b"]),
    (ServiceRefused(401, "key_required", "A key is required."), Status.USAGE, ["A key is required."]),
    (ServiceRefused(409, "live", "The job is live."), Status.REFUSED, ["The job is live."]),
    (ServiceRefused(404, "no_such_job", "No job has this id."), Status.REFUSED, ["No job has this id."]),
    (
        ServiceRefused(
            422, "invalid", "See errors.", ["query.ref_prefix must be short.", "query.type must be a type."]
        ),
        Status.USAGE,
        ["--ref: must be short.", "--type: must be a type."],
    ),
    (ServiceDown("storage_out: \x1b[2J"), Status.FAILED, [r"storage_out: \x1b[2J"]),
    (StorageOut(), Status.FAILED, [f"storage failed: {StorageOut()}"]),
    (NotFound("It is not there."), Status.REFUSED, ["It is not there."]),
    (KeyboardInterrupt(), Status.INTERRUPTED, []),
]


@pytest.mark.parametrize(("error", "status", "sentences"), CASES, ids=[type(case[0]).__name__ for case in CASES])
def test_each_error_has_its_status_and_says_what_is_wrong(
    error: BaseException, status: Status, sentences: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, exit_on_error():
        raise error
    assert ended.value.exit_code == status
    assert capsys.readouterr().err.splitlines() == [f"darkroom: {sentence}" for sentence in sentences]


def test_an_error_that_nobody_knows_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), exit_on_error():
        raise ZeroDivisionError
