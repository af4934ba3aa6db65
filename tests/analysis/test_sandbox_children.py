"""A confined child finds what is found without one, is replaced in time, and its parent leaves the file to it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared import analysis, clock
from shared.analysis import formats, pipeline
from shared.analysis.analyst import Analyst
from shared.analysis.interface import Source
from shared.analysis.sandbox.child import NICENESS
from shared.analysis.sandbox.pool import ChildLimits, Sandbox
from shared.errors import ImageRejected
from shared.settings.enums import ConfinementMode
from shared.settings.settings import Settings
from shared.wiring.analyst import POLICIES, build_analyst

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
KINDS: dict[str, dict[str, Any]] = {
    "jpeg": {"progressive": True},
    "png": {},
    "webp": {},
    "gif": {},
    "bmp": {},
    "tiff": {"compression": "tiff_lzw"},
    "avif": {},
}


def _file(kind: str) -> bytes:
    if kind == "heic":
        return (DATA / "turned.heic").read_bytes()
    stream = BytesIO()
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(stream, kind, **KINDS[kind])
    return stream.getvalue()


def _source(data: bytes) -> Source:
    return Source(container="images", name="a.jpg", etag="0x1", size_bytes=len(data), declared_type=None)


@pytest.fixture
def build() -> Iterator[Callable[..., Analyst]]:
    """Give what builds an analyst of one child, as production does, and ends its child."""
    made: list[Sandbox] = []

    def build(**environ: str) -> Analyst:
        settings = Settings.read({"ANALYSIS_PROCESSES": "1", **environ})
        analyst = build_analyst(settings, clock.monotonic)
        assert isinstance(analyst._engine, Sandbox)
        made.append(analyst._engine)
        return analyst

    yield build
    for sandbox in made:
        sandbox.close()


def _analyze(analyst: Analyst, data: bytes) -> analysis.Analysis:
    return analyst.analyze(data, source=_source(data), alone=False, stop=lambda: False)


def _pid(analyst: Analyst) -> int:
    assert isinstance(analyst._engine, Sandbox)
    (child,) = analyst._engine._children
    return int(child._process.pid)


def test_a_confined_child_finds_what_is_found_without_one_in_every_format(build: Callable[..., Analyst]) -> None:
    analyst = build()
    for kind in (*KINDS, "heic"):
        data = _file(kind)
        alone, found = analysis.analyze(data, source=_source(data)), _analyze(analyst, data)
        assert found.report["image"]["format"] == kind
        assert found.thumbnail == alone.thumbnail
        assert {**found.report, "timing": 0} == {**alone.report, "timing": 0}


@pytest.mark.parametrize("mode", ConfinementMode)
def test_a_setting_says_how_much_confinement_there_is(build: Callable[..., Analyst], mode: ConfinementMode) -> None:
    analyst = build(ANALYSIS_CONFINEMENT=mode.value)
    _analyze(analyst, _file("png"))
    assert analyst.confinement is not None
    assert isinstance(analyst._engine, Sandbox)
    wanted = frozenset({*analyst.confinement.layers, *analyst.confinement.refusals})
    assert (analyst._engine._policy, wanted) == (POLICIES[mode], POLICIES[mode].layers)


def test_there_are_no_more_children_than_places(build: Callable[..., Analyst]) -> None:
    analyst, data = build(), _file("png")
    with ThreadPoolExecutor(4) as pool:
        assert {one.report["status"] for one in pool.map(lambda _: _analyze(analyst, data), range(8))} == {"ok"}
    assert _pid(analyst)


def test_a_child_is_replaced_after_its_number_of_images(build: Callable[..., Analyst]) -> None:
    analyst, data, pids = build(ANALYSIS_CHILD_IMAGES="2"), _file("png"), list[int]()
    for _ in range(4):
        _analyze(analyst, data)
        assert isinstance(analyst._engine, Sandbox)
        pids += [child._process.pid for child in analyst._engine._children]
    assert len(pids) == len(set(pids)) == 2  # seen after the first and the third image; gone after the others


def test_a_child_stands_back_behind_its_parent_when_processors_are_short(build: Callable[..., Analyst]) -> None:
    analyst = build()
    _analyze(analyst, _file("png"))
    own, childs = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, _pid(analyst)))
    assert childs == min(19, own + NICENESS)


def test_a_child_that_has_died_at_rest_is_no_images_fault(build: Callable[..., Analyst]) -> None:
    analyst, data = build(), _file("png")
    _analyze(analyst, data)
    os.kill(_pid(analyst), signal.SIGKILL)
    os.waitid(os.P_PID, _pid(analyst), os.WEXITED | os.WNOWAIT)
    assert _analyze(analyst, data).report["status"] == "ok"


def test_a_child_outlives_the_thread_that_first_needed_it(build: Callable[..., Analyst]) -> None:
    analyst, data = build(), _file("png")
    first = threading.Thread(target=_analyze, args=(analyst, data))
    first.start()
    first.join()
    pid = _pid(analyst)
    assert _analyze(analyst, data).report["status"] == "ok"
    assert _pid(analyst) == pid


class OpaqueBytes(bytes):
    """Bytes that nobody may look into but as a whole: to send them, and to hash them."""

    def __getitem__(self, key: object) -> Any:  # noqa: ANN401 - bytes'
        raise AssertionError(key)

    startswith = find = index = split = __iter__ = __getitem__  # type: ignore[assignment] # each raises as well


@pytest.mark.case("security H2", was="headers are parsed in the parent: 73 s of it for one file of 330 KB")
def test_the_parent_reads_nothing_of_a_file(
    build: Callable[..., Analyst], monkeypatch: pytest.MonkeyPatch, case_result: Callable[[str], None]
) -> None:
    analyst, data = build(), OpaqueBytes(_file("jpeg"))

    def parse(*_args: object, **_given: object) -> None:
        raise AssertionError("the parent has parsed a file")

    monkeypatch.setattr(pipeline, "analyze", parse)
    monkeypatch.setattr(formats, "sniff", parse)
    assert _analyze(analyst, data).report["status"] == "ok"
    case_result("0 bytes are parsed in the parent")


PARENT = """
import sys
from shared import clock
from shared.analysis.interface import Source
from shared.settings.settings import Settings
from shared.wiring.analyst import build_analyst
data = sys.stdin.buffer.read()
source = Source(container="images", name="a", etag="0x1", size_bytes=len(data), declared_type=None)
analyst = build_analyst(Settings.read({}), clock.monotonic)
print(analyst.analyze(data, source=source, alone=False, stop=lambda: False).report["status"])
print(*(name for name in sys.modules if name.startswith(("PIL", "pi_heif", "zlib", "shared.analysis."))))
"""


def test_the_parent_never_loads_what_would_parse_a_file() -> None:
    command = [sys.executable, "-c", PARENT]
    done = subprocess.run(command, input=_file("jpeg"), cwd=ROOT, capture_output=True, check=True)
    status, _, loaded = done.stdout.decode().partition("\n")
    assert status == "ok"
    assert "shared.analysis.sandbox.replies" in loaded.split()
    parsers = (
        "analysis.examine",
        "decode",
        "analyzers",
        "metadata.",
        "formats.readers",
        "formats.jpeg",
        "formats.picture",
    )
    assert [name for name in loaded.split() if name.startswith("PIL") or name.endswith(parsers)] == []


#: What takes long to load, and is of no use to a child that is ready or has analysed a plain JPEG.
UNUSED = "azure hashlib ssl asyncio typer urllib.parse pathlib platform runpy site PIL.ImageCms PIL.GifImagePlugin"


@pytest.mark.parametrize("image", [b"", _file("jpeg")], ids=["ready", "after a JPEG"])
def test_a_child_loads_only_what_its_images_need(image: bytes) -> None:
    child_limits = ChildLimits(seconds=60, cpu_seconds=60, memory_bytes=1 << 30)
    sandbox = Sandbox(
        limits=analysis.Limits(), thumbnail=None, child_limits=child_limits, call="tests.doubles.modules_child:analyze"
    )
    data = f"{UNUSED} shared.analysis.examine\n".encode() + image
    with closing(sandbox), pytest.raises(ImageRejected, match=r"^modules: shared\.analysis\.examine$"):
        sandbox.analyze(data, source=_source(data), stop=lambda: False)
