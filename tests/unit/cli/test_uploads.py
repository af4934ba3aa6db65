import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.cli.in_process import InProcess
from shared.cli.output import Output
from shared.cli.service import ServiceDown, ServiceRefused
from shared.cli.upload_plan import UploadPlan, plan
from shared.cli.upload_report import UploadReport
from shared.cli.uploads import Outcome, Receipt, Uploader
from shared.runtime import Runtime
from tests.doubles.service import FakeService, answer
from tests.doubles.world import World, png

POOL = Runtime().pool


@pytest.fixture
def world() -> World:
    """Give storage and steps."""
    return World()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of five images."""
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(png(number + 1))
    return tmp_path


def uploader(world: World, *, replace: bool = False) -> Uploader:
    """Build one over the API in this process."""
    service = InProcess(world.darkroom, user="me", runtime=Runtime(monotonic=world.clock, draw=world.draw))
    return Uploader(service, pool=POOL, replace=replace)


def outcomes(receipts: Sequence[Receipt]) -> list[Outcome]:
    """Return what became of files, by their names."""
    return [each.outcome for each in sorted(receipts, key=lambda receipt: receipt.upload.name)]


def test_each_file_becomes_an_image_with_a_job(world: World, folder: Path) -> None:
    receipts = [*uploader(world).send_all(plan([str(folder)]).uploads, parallel=3)]
    assert outcomes(receipts) == [Outcome.UPLOADED] * 5
    assert {world.job(str(each.job_id)).ref for each in receipts} == {f"images/{number}.png" for number in range(5)}


def test_a_repeated_upload_leaves_what_is_there(world: World, folder: Path) -> None:
    uploads = plan([str(folder)]).uploads
    [*uploader(world).send_all(uploads[:2], parallel=2)]
    (folder / "0.png").write_bytes(b"another")
    assert outcomes([*uploader(world).send_all(uploads, parallel=2)]) == [Outcome.THERE] * 2 + [Outcome.UPLOADED] * 3


def test_an_image_is_replaced_where_that_is_asked_for(world: World, folder: Path) -> None:
    (upload,) = plan([str(folder / "0.png")]).uploads
    first = uploader(world).send(upload)
    (folder / "0.png").write_bytes(png(9))
    second = uploader(world, replace=True).send(upload)
    assert (second.outcome, second.job_id != first.job_id) == (Outcome.UPLOADED, True)


def test_a_file_that_is_refused_stops_no_other(world: World, folder: Path) -> None:
    (folder / "2.png").write_bytes(b"")
    (folder / "3.txt").write_bytes(b"text")
    uploads = plan([str(folder), str(folder / "3.txt")]).uploads
    receipts = [*uploader(world).send_all(uploads, parallel=2)]
    refused = {each.upload.name: each.reason or "" for each in receipts if each.outcome is Outcome.REFUSED}
    assert {each.outcome for each in receipts} == {Outcome.UPLOADED, Outcome.REFUSED}
    assert refused["2.png"] == "The file is empty."
    assert sorted(refused) == ["2.png", "3.txt"]


def test_the_standard_input_is_one_image(world: World) -> None:
    (upload,) = plan(["-"], name="cat.png").uploads
    source = uploader(world)
    receipt = Uploader(source.service, pool=POOL, read_stdin=lambda _: png(3)).send(upload)
    assert world.job(str(receipt.job_id)).ref == "images/cat.png"


def test_a_file_over_the_limit_is_refused_before_anything_is_sent(folder: Path) -> None:
    service = FakeService({}, most_bytes=(folder / "0.png").stat().st_size - 1)
    (upload,) = plan([str(folder / "0.png")]).uploads
    receipt = Uploader(service, pool=POOL).send(upload)
    assert receipt.reason == f"The file is over the limit of {service.most_bytes:,} bytes."
    assert service.calls == []


def test_the_standard_input_is_read_no_further_than_to_the_limit() -> None:
    service, source = FakeService({}, most_bytes=10), io.BytesIO(b"x" * 1_000)
    (upload,) = plan(["-"], name="cat.png").uploads
    receipt = Uploader(service, pool=POOL, read_stdin=source.read).send(upload)
    assert (receipt.outcome, source.tell(), service.calls) == (Outcome.REFUSED, 11, [])


def test_a_file_is_handed_on_unread(folder: Path) -> None:
    service = FakeService({"PUT /images/0.png": answer({"id": "j"})})
    (upload,) = plan([str(folder / "0.png")]).uploads
    Uploader(service, pool=POOL).send(upload)
    assert service.calls[0].data == folder / "0.png"


def test_in_this_process_the_limit_is_that_of_the_settings() -> None:
    assert uploader(World(MAX_BYTES="12345")).service.most_bytes == 12_345


@pytest.mark.parametrize("error", [ServiceDown("out"), ServiceRefused(401, "key_required", "A key is needed.")])
def test_nothing_more_is_sent_to_an_app_that_is_down_or_refuses_the_key(folder: Path, error: Exception) -> None:
    service = FakeService({"PUT /images/0.png": [error]})
    send = Uploader(service, pool=POOL).send_all(plan([str(folder)]).uploads, parallel=1)
    with pytest.raises(type(error)):
        next(send)
    assert len(service.calls) == 1


def report(planned: UploadPlan, *receipts: Receipt, as_json: bool = False) -> tuple[list[str], str]:
    """Return what is printed, and the summary beside it."""
    out, beside = io.StringIO(), io.StringIO()
    output = Output(width=None, is_terminal=False, is_colored=False, stream=out, errors=beside)
    with UploadReport(output, planned, as_json=as_json) as lines:
        for receipt in receipts:
            lines.add(receipt)
    return out.getvalue().splitlines(), beside.getvalue()


def test_the_summary_counts_and_says_how_to_go_on(folder: Path) -> None:
    planned = plan([str(folder)])
    receipts = [Receipt(each, Outcome.UPLOADED, job_id="j") for each in planned.uploads]
    assert report(planned, *receipts)[1] == "5 uploaded, 0 there already, 0 refused.\n"
    assert "2 left. Give the same command again" in report(planned, *receipts[:3])[1]


def test_a_line_for_programs_has_what_became_of_a_file(folder: Path) -> None:
    planned = plan([str(folder / "0.png"), str(folder / "absent.png")])
    lines, _ = report(planned, Receipt(planned.uploads[0], Outcome.THERE), as_json=True)
    assert ['"outcome": "refused"' in lines[0], '"outcome": "there"' in lines[1]] == [True, True]


def test_of_many_files_only_refusals_are_listed() -> None:
    planned = plan([f"absent-{number}" for number in range(3)])
    assert len(report(planned)[0]) == 3
