"""Any bytes at all end in a report or a rejection, in a child that is there afterwards."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from shared.analysis import formats
from tests.analysis.corpus.kinds import ALIVE, UNSUPPORTED, Hostile
from tests.analysis.corpus.strategies import anything
from tests.analysis.hostile import DRAWN, hostile
from tests.analysis.measure import Meter, measure, wrong
from tests.counting import Count
from tests.doubles.world import png
from tests.rig import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc")


@pytest.fixture(scope="module")
def analyst() -> Iterator[Meter]:
    """Give what analyses in one child."""
    with measure() as made:
        yield made


def test_any_bytes_end_in_a_report_or_a_rejection_and_the_next_image_is_analysed(analyst: Meter, count: Count) -> None:
    codes: Counter[str] = Counter()

    @settings(max_examples=DRAWN, database=None, suppress_health_check=list(HealthCheck))
    @given(data=anything())
    def check_file(data: bytes) -> None:
        end = analyst.ending(data)
        codes[f"ended {end.code}"] += 1
        assert not wrong(Hostile("drawn", lambda: data, ALIVE | {UNSUPPORTED}), data, end)
        assert len(analyst.sandbox._children) == 1

    check_file()
    assert analyst.ending(png(9, 5)).code == "ok"
    count(files=codes.total(), **codes)


@settings(max_examples=DRAWN, database=None, suppress_health_check=list(HealthCheck))
@given(data=anything())
def test_a_format_is_told_by_a_few_bytes_of_any_file(data: bytes) -> None:
    known = formats.sniff(data)
    assert known == formats.sniff(data[: formats.HEAD_BYTES])
    assert known is None or known.mime.startswith("image/")


def test_no_decoder_is_imported_where_formats_are_told(tmp_path: Path) -> None:
    for at, data in enumerate(file.make() for file in hostile()):
        (tmp_path / str(at)).write_bytes(data[: formats.HEAD_BYTES])
    told = subprocess.run(
        [sys.executable, "-m", "tests.analysis.sniff", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert told.strip().endswith("[]")
    assert "'tiff'" in told
