import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from shared.analysis.admission import Admission
from shared.analysis.analyst import Analyst, Inline
from shared.analysis.interface import Analysis, Limits, Source
from shared.errors import AnalysisDied
from shared.settings.settings import Settings
from shared.wiring.analyst import build_analyst
from tests.doubles.clock import FakeClock
from tests.doubles.world import png
from tests.rig import until
from tests.unit.acts import raising

SOURCE = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
FOUND = Analysis(report={"status": "ok"}, thumbnail=None)


def _never() -> bool:
    return False


class Room:
    """An admission, and guests who stay inside until they are told to go."""

    def __init__(self, places: int) -> None:
        self.admission = Admission(places)
        self.inside: list[str] = []
        self._pool = ThreadPoolExecutor(8)
        self._goes = dict[str, threading.Event]()
        self._visits = dict[str, Future[None]]()

    def comes(self, name: str, *, alone: bool = False, stop: Callable[[], bool] = _never, flow: str = "") -> None:
        """Let a guest come in, or wait at the door."""
        self._goes[name], waits = threading.Event(), threading.Event()

        def stop_at_door() -> bool:
            waits.set()  # only who waits is asked
            return stop()

        self._visits[name] = self._pool.submit(self._stay, name, alone, stop_at_door, flow)
        until(lambda: waits.is_set() or name in self.inside, what=name)

    def _stay(
        self,
        name: str,
        alone: bool,  # noqa: FBT001 - a pool's arguments
        stop: Callable[[], bool],
        flow: str,
    ) -> None:
        with self.admission.admit(alone=alone, stop=stop, flow=flow):
            self.inside.append(name)
            self._goes[name].wait(20)
            self.inside.remove(name)

    def goes(self, name: str) -> None:
        """Let a guest go; raise what it has met."""
        self._goes[name].set()
        self._visits[name].result(20)

    def has(self, *names: str) -> bool:
        """Whether these, and no others, come to be inside."""
        return bool(until(lambda: sorted(self.inside) == sorted(names), what=f"{names}, not {self.inside}"))


def test_as_many_are_inside_as_there_are_places() -> None:
    room = Room(2)
    for name in ("a", "b", "c"):
        room.comes(name)
    assert room.has("a", "b")
    room.goes("b")
    assert room.has("a", "c")
    room.goes("a")
    room.goes("c")


def test_one_that_has_to_be_alone_waits_for_all_and_is_not_overtaken() -> None:
    room = Room(2)
    for name in ("a", "alone", "b"):
        room.comes(name, alone=name == "alone")
    assert room.has("a")
    room.goes("a")
    assert room.has("alone")
    room.goes("alone")
    assert room.has("b")
    room.goes("b")


def test_one_that_is_not_wanted_any_more_leaves_the_door_to_the_next() -> None:
    room, tired = Room(2), threading.Event()
    room.comes("a")
    room.comes("tired", alone=True, stop=tired.is_set)
    room.comes("b")
    tired.set()
    with pytest.raises(AnalysisDied) as met:
        room.goes("tired")
    assert met.value.code == "analysis_stopped"
    assert room.has("a", "b")
    room.goes("a")
    room.goes("b")


@pytest.mark.case("security M7", was="strictly first in, first out")
def test_a_flow_with_nobody_inside_comes_before_one_that_fills_the_room() -> None:
    room = Room(2)
    for name in ("a1", "a2", "a3", "a4", "b1"):
        room.comes(name, flow=name[0])
    assert room.has("a1", "a2")
    room.goes("a1")
    assert room.has("a2", "b1")
    for leaves, inside in (("a2", ("a3", "b1")), ("b1", ("a3", "a4"))):
        room.goes(leaves)
        assert room.has(*inside)
    room.goes("a3")
    room.goes("a4")


def test_flows_that_wait_take_turns() -> None:
    room = Room(1)
    for name in ("a1", "a2", "b1", "b2", "c1"):
        room.comes(name, flow=name[0])
    order = []
    for name in ("a1", "b1", "c1", "a2", "b2"):
        assert room.has(name)
        order.append(name)
        room.goes(name)


def test_one_of_another_flow_that_has_to_be_alone_is_not_overtaken_by_flows_that_come_later() -> None:
    room = Room(2)
    room.comes("a1", flow="a")
    room.comes("alone", alone=True, flow="b")
    for flow in "cde":
        room.comes(flow, flow=flow)
    room.goes("a1")
    assert room.has("alone")
    for name in ("alone", "c", "d", "e"):
        room.goes(name)


def test_nothing_is_kept_of_a_flow_that_has_left() -> None:
    admission = Admission(1)
    for flow in "abc":
        with admission.admit(alone=False, stop=_never, flow=flow):
            pass
    assert (admission._waiting, admission._inside, admission._turns) == ([], {}, {})


def test_one_that_fails_inside_makes_room() -> None:
    admission = Admission(2)
    for _ in range(3):
        with pytest.raises(KeyError), admission.admit(alone=True, stop=_never):
            raise KeyError
    with admission.admit(alone=True, stop=_never):
        pass


@pytest.mark.parametrize(("alone", "places"), [(False, 1), (True, 3)])
def test_an_image_takes_one_place_or_all(*, alone: bool, places: int) -> None:
    taken = list[int]()

    class Counting(Inline):
        def analyze(self, *_: object, **__: object) -> Analysis:
            taken.append(analyst._admission._inside.total())
            return FOUND

    analyst = Analyst(Counting(limits=Limits(), thumbnail=None), places=3)
    assert analyst.analyze(png(100, 50), source=SOURCE, alone=alone, stop=_never) is FOUND
    assert taken == [places]


@pytest.mark.parametrize(
    ("memory", "places"), [(1_048_576, 1), (646_217_728, 1), (1_292_435_455, 1), (1_292_435_456, 2)]
)
def test_there_are_as_many_places_as_children_fit_into_memory_and_one_at_least(memory: int, places: int) -> None:
    analyst = build_analyst(Settings.read({"ANALYSIS_MEMORY_BYTES": str(memory)}), FakeClock())
    assert analyst._admission.places == places


def test_at_the_defaults_two_children_fit_into_memory() -> None:
    assert build_analyst(Settings(), FakeClock())._admission.places == Settings().analysis_processes == 2


def test_what_is_not_wanted_any_more_at_the_door_is_not_analysed() -> None:
    analyst = Analyst(Inline(limits=Limits(), thumbnail=None), places=1)
    with analyst._admission.admit(alone=True, stop=_never), pytest.raises(AnalysisDied) as met:
        analyst.analyze(b"x", source=SOURCE, alone=False, stop=lambda: True)
    assert met.value.code == "analysis_stopped"


def test_inline_a_lack_of_memory_is_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.analysis.pipeline.analyze", raising(MemoryError()))
    with pytest.raises(AnalysisDied) as met:
        Inline(limits=Limits(), thumbnail=None).analyze(b"x", source=SOURCE, stop=_never)
    assert met.value.code == "out_of_memory"
