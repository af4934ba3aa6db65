import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from shared.analysis.admission import Admission, Stopped
from shared.analysis.facts import Analysis, Limits, Source
from shared.analysis.isolation import Analyst, Inline, Threaded
from shared.errors import AnalysisDied, ImageRejected
from tests.doubles.clock import FakeClock
from tests.doubles.world import png
from tests.rig import until

SOURCE = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
FOUND = Analysis(report={"status": "ok"}, thumbnail=None)


def _never() -> bool:
    return False


class Room:
    """An admission, and guests who stay inside until they are told to go."""

    def __init__(self, capacity: int) -> None:
        self.admission = Admission(capacity)
        self.inside: list[str] = []
        self._pool = ThreadPoolExecutor(8)
        self._goes = dict[str, threading.Event]()
        self._gone = dict[str, Future[None]]()

    def comes(self, name: str, weight: int | None, *, stop: Callable[[], bool] = _never) -> None:
        """Let a guest wait at the door."""
        self._goes[name], before = threading.Event(), len(self.admission._waiting) + len(self.inside)
        self._gone[name] = self._pool.submit(self._stay, name, weight, stop)
        until(lambda: len(self.admission._waiting) + len(self.inside) > before, what=name)

    def _stay(self, name: str, weight: int | None, stop: Callable[[], bool]) -> None:
        with self.admission.admitted(weight, stop=stop):
            self.inside.append(name)
            self._goes[name].wait(20)
            self.inside.remove(name)

    def goes(self, name: str) -> None:
        """Let a guest go; raise what it has met."""
        self._goes[name].set()
        self._gone[name].result(20)

    def has(self, *names: str) -> bool:
        """Whether these, and no others, come to be inside."""
        return bool(until(lambda: sorted(self.inside) == sorted(names), what=f"{names}, not {self.inside}"))


def test_as_many_are_inside_as_their_weights_allow() -> None:
    room = Room(10)
    for name, weight in (("a", 6), ("b", 4), ("c", 1)):
        room.comes(name, weight)
    assert room.has("a", "b")
    room.goes("b")
    assert room.has("a", "c")
    room.goes("a")
    room.goes("c")


def test_a_heavy_one_is_not_overtaken_by_light_ones() -> None:
    room = Room(10)
    for name, weight in (("a", 6), ("heavy", 9), ("light", 1)):
        room.comes(name, weight)
    assert room.has("a")
    room.goes("a")
    assert room.has("heavy", "light")
    room.goes("heavy")
    room.goes("light")


@pytest.mark.parametrize("weight", [None, 99])
def test_one_that_wants_all_or_more_than_there_is_is_inside_alone(weight: int | None) -> None:
    room = Room(10)
    for name, wanted in (("a", 1), ("alone", weight), ("b", 1)):
        room.comes(name, wanted)
    assert room.has("a")
    room.goes("a")
    assert room.has("alone")
    room.goes("alone")
    assert room.has("b")
    room.goes("b")


def test_one_that_is_not_wanted_any_more_leaves_the_door_to_the_next() -> None:
    room, tired = Room(10), threading.Event()
    room.comes("a", 6)
    room.comes("tired", 9, stop=tired.is_set)
    room.comes("b", 4)
    tired.set()
    with pytest.raises(Stopped):
        room.goes("tired")
    assert room.has("a", "b")
    room.goes("a")
    room.goes("b")


def test_one_that_fails_inside_makes_room() -> None:
    admission = Admission(10)
    for _ in range(3):
        with pytest.raises(KeyError), admission.admitted(None, stop=_never):
            raise KeyError
    with admission.admitted(10, stop=_never):
        pass


class Scales:
    """An engine that weighs: how much is in use while it works."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.weights: list[int] = []

    def __call__(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:  # noqa: ARG002 - an engine
        """Note the weight."""
        self.weights.append(self._admission._used)
        return FOUND


@pytest.mark.parametrize(
    ("data", "alone", "weight"),
    [
        (png(100, 50), False, 2 * len(png(100, 50)) + 100 * 50 * 8),
        (b"no image", False, 16),
        (b"", False, 0),
        (png(100, 50), True, 10**6),
    ],
)
def test_an_image_weighs_what_its_decoder_takes_and_its_bytes_twice(data: bytes, *, alone: bool, weight: int) -> None:
    admission = Admission(10**6)
    scales = Scales(admission)
    analyst = Analyst(scales, limits=Limits(), admission=admission)
    assert analyst(data, source=SOURCE, alone=alone, stop=_never) is FOUND
    assert scales.weights == [weight]


def test_what_is_not_wanted_any_more_at_the_door_is_not_analysed() -> None:
    admission = Admission(1)
    analyst = Analyst(Scales(admission), limits=Limits(), admission=admission)
    with admission.admitted(None, stop=_never), pytest.raises(AnalysisDied) as met:
        analyst(b"x", source=SOURCE, alone=False, stop=lambda: True)
    assert met.value.code == "analysis_stopped"


def test_inline_a_lack_of_memory_is_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_args: object, **_given: object) -> Analysis:
        raise MemoryError

    monkeypatch.setattr("shared.analysis.pipeline.analyze", starve)
    with pytest.raises(AnalysisDied) as met:
        Inline(limits=Limits(), thumbnail=None)(b"x", source=SOURCE, stop=_never)
    assert met.value.code == "out_of_memory"


def test_a_thread_brings_back_what_is_found_and_what_is_raised() -> None:
    inline = Inline(limits=Limits(), thumbnail=None)
    threaded = Threaded(inline, seconds=60)
    assert threaded(png(), source=SOURCE, stop=_never).report["status"] == "ok"
    with pytest.raises(ImageRejected):
        threaded(b"no image", source=SOURCE, stop=_never)


@pytest.mark.parametrize(("late", "code"), [(True, "analysis_timeout"), (False, "analysis_stopped")])
def test_a_thread_that_takes_too_long_or_is_not_wanted_is_given_up(*, late: bool, code: str) -> None:
    clock, go = FakeClock(), threading.Event()

    def hang(data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:  # noqa: ARG001 - an engine
        clock.advance(61 if late else 1)
        go.wait(20)
        return FOUND

    with pytest.raises(AnalysisDied) as met:
        Threaded(hang, seconds=60, monotonic=clock)(b"x", source=SOURCE, stop=lambda: not late)
    assert met.value.code == code
    go.set()
