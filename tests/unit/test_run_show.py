import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, cast

import pytest
from rich.console import Console, RenderableType

from localhost.azurite import Azurite
from localhost.run.facts import Facts, facts_of, line_of, plain, time_words
from localhost.run.hosts import Hosts
from localhost.run.reports import Reports
from localhost.run.run_options import parse
from localhost.run.show import Lines, picture, screen_for, window
from localhost.run.task import Follower, Run, json_line
from localhost.run.watch import Image, Json, Watch
from localhost.stop import Stop
from shared.rules import thumbnails


def completed(name: str = "cat.png", **report: object) -> dict[str, Any]:
    """Return a job that is done, with some of its report."""
    facts = {
        "image": {"width_px": 480, "height_px": 640, "display_width_px": 640, "display_height_px": 480},
        "color": {"mean": "#a0b1c2"},
        "hash": {"dhash": "0123456789abcdef"},
        "thumbnail": {"container": "thumbnails", "name": "job-1/1.webp", "mime": "image/webp"},
    }
    return {"id": "job-1", "ref": f"images/{name}", "state": "COMPLETED", "attempts": 1, "report": facts | report}


def failed() -> dict[str, Any]:
    error = {"code": "corrupt_image", "message": "It ends too early."}
    return {"id": "job-1", "state": "FAILED", "attempts": 2, "report": None, "error": error}


def image(job: Json | None, name: str = "cat.png") -> Image:
    return Image(name, job_id="job-1", job=job, uploaded_at=0.0, ended_at=1.5)


class Storage:
    """Answers with one job after the other."""

    def __init__(self, *jobs: Json | None) -> None:
        self.jobs = list(jobs)

    def job(self, identity: str) -> Json | None:
        """Return the next."""
        assert identity == "job-1"
        return self.jobs.pop(0)

    def thumbnail(self, job: Json) -> bytes | None:
        """Return some bytes where the report tells of a thumbnail."""
        return b"RIFF" if thumbnails.has_thumbnail(job.get("report")) else None


