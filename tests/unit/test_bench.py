"""What the benches count and print: the parts that need no storage and no process."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import bench
from bench import kill
from bench.__main__ import BENCHES
from bench.all import ORDER, expected_seconds, run_each
from bench.contest import turns
from bench.contest.contestants import Contestant
from bench.contest.ends import COMMIT, NAME, Ends
from bench.contest.estimates import in_words
from bench.contest.figures import DOCUMENT, Finding, percentile, ratio, replace_block, shift, typed
from bench.contest.load import Load, share_of_others
from bench.contest.service import kind_of
from bench.cost import price
from shared.telemetry import LogEvent


def _benches() -> list[Path]:
    return sorted(Path(bench.__path__[0]).glob("*.py"))


def _line(access: str) -> str:
    return f'127.0.0.1 - - [30/Nov/2026:14:00:00 +0000] "{access} HTTP/1.1" 200 -'


@pytest.mark.parametrize(
    ("access", "kind"),
    [
        ("GET /darkroom/celery/messages?numofmessages=1", "queue"),
        ("DELETE /darkroom/jobs/messages/0f?popreceipt=x", "queue"),
        ("PUT /darkroom/jobs", "queue"),
        ("GET /darkroom/jobs?comp=metadata", "queue"),
        ("POST /darkroom/$batch", "table"),
        ("GET /darkroom/darkroomjobs(PartitionKey='a',RowKey='b')", "table"),
        ("GET /darkroom/darkroomjobs()?$filter=x", "table"),
        ("POST /darkroom/darkroomlocks", "table"),
        ("GET /darkroom/photos/cat.jpg", "blob read"),
        ("HEAD /darkroom/photos/cat.jpg", "blob read"),
        ("PUT /darkroom/results/celery-task-meta-1", "blob write"),
        ("GET /darkroom/photos?restype=container&comp=list", "blob write"),
        ("GET /darkroom/?comp=list&prefix=mark-1", None),
    ],
)
def test_a_request_is_billed_as_what_its_path_says(access: str, kind: str | None) -> None:
    assert kind_of(_line(access)) == kind


def test_what_is_no_request_is_not_counted() -> None:
    assert kind_of("Azurite Table service is successfully listening at http://127.0.0.1:1") is None


def test_only_whole_lines_are_read_and_each_once(tmp_path: Path) -> None:
    ends = Ends([tmp_path / "ends"], NAME)
    assert ends.read() == []
    (tmp_path / "ends").write_bytes(b"a.jpg\nb.j")
    assert ends.read() == ["a.jpg"]
    (tmp_path / "ends").write_bytes(b"a.jpg\nb.jpg\n")
    assert ends.read() == ["b.jpg"]
    assert ends.names == ["a.jpg", "b.jpg"]


def test_a_commit_is_found_in_the_log_by_the_name_of_its_blob() -> None:
    line = f'{{"event": "{LogEvent.COMPLETED.value}", "job": "x-1", "ref": "photos/3/cat.jpg", "token": 1}}\n'
    assert COMMIT.findall(line.encode()) == [b"3/cat.jpg"]
    assert COMMIT.findall(line.replace("photos/", "").encode()) == [b"3/cat.jpg"]
    assert COMMIT.findall(line.replace(LogEvent.COMPLETED.value, LogEvent.RECORDED.value).encode()) == []


def test_a_ratio_is_the_median_of_those_within_rounds() -> None:
    assert ratio([2.0, 30.0, 6.0], [1.0, 10.0, 2.0]) == 3.0


def test_a_ratio_is_as_steady_as_it_stays_without_any_one_of_its_rounds() -> None:
    assert shift([1.0, 4.0, 9.0, 16.0], [1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.2)  # of 2.5: 2 or 3
    assert shift([2.0, 2.0, 9.0], [1.0, 1.0, 1.0]) == pytest.approx(1.75)  # of 2: 5.5
    assert shift([7.0], [2.0]) == 0.0


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (50.0, 99.0, 7.0)


def test_a_million_images_cost_what_their_requests_are_listed_at() -> None:
    assert price({"queue": 2.0, "table": 3.0, "blob read": 1.0}) == pytest.approx(0.8 + 0.108 + 0.44)


def test_a_block_of_the_document_is_replaced_and_nothing_else() -> None:
    text = "a\n<!-- measured: x -->\nold\n<!-- end -->\nb\n<!-- measured: y -->\nold\n<!-- end -->\n"
    assert replace_block(text, "x", "new\n") == text.replace("old", "new", 1)
    with pytest.raises(ValueError, match="no place for z"):
        replace_block(text, "z", "new")


def test_every_bench_that_writes_has_a_place_in_the_document() -> None:
    writes = {file.stem for file in _benches() if ".show(write=" in file.read_text("utf-8")}
    places = re.findall(r"<!-- measured: ([a-z]+)", DOCUMENT.read_text("utf-8"))
    assert set(places) == {*writes, "all"} == {*writes, "all"} & set(BENCHES)
    assert sorted(ORDER) == sorted(writes)


def test_every_bench_says_beforehand_how_long_it_takes() -> None:
    silent = {file.stem for file in _benches() if file.stem in BENCHES and "announce(" not in file.read_text("utf-8")}
    assert silent == {"analysis"}
    assert all(expected_seconds(name) > 1 for name in ORDER)
    assert (in_words(90), in_words(600)) == ("90 seconds", "10 minutes")


@pytest.mark.parametrize(("own_ms", "others"), [(5_000.0, 0.25), (9_000.0, 0.05), (12_000.0, 0.0)])
def test_others_have_used_what_is_beyond_the_own(own_ms: float, others: float) -> None:
    begin, end = Load(at=7.0, all_ms=90.0, own_ms=9.0), Load(at=17.0, all_ms=10_090.0, own_ms=9.0 + own_ms)
    assert share_of_others(begin, end, cores=2) == pytest.approx(others)


@pytest.mark.parametrize(("share", "notes"), [(0.1, []), (0.2, ["Other programs used 20% of the cores"])])
def test_a_table_says_when_other_programs_used_more_than_a_tenth_of_the_cores(share: float, notes: list[str]) -> None:
    moments = iter([Load(0.0, 0.0, 0.0), Load(1.0, 1000 * share * (os.cpu_count() or 1), 0.0)])
    finding = Finding("x", "command", ("",), load=lambda: next(moments))
    finding.show(write=False)
    assert [note.partition(" meanwhile")[0] for note in finding.notes] == notes


def test_a_bench_that_fails_does_not_keep_the_others_from_theirs() -> None:
    names: list[str] = []

    def run(command: Sequence[str]) -> int:
        names.append(command[3])
        return {"b": 3, "c": 143}.get(command[3], 0)

    assert run_each(["a", "b", "c", "d"], ["--write"], run) == 3
    assert names == ["a", "b", "c"], "a signal ends all of them"


def test_a_rate_leaves_out_both_ends_where_a_process_may_have_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 16.0])  # of the 4 images at the first eighth, and of the 28 at the last
    monkeypatch.setattr("shared.clock.monotonic", lambda: next(times))
    names: list[str] = ["warm"]

    def wait_for(count: int, *, seconds: float) -> None:
        names.extend(f"{seconds}" for _ in range(count - len(names)))

    contestant = cast("Contestant", SimpleNamespace(wait_for=wait_for, ends=SimpleNamespace(names=names)))
    assert turns.rate(contestant, warm=1, count=32) == 24 / 6.0


def test_a_result_that_stands_is_not_waited_for_when_who_made_it_was_killed_before_noting_it() -> None:
    none = SimpleNamespace(count=lambda: 0)
    contestant = SimpleNamespace(ends=none, runs=none, standing=lambda: {"a.jpg"})
    kill.wait_for_rest(cast("Contestant", contestant), {"a.jpg"})


def test_a_table_stands_before_its_notes() -> None:
    finding = Finding("x", "command", ("", "ms"))
    finding.add(("a", "1"), ms=1.0)
    finding.notes.append("Of one round.")
    assert finding.table() == "|  | ms |\n| --- | --- |\n| a | 1 |\n\nOf one round.\n"
    assert finding.lines == [{"bench": "x", "ms": 1.0}]


def test_a_table_stands_beside_the_command_that_measures_the_same_again() -> None:
    command = "python3 dev.py bench throughput --sizes '12 MP'"
    assert typed("throughput", ["--sizes", "12 MP", "--write"]) == command
