"""Any bytes at all end in a report or a rejection: in a child, which is there afterwards, and in the readers alone."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from shared.analysis import Limits, formats, pipeline
from shared.analysis.header import Header
from shared.errors import ImageRejected
from tests.analysis.corpus.drawing import anything
from tests.analysis.corpus.kinds import ALIVE, UNSUPPORTED, Hostile
from tests.analysis.hostile import DRAWN, hostile
from tests.analysis.measuring import Measured, measured, wrong
from tests.counting import Count
from tests.doubles.world import png
from tests.rig import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc")
LIMITS = Limits()
#: Other tests have the large ones.
LARGE_BYTES = 1 << 19


@pytest.fixture(scope="module")
def analyst() -> Iterator[Measured]:
    """Give what analyses in one child."""
    with measured() as made:
        yield made


def test_any_bytes_end_in_a_report_or_a_rejection_and_the_next_image_is_analysed(
    analyst: Measured, count: Count
) -> None:
    codes: Counter[str] = Counter()

    @settings(max_examples=DRAWN, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(data=anything())
    def drawn(data: bytes) -> None:
        end = analyst.ending(data)
        codes[f"ended {end.code}"] += 1
        assert not wrong(Hostile("drawn", lambda: data, ALIVE | {UNSUPPORTED}), data, end)
        assert len(analyst.sandbox._children) == 1

    drawn()
    assert analyst.ending(png(9, 5)).code == "ok"
    count(files=codes.total(), **codes)


def _read(data: bytes) -> Header | None:
    try:
        return formats.read_header(formats.sniff(data), data, LIMITS)
    except ImageRejected:
        return None


@settings(max_examples=4 * DRAWN, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=anything())
def test_readers_of_headers_raise_nothing_but_rejections(data: bytes) -> None:
    header = _read(data)
    most = pipeline.estimated_bytes(data, LIMITS)
    assert 0 <= most <= LIMITS.max_decode_bytes
    assert header is not None or not most
    assert header is None or header.spans == () or header.spans[-1][1] <= len(data)


def test_no_decoder_is_imported_before_the_gates_have_judged(tmp_path: Path) -> None:
    for at, data in enumerate(file.make() for file in hostile()):
        (tmp_path / str(at)).write_bytes(data if len(data) <= LARGE_BYTES else b"?")
    told = subprocess.run(
        [sys.executable, "-m", "tests.analysis.gated", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert told.strip().endswith("[]")
    assert "too_many_pixels" in told