class Remembering:
    """A screen that remembers the states it was told."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def note(self, text: str) -> None:
        """Expect nothing."""
        raise AssertionError(text)

    def show_change(self, image: Image, now: float) -> None:
        """Remember."""
        del now
        self.states.append(image.state)

    def frame(self, images: Sequence[Image], now: float) -> None:
        """Expect nothing."""
        raise AssertionError(images, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def text_of(thing: RenderableType, width: int = 100) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(thing)
    return stream.getvalue()


def test_the_main_facts_are_those_of_the_image_as_one_looks_at_it() -> None:
    assert facts_of(image(completed())) == Facts("640×480", "0123456789abcdef", "#a0b1c2")


def test_a_report_may_leave_out_anything() -> None:
    assert facts_of(image({"state": "COMPLETED", "attempts": 1, "report": {}})) == Facts()
    assert facts_of(image(None)) == Facts()


def test_a_failure_shows_its_code_and_so_does_a_partial_report() -> None:
    assert facts_of(image(failed())).problem == "corrupt_image"
    partial = completed(status="partial", error={"code": "too_many_pixels"})
    assert facts_of(image(partial)).problem == "too_many_pixels"


def test_an_error_of_an_earlier_attempt_is_no_problem_of_a_completed_image() -> None:
    assert facts_of(image(completed() | {"error": {"code": "timeout"}})).problem == ""


def test_a_color_that_is_none_is_not_shown() -> None:
    assert facts_of(image(completed(color={"mean": "\x1b[31m"}))).mean == ""


def test_no_name_commands_the_terminal() -> None:
    assert plain("a\x1b[2J\nb") == "a�[2J�b"
    assert "\x1b" not in line_of(image(completed(), "a\x1b[2J"), 2.0)
    assert "\x1b" not in text_of(picture([image(completed(), "a\x1b[2J")], 2.0))


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (125.0, "2 min 05 s")]
)
def test_a_duration_is_said_in_words(seconds: float | None, words: str) -> None:
    assert time_words(seconds) == words


def test_a_line_holds_what_the_table_would() -> None:
    assert line_of(image(completed()), 9.0) == (
        "cat.png  COMPLETED  attempt 1  640×480  0123456789abcdef  #a0b1c2  1.5 s"
    )
    assert line_of(image(failed()), 9.0) == "cat.png  FAILED  attempt 2  corrupt_image  1.5 s"
    assert line_of(Image("cat.png", job_id="job-1"), 9.0) == "cat.png  UPLOADED"


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_shows_every_fact_and_how_far_the_run_is(width: int) -> None:
    text = text_of(picture([image(completed()), Image("dog.png")], 2.0), width)
    for word in ("cat.png", "COMPLETED", "640×480", "0123456789abcdef", "#a0b1c2", "1.5 s", "dog.png", "WAITING"):
        assert word in text
    assert "1 of 2 ended" in text


def test_a_small_terminal_shows_what_is_under_way_and_what_ended_last() -> None:
    ended = [Image(f"e{n}", job=completed(), ended_at=float(n)) for n in range(3)]
    under_way = Image("u", job_id="job-1")
    images = [Image("w"), *ended, under_way]
    assert [shown.name for shown in window(images, 2)] == ["e2", "u"]
    assert window(images, 5) == images
    assert "and 3 more" in text_of(picture(images, 9.0, window(images, 2)))


def test_lines_are_written_whole_where_no_table_can_be_drawn() -> None:
    stream = io.StringIO()
    Lines(Console(file=stream, width=20)).show_change(image(completed(), "[red]" + "x" * 40), 2.0)
    assert stream.getvalue().splitlines() == [line_of(image(completed(), "[red]" + "x" * 40), 2.0)]


def test_a_job_is_one_line_of_utf_8() -> None:
    line = json_line(completed("東京\n.png"))
    assert line.count(b"\n") == 1
    assert json.loads(line) == completed("東京\n.png")
    assert "東京".encode() in line


def test_each_ended_job_is_written_printed_and_shown_once(tmp_path: Path) -> None:
    watch = Watch(["a/cat.png"], now=0.0)
    watch.note_upload("a/cat.png", "job-1", 0.0)
    screen, lines = Remembering(), list[bytes]()
    running = {"state": "RUNNING", "attempts": 1}
    storage = Storage(None, running, running, completed())
    follower = Follower(watch, storage, Reports(tmp_path), screen, lines.append)
    for now in range(6):
        follower.look(float(now))
    assert storage.jobs == []
    assert screen.states == ["RUNNING", "COMPLETED"]
    assert lines == [json_line(completed())]
    assert json.loads((tmp_path / "a" / "cat.png.json").read_text(encoding="utf-8")) == completed()
    assert (tmp_path / "a" / "cat.png.thumbnail.webp").read_bytes() == b"RIFF"


def test_a_report_leaves_nothing_half_written_beside_it(tmp_path: Path) -> None:
    Reports(tmp_path).write("cat.png", completed(), b"RIFF")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat.png.json", "cat.png.thumbnail.webp"]


def test_nothing_old_passes_for_a_result_of_this_run(tmp_path: Path) -> None:
    reports = Reports(tmp_path)
    reports.write("cat.png", completed(), b"RIFF")
    reports.write("cat.png.png", completed(), b"RIFF")
    reports.clear(["cat.png", "new/dog.png"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cat.png.png.json", "cat.png.png.thumbnail.webp"]


def test_a_report_without_thumbnail_removes_the_one_before(tmp_path: Path) -> None:
    reports = Reports(tmp_path)
    reports.write("cat.png", completed(), b"RIFF")
    reports.write("cat.png", failed(), None)
    assert [path.name for path in tmp_path.iterdir()] == ["cat.png.json"]


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert Reports(out).write("../../cat.png", failed(), None) == out / "cat.png.json"


@pytest.mark.parametrize("words", [["--once"], ["--once", "--json"]])
def test_a_run_says_where_its_dashboard_is_and_never_among_lines_of_json(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cat.png").write_bytes(b"")
    options = parse([str(tmp_path / "cat.png"), *words])
    run = Run(options, Stop(), screen_for(json=options.json))
    hosts = SimpleNamespace(urls=["http://127.0.0.1:1", "http://127.0.0.1:2"])
    run._print_addresses(cast("Hosts", hosts), cast("Azurite", SimpleNamespace()))
    said = capsys.readouterr()
    assert "dashboard: http://127.0.0.1:1/api/dashboard\n" in (said.err if options.json else said.out)
    assert said.out == "" if options.json else said.err == ""
